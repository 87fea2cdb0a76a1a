"""Kinds of value that lead somewhere: web addresses, identifiers, pictures."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from vocabularies import triples as rdf
from vocabularies.values.kind import Kind, Note, Unclean, short, silent


class Url(Kind):
    """An absolute http(s) address, its illegal characters percent-encoded (rdf.md, pitfall 3)."""

    expects = "a web address"

    def of_text(self, text: str, note: Note) -> str:
        if re.search(r"<[\w .-]+>", text.strip("<>")):
            raise Unclean("placeholder", value=short(text))
        url = mend_url(text)
        if not url:
            raise Unclean("bad-url", value=short(text))
        if url != text and url.rstrip("/") != text:
            note("url-mended", right=short(url, 200))
        return url

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri(value)

    def value(self, term: str) -> Any:
        return mend_url(rdf.value(term)) or None


_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


def mend_url(text: str) -> str:
    """A usable http(s) URL or "".

    >>> mend_url("https://Example.org/a b"), mend_url("www.example.org/x"), mend_url("javascript:alert(1)"), mend_url("siehe unten")
    ('https://example.org/a%20b', 'https://www.example.org/x', '', '')
    """
    text = text.strip().strip("<>")
    if re.match(r"www\.[\w-]+\.", text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return ""
    if (
        parts.scheme.lower() not in ("http", "https")
        or not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]", host)
        or "@" in parts.netloc
    ):
        return ""
    if len(text) > 2_000 or re.search(r"\s+https?://", text):
        return ""
    path, query, fragment = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    return rdf.value(rdf.iri(urlunsplit((parts.scheme.lower(), host + port, path, query, fragment))))


class Uri(Url):
    """Any URI that names something: http(s), urn:, doi: and the `alias:` of publiccode's `supports`."""

    expects = "an address or identifier"

    def of_text(self, text: str, note: Note) -> str:
        if re.fullmatch(
            r"(?:urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:|alias:|mailto:|swh:|tel:|pkg:|doi:)[^\s<>\"{}|\\^`]+",
            text,
        ):
            return rdf.value(rdf.iri(text))
        return super().of_text(text, note)

    def value(self, term: str) -> Any:
        try:
            return self.of_text(rdf.value(term), silent)
        except Unclean:
            return None


class Path(Kind):
    """A picture: an address or a path inside the repository, which the reader completes."""

    expects = "a file path or web address"

    def of_text(self, text: str, note: Note) -> str:
        if "://" in text:
            return Url().of_text(text, note)
        return rdf.value(rdf.iri(quote(text.removeprefix("./").lstrip("/"), safe=_SAFE)))

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri(value) if "://" in value else rdf.literal(value)

    def value(self, term: str) -> Any:
        return rdf.value(term) or None
