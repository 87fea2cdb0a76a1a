"""publiccode.yml, every 0.x, with its German (`de`) and Italian (`it`) sections.

Specification: docs/standard/schema.core.rst of publiccodeyml/publiccode.yml.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

import msgspec

from vocabularies import concepts
from vocabularies.crosswalk.patterns import folded
from vocabularies.crosswalk.reader import DocumentReader, read
from vocabularies.crosswalk.rows import Crosswalk, Nested, Reading, Row, sorted_problems
from vocabularies.crosswalk.writer import write as placed
from vocabularies.rules.severities import judged
from vocabularies.syntax import documents
from vocabularies.terms import Agent, Attribution, ContactPoint, Dependency, Service, Solution
from vocabularies.values import kinds
from vocabularies.values.kinds import (
    DATE,
    EMAIL,
    FLAG,
    LANGUAGE,
    LICENCE,
    LINE,
    PATH,
    PROSE,
    URI,
    URL,
    Kind,
    Note,
    Unclean,
)

NEWEST = "0.7"
# CHANGELOG.rst of the standard; "0" is any of them.
VERSIONS = frozenset(
    "0 0.1 0.1.0 0.2 0.2.0 0.2.1 0.2.2 0.3 0.3.0 0.4 0.4.0 0.5 0.5.0 0.6 0.6.0 0.7 0.7.0".split()
)
_VERSION_KEYS = ("publiccodeYmlVersion", "publiccode-yaml-version", "publiccode-yml-version")


class Declared(Kind):
    """A yes that stands for a standard (`it.piattaforme.spid: true`); a no says nothing."""

    expects = "true or false"

    def __init__(self, standard: str) -> None:
        self.standard = standard

    def clean(self, raw: Any, note: Note = kinds.silent) -> str | None:
        return self.standard if FLAG.clean(raw, note) else None


_NAMED = (Row("name", "agent.name", LINE, needed=True),)


def _attribution(role: str, rows: tuple[Row, ...], *, brief: bool = False) -> Nested:
    return Nested(
        Attribution,
        rows,
        plain="agent.name",
        fixed={"role": role},
        when=lambda value: value.role == role,
        brief=brief,
    )


_FUNDER = _attribution(
    "funder",
    (
        *_NAMED,
        Row("uri", "agent.uri", URI),
        Row("url", "agent.homepage", URL, read_only=True),
    ),
)
_USER = _attribution("deployer", _NAMED, brief=True)
_CONTRACTOR = _attribution(
    "contractor",
    (
        *_NAMED,
        Row("until", "until", DATE),
        Row("email", "email", EMAIL),
        Row("website", "agent.homepage", URL),
        Row("affiliation", "agent.affiliation", LINE, read_only=True),
    ),
)
_CONTACT = Nested(
    ContactPoint,
    (
        Row("name", "name", LINE, needed=True),
        Row("email", "email", EMAIL),
        Row("phone", "phone", LINE),
        Row("affiliation", "affiliation", LINE),
        Row("website", "url", URL, read_only=True),
    ),
    plain="name",
)


def _dependency(kind: str) -> Nested:
    return Nested(
        Dependency,
        (
            Row("name", "name", LINE, needed=True),
            Row("versionMin", "version_min", kinds.VERSION),
            Row("versionMax", "version_max", kinds.VERSION),
            Row("version", "version", kinds.VERSION),
            Row("optional", "optional", FLAG),
        ),
        plain="name",
        fixed={"kind": kind},
        when=lambda value: value.kind == kind,
    )


_SERVICE = Nested(
    Service,
    (
        Row("themenfeld", "topic", LINE),
        Row("lebenslage", "life_situation", LINE),
        Row("ozg-id", "ozg_id", LINE),
        Row("leika-id", "leika_id", LINE),
    ),
)

# Key of the Italian section -> the standard that a yes stands for.
_ITALIAN_STANDARDS = {
    "it.conforme.lineeGuidaDesign": "urn:x-italian-pa:lineeGuidaDesign",
    "it.conforme.modelloInteroperabilita": "urn:x-italian-pa:modelloInteroperabilita",
    "it.conforme.misureMinimeSicurezza": "urn:x-italian-pa:misureMinimeSicurezza",
    "it.conforme.gdpr": "alias:gdpr",
    "it.piattaforme.spid": "alias:spid",
    "it.piattaforme.cie": "alias:cie",
    "it.piattaforme.anpr": "alias:anpr",
    "it.piattaforme.pagopa": "alias:pagopa",
    "it.piattaforme.io": "alias:io",
}

ROWS: tuple[Row, ...] = (
    Row("name", "name", LINE, needed=True),
    Row("applicationSuite", "suite", LINE),
    Row("url", "repository", URL, needed=True),
    Row("landingURL", "landing_page", URL),
    Row("isBasedOn[?]", "derived_from", URL),
    Row("softwareVersion", "version", kinds.VERSION),
    Row("version", "version", kinds.VERSION, read_only=True),
    Row("releaseDate", "release_date", DATE),
    Row("creationDate", "first_published", DATE, read_only=True),
    Row("logo", "logo", PATH),
    Row("monochromeLogo", "logo", PATH, read_only=True, instead="Use ‘logo’."),
    Row("inputTypes[]", "input_types", kinds.MEDIA_TYPE, read_only=True, instead="Delete the key."),
    Row("outputTypes[]", "output_types", kinds.MEDIA_TYPE, read_only=True, instead="Delete the key."),
    Row("platforms[]", "platforms", kinds.PLATFORM, needed=True),
    Row("categories[]", "category", kinds.CATEGORY),
    Row("tags[]", "keywords", LINE, read_only=True),
    Row("freeTags.*[]", "keywords", LINE, read_only=True),
    Row("organisation.uri", "publisher.uri", URI),
    Row("organisation.name", "publisher.name", LINE),
    Row("usedBy[]", "attributions", _USER),
    Row("fundedBy[]", "attributions", _FUNDER),
    Row("roadmap", "roadmap", URL),
    Row("developmentStatus", "status", kinds.STATUS, needed=True),
    Row("softwareType", "kind", kinds.SOFTWARE_TYPE, needed=True),
    Row("supports[].id", "standards", URI),
    Row("intendedAudience.countries[]", "countries", kinds.COUNTRY),
    Row("intendedAudience.onlyFor[]", "scope", kinds.SCOPE, read_only=True),
    Row("intendedAudience.unsupportedCountries[]", "unsupported_countries", kinds.COUNTRY),
    Row("intendedAudience.scope[]", "scope", kinds.SCOPE),
    Row("description.*.localisedName", "name", LINE),
    Row("description.*.genericName", "generic_name", LINE, instead="Use ‘categories’."),
    Row("description.*.shortDescription", "short_text", LINE),
    Row("description.*.longDescription", "text", PROSE),
    Row("description.*.documentation", "documentation", URL),
    Row("description.*.apiDocumentation", "api_documentation", URL),
    Row("description.*.features[]", "features", LINE),
    Row("description.*.featureList[]", "features", LINE, read_only=True),
    Row("description.*.screenshots[]", "screenshots", PATH),
    Row("description.*.videos[]", "videos", URL),
    Row("description.*.awards[]", "awards", LINE),
    Row("legal.license", "licence", LICENCE, needed=True),
    Row("legal.mainCopyrightOwner", "copyright_owner", LINE),
    Row("legal.repoOwner", "publisher.name", LINE, read_only=True, instead="Use ‘organisation.name’."),
    Row("maintenance.type", "maintenance", kinds.MAINTENANCE, needed=True),
    Row("maintenance.contractors[]", "attributions", _CONTRACTOR),
    Row("maintenance.contacts[]", "contacts", _CONTACT),
    Row("localisation.localisationReady", "localisation_ready", FLAG, needed=True),
    Row("localisation.availableLanguages[]", "ui_languages", kinds.LANGUAGE, needed=True),
    Row("dependsOn.open[]", "dependencies", _dependency("open")),
    Row("dependsOn.proprietary[]", "dependencies", _dependency("proprietary")),
    Row("dependsOn.hardware[]", "dependencies", _dependency("hardware")),
    Row("dependencies.open[]", "dependencies", _dependency("open"), read_only=True),
    Row("downloadUrls[]", "references", URL, read_only=True),
    Row("features[]", "features", LINE, read_only=True),
    Row("documentation", "documentation", URL, read_only=True),
    Row("documentationURL", "documentation", URL, read_only=True),
    Row("videos[]", "videos", URL, read_only=True),
    # The German section
    Row("de.leika[]", "services", _SERVICE),
    # The Italian section, deprecated since 0.7
    *(
        Row(key, "standards", Declared(standard), read_only=True)
        for key, standard in _ITALIAN_STANDARDS.items()
    ),
    Row("it.riuso.codiceIPA", "publisher.uri", LINE, read_only=True),
)

IGNORED: dict[str, str] = {
    "publiccodeYmlVersion": "",
    "publiccode-yaml-version": "",
    "publiccode-yml-version": "",
    "legal.authorsFile": "it names a file of persons, which Allmende does not collect",
    "it.countryExtensionVersion": "it describes the file, not the software",
    "de.countryExtensionVersion": "it describes the file, not the software",
    "nl.countryExtensionVersion": "it describes the file, not the software",
}


# Field, key and the least and the most characters that the standard allows.
_LENGTHS = (
    ("short_text", "shortDescription", 0, 150),
    ("text", "longDescription", 150, 10_000),
)


def _lengths(reader: DocumentReader) -> None:
    """Texts whose length the standard does not allow are reported and kept."""
    for field, key, low, high in _LENGTHS:
        for language, text in reader.values.get(field, {}).items():
            if not low <= len(text) <= high:
                code, limit = ("too-long", high) if len(text) > high else ("too-short", low)
                path = _path_of(reader, language, key)
                reader.note(code, path, length=str(len(text)), limit=str(limit))


def _path_of(reader: DocumentReader, language: str, key: str) -> str:
    """The path of a text below `description`, as its author spelt it."""
    for path in reader.marks:
        steps = path.split(".")
        if len(steps) != 3 or folded(steps[0]) != "description" or folded(steps[2]) != folded(key):
            continue
        with contextlib.suppress(Unclean):
            if LANGUAGE.clean(steps[1]) == language:
                return path
    return "description"


def _described(reader: DocumentReader) -> None:
    if reader.whole and not reader.values.get("short_text") and not reader.values.get("text"):
        reader.note("no-description", "description" if "description" in reader.data else "")


def _italian_publisher(reader: DocumentReader) -> None:
    """`codiceIPA` is a code of the Italian register of administrations, and becomes a URN."""
    agent = reader.values.get("publisher")
    if agent and re.fullmatch(r"[A-Za-z0-9_]+", agent.uri):
        uri = "urn:x-italian-pa:" + agent.uri
        reader.values["publisher"] = Agent(name=agent.name, homepage=agent.homepage, uri=uri)


def _version(reader: DocumentReader) -> None:
    """The version, under one of its keys; some files write it as an address of the standard."""
    for key in _VERSION_KEYS:
        version = reader.data.get(key)
        if not isinstance(version, str) or not version.strip():
            continue
        if key != "publiccodeYmlVersion":
            reader.note("misspelt-key", key, key=key, right="publiccodeYmlVersion")
        reader.version = version.strip().rpartition("/version/")[2][:40]
        if reader.version not in VERSIONS:
            reader.note("version-unknown", key, value=kinds.short(version), version=NEWEST)
        return
    reader.note("version-missing", version=NEWEST)


CROSSWALK = Crosswalk(
    name="publiccode",
    rows=ROWS,
    ignored=IGNORED,
    checks=(_version, _described, _lengths, _italian_publisher),
    spellings=frozenset(("IT", "DE", "NL")),
)


def parse(content: bytes) -> Reading:
    """Read a publiccode.yml. The reading is usable if it says a name or what the software does."""
    reader = read(CROSSWALK, documents.parse(content, "YAML"))
    solution = reader.solution()
    problems = sorted_problems(judged(reader.problems, "publiccode", reader.version))
    return Reading(format="publiccode", version=reader.version, solution=solution, problems=problems)


def write(solution: Solution) -> dict[str, Any]:
    """A publiccode.yml of the newest version, keys in the order of the rows.

    What the standard has no key for stays out.
    """
    types = tuple(_software_type(code) for code in solution.kind)
    return {"publiccodeYmlVersion": NEWEST, **placed(ROWS, msgspec.structs.replace(solution, kind=types))}


def _software_type(code: str) -> str:
    """The standard's word for a code of scheme `software-type`."""
    concept = concepts.scheme("software-type").concepts.get(code)
    return concept.attributes.get("publiccode", code) if concept else code
