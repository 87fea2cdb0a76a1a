"""P3: the catalogue as Turtle, from the log's payloads to bytes, against rdflib writing a graph that it already has in memory.

The peer is spared reading, parsing and building; only its `serialize(format="turtle")` is timed. Its speed falls with the size of the graph,
so both write the same thousand solutions. Memory is what a process holds at its peak beyond what it held before.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import rdflib

from benchmarks import catalogue
from benchmarks.measuring import FAST, ROUNDS, SCRATCH, Row, better, in_turn, peak_kilobytes
from catalog import feeds
from catalog.services import Services
from vocabularies.serialising import serialise


def run(records: int = 100 if FAST else 1_000, large: int = 1_000 if FAST else 10_000, rounds: int = ROUNDS) -> list[Row]:
    """Speed at `records` solutions; our memory at `large` beside the peer's at `records`."""
    services = catalogue.opened(records)
    try:
        return [_speed(services, "export", rounds), _speed(services, "page", rounds), _memory(records, large)]
    finally:
        services.close()


def _speed(services: Services, what: str, rounds: int) -> Row:
    """Triples a second of CPU."""
    source = {"export": lambda: _export(services), "page": lambda: _page(services)}[what]
    graph = rdflib.Graph().parse(data=_lines(services, what), format="nt")
    took = in_turn({"ours": source, "peer": lambda: graph.serialize(format="turtle")}, rounds=rounds)
    named = {"export": "the whole export", "page": "a portal page, made anew from the log"}[what]
    return better(
        "P3", f"Turtle triples/s of CPU, {len(graph)} triples, {named}: rdflib writing a ready graph", ours=len(graph) / took["ours"],
        peer=len(graph) / took["peer"], at_least=60, more=True, again=source,
    )  # fmt: skip


def _export(services: Services) -> int:
    with services.database.read() as session:
        return sum(len(piece) for piece in serialise(feeds.export(session, services.settings), "ttl"))


def _page(services: Services) -> int:
    with services.database.read() as session:
        return sum(len(piece) for piece in serialise(services.feed.page(session, suffix="ttl").lines, "ttl"))


def _lines(services: Services, what: str) -> str:
    with services.database.read() as session:
        if what == "page":
            return "\n".join(services.feed.page(session, suffix="ttl").lines)
        return "\n".join(feeds.export(session, services.settings))


def _memory(records: int, large: int) -> Row:
    catalogue.opened(large).close()
    ours, peer = _in_child(_our_memory, large), _in_child(_their_memory, records)
    what = f"MB at the peak of writing {large} solutions as Turtle: rdflib with only {records}"
    return better("P3", what, ours=ours / 1000, peer=peer / 1000, at_least=20)


def _in_child(measure: Callable[[int, Any], None], records: int) -> int:
    """What `measure` sends: kilobytes, never less than 100, below which the pages of memory are too coarse."""
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
        for piece in serialise(feeds.export(session, services.settings), "ttl"):
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
    rdflib.Graph().parse(data="<http://ex/a> <http://ex/b> <http://ex/c> .", format="nt").serialize(format="turtle")
    _, before = peak_kilobytes()
    rdflib.Graph().parse(file, format="nt").serialize(os.devnull, format="turtle")
    pipe.send(peak_kilobytes()[0] - before)


if __name__ == "__main__":
    for row in run():
        print(row)
