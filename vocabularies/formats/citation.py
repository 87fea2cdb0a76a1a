"""CITATION.cff 1.2; 1.0 and 1.1 are read alike.

Specification: schema-guide.md of citation-file-format/citation-file-format.
"""

from __future__ import annotations

from operator import attrgetter

import msgspec

from vocabularies.crosswalk.descriptions import short_or_long
from vocabularies.crosswalk.reader import DocumentReader, read
from vocabularies.crosswalk.rows import Crosswalk, Nested, Reading, Row, sorted_problems
from vocabularies.rules.severities import judged
from vocabularies.syntax import documents
from vocabularies.terms import Agent, ContactPoint, Distribution
from vocabularies.values import kinds
from vocabularies.values.identifiers import (
    IDENTIFIER,
    LICENCE_ADDRESS,
    ORCID,
    REFERENCE,
    REPOSITORY,
    doi,
    swhid,
)
from vocabularies.values.kinds import DATE, EMAIL, LINE, PROSE, URL, Kind, Note

VERSIONS = frozenset(("1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.1.0", "1.2.0"))
NEWEST = "1.2.0"

_NAME = "given-names+name-particle+family-names+name-suffix"
_AUTHOR = Nested(
    Agent,
    (
        Row("name", "name", LINE),
        Row(_NAME, "name", LINE),
        Row("alias", "name", LINE),
        Row("orcid", "uri", ORCID),
        Row("website", "homepage", URL),
        Row("affiliation", "affiliation", LINE),
    ),
    plain="name",
)
_CONTACT = Nested(
    ContactPoint,
    (
        Row("name", "name", LINE),
        Row(_NAME, "name", LINE),
        Row("alias", "name", LINE),
        Row("email", "email", EMAIL),
        Row("tel", "phone", LINE),
        Row("website", "url", URL),
        Row("affiliation", "affiliation", LINE),
    ),
    plain="name",
)


class _Single(msgspec.Struct, frozen=True, kw_only=True):
    """A group of keys of which one value is kept."""

    value: str = ""


_IDENTIFIER = Nested(_Single, (Row("value", "value", IDENTIFIER),), then=attrgetter("value"))
_WORK_ROWS = (Row("doi", "value", REFERENCE), Row("url", "value", URL))
_WORK = Nested(_Single, _WORK_ROWS, then=attrgetter("value"), alternatives=True)
_ARTIFACT = Nested(Distribution, (Row("url", "access_url", URL),), plain="access_url")


class _Type(Kind):
    """`dataset` says what it is; `software` says nothing that is not known."""

    def of_text(self, text: str, note: Note) -> str | None:
        return "dataset" if text == "dataset" else None


ROWS: tuple[Row, ...] = (
    Row("title", "name", LINE, needed=True),
    Row("abstract", "text", PROSE),
    Row("authors[]", "authors", _AUTHOR, needed=True),
    Row("contact[]", "contacts", _CONTACT),
    Row("date-released", "release_date", DATE),
    Row("doi", "aliases", IDENTIFIER),
    Row("identifiers[]", "aliases", _IDENTIFIER),
    Row("keywords[]", "keywords", LINE),
    Row("license[?]", "licence", LICENCE_ADDRESS, joined=" OR "),
    Row("license-url", "licence", LICENCE_ADDRESS),
    Row("preferred-citation", "references", _WORK),
    Row("references[]", "references", _WORK),
    Row("repository", "references", URL),
    Row("repository-artifact", "distributions", _ARTIFACT),
    Row("repository-code", "repository", REPOSITORY),
    Row("type", "kind", _Type()),
    Row("url", "landing_page", URL),
    Row("version", "version", kinds.VERSION),
)
SENTENCES = {  # why a key is not taken
    "personal": "Allmende keeps no more of persons than their name, affiliation and public identifier",
    "place": "where somebody is and since when is not kept",
    "work": "only DOI or address of a cited work are kept",
}
_PLACES = ("address", "city", "country", "region", "location", "date-start", "date-end", "post-code", "fax")
IGNORED: dict[str, str] = {
    "cff-version": "",
    "message": "",
    "commit": "Git says it itself",
    "identifiers.description": "only the identifier itself is kept",
    "identifiers.type": "",
    "authors.email": SENTENCES["personal"],
    "authors.tel": SENTENCES["personal"],
    "contact.orcid": SENTENCES["personal"],
    "preferred-citation": SENTENCES["work"],
    "references": SENTENCES["work"],
    **{f"authors.{key}": SENTENCES["place"] for key in _PLACES},
    **{f"contact.{key}": SENTENCES["place"] for key in _PLACES},
}


def _version(reader: DocumentReader) -> None:
    version = reader.data.get("cff-version")
    reader.version = str(version).strip()[:40] if isinstance(version, str) else ""
    if not reader.version:
        if reader.whole:
            reader.note("missing", "cff-version", key="cff-version")
    elif reader.version not in VERSIONS:
        reader.note("version-unknown", "cff-version", value=kinds.short(reader.version), version=NEWEST)


def _aliases(reader: DocumentReader) -> None:
    """An identifier that is only an address (of a demonstration, a report) is a reference."""
    identifiers = reader.values.get("aliases", ())
    aliases = tuple(identifier for identifier in identifiers if doi(identifier) or swhid(identifier))
    own_pages = (reader.values.get("landing_page"), reader.values.get("repository"))
    references = set(reader.values.get("references", ()))
    references |= set(identifiers).difference(aliases, own_pages)
    reader.values.update(aliases=aliases, references=tuple(sorted(references)))


CROSSWALK = Crosswalk("citation", ROWS, IGNORED, checks=(_version, short_or_long, _aliases))


def parse(content: bytes) -> Reading:
    """Read a CITATION.cff. The reading is usable if it says a title or what the software does."""
    reader = read(CROSSWALK, documents.parse(content, "YAML"))
    solution = reader.solution()
    problems = sorted_problems(judged(reader.problems, "citation", reader.version))
    return Reading(format="citation", version=reader.version, solution=solution, problems=problems)
