"""The rows of codemeta.json, versions 2 and 3, and the keys that are ignored.

Terms: codemeta.github.io/terms (properties.csv and crosswalk.csv of codemeta/codemeta).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

import msgspec

from vocabularies.crosswalk.rows import Nested, Row
from vocabularies.terms import Agent, Attribution, ContactPoint, Dependency, Distribution
from vocabularies.values import kinds
from vocabularies.values.identifiers import (
    GLOBAL_ID,
    IDENTIFIER,
    LICENCE_ADDRESS,
    ORCID,
    REFERENCE,
    REPOSITORY,
    STATUS_ADDRESS,
)
from vocabularies.values.kinds import EMAIL, LANGUAGE, LINE, PATH, PERIOD, PROSE, URL, Kind


class _Single(msgspec.Struct, frozen=True, kw_only=True):
    """A node of which one value is kept."""

    value: Any = ""


def _first(kind: Kind, *keys: str) -> Nested:
    """A text, or a node whose value is the first of these keys that it has."""
    rows = tuple(Row(key, "value", kind) for key in keys)
    return Nested(_Single, rows, plain="value", then=attrgetter("value"), alternatives=True)


_PAGE = _first(URL, "url[]", "@id", "identifier[]")
_NAMED = _first(LINE, "name[]")
_CITED = _first(REFERENCE, "@id", "identifier[]", "url[]")
_IDENTIFIED = _first(IDENTIFIER, "value[]", "@id", "url[]", "identifier[]")
_AGENT_NAME = (
    Row("name[]", "name", LINE),
    Row("name@.*[]", "name", LINE),
    Row("legalName[]", "name", LINE, read_only=True),
    Row("givenName+familyName", "name", LINE, read_only=True),
)
_AGENT = Nested(
    Agent,
    (
        *_AGENT_NAME,
        Row("@id", "uri", GLOBAL_ID),
        Row("identifier[]", "uri", _first(ORCID, "value[]", "@id", "url[]"), read_only=True),
        Row("url[]", "homepage", _PAGE),
        Row("affiliation[]", "affiliation", _NAMED, joined="; "),
    ),
    plain="name",
)
_CONTACT = Nested(
    ContactPoint,
    (
        Row("name[]", "name", LINE),
        Row("legalName[]", "name", LINE, read_only=True),
        Row("givenName+familyName", "name", LINE, read_only=True),
        Row("email[]", "email", EMAIL),
        Row("telephone[]", "phone", LINE),
        Row("url[]", "url", URL),
        Row("affiliation[]", "affiliation", _NAMED, joined="; "),
    ),
    plain="name",
)


def _attribution(role: str) -> Nested:
    rows = (
        *(row._replace(field="agent.name") for row in _AGENT_NAME),
        Row("@id", "agent.uri", GLOBAL_ID),
        Row("url[]", "agent.homepage", _PAGE),
    )
    fixed = {"role": role}
    return Nested(Attribution, rows, plain="agent.name", fixed=fixed, when=lambda value: value.role == role)


_GRANT = Nested(
    Attribution,
    (
        Row("funder[].name[]", "agent.name", LINE),
        Row("funder[].@id", "agent.uri", GLOBAL_ID),
        Row("funder[].url[]", "agent.homepage", URL),
        Row("name[]", "agent.name", LINE),
    ),
    plain="agent.name",
    fixed={"role": "funder"},
)
_PARTS = (
    Row("name[]", "name", LINE),
    Row("identifier[]", "name", LINE, read_only=True),
    Row("@id", "name", GLOBAL_ID, read_only=True),
    Row("version[]", "version", LINE),
    Row("softwareVersion[]", "version", LINE, read_only=True),
)


def _is_required(value: Dependency) -> bool:
    return not value.optional and value.kind != "hardware"


def _is_suggested(value: Dependency) -> bool:
    return value.optional and value.kind != "hardware"


def _is_hardware(value: Dependency) -> bool:
    return value.kind == "hardware"


_REQUIRED = Nested(Dependency, _PARTS, plain="name", when=_is_required)
_SUGGESTED = Nested(Dependency, _PARTS, plain="name", when=_is_suggested, fixed={"optional": True})
_HARDWARE = Nested(
    Dependency, _PARTS, plain="name", when=_is_hardware, fixed={"kind": "hardware"}, brief=True
)
_DOWNLOAD = Nested(
    Distribution,
    (
        Row("url[]", "download_url", URL),
        Row("@id", "download_url", URL, read_only=True),
        Row("contentUrl[]", "download_url", URL, read_only=True),
        Row("name[]", "title", LINE),
        Row("encodingFormat[]", "media_type", kinds.MEDIA_TYPE),
    ),
    plain="download_url",
    when=lambda value: bool(value.download_url),
)
_INSTALL = Nested(
    Distribution,
    (Row("url[]", "access_url", URL), Row("name[]", "title", LINE)),
    plain="access_url",
    when=lambda value: not value.download_url,
)
_RUNS_ON = Nested(Dependency, _PARTS, plain="name")


_TYPES = {
    "WebApplication": "standalone/web",
    "MobileApplication": "standalone/mobile",
    "SoftwareLibrary": "library",
}


class _Target(Kind):
    """The type of the product that is built: a WebApplication, a MobileApplication."""

    def of_text(self, text: str, note: kinds.Note) -> str | None:
        return _TYPES.get(text.rpartition("/")[2].rpartition(":")[2])


class _Category(kinds.Word):
    """A category of ours or a word; an address only if it is one of ours."""

    def of_text(self, text: str, note: kinds.Note) -> str:
        word = super().of_text(text, note)
        if "://" in word:
            raise kinds.Unclean(
                "not-understood",
                value=kinds.short(text),
                expected="Use words; the categories of publiccode.yml are understood.",
            )
        return word


_CATEGORIES = _first(kinds.Several(_Category("category")), "name[]")
_PLATFORMS = _first(kinds.Several(kinds.PLATFORM), "name[]")
_PICTURE = _first(PATH, "url[]", "contentUrl[]", "@id")
_OWNER = _first(LINE, "name[]", "legalName[]", "givenName+familyName")
_LANGUAGE = _first(LANGUAGE, "identifier[]", "alternateName[]", "name[]")
_LICENCE = _first(LICENCE_ADDRESS, "identifier[]", "@id", "url[]", "name[]")
_ORIGINAL = _first(REPOSITORY, "codeRepository[]", "@id", "url[]")
_MAILBOX = Nested(ContactPoint, (Row("email", "email", EMAIL),), plain="email")
_STATUS = _first(STATUS_ADDRESS, "@id", "name[]", "skos:prefLabel[]")

ROWS: tuple[Row, ...] = (
    Row("@id", "aliases", GLOBAL_ID, read_only=True),
    # SoftwareSourceCode
    Row("codeRepository[]", "repository", _first(REPOSITORY, "@id", "url[]")),
    Row("programmingLanguage[]", "programming_languages", _NAMED),
    Row("runtimePlatform[]", "dependencies", _RUNS_ON, read_only=True),
    Row("targetProduct[].@type[]", "kind", _Target(), read_only=True),
    # SoftwareApplication
    Row("applicationCategory[]", "category", _CATEGORIES),
    Row("applicationSubCategory[]", "category", _CATEGORIES, read_only=True),
    Row("applicationSuite[]", "suite", _NAMED, read_only=True),
    Row("downloadUrl[]", "distributions", _DOWNLOAD),
    Row("installUrl[]", "distributions", _INSTALL),
    Row("featureList[]", "features", LINE),
    Row("featureList@.*[]", "features", LINE),
    Row("operatingSystem[]", "platforms", _PLATFORMS),
    Row("memoryRequirements[]", "dependencies", _HARDWARE, read_only=True),
    Row("storageRequirements[]", "dependencies", _HARDWARE, read_only=True),
    Row("processorRequirements[]", "dependencies", _HARDWARE),
    Row("screenshot[]", "screenshots", _PICTURE),
    Row("softwareHelp[]", "documentation", _PAGE),
    Row("softwareRequirements[]", "dependencies", _REQUIRED),
    Row("softwareVersion[]", "version", LINE, read_only=True),
    # CreativeWork
    Row("author[]", "authors", _AGENT),
    Row("creator[]", "authors", _AGENT, read_only=True),
    Row("citation[]", "references", _CITED, read_only=True),
    Row("copyrightHolder[]", "copyright_owner", _OWNER, joined=", "),
    Row("dateCreated[]", "first_published", PERIOD),
    Row("dateModified[]", "release_date", PERIOD, read_only=True),
    Row("datePublished[]", "release_date", PERIOD),
    Row("funder[]", "attributions", _attribution("funder")),
    Row("sponsor[]", "attributions", _attribution("funder"), read_only=True),
    Row("inLanguage[]", "ui_languages", _LANGUAGE),
    Row("keywords[]", "keywords", _first(kinds.WORDS, "name[]")),
    Row("keywords@.*[]", "keywords", kinds.WORDS),
    Row("license[]", "licence", _LICENCE, joined=" AND "),
    Row("producer[]", "attributions", _attribution("developer")),
    Row("publisher[]", "publisher", _AGENT),
    Row("version[]", "version", LINE),
    Row("isPartOf[]", "suite", _first(LINE, "name[]", "@id")),
    Row("abstract[]", "short_text", LINE),
    Row("abstract@.*[]", "short_text", LINE),
    # Thing
    Row("description[]", "text", PROSE),
    Row("description@.*[]", "text", PROSE),
    Row("identifier[]", "aliases", _IDENTIFIED),
    Row("name[]", "name", LINE),
    Row("name@.*[]", "name", LINE),
    Row("alternateName[]", "alternative_name", LINE),
    Row("alternateName@.*[]", "alternative_name", LINE),
    Row("logo[]", "logo", _PICTURE),
    Row("image[]", "logo", _PICTURE, read_only=True),
    Row("sameAs[]", "aliases", _IDENTIFIED, read_only=True),
    Row("owl:sameAs[]", "aliases", _IDENTIFIED, read_only=True),
    Row("url[]", "landing_page", _PAGE),
    Row("relatedLink[]", "references", _PAGE, read_only=True),
    Row("isBasedOn[]", "derived_from", _ORIGINAL),
    Row("email[]", "contacts", _MAILBOX, read_only=True),
    # CodeMeta
    Row("softwareSuggestions[]", "dependencies", _SUGGESTED),
    Row("maintainer[]", "contacts", _CONTACT),
    Row("buildInstructions[]", "documentation", _PAGE, read_only=True),
    Row("developmentStatus[]", "status", _STATUS),
    Row("funding[]", "attributions", _GRANT, read_only=True),
    Row("issueTracker[]", "issue_tracker", _PAGE),
    Row("referencePublication[]", "references", _CITED),
    Row("readme[]", "documentation", _PAGE, read_only=True),
)

SENTENCES = {  # why a key is not taken
    "personal": "Allmende keeps no more of persons than their name, affiliation and public identifier",
    "reach": "only the name is kept, and how to reach somebody",
    "name": "only the name is kept",
    "version": "only name and version are kept",
    "work": "only DOI or address of a cited work are kept",
    "address": "only the address is kept",
    "product": "it describes a product built from the source code, not the source code",
    "contributor": "Allmende names authors and contacts, not everybody who contributed",
    "provider": "it names who distributes the software, not who publishes it",
    "developer": "it serves developers, who find it in the repository",
    "file": "it describes one file of the software",
}
_PEOPLE = (
    "author", "creator", "maintainer", "copyrightHolder", "publisher", "funder", "sponsor", "producer",
    "funding.funder",
)  # fmt: skip
_PRIVATE = ("email", "address", "telephone", "jobTitle", "position", "roleName", "@name")
_PART = ("provider", "sameAs", "identifier", "runtimePlatform", "@id", "url", "codeRepository")
_PARTS_OF_SOFTWARE = ("softwareRequirements", "softwareSuggestions", "runtimePlatform")


def _below(keys: Iterable[str], inner: Iterable[str]) -> tuple[str, ...]:
    """Each of the inner keys below each of the keys."""
    return tuple(f"{key}.{name}" for key, name in itertools.product(keys, inner))


# Reason -> keys that are ignored with everything below them that no row takes.
_BRANCHES: dict[str, tuple[str, ...]] = {
    "name": (*_below(_PEOPLE, ("affiliation", "parentOrganization")), "isPartOf", "programmingLanguage"),
    "personal": _below(_PEOPLE, _PRIVATE),
    "reach": _below(("maintainer", "copyrightHolder"), ("@id", "identifier", "url")),
    "version": _below(_PARTS_OF_SOFTWARE, _PART),
    "work": ("referencePublication", "citation"),
    "address": (
        "softwareHelp", "readme", "buildInstructions", "issueTracker", "screenshot", "logo", "image",
        "isBasedOn",
    ),
    "product": ("targetProduct", "isSourceCodeOf"),
    "contributor": ("contributor", "editor"),
    "provider": ("provider", "sourceOrganization"),
    "developer": ("continuousIntegration", "contIntegration", "releaseNotes"),
    "file": ("fileSize", "fileFormat", "encoding"),
}  # fmt: skip


def _ignored_branches() -> Iterator[tuple[str, str]]:
    for reason, keys in _BRANCHES.items():
        yield from ((key, SENTENCES[reason]) for key in keys)


IGNORED: dict[str, str] = {
    "@type": "",
    "identifier": "only the identifier itself is kept",
    "license": "only the licence itself is kept",
    "developmentStatus": "only the status itself is kept",
    "funding": "only who funds is kept",
    "audience": "it has no list of values that Allmende knows",
    "hasSourceCode": "another key says it already",
    "copyrightYear": "it is no date of a release",
    "isAccessibleForFree": "the licence says it",
    "review": "what others say of the software is not taken from its own file",
    **dict(_ignored_branches()),
}
