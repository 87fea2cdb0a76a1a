"""The kinds of value, each once: how it is cleaned, becomes an RDF term and is read back from one.

`clean(raw, note)` takes what a file says (Scalar) and gives the clean value; it calls `note(code, **values)`
for what should be mended and raises `Unclean` when nothing can be kept. `term(value, base)` gives an
N-Triples term, `value(term)` the clean value or None if it is none.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from vocabularies import triples as rdf
from vocabularies.namespaces import XSD
from vocabularies.syntax.documents import Scalar, ScalarType
from vocabularies.values.coded import Concept, Country, Language, Licence, Word
from vocabularies.values.kind import Kind, Note, Unclean, is_placeholder, printable, short, silent
from vocabularies.values.links import Path, Uri, Url, mend_url
from vocabularies.values.spdx import licences, spdx

__all__ = [
    "Concept", "Country", "Kind", "Language", "Licence", "Note", "Path", "Unclean", "Uri", "Url", "Word",
    "is_placeholder", "licences", "mend_url", "short", "silent", "spdx",
]  # fmt: skip


class Line(Kind):
    """A single line of text; a number is taken as its author wrote it."""

    def clean(self, raw: Any, note: Note = silent) -> str:
        if isinstance(raw, Scalar) and raw.type is ScalarType.BOOLEAN:
            raise Unclean("wrong-type", expected=self.expects, found=str(raw))
        return self.text(raw, note)


class Version(Line):
    """A version: text, shown and never compared.

    An unquoted number is noted, since other readers turn 1.10 into 1.1.
    """

    def clean(self, raw: Any, note: Note = silent) -> str:
        text = super().clean(raw, note)
        if isinstance(raw, Scalar) and raw.type is ScalarType.NUMBER:
            note("number-as-text", value=text)
        return text


class Prose(Kind):
    """Several paragraphs, possibly with simple Markdown: line breaks stay."""

    def __init__(self, limit: int = 20_000) -> None:
        self.limit = limit

    def clean(self, raw: Any, note: Note = silent) -> str:
        self.text(raw, note)  # the checks
        lines = printable(str(raw)).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        text = "\n".join(line.rstrip() for line in lines).strip()
        if len(text) > self.limit:
            note("too-long", length=str(len(text)), limit=str(self.limit))
            text = text[: self.limit].rstrip() + "…"
        return text


_DAY = 10  # characters of 2026-01-31
# Days that are written otherwise than ISO 8601 says.
_DAYS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
        r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    )
)
_DATATYPES = {4: XSD.gYear, 7: XSD.gYearMonth, _DAY: XSD.date}  # by length; xsd:dateTime is longer


class Date(Kind):
    """xsd:date or, where a source gives a time, xsd:dateTime in UTC."""

    expects = "a date"

    def of_text(self, text: str, note: Note) -> str:
        try:
            if len(text) == _DAY:
                return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            pass
        return self._mend(text, note)

    def _mend(self, text: str, note: Note) -> str:
        moment = _moment(re.sub(r"Z(?=[+-]\d\d:?\d\d$)", "", text))  # two zones at once: codemetapy writes so
        if moment:
            if re.search(r"Z[+-]", text):
                note("date-mended", value=short(text), right=moment)
            return moment
        day = _day(text)
        if not day:
            raise Unclean("bad-date", value=short(text))
        note("date-mended", value=short(text), right=day)
        return day

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.literal(value, datatype=_DATATYPES.get(len(value), XSD.dateTime))

    def written(self, value: Any) -> Any:
        return value if len(value) >= _DAY else None

    def value(self, term: str) -> Any:
        try:
            return self.of_text(rdf.value(term), silent)
        except Unclean:
            return None


class Period(Date):
    """A date as exact as it is known: like Date, or a month (xsd:gYearMonth) or year (xsd:gYear)."""

    expects = "a date, a month or a year"

    def of_text(self, text: str, note: Note) -> str:
        shortened = re.fullmatch(r"[12]\d{3}(-(0[1-9]|1[0-2]))?", text)
        return text if shortened else super().of_text(text, note)

    def written(self, value: Any) -> Any:
        return value


def _moment(text: str) -> str:
    """A date and time as UTC to the second, "" if it is none. A time without zone is taken as UTC."""
    if "T" not in text and " " not in text:
        return ""
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        moment = moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return ""
    digits = "milliseconds" if "." in text else "seconds"
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")


def _day(text: str) -> str:
    """A day in another order or without leading zeros, "" if it is none."""
    for pattern in _DAYS:
        match = pattern.fullmatch(text)
        if match:
            try:
                return datetime.date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
            except ValueError:
                return ""
    return ""


_TRUE, _FALSE = ("true", "yes", "on", "ja"), ("false", "no", "off", "nein")


class Flag(Kind):
    """true or false; YAML 1.1's yes and no are understood."""

    expects = "true or false"

    def of_text(self, text: str, note: Note) -> bool:
        word = text.lower()
        if word not in _TRUE + _FALSE:
            raise Unclean("bad-boolean", value=short(text))
        if text not in ("true", "false"):
            note("boolean-mended", value=short(text), right=str(word in _TRUE).lower())
        return word in _TRUE

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.literal("true" if value else "false", datatype=XSD.boolean)

    def value(self, term: str) -> Any:
        return {"true": True, "1": True, "false": False, "0": False}.get(rdf.value(term))


class Integer(Kind):
    """A whole number."""

    expects = "a whole number"

    def of_text(self, text: str, note: Note) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise Unclean("wrong-type", expected=self.expects, found=short(text))
        return int(text)

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.literal(str(value), datatype=XSD.integer)

    def value(self, term: str) -> Any:
        text = "" if rdf.is_iri(term) else rdf.parts(term)[0]
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None


_AT = re.compile(r"\s*[\[(]\s*(?:at|ät)\s*[\])]\s*", re.IGNORECASE)
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class Email(Kind):
    """A mailbox. Written to RDF as a mailto: IRI."""

    expects = "an e-mail address"

    def of_text(self, text: str, note: Note) -> str:
        address = _AT.sub("@", text.removeprefix("mailto:"))
        if not _MAILBOX.fullmatch(address):
            raise Unclean("bad-email", value=short(text))
        if address != text:
            note("code-mended", value=short(text), right=address)
        return address

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        return rdf.iri("mailto:" + value)

    def value(self, term: str) -> Any:
        return rdf.value(term).removeprefix("mailto:") or None


class MediaType(Kind):
    """A registered media type."""

    expects = "a media type"

    def of_text(self, text: str, note: Note) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9*][\w.+*-]*", text):
            raise Unclean("bad-media-type", value=short(text))
        return text.lower()


class Several(Kind):
    """Values that stand in one text, with commas or semicolons between them. Gives a tuple."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.expects = kind.expects

    def of_text(self, text: str, note: Note) -> tuple[Any, ...]:
        parts = [part.strip() for part in re.split(r"[,;]", text)]
        return tuple(self.kind.of_text(part, note) for part in parts if part)


LINE = Line()
VERSION = Version()
PROSE = Prose()
URL = Url()
URI = Uri()
PATH = Path()
DATE = Date()
PERIOD = Period()
FLAG = Flag()
INTEGER = Integer()
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
