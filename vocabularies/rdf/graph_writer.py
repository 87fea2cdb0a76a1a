"""Writes a thing as RDF by the table of its type; graph_reader.py reads it back.

A payload holds everything that is written: what is in both views, what only sources say, and what is derived
for harvesters (dcat_ap.py), which is never read back. So `read(write(x)) == x`, and one canonical byte string
serves all outputs (docs/rdf.md, "Views").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from vocabularies import fields
from vocabularies import triples as rdf
from vocabularies.fields import Shape
from vocabularies.namespaces import RDF, SCHEMA
from vocabularies.rdf import dcat_ap
from vocabularies.rdf.dcat_ap import Context
from vocabularies.rdf.table import SOLUTION, Property, Table
from vocabularies.terms import Solution
from vocabularies.triples import Triple
from vocabularies.values.kinds import Kind

ITEM = rdf.iri(SCHEMA.item)
TYPE, FIRST, REST, NIL = (rdf.iri(RDF.term(name)) for name in ("type", "first", "rest", "nil"))


def write(thing: msgspec.Struct, table: Table, *, subject: str, base: str = "") -> list[Triple]:
    """The triples of a thing whose IRI is `subject`, and of what is nested in it, by the rows of its type.

    `base` is the address of the instance that writes. No blank nodes; not sorted, may repeat.
    """
    writer = _GraphWriter(base)
    writer.write(rdf.iri(subject), thing, table)
    return writer.graph


def to_graph(solution: Solution, context: Context) -> list[Triple]:
    """All triples of a solution: what its sources said and what harvesters need."""
    said = write(solution, SOLUTION, subject=solution.id, base=context.base)
    return [*said, *dcat_ap.derived(solution, context)]


def payload(solution: Solution, context: Context) -> bytes:
    """The canonical byte string of a solution: sorted N-Triples."""
    return rdf.serialise(to_graph(solution, context))


class _GraphWriter:
    """Collects the triples of a thing and of what is nested in it."""

    def __init__(self, base: str) -> None:
        self.graph: list[Triple] = []
        self._base = base

    def write(self, subject: str, thing: msgspec.Struct, table: Table) -> None:
        self.graph.extend((subject, TYPE, rdf.constant(class_)) for class_ in table.classes)
        for row in table.rows:
            value = getattr(thing, row.field)
            if not fields.is_said(value, row.field, table.of):
                continue
            predicate = rdf.constant(row.predicate)
            if isinstance(row.kind, Table):
                self._write_nested(subject, predicate, value, table=row.kind)
                continue
            written = self._terms(row, row.kind, value)
            if fields.shape(row.field, table.of) is Shape.LIST:
                self._write_list(subject, predicate, written, name=row.field)
            else:
                self.graph.extend((subject, predicate, term) for term in written)

    def _write_nested(self, subject: str, predicate: str, value: Any, *, table: Table) -> None:
        """Its IRI tells the place of a thing; one with an IRI of its own stands at the IRI of the place."""
        things = _several(value)
        for number, thing in enumerate(things, 1):
            id_ = getattr(thing, "id", "")
            place = nested_iri(subject, table.fragment, number)
            term = rdf.iri(id_) if id_ else place
            self.graph.append((subject, predicate, term))
            if id_ and len(things) > 1:
                self.graph.append((place, ITEM, term))
            self.write(term, thing, table)

    def _write_list(self, subject: str, predicate: str, items: Sequence[str], *, name: str) -> None:
        """An rdf:List, whose nodes have IRIs."""
        nodes = [nested_iri(subject, name, number) for number in range(1, len(items) + 1)]
        self.graph.append((subject, predicate, nodes[0]))
        for node, item, rest in zip(nodes, items, [*nodes[1:], NIL], strict=True):
            self.graph += [(node, FIRST, item), (node, REST, rest)]

    def _terms(self, row: Property, kind: Kind, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [kind.term(item, self._base) for item in _several(value)]
        if row.joined:
            return [rdf.literal("\n".join(texts), language) for language, texts in value.items()]
        literals: list[str] = []
        for language, texts in value.items():
            literals += [kind.term(text, self._base, language) for text in _several(texts)]
        return literals


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def nested_iri(subject: str, fragment: str, number: int) -> str:
    """The IRI of a place in a thing's list: the term of what stands there, unless that has its own."""
    iri = rdf.value(subject)
    separator = "-" if "#" in iri else "#"
    return rdf.iri(f"{iri}{separator}{fragment}-{number}")
