"""Reads a thing back from RDF, by the table of its type: the other way of graph_writer.py."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, TypeVar

import msgspec

from vocabularies import fields
from vocabularies import triples as rdf
from vocabularies.fields import Shape
from vocabularies.namespaces import DCAT
from vocabularies.rdf.graph_writer import FIRST, ITEM, NIL, REST, TYPE, nested_iri
from vocabularies.rdf.table import SOLUTION, Property, Table
from vocabularies.terms import Solution
from vocabularies.triples import Triple
from vocabularies.values.kinds import Kind

Index = dict[str, dict[str, set[str]]]  # subject -> predicate -> objects
Thing = TypeVar("Thing", bound=msgspec.Struct)


def read(graph: Iterable[Triple], table: Table, iri: str) -> Any:
    """The thing of the table's type that a graph says of `iri`; None if it says nothing of it.

    None too if a part is missing that its type cannot be without.
    """
    index = _index(graph)
    subject = rdf.iri(iri)
    return _thing(index, subject, table, id_=iri) if subject in index else None


def from_graph(graph: Iterable[Triple], iri: str = "") -> Solution | None:
    """The solution a graph describes: the one named `iri`, else its first dcat:Dataset; None without one."""
    index = _index(graph)
    subject = rdf.iri(iri) if iri else _dataset(index)
    if subject not in index:
        return None
    return Solution(**{**_values(index, subject, SOLUTION), "id": rdf.value(subject)})


def _index(graph: Iterable[Triple]) -> Index:
    index: Index = defaultdict(lambda: defaultdict(set))
    for s, p, o in graph:
        index[s][p].add(o)
    return index


def _dataset(index: Index) -> str:
    class_ = rdf.iri(DCAT.Dataset)
    return min((subject for subject, objects in index.items() if class_ in objects.get(TYPE, ())), default="")


def _thing(index: Index, subject: str, table: Table, *, id_: str) -> msgspec.Struct | None:
    values = {**fields.unsaid(table.of), **_values(index, subject, table)}
    if id_ and "id" in table.of.__struct_fields__:
        values["id"] = id_
    try:
        return table.of(**values)
    except TypeError:  # a nested thing is missing that this one cannot be without
        return None


def _values(index: Index, subject: str, table: Table) -> dict[str, Any]:
    """Field -> value.

    The depth is that of the tables, which do not nest without end, whatever the graph does.
    """
    values: dict[str, Any] = {}
    for row in table.rows:
        objects = index[subject].get(rdf.constant(row.predicate))
        if not objects:
            continue
        shape = fields.shape(row.field, table.of)
        if isinstance(row.kind, Table):
            things = tuple(_nested(index, subject, objects, table=row.kind))
            value: Any = things if shape in (Shape.LIST, Shape.SET) else next(iter(things), None)
        else:
            value = _value(index, objects, row, kind=row.kind, shape=shape)
        if value not in (None, "", (), {}):
            values[row.field] = value
    return values


def _nested(index: Index, subject: str, objects: set[str], *, table: Table) -> Iterator[msgspec.Struct]:
    """In their order; without what is only derived."""
    own = rdf.value(subject)
    generated = re.compile(re.escape(own) + rf"[#-]{re.escape(table.fragment)}-(\d+)")
    places = _places(index, subject, table.fragment)
    found: list[tuple[int, str, str]] = []  # place, IRI, id of its own
    for term in objects:
        iri = rdf.value(term)
        if term not in index or not rdf.is_iri(term) or (table.derived and iri == own + table.derived):
            continue
        if match := generated.fullmatch(iri):
            found.append((int(match[1][:9]), term, ""))
        else:
            found += [(place, term, iri) for place in places.get(term, [0])]
    for _, term, id_ in sorted(found):
        thing = _thing(index, term, table, id_=id_)
        if thing is not None:
            yield thing


def _places(index: Index, subject: str, fragment: str) -> dict[str, list[int]]:
    """Where things that have IRIs of their own stand in a list; one may stand there more than once."""
    places: dict[str, list[int]] = defaultdict(list)
    for number in count(1):
        place = index.get(nested_iri(subject, fragment, number))
        if place is None:
            return places
        for term in place.get(ITEM, ()):
            places[term].append(number)
    raise AssertionError("a count does not end")


def _value(index: Index, objects: set[str], row: Property, *, kind: Kind, shape: Shape) -> Any:
    """The value of a field from its terms. Terms that are none of the kind are left out."""
    if shape is Shape.LIST:
        return tuple(_list(index, min(objects), kind))
    pairs = [(term, value) for term in sorted(objects) if (value := kind.value(term)) is not None]
    if shape is Shape.TEXTS:
        return {rdf.parts(term)[1]: value for term, value in reversed(pairs)}
    if shape is Shape.TEXT_LISTS:
        return _text_lists(pairs, joined=row.joined)
    values = [value for _, value in pairs]
    if shape is Shape.SET:
        return tuple(sorted(set(values)))
    return values[0] if values else None


def _list(index: Index, node: str, kind: Kind) -> Iterator[Any]:
    """The items of an rdf:List, which ends where it comes back to itself."""
    seen: set[str] = set()
    while node != NIL and node in index and node not in seen:
        seen.add(node)
        value = kind.value(min(index[node].get(FIRST, {""})))
        if value is not None:
            yield value
        node = min(index[node].get(REST, {NIL}))


def _text_lists(pairs: list[tuple[str, str]], *, joined: bool) -> dict[str, tuple[str, ...]]:
    lists: dict[str, list[str]] = defaultdict(list)
    for term, text in pairs:
        lists[rdf.parts(term)[1]] += text.split("\n") if joined else [text]
    found: dict[str, tuple[str, ...]] = {}
    for language, texts in sorted(lists.items()):
        found[language] = tuple(texts if joined else sorted(set(texts)))
    return found
