"""Values for property tests.

Whole Solutions as the formats leave them, cleaned and in order, with texts that are as nasty as cleaning
allows.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from vocabularies import concepts, fields
from vocabularies.crosswalk.rows import unique
from vocabularies.fields import Shape
from vocabularies.rdf import table
from vocabularies.terms import Solution
from vocabularies.values import kinds
from vocabularies.values.kinds import Unclean

IRI = "https://allmende.example.org/id/solution/01ARZ3NDEKTSV4RRFFQ69G5FAV"
LANGUAGES = ("", "de", "en", "fr-be", "sr-latn")
NASTY = "\"\\<>^@'{}|`%#[]()\t\n.,;:/?&=+*_~ \u2028\u2029\x85\u200d\ufe0f\ufffe\U0001f600äßé中א"

_letters = st.one_of(st.sampled_from(NASTY), st.characters(exclude_categories=["Cs"]))


def cleaned(kind: kinds.Kind, raw: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """What a kind makes of raw texts, without what it refuses."""

    def clean(text: str) -> Any:
        try:
            return kind.clean(text)
        except Unclean:
            return None

    return raw.map(clean).filter(lambda value: value not in (None, ""))


texts = st.text(_letters, min_size=1, max_size=40)
lines = cleaned(kinds.LINE, texts)
prose = cleaned(kinds.PROSE, st.text(_letters, min_size=1, max_size=120))
urls = cleaned(
    kinds.URL, st.builds("https://{}.example.org/{}".format, st.sampled_from(["a", "bücher", "x-1"]), texts)
)
uris = st.one_of(
    urls,
    cleaned(
        kinds.URI,
        st.builds("{}{}".format, st.sampled_from(["urn:x:", "doi:10.1/", "alias:", "pkg:pypi/"]), texts),
    ),
)
paths = st.one_of(urls, cleaned(kinds.PATH, texts).filter(lambda path: "://" not in path))
periods = st.one_of(st.from_regex(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?", fullmatch=True), st.dates().map(str))
dates = st.one_of(
    st.dates().map(str), cleaned(kinds.DATE, st.datetimes().map(lambda moment: moment.isoformat() + "Z"))
)
emails = st.sampled_from(["info@stadt.example", "erika.muster@stadt.example", "o'neil+x@stadt.example"])
licences = st.one_of(
    st.sampled_from(
        [
            "EUPL-1.2",
            "MIT",
            "AGPL-3.0-or-later OR MIT",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "see LICENSE.html",
        ]
    ),
    lines,
)


@cache
def codes(scheme: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(concepts.scheme(scheme).concepts))


# Row of the table -> what its values look like, where the kind alone does not say it.
_BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "aliases": uris,
    "text": prose,
    "features": lines,
    "awards": lines,
    "documentation": urls,
    "api_documentation": urls,
    "screenshots": paths,
    "videos": urls,
    "category": st.one_of(codes("category"), lines),
    "kind": st.one_of(codes("software-type"), lines),
    "status": codes("status"),
    "spatial": st.from_regex(r"[0-9]{2}|[0-9]{5}|[0-9]{8}", fullmatch=True),
    "ui_languages": st.sampled_from(["de", "en", "de-at"]),
    "uri": uris,
}
_BY_KIND: dict[Any, st.SearchStrategy[Any]] = {
    kinds.LINE: lines,
    kinds.URL: urls,
    kinds.URI: uris,
    kinds.PATH: paths,
    kinds.DATE: dates,
    kinds.PERIOD: periods,
    kinds.EMAIL: emails,
    kinds.FLAG: st.booleans(),
    kinds.LICENCE: licences,
    table.TEXT: prose,
}


def _one(row: table.Property) -> st.SearchStrategy[Any]:
    if isinstance(row.kind, table.Table):
        return structs(row.kind)
    if isinstance(row.kind, kinds.Concept):
        return codes(row.kind.scheme)
    if isinstance(row.kind, kinds.Country):
        return codes("country")
    return _BY_FIELD[row.field] if row.field in _BY_FIELD else _BY_KIND[row.kind]


def _value(row: table.Property, of: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    one, shape = _one(row), fields.shape(row.field, of)
    if shape is Shape.TEXTS:
        return st.dictionaries(st.sampled_from(LANGUAGES), one, max_size=3)
    if shape is Shape.TEXT_LISTS:
        values = st.lists(one, min_size=1, max_size=3).map(
            lambda items: tuple(items) if row.joined else unique(items, ordered=False)
        )
        return st.dictionaries(st.sampled_from(LANGUAGES), values, max_size=2)
    if shape is Shape.SET:
        return st.lists(one, max_size=3).map(lambda items: unique(items, ordered=False))
    if shape is Shape.LIST:
        return st.lists(one, max_size=12 if row.field == "authors" else 3).map(tuple)
    return one


@cache
def structs(things: table.Table) -> st.SearchStrategy[Any]:
    """Things of a table's type, ids left out."""
    needed = {field.name for field in msgspec.structs.fields(things.of) if field.required}
    rows = {row.field: _value(row, things.of) for row in things.rows}
    kept = {name: strategy for name, strategy in rows.items() if name in needed}
    other = {name: strategy for name, strategy in rows.items() if name not in needed}
    return st.fixed_dictionaries(kept, optional=other).map(lambda values: things.of(**values))


def solutions() -> st.SearchStrategy[Solution]:
    """Solutions with an IRI; every field may be there or not."""

    def finished(solution: Solution) -> Solution:
        return msgspec.structs.replace(solution, id=IRI)

    return structs(table.SOLUTION).map(finished)
