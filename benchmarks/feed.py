"""P3: the catalogue as Turtle, against rdflib writing a graph that it already has in memory.

Ours reads the log's payloads and ends with bytes.

The peer is spared reading, parsing and building; only its `serialize(format="turtle")` is timed. Its speed
falls with the size of the graph, so both write the same thousand solutions. Memory is what a process holds at
its peak beyond what it held before.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import rdflib

from benchmarks import catalogue
from benchmarks.measuring import FAST, ROUNDS, SCRATCH, Row, better, in_turn, peak_kilobytes
from catalog.operations.services import Services
from catalog.outlets import export
from catalog.outlets.dcat_feed import PageRequest
from vocabularies.rdf.turtle import serialise


def run(
    records: int = 100 if FAST else 1_000, large: int = 1_000 if FAST else 10_000, rounds: int = ROUNDS
) -> list[Row]:
    """Speed at `records` solutions, memory at `large`."""
    services = catalogue.opened(records)
    try:
        return [*(_speed(services, what, rounds) for what in _NAMED), _memory(large)]
    finally:
        services.close()


_NAMED = {
    "export": "the whole export, from the log's payloads on",
    "lines": "a portal page, its lines in memory as the peer's graph is",
    "page": "a portal page of which one entry has changed, from the database on",
    "first": "a portal page after a start, every entry read, unpacked and filtered",
}


def _speed(services: Services, what: str, rounds: int) -> Row:
    """Triples a second of CPU."""
    text = _lines(services, what)
    lines, graph = text.split("\n"), rdflib.Graph().parse(data=text, format="nt")
    sources: dict[str, Callable[[], int]] = {
        "export": lambda: _export(services),
        "lines": lambda: sum(map(len, serialise(lines, "ttl"))),
        "page": lambda: _page(services),
        "first": lambda: _first(services),
    }
    took = in_turn({"ours": sources[what], "peer": lambda: graph.serialize(format="turtle")}, rounds=rounds)
    return better(
        "P3",
        f"Turtle triples/s of CPU, {len(graph)} triples, {_NAMED[what]}: rdflib writing a ready graph",
        ours=len(graph) / took["ours"],
        peer=len(graph) / took["peer"],
        at_least=60,
        more=True,
        again=sources[what],
    )


def _export(services: Services) -> int:
    with services.database.read() as session:
        return sum(len(piece) for piece in serialise(export.lines(session), "ttl"))


def _page(services: Services) -> int:
    """As after a crawl that changed one entry: what was written of that one is of no use any more."""
    if services.feed._written:
        services.feed._written.popitem(last=False)
    with services.database.read() as session:
        return len(b"".join(services.feed.turtle(session, PageRequest("ttl"))))


def _first(services: Services) -> int:
    services.feed._written.clear()
    return _page(services)


def _lines(services: Services, what: str) -> str:
    with services.database.read() as session:
        if what != "export":
            return "\n".join(services.feed.page(session, PageRequest("ttl")).lines)
        return "\n".join(export.lines(session))


def _memory(large: int) -> Row:
    catalogue.opened(large).close()
    ours, peer = _in_child(_our_memory, large), _in_child(_their_memory, large)
    what = f"MB at the peak of writing {large} solutions as Turtle: rdflib's graph alone, not yet written"
    return better("P3", what, ours=ours / 1000, peer=peer / 1000, at_least=20)


def _in_child(measure: Callable[[int, Any], None], records: int) -> int:
    """The kilobytes that `measure` sends.

    Never less than 100, below which the pages of memory are too coarse.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=measure, args=(records, there))
    child.start()
    kilobytes: int = here.recv()
    child.join()
    return max(kilobytes, 100)


def _our_memory(records: int, pipe: Any) -> None:
    services = catalogue.opened(records)
    with services.database.read() as session, open(os.devnull, "wb") as nowhere:
        _, before = peak_kilobytes()
        for piece in serialise(export.lines(session), "ttl"):
            nowhere.write(piece)
    pipe.send(peak_kilobytes()[0] - before)
    services.close()


def _their_memory(records: int, pipe: Any) -> None:
    services = catalogue.opened(records)
    file = SCRATCH / f"memory-{os.getpid()}.nt"
    file.write_text(_lines(services, "export"))
    services.close()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_graph_memory, args=(str(file), there))
    child.start()
    pipe.send(here.recv())
    child.join()
    file.unlink()


def _graph_memory(file: str, pipe: Any) -> None:
    rdflib.Graph().parse(data="<http://ex/a> <http://ex/b> <http://ex/c> .", format="nt").serialize(
        format="turtle"
    )
    _, before = peak_kilobytes()
    rdflib.Graph().parse(file, format="nt")
    pipe.send(peak_kilobytes()[0] - before)


if __name__ == "__main__":
    for row in run():
        print(row)
