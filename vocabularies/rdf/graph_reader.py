"""Reads a Solution back from RDF, by the table of fields and predicates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from vocabularies import terms
from vocabularies import triples as rdf
from vocabularies.namespaces import DCAT
from vocabularies.rdf import dcat_ap
from vocabularies.rdf.table import SOLUTION, TYPE, Property, Table
from vocabularies.terms import Shape, Solution
from vocabularies.triples import Triple
from vocabularies.values.kinds import Kind

Index = dict[str, dict[str, set[str]]]  # subject -> predicate -> objects
_DEEPEST = 3  # things nested in each other


def from_graph(graph: Iterable[Triple], iri: str = "") -> Solution | None:
    """The solution a graph describes: the one named `iri`, else its first dcat:Dataset; None without one."""
    index: Index = defaultdict(lambda: defaultdict(set))
    for s, p, o in graph:
        index[s][p].add(o)
    subject = rdf.iri(iri) if iri else _dataset(index)
    if subject not in index:
        return None
    values = _read(index, subject, SOLUTION)
    for field, derived in (("distributions", dcat_ap.REPOSITORY), ("contacts", dcat_ap.CONTACT_FORM)):
        values[field] = tuple(thing for thing in values.get(field, ()) if not thing.id.endswith(derived))
    return Solution(**{**values, "id": rdf.value(subject)})


def _dataset(index: Index) -> str:
    class_ = rdf.iri(DCAT.Dataset)
    return min((subject for subject, objects in index.items() if class_ in objects.get(TYPE, ())), default="")


def _read(index: Index, subject: str, table: Table, *, depth: int = 0) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in table.rows:
        objects = index[subject].get(rdf.constant(row.predicate))
        if not objects:
            continue
        shape = terms.shape(row.field, table.of)
        if isinstance(row.kind, Table):
            things = tuple(
                _nested(index, subject, sorted(objects, key=_by_number), table=row.kind, depth=depth)
            )
            value = things if shape is Shape.LIST else next(iter(things), None)
        else:
            value = _value(objects, row, row.kind, shape=shape)
        if value not in (None, "", (), {}):
            values[row.field] = value
    return values


def _nested(
    index: Index, subject: str, objects: list[str], *, table: Table, depth: int
) -> Iterator[msgspec.Struct]:
    generated = re.compile(re.escape(rdf.value(subject)) + rf"[#-]{table.fragment}-\d+")
    for term in objects:
        if depth >= _DEEPEST or term not in index or not rdf.is_iri(term):
            continue
        values = _read(index, term, table, depth=depth + 1)
        id_ = rdf.value(term)
        if "id" in table.of.__struct_fields__ and not generated.fullmatch(id_):
            values["id"] = id_
        try:
            thing = table.of(**values)
        except TypeError:  # a mandatory part is missing: not a thing we could show
            continue
        yield thing


def _by_number(term: str) -> tuple[str, int, str]:
    match = re.fullmatch(r"(.*?)(\d+)>?", term)
    return (match[1], int(match[2][:9]), "") if match else (term, 0, "")


def _value(objects: set[str], row: Property, kind: Kind, *, shape: Shape) -> Any:
    """The value of a field from its terms. Terms that are none of the kind are left out."""
    pairs = [(term, value) for term in sorted(objects) if (value := kind.value(term)) is not None]
    if shape is Shape.TEXTS:
        return {rdf.parts(term)[1]: value for term, value in reversed(pairs)}
    if shape is Shape.TEXT_LISTS:
        return _text_lists(pairs, joined=row.joined)
    values = [value for _, value in pairs]
    if shape in (Shape.SET, Shape.LIST):
        return tuple(sorted(set(values)))
    return values[0] if values else None


def _text_lists(pairs: list[tuple[str, str]], *, joined: bool) -> dict[str, tuple[str, ...]]:
    lists: dict[str, list[str]] = defaultdict(list)
    for term, text in pairs:
        lists[rdf.parts(term)[1]] += text.split("\n") if joined else [text]
    return {
        language: tuple(texts if joined else sorted(set(texts))) for language, texts in sorted(lists.items())
    }
