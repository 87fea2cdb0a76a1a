"""Whatever type a table describes, however deep its types are nested: what is written is read back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pyoxigraph
import pytest
from hypothesis import given

from tests.support.invented_kind import HOUSE, ROOM, STATEMENT, House, Room, Statement, Visit, statements
from vocabularies import triples as rdf
from vocabularies.namespaces import ALLMENDE, RDF, SCHEMA
from vocabularies.rdf import graph_reader, graph_writer, table
from vocabularies.rdf.table import Property, Table
from vocabularies.terms import Ordered, TextLists
from vocabularies.values.kinds import INTEGER, LINE

IRI = "https://allmende.example.org/id/statement/1"


@given(statements())
def test_an_invented_type_is_read_back_as_it_was(statement: Statement) -> None:
    payload = rdf.serialise(graph_writer.write(statement, STATEMENT, subject=statement.id))
    again = graph_reader.read(rdf.lines(payload), STATEMENT, statement.id)
    assert again == statement
    assert rdf.serialise(graph_writer.write(again, STATEMENT, subject=again.id)) == payload
    quads = list(pyoxigraph.parse(payload, pyoxigraph.RdfFormat.N_TRIPLES))
    assert len(quads) == payload.count(b"\n")


def test_an_ordered_list_of_plain_values_is_a_list_of_rdf() -> None:
    visit = Visit(house=House(), note="", steps=("b", "a\nc", "b"))
    graph = graph_writer.write(Statement(id=IRI, visits=(visit,)), STATEMENT, subject=IRI)
    firsts = [o for s, p, o in sorted(graph) if p == rdf.iri(RDF.first)]
    assert firsts == ['"b"', '"a\\nc"', '"b"']
    assert sum(o == rdf.iri(RDF.nil) for _, _, o in graph) == 1


def test_things_with_iris_of_their_own_keep_their_place_in_every_list() -> None:
    a, b = House(id="https://a.example/a"), House(id="https://a.example/b", heated=False)
    plain = House(built="2020-01-01")
    written = Statement(id=IRI, houses=(a, plain, b), tour=(b, a, b, plain))
    graph = graph_writer.write(written, STATEMENT, subject=IRI)
    assert graph_reader.read(graph, STATEMENT, IRI) == written


def test_a_list_that_never_ends_is_read_once() -> None:
    visit, node = f"<{IRI}#visit-1>", f"<{IRI}#visit-1-steps-1>"
    written = Statement(id=IRI, visits=(Visit(house=House(), note="n", steps=("a",)),))
    graph = graph_writer.write(written, STATEMENT, subject=IRI)
    endless = [
        (s, p, node if (s, p) == (node, rdf.iri(RDF.rest)) else o) for s, p, o in graph if s != visit or o
    ]
    assert graph_reader.read(endless, STATEMENT, IRI) == written


def test_things_nested_in_a_circle_are_read_as_deep_as_their_tables_are() -> None:
    term = rdf.iri(IRI)
    graph = [(term, rdf.iri(row.predicate), term) for row in STATEMENT.rows]
    read: Any = graph_reader.read(graph, STATEMENT, IRI)
    assert read.home == House(id=IRI)


def test_what_cannot_be_without_a_part_is_left_out() -> None:
    written = Statement(
        id=IRI, visits=(Visit(house=House(built="2020-01-01"), note="n"), Visit(house=House(), note=""))
    )
    graph = graph_writer.write(written, STATEMENT, subject=IRI)
    homeless = [triple for triple in graph if not triple[0].startswith(f"<{IRI}#visit-1-house-1")]
    assert graph_reader.read(homeless, STATEMENT, IRI) == msgspec.structs.replace(
        written, visits=written.visits[1:]
    )
    assert graph_reader.read(graph, STATEMENT, IRI + "0") is None


class Twice(msgspec.Struct):
    """Has what a table can have wrong."""

    one: str = "something"
    two: Annotated[TextLists, Ordered] = {}
    left: Room | None = None
    right: Room | None = None
    nobody: int = 0


def test_the_table_of_a_solution_is_without_fault() -> None:
    assert not table.faults(table.SOLUTION)
    assert not table.faults(STATEMENT)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((Property("one", SCHEMA.name, LINE),), "Twice.nobody has no row"),
        ((Property("ones", SCHEMA.name, LINE),), "Twice.ones is no field"),
        ((Property("one", SCHEMA.name, LINE),), "Twice.one says something by itself"),
        ((Property("two", SCHEMA.name, LINE),), "the order of Twice.two is lost"),
        (
            (Property("one", SCHEMA.name, LINE), Property("nobody", SCHEMA.name, INTEGER)),
            "twice the predicate",
        ),
        (
            (Property("left", ALLMENDE.left, ROOM), Property("right", ALLMENDE.right, ROOM)),
            "twice the fragment room",
        ),
        ((Property("left", ALLMENDE.left, HOUSE),), "Twice.left holds no House"),
        ((Property("left", ALLMENDE.left, ROOM._replace(fragment="")),), "Room has no fragment"),
        ((Property("left", ALLMENDE.left, ROOM._replace(rows=ROOM.rows[1:])),), "Room.label has no row"),
        ((Property("left", ALLMENDE.left, ROOM._replace(classes=())),), "Room has no class"),
    ],
)
def test_a_table_by_which_things_would_not_be_read_back_is_found(
    rows: tuple[Property, ...], said: str
) -> None:
    assert [fault for fault in table.faults(Table(Twice, (SCHEMA.Thing,), rows)) if said in fault]
