"""The table both ways: what is written is read back, and what is written every RDF library reads alike."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyoxigraph
import pytest
import rdflib
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.support.strategies import IRI, solutions
from tests.support.whole_solution import WHOLE
from vocabularies import reading
from vocabularies import triples as rdf
from vocabularies.namespaces import DCAT
from vocabularies.rdf import feed_page, graph_reader, graph_writer, personal_data
from vocabularies.rdf.dcat_ap import Context
from vocabularies.rdf.turtle import compacted, serialise, turtle
from vocabularies.terms import Agent, Attribution, Distribution, Solution

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
FORMATS = {
    "ttl": "turtle",
    "trig": "turtle",
    "nt": "nt",
    "rdf": "xml",
    "jsonld": "json-ld",
}  # ours -> rdflib's; our TriG has one graph
CONTEXT = Context(
    "https://allmende.example.org",
    "a-slug",
    True,
    contributor="http://dcat-ap.de/def/contributors/example",
    licence="CC0-1.0",
)
NASTY = Solution(
    id=IRI,
    repository="https://git.example.org/a%20b/c",
    name={"": 'quote " backslash \\ dot . \u2028 \x85', "de": "ends with \\"},
    text={"de": 'Zeile eins\nZeile <zwei> .\n\n"drei"^^<http://x>', "en": "\U0001f600 \u200d"},
    keywords={"": ("a, b", "c/d", "ümläut")},
    licence="see LICENSE.html",
)


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    """rdflib only warns of a bad IRI or literal; here that is a fault."""
    heard: list[str] = []

    class ParserLog(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    parser_log = ParserLog(logging.WARNING)
    logging.getLogger("rdflib").addHandler(parser_log)
    yield
    logging.getLogger("rdflib").removeHandler(parser_log)
    assert not heard


@given(st.lists(solutions(), max_size=5))
def test_a_page_from_the_parts_of_entries_is_the_page_of_all_lines(found: list[Solution]) -> None:
    entries = [
        msgspec.structs.replace(one, id=f"{CONTEXT.base}/id/solution/{number:026}")
        for number, one in enumerate(found)
    ]
    payloads = {one.id: graph_writer.payload(one, CONTEXT).decode() for one in entries}
    parts = [
        feed_page.entry_part(payload, iri, base=CONTEXT.base, terms=compacted())
        for iri, payload in payloads.items()
    ]
    assume(all(one.alone for one in parts))
    others = [f"<{CONTEXT.base}/id/catalog> <{DCAT.dataset}> <{iri}> ." for iri in payloads]
    lines = set().union(*(feed_page.portal_lines(payload)[0] for payload in payloads.values()))
    written = b"".join(feed_page.page(parts, others, base=CONTEXT.base, terms=compacted())).decode()
    assert written == "".join(turtle(sorted(lines.union(others))))


@given(solutions())
@example(NASTY)
@example(WHOLE)
@example(Solution(id=IRI))
@example(Solution(id=IRI, authors=tuple(Agent(name={"": f"author {number}"}) for number in range(12))))
@example(
    Solution(
        id=IRI, attributions=(Attribution(agent=Agent(), role="funder"),), distributions=(Distribution(),)
    )
)
def test_what_is_written_is_read_back(solution: Solution) -> None:
    graph = graph_writer.to_graph(solution, CONTEXT)
    assert graph_reader.from_graph(graph) == solution
    lines = rdf.lines(graph_writer.payload(solution, CONTEXT))
    assert graph_reader.from_graph(lines, solution.id) == solution


@given(solutions())
@example(NASTY)
@example(WHOLE)
def test_a_payload_is_canonical_and_everybody_reads_the_same(solution: Solution) -> None:
    payload = graph_writer.payload(solution, CONTEXT)
    lines = payload.decode().split("\n")[:-1]
    assert lines == sorted(set(lines))
    assert payload == graph_writer.payload(solution, CONTEXT)
    quads = list(pyoxigraph.parse(payload, pyoxigraph.RdfFormat.N_TRIPLES))
    assert len(quads) == len(lines)
    for quad in quads:
        assert not isinstance(quad.subject, pyoxigraph.BlankNode)
        assert not isinstance(quad.object, pyoxigraph.BlankNode)
    theirs = rdflib.Graph().parse(data=payload, format="nt")
    other = rdflib.Graph().parse(
        data=pyoxigraph.serialize((quad.triple for quad in quads), format=pyoxigraph.RdfFormat.N_TRIPLES),
        format="nt",
    )
    assert len(theirs) == len(lines)
    assert set(theirs) == set(other)


@settings(max_examples=settings.default.max_examples // 3)  # type: ignore[union-attr]
@given(solutions())
@example(NASTY)
@example(WHOLE)
def test_every_format_says_the_same(solution: Solution) -> None:
    payload = graph_writer.payload(solution, CONTEXT)
    lines = payload.decode().split("\n")[:-1]
    said = set(rdflib.Graph().parse(data=payload, format="nt"))
    for suffix, name in FORMATS.items():
        graph = rdflib.Graph().parse(data=b"".join(serialise(lines, suffix)), format=name)
        assert _normal(set(graph)) == _normal(said), suffix


def _normal(graph: set[Any]) -> set[tuple[str, ...]]:
    return {tuple(term.n3() for term in triple) for triple in graph}


@given(solutions())
def test_without_personal_mailboxes_nothing_personal_leaves(solution: Solution) -> None:
    closed = Context(CONTEXT.base, CONTEXT.slug, False)
    payload = graph_writer.payload(personal_data.published(solution, closed), closed).decode()
    assert "erika.muster" not in payload
    assert "o'neil" not in payload
    open_ = personal_data.published(solution, CONTEXT)
    assert open_ == solution


def test_every_reading_of_the_corpus_survives(shared: Path) -> None:
    count = 0
    for format_ in ("publiccode", "codemeta", "citation"):
        for file in sorted((shared / "corpus" / format_).iterdir()):
            said = reading.parse(format_, file.read_bytes()).solution
            if said is None:
                continue
            count += 1
            solution = msgspec.structs.replace(said, id=IRI)
            graph = rdf.lines(graph_writer.payload(solution, CONTEXT))
            assert graph_reader.from_graph(graph) == solution, file.name
    assert count >= 100


@pytest.mark.parametrize(
    "value",
    [
        "http://ex.org/100%",
        "http://ex.org/a[b]#c#d",
        "http://ex.org/{x}|\\^`",
        "http://[::1]/x[1]",
        "http://ex.org/ü\ue000",
        "urn:x:%zz",
        "mailto:o'n@x.y",
    ],
)
def test_any_address_becomes_an_iri_that_strict_readers_take(value: str) -> None:
    line = f"<http://s/> <http://p/> {rdf.iri(value)} .\n".encode()
    assert len(list(pyoxigraph.parse(line, pyoxigraph.RdfFormat.N_TRIPLES))) == 1
    assert rdf.iri(rdf.value(rdf.iri(value))) == rdf.iri(value)
