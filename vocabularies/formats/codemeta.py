"""codemeta.json, versions 2 and 3: codemeta.github.io/terms (properties.csv and crosswalk.csv of codemeta/codemeta).

CodeMeta has one description; a short one is our short text (descriptions.py). `dateModified` is the release's date where both it and
`datePublished` stand, because many files keep the date of the very first publication in the latter.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec

from vocabularies import concepts
from vocabularies.crosswalk.descriptions import short_or_long
from vocabularies.crosswalk.reader import DocumentReader, read
from vocabularies.crosswalk.rows import Crosswalk, Nested, Reading, Row, sorted_problems
from vocabularies.crosswalk.writer import write as placed
from vocabularies.syntax import documents, jsonld
from vocabularies.syntax.documents import Document
from vocabularies.terms import Agent, Attribution, ContactPoint, Dependency, Distribution, Solution
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

CONTEXTS = {
    "https://w3id.org/codemeta/3.0": "3.0",
    "https://w3id.org/codemeta/3.1": "3.1",
    "https://w3id.org/codemeta/2.0": "2.0",
    "https://doi.org/10.5063/schema/codemeta-2.0": "2.0",
    "https://w3id.org/codemeta/terms": "3.0",
    "https://codemeta.github.io/terms": "2.0",
    "https://doi.org/10.5063/schema/codemeta-1.0": "1.0",
}
NEWEST = "3.0"


class _Only(msgspec.Struct, frozen=True, kw_only=True):
    """A node of which one value is kept."""

    value: Any = ""


def _one(kind: Kind, *keys: str) -> Nested:
    """A text, or a node whose value is the first of these keys that it has."""
    return Nested(
        _Only,
        tuple(Row(key, "value", kind) for key in keys),
        plain="value",
        then=attrgetter("value"),
        alternatives=True,
    )


_PAGE = _one(URL, "url[]", "@id", "identifier[]")
_NAMED = _one(LINE, "name[]")
_CITED = _one(REFERENCE, "@id", "identifier[]", "url[]")
_IDENTIFIED = _one(IDENTIFIER, "value[]", "@id", "url[]", "identifier[]")
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
        Row("identifier[]", "uri", _one(ORCID, "value[]", "@id", "url[]"), read_only=True),
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


def _attribution(role: str, below: str = "") -> Nested:
    rows = (
        *(row._replace(source=below + row.source, field="agent.name") for row in _AGENT_NAME),
        Row(below + "@id", "agent.uri", GLOBAL_ID),
        Row(below + "url[]", "agent.homepage", _PAGE),
    )
    return Nested(
        Attribution, rows, plain="agent.name", fixed={"role": role}, when=lambda value: value.role == role
    )


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
_NEEDED = Nested(
    Dependency, _PARTS, plain="name", when=lambda value: not value.optional and value.kind != "hardware"
)
_WANTED = Nested(
    Dependency,
    _PARTS,
    plain="name",
    fixed={"optional": True},
    when=lambda value: value.optional and value.kind != "hardware",
)
_HARDWARE = Nested(
    Dependency,
    _PARTS,
    plain="name",
    fixed={"kind": "hardware"},
    when=lambda value: value.kind == "hardware",
    brief=True,
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


class _Target(Kind):
    """The type of the product that is built: a WebApplication, a MobileApplication."""

    def of_text(self, text: str, note: kinds.Note) -> str | None:
        name = text.rpartition("/")[2].rpartition(":")[2]
        return {
            "WebApplication": "standalone/web",
            "MobileApplication": "standalone/mobile",
            "SoftwareLibrary": "library",
        }.get(name)


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


ROWS: tuple[Row, ...] = (
    Row("@id", "aliases", GLOBAL_ID, read_only=True),
    # SoftwareSourceCode
    Row("codeRepository[]", "repository", _one(REPOSITORY, "@id", "url[]")),
    Row("programmingLanguage[]", "programming_languages", _NAMED),
    Row("runtimePlatform[]", "dependencies", _RUNS_ON, read_only=True),
    Row("targetProduct[].@type[]", "kind", _Target(), read_only=True),
    # SoftwareApplication
    Row("applicationCategory[]", "category", _one(kinds.Several(_Category("category")), "name[]")),
    Row(
        "applicationSubCategory[]",
        "category",
        _one(kinds.Several(_Category("category")), "name[]"),
        read_only=True,
    ),
    Row("applicationSuite[]", "suite", _NAMED, read_only=True),
    Row("downloadUrl[]", "distributions", _DOWNLOAD),
    Row("installUrl[]", "distributions", _INSTALL),
    Row("featureList[]", "features", LINE),
    Row("featureList@.*[]", "features", LINE),
    Row("operatingSystem[]", "platforms", _one(kinds.Several(kinds.PLATFORM), "name[]")),
    Row("memoryRequirements[]", "dependencies", _HARDWARE, read_only=True),
    Row("storageRequirements[]", "dependencies", _HARDWARE, read_only=True),
    Row("processorRequirements[]", "dependencies", _HARDWARE),
    Row("screenshot[]", "screenshots", _one(PATH, "url[]", "contentUrl[]", "@id")),
    Row("softwareHelp[]", "documentation", _PAGE),
    Row("softwareRequirements[]", "dependencies", _NEEDED),
    Row("softwareVersion[]", "version", LINE, read_only=True),
    # CreativeWork
    Row("author[]", "authors", _AGENT),
    Row("creator[]", "authors", _AGENT, read_only=True),
    Row("citation[]", "references", _CITED, read_only=True),
    Row(
        "copyrightHolder[]",
        "copyright_owner",
        _one(LINE, "name[]", "legalName[]", "givenName+familyName"),
        joined=", ",
    ),
    Row("dateCreated[]", "first_published", PERIOD),
    Row("dateModified[]", "release_date", PERIOD, read_only=True),
    Row("datePublished[]", "release_date", PERIOD),
    Row("funder[]", "attributions", _attribution("funder")),
    Row("sponsor[]", "attributions", _attribution("funder"), read_only=True),
    Row("inLanguage[]", "ui_languages", _one(LANGUAGE, "identifier[]", "alternateName[]", "name[]")),
    Row("keywords[]", "keywords", _one(kinds.WORDS, "name[]")),
    Row("keywords@.*[]", "keywords", kinds.WORDS),
    Row(
        "license[]",
        "licence",
        _one(LICENCE_ADDRESS, "identifier[]", "@id", "url[]", "name[]"),
        joined=" AND ",
    ),
    Row("producer[]", "attributions", _attribution("developer")),
    Row("publisher[]", "publisher", _AGENT),
    Row("version[]", "version", LINE),
    Row("isPartOf[]", "suite", _one(LINE, "name[]", "@id")),
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
    Row("logo[]", "logo", _one(PATH, "url[]", "contentUrl[]", "@id")),
    Row("image[]", "logo", _one(PATH, "url[]", "contentUrl[]", "@id"), read_only=True),
    Row("sameAs[]", "aliases", _IDENTIFIED, read_only=True),
    Row("owl:sameAs[]", "aliases", _IDENTIFIED, read_only=True),
    Row("url[]", "landing_page", _PAGE),
    Row("relatedLink[]", "references", _PAGE, read_only=True),
    Row("isBasedOn[]", "derived_from", _one(REPOSITORY, "codeRepository[]", "@id", "url[]")),
    Row(
        "email[]",
        "contacts",
        Nested(ContactPoint, (Row("email", "email", EMAIL),), plain="email"),
        read_only=True,
    ),
    # CodeMeta
    Row("softwareSuggestions[]", "dependencies", _WANTED),
    Row("maintainer[]", "contacts", _CONTACT),
    Row("buildInstructions[]", "documentation", _PAGE, read_only=True),
    Row("developmentStatus[]", "status", _one(STATUS_ADDRESS, "@id", "name[]", "skos:prefLabel[]")),
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
    "author",
    "creator",
    "maintainer",
    "copyrightHolder",
    "publisher",
    "funder",
    "sponsor",
    "producer",
    "funding.funder",
)
_PRIVATE = ("email", "address", "telephone", "jobTitle", "position", "roleName", "@name")
_PART = ("provider", "sameAs", "identifier", "runtimePlatform", "@id", "url", "codeRepository")
_BRANCHES = {  # the keys below these are ignored unless a row takes them
    "name": (
        *(f"{who}.{key}" for who in _PEOPLE for key in ("affiliation", "parentOrganization")),
        "isPartOf",
        "programmingLanguage",
    ),
    "personal": tuple(f"{who}.{key}" for who in _PEOPLE for key in _PRIVATE),
    "reach": tuple(
        f"{who}.{key}" for who in ("maintainer", "copyrightHolder") for key in ("@id", "identifier", "url")
    ),
    "version": tuple(
        f"{what}.{key}"
        for what in ("softwareRequirements", "softwareSuggestions", "runtimePlatform")
        for key in _PART
    ),
    "work": ("referencePublication", "citation"),
    "address": (
        "softwareHelp",
        "readme",
        "buildInstructions",
        "issueTracker",
        "screenshot",
        "logo",
        "image",
        "isBasedOn",
    ),
    "product": ("targetProduct", "isSourceCodeOf"),
    "contributor": ("contributor", "editor"),
    "provider": ("provider", "sourceOrganization"),
    "developer": ("continuousIntegration", "contIntegration", "releaseNotes"),
    "file": ("fileSize", "fileFormat", "encoding"),
}
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
    **{key: SENTENCES[reason] for reason, keys in _BRANCHES.items() for key in keys},
}


def _categories(reader: DocumentReader) -> None:
    """A word that is no category of ours is a keyword; a path of words ("Internet > HTTP") gives its last."""
    known = concepts.scheme("category").concepts
    words = [str(word) for word in reader.values.get("category", ())]
    reader.values["category"] = tuple(word for word in words if word in known)
    others = {word.rpartition(">")[2].strip() for word in words if word not in known} - {""}
    if others:
        keywords = reader.values.setdefault("keywords", {})
        keywords[""] = tuple(sorted({*keywords.get("", ()), *others}))


def _platforms(reader: DocumentReader) -> None:
    """A `runtimePlatform` that is a platform of ours (Docker) is one; any other (Python 3) is something that must be there first."""
    known = concepts.scheme("platform").concepts
    found = {
        code
        for item in reader.values.get("dependencies", ())
        if (code := concepts.find("platform", item.name)) in known
    }
    if found:
        reader.values["platforms"] = tuple(sorted({*reader.values.get("platforms", ()), *found}))
        kept = (
            item
            for item in reader.values["dependencies"]
            if concepts.find("platform", item.name) not in known
        )
        reader.values["dependencies"] = tuple(kept)


def _licences(reader: DocumentReader) -> None:
    """CodeMeta does not say whether several licences may be chosen from or hold together: the stricter reading is the safe one."""
    said = reader.data.get("license") or []
    if isinstance(said, list) and len(said) > 1 and " AND " in reader.values.get("licence", ""):
        reader.note("several-licences", "license", right=reader.values["licence"])


TEXTS = frozenset(row.source.partition("@")[0] for row in ROWS if "@.*" in row.source)
CROSSWALK = Crosswalk("codemeta", ROWS, IGNORED, (short_or_long, _categories, _platforms, _licences))


def parse(content: bytes) -> Reading:
    """Read a codemeta.json. The reading is usable if it says a name or what the software does."""
    document = documents.parse(content, "JSON")
    plain = jsonld.normalised(document, texts=TEXTS, typed=frozenset(("targetProduct",)))
    reader = read(CROSSWALK, plain.document)
    version = _version(document, reader) if isinstance(reader.data, dict) else ""
    usable = any(reader.values.get(field) for field in ("name", "short_text", "text"))
    if not usable and document.data is not None:
        reader.note("not-usable")
    solution = Solution(**reader.values) if usable else None
    problems = sorted_problems(plain.as_written(reader.problems))
    return Reading(format="codemeta", version=version, solution=solution, problems=problems)


def _version(document: Document, reader: DocumentReader) -> str:
    for context in jsonld.contexts(document.data):
        address = context.replace("http://", "https://").rstrip("/")
        if address in CONTEXTS:
            return CONTEXTS[address]
        if "codemeta" in address:
            return next((version for version in ("3.1", "3.0", "1.0") if version in address), "2.0")
    if reader.whole and not any(
        "://" in key for key in _keys(document.data)
    ):  # written out, keys need no context
        reader.note("context-unknown", "", version=NEWEST)
    return NEWEST


def _keys(data: Any) -> Any:
    node = data[0] if isinstance(data, list) and data else data
    return node.keys() if isinstance(node, dict) else ()


_STATUS = {"concept": "concept", "development": "wip", "stable": "active", "obsolete": "unsupported"}
_TARGETS = {"standalone/web": "WebApplication", "standalone/mobile": "MobileApplication"}


def write(solution: Solution) -> dict[str, Any]:
    """A CodeMeta 3 document, keys in the order of the rows. What CodeMeta has no property for stays out."""
    both = {language: text for language, text in solution.short_text.items() if language in solution.text}
    said = msgspec.structs.replace(solution, text={**solution.short_text, **solution.text}, short_text=both)
    rows = jsonld.compact(placed(ROWS, said))
    document: dict[str, Any] = {"@context": "https://w3id.org/codemeta/3.0", "@type": "SoftwareSourceCode"}
    if solution.id:
        document["@id"] = solution.id
    document.update(_typed(rows))
    if solution.licence:
        single = len(kinds.licences(solution.licence)) == 1 and " " not in solution.licence
        document["license"] = "https://spdx.org/licenses/" + solution.licence if single else solution.licence
    if solution.status in _STATUS:
        document["developmentStatus"] = "https://www.repostatus.org/#" + _STATUS[solution.status]
    targets = [{"@type": _TARGETS[kind]} for kind in solution.kind if kind in _TARGETS]
    if targets:
        document["targetProduct"] = jsonld.compact(targets)
    return document


# Of which type the nodes below a property are, where CodeMeta leaves one choice only.
_TYPES = {"softwareRequirements": "SoftwareApplication", "softwareSuggestions": "SoftwareApplication"}


def _typed(document: dict[str, Any]) -> dict[str, Any]:
    for key, type_ in _TYPES.items():
        value = document.get(key)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                item["@type"] = type_
    return document
