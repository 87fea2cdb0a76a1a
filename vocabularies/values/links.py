"""Kinds of value that lead somewhere: web addresses, identifiers, pictures."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from vocabularies import triples as rdf
from vocabularies.values.kind import Kind, Note, Unclean, short, silent


class Url(Kind):
    """An absolute http(s) address, its illegal characters percent-encoded (docs/rdf.md, "IRIs")."""

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
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_LONGEST = 2_000  # characters


def mend_url(text: str) -> str:
    """A usable http(s) URL or "".

    >>> mend_url("https://Example.org/a b"), mend_url("www.example.org/x")
    ('https://example.org/a%20b', 'https://www.example.org/x')
    >>> mend_url("javascript:alert(1)"), mend_url("siehe unten")
    ('', '')
    """
    text = text.strip().strip("<>")
    if re.match(r"www\.[\w-]+\.", text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = parts.hostname.encode("idna").decode() if parts.hostname else ""
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return ""
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not _HOST.fullmatch(host) or "@" in parts.netloc:
        return ""
    if len(text) > _LONGEST or re.search(r"\s+https?://", text):
        return ""
    path, query, fragment = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    return rdf.value(rdf.iri(urlunsplit((scheme, host + port, path, query, fragment))))


_IDENTIFIER = re.compile(
    r"(?:urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:|alias:|mailto:|swh:|tel:|pkg:|doi:)[^\s<>\"{}|\\^`]+"
)


class Uri(Url):
    """Any URI that names something: http(s), urn:, doi: and the `alias:` of publiccode's `supports`."""

    expects = "an address or identifier"

    def of_text(self, text: str, note: Note) -> str:
        if _IDENTIFIER.fullmatch(text):
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
