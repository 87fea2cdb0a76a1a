"""An oracle of its own for the promise that nothing a source says is lost in silence.

It reads the file by other parsers than ours, and then asks of each leaf: does its text stand in the solution,
or does a problem name its place? What a format means by silence is listed here: syntax, words that are
translated into codes, one of several ways to say the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import yaml

from vocabularies.crosswalk.rows import Reading
from vocabularies.formats import publiccode
from vocabularies.syntax.documents import key_path

# Keys that say nothing of the software (the tables give them the reason "").
SYNTAX = {
    "publiccode": {key for key, reason in publiccode.IGNORED.items() if not reason},
    "citation": {"cff-version", "message", "type", "identifiers.type"},
    "codemeta": {"@type", "type", "@context", "@id", "id"},
}
# Keys whose values become codes without a remark: any case, any usual word, any address of it.
CODED = {
    "publiccode": {
        "platforms",
        "categories",
        "developmentStatus",
        "softwareType",
        "localisation.availableLanguages",
    },
    "citation": {
        "license",
        "license-url",
        "doi",
        "identifiers.value",
        "preferred-citation.doi",
        "references.doi",
        "authors.orcid",
    },
    "codemeta": {
        "developmentStatus",
        "operatingSystem",
        "runtimePlatform",
        "applicationCategory",
        "applicationSubCategory",
        "license",
        "identifier",
        "referencePublication",
        "citation",
        "targetProduct",
        "inLanguage",
    },
}
_ALTERNATIVES = {  # of which one is taken
    "@id",
    "id",
    "identifier",
    "url",
    "name",
    "contentUrl",
    "value",
    "legalName",
    "alternateName",
    "skos:prefLabel",
    "givenName",
    "familyName",
    "doi",
    "codeRepository",
    "given-names",
    "family-names",
    "name-particle",
    "name-suffix",
    "alias",
}
_DECLARED = re.compile(r"(?:it|IT)\.(?:conforme|piattaforme)\.")  # a no says nothing


class Leaf(NamedTuple):
    """A scalar of a document and the keys on its way; list indices are left out."""

    keys: tuple[str, ...]
    text: str

    @property
    def path(self) -> str:
        path = ""
        for key in self.keys:
            path = key_path(path, key)
        return path


def leaves(content: bytes, format_: str) -> list[Leaf]:
    """All leaves, by PyYAML's or Python's own reader. Raises what they raise."""
    text = content.decode("utf-8-sig")
    data = json.loads(text) if format_ == "codemeta" else yaml.load(text, Loader=yaml.BaseLoader)
    return list(_leaves(data, ()))


def _leaves(data: Any, keys: tuple[str, ...]) -> Iterator[Leaf]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(
                value, keys if str(key).isdecimal() else (*keys, str(key))
            )  # codemetar numbers its lists
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value, keys)
    elif isinstance(data, bool):
        yield Leaf(keys, str(data).lower())
    else:
        yield Leaf(keys, "" if data is None else str(data))


def unaccounted(found: list[Leaf], reading: Reading, format_: str, *, strict: bool = False) -> list[Leaf]:
    """The leaves that neither stand in the solution nor are named by a problem.

    `strict`: no leaf is a word that becomes a code.
    """
    named = {re.sub(r"\[\d+\]|\.\d+(?=\.|$)", "", problem.path) for problem in reading.problems}
    said = _said(reading)
    return [
        leaf
        for leaf in found
        if not (
            _is_named(leaf, named)
            or _is_syntax(leaf, format_)
            or _is_said(leaf, said, found)
            or (not strict and _is_coded(leaf, format_))
        )
    ]


def _is_named(leaf: Leaf, named: set[str]) -> bool:
    path, paths = "", []
    for key in leaf.keys:
        path = key_path(path, key)
        paths.append(path)
    return any(path in named for path in paths)


def _is_coded(leaf: Leaf, format_: str) -> bool:
    keys = tuple(_bare(key) for key in leaf.keys)
    default = keys[-1] == "optional" and leaf.text == "false"
    return (
        default
        or keys[0] in CODED[format_]
        or ".".join(keys) in CODED[format_]
        or _DECLARED.match(leaf.path) is not None
    )


def _is_syntax(leaf: Leaf, format_: str) -> bool:
    keys = [_bare(key) for key in leaf.keys] if format_ == "codemeta" else list(leaf.keys)
    if format_ == "codemeta" and (
        keys[0] == "@context" or keys[-1] in SYNTAX[format_] | {"@language", "@container"}
    ):
        return True
    return ".".join(keys) in SYNTAX[format_] or not leaf.text.strip()


def _is_said(leaf: Leaf, said: str, found: list[Leaf]) -> bool:
    if _folded(leaf.text) in said:
        return True
    pieces = [piece for piece in re.split(r"[,;>]", _folded(leaf.text)) if piece.strip()]
    if all(piece.strip() in said for piece in pieces):
        return True
    beside = [other for other in found if other.keys[:-1] == leaf.keys[:-1] and other.keys != leaf.keys]
    return _bare(leaf.keys[-1]) in _ALTERNATIVES and any(
        _folded(other.text) in said for other in beside if _bare(other.keys[-1]) in _ALTERNATIVES
    )


def _bare(key: str) -> str:
    return re.sub(r"^(?:https?://[^ ]*/(?=\w+$)|schema:|codemeta:)", "", key)


def _said(reading: Reading) -> str:
    return "\n".join(_strings(msgspec.to_builtins(reading.solution)))


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield _folded(str(key))
            yield from _strings(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _strings(value)
    elif data is not None:
        yield _folded(str(data).lower() if isinstance(data, bool) else str(data))


def _folded(text: str) -> str:
    text = "".join(
        character
        for character in unicodedata.normalize("NFC", text)
        if unicodedata.category(character) != "Cf"
    )
    return " ".join(text.casefold().split())
