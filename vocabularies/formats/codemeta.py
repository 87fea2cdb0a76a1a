"""codemeta.json, versions 2 and 3, read and written by the rows of codemeta_rows.py.

CodeMeta has one description; a short one is our short text (crosswalk/descriptions.py). `dateModified` is the
release's date where both it and `datePublished` stand, because many files keep the date of the very first
publication in the latter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from vocabularies import concepts
from vocabularies.crosswalk.descriptions import short_or_long
from vocabularies.crosswalk.reader import DocumentReader, read
from vocabularies.crosswalk.rows import Crosswalk, Reading, sorted_problems
from vocabularies.crosswalk.writer import write as placed
from vocabularies.formats.codemeta_rows import IGNORED, ROWS
from vocabularies.rules.severities import judged
from vocabularies.syntax import documents, jsonld
from vocabularies.syntax.documents import Document
from vocabularies.terms import Solution
from vocabularies.values import kinds

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


def _categories(reader: DocumentReader) -> None:
    """A word that is no category of ours is a keyword; a path of words ("Internet > HTTP") gives its last."""
    known = concepts.scheme("category").concepts
    words = [str(word) for word in reader.values.get("category", ())]
    reader.values["category"] = tuple(word for word in words if word in known)
    unknown = {word.rpartition(">")[2].strip() for word in words if word not in known} - {""}
    if unknown:
        keywords = reader.values.setdefault("keywords", {})
        keywords[""] = tuple(sorted({*keywords.get("", ()), *unknown}))


def _platforms(reader: DocumentReader) -> None:
    """A dependency that is a platform of ours (Docker) is one; others (Python 3) stay dependencies."""
    dependencies = reader.values.get("dependencies", ())
    codes = {dependency: concepts.find("platform", dependency.name) for dependency in dependencies}
    platforms = set(codes.values()) - {""}
    if platforms:
        reader.values["platforms"] = tuple(sorted(platforms.union(reader.values.get("platforms", ()))))
        reader.values["dependencies"] = tuple(item for item in dependencies if not codes[item])


def _licences(reader: DocumentReader) -> None:
    """Several licences are taken to hold together.

    CodeMeta does not say whether one of them may be chosen; this is the safe reading.
    """
    licences = reader.data.get("license") or []
    if isinstance(licences, list) and len(licences) > 1 and " AND " in reader.values.get("licence", ""):
        reader.note("several-licences", "license", right=reader.values["licence"])


TEXTS = frozenset(row.source.partition("@")[0] for row in ROWS if "@.*" in row.source)
CROSSWALK = Crosswalk("codemeta", ROWS, IGNORED, checks=(short_or_long, _categories, _platforms, _licences))


def parse(content: bytes) -> Reading:
    """Read a codemeta.json. The reading is usable if it says a name or what the software does."""
    document = documents.parse(content, "JSON")
    normalised = jsonld.normalised(document, texts=TEXTS, typed=frozenset(("targetProduct",)))
    reader = read(CROSSWALK, normalised.document)
    version = _version(document, reader) if isinstance(reader.data, dict) else ""
    solution = reader.solution()
    problems = normalised.as_written(judged(reader.problems, "codemeta", version))
    return Reading(format="codemeta", version=version, solution=solution, problems=sorted_problems(problems))


def _version(document: Document, reader: DocumentReader) -> str:
    for context in jsonld.contexts(document.data):
        address = context.replace("http://", "https://").rstrip("/")
        if address in CONTEXTS:
            return CONTEXTS[address]
        if "codemeta" in address:
            return next((version for version in ("3.1", "3.0", "1.0") if version in address), "2.0")
    written_out = any("://" in key for key in _keys(document.data))  # such keys need no context
    if reader.whole and not written_out:
        reader.note("context-unknown", version=NEWEST)
    return NEWEST


def _keys(data: Any) -> Iterable[str]:
    node = data[0] if isinstance(data, list) and data else data
    return node.keys() if isinstance(node, dict) else ()


# How our codes are written.
_STATUSES = {"concept": "concept", "development": "wip", "stable": "active", "obsolete": "unsupported"}
_PRODUCTS = {"standalone/web": "WebApplication", "standalone/mobile": "MobileApplication"}


def write(solution: Solution) -> dict[str, Any]:
    """A CodeMeta 3 document, keys in the order of the rows. What CodeMeta has no property for stays out."""
    document: dict[str, Any] = {"@context": "https://w3id.org/codemeta/3.0", "@type": "SoftwareSourceCode"}
    if solution.id:
        document["@id"] = solution.id
    document.update(_typed(jsonld.compact(placed(ROWS, _described(solution)))))
    if solution.licence:
        document["license"] = _licence_address(solution.licence)
    if solution.status in _STATUSES:
        document["developmentStatus"] = "https://www.repostatus.org/#" + _STATUSES[solution.status]
    products = [{"@type": _PRODUCTS[kind]} for kind in solution.kind if kind in _PRODUCTS]
    if products:
        document["targetProduct"] = jsonld.compact(products)
    return document


def _described(solution: Solution) -> Solution:
    """With the short text as description where a language has no long one, else as abstract."""
    abstracts = {
        language: text for language, text in solution.short_text.items() if language in solution.text
    }
    descriptions = {**solution.short_text, **solution.text}
    return msgspec.structs.replace(solution, text=descriptions, short_text=abstracts)


def _licence_address(licence: str) -> str:
    """SPDX's page of a single licence; an expression as it is."""
    single = len(kinds.licences(licence)) == 1 and " " not in licence
    return "https://spdx.org/licenses/" + licence if single else licence


# Of which type the nodes below a property are, where CodeMeta leaves one choice only.
_NODE_TYPES = {"softwareRequirements": "SoftwareApplication", "softwareSuggestions": "SoftwareApplication"}


def _typed(document: dict[str, Any]) -> dict[str, Any]:
    for key, type_ in _NODE_TYPES.items():
        value = document.get(key)
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, dict):
                node["@type"] = type_
    return document
