"""P13: a page served again from memory, to a visitor without an ETag, against the same page rendered."""

from __future__ import annotations

import multiprocessing
import random
from typing import Any

from flask import Response

from benchmarks import catalogue, pages
from benchmarks.measuring import FAST, ROUNDS, Row, below, better, in_turn, peak_kilobytes
from catalog.views.page_cache import PageCache

_CALLS = 20
_MEGABYTES = 32  # the setting's default
_LARGER = 1.25  # what a process may grow by, in parts of the setting: Python's own bookkeeping is in it
_PAGES = (
    ("a solution's page", "/solutions/solution-7"),
    ("a page of 20 results with facets", "/solutions?q=daten"),
)


def run(
    records: int = 100 if FAST else 1_000, rounds: int = ROUNDS, asked: int = 2_000 if FAST else 20_000
) -> list[Row]:
    """A row for each of two pages, one for memory."""
    rendering = catalogue.opened(records, index=True)
    keeping = catalogue.opened(records, page_cache_mb=_MEGABYTES)
    try:
        rendered, kept = pages.site(rendering), pages.site(keeping)
        return [
            *(_row(what, path, rounds, kept=kept, rendered=rendered) for what, path in _PAGES),
            _memory(asked),
        ]
    finally:
        keeping.close()
        rendering.close()


def _row(what: str, path: str, rounds: int, *, kept: Any, rendered: Any) -> Row:
    ours, peer = pages.get(kept, path)[0], pages.get(rendered, path)[0]
    took = in_turn({"ours": ours, "peer": peer}, rounds=rounds, repeat=_CALLS)
    return better(
        "P13",
        f"CPU ms of a page that is kept, to a visitor without an ETag: {what}, rendered",
        ours=took["ours"] * 1000,
        peer=took["peer"] * 1000,
        at_least=10,
        again=ours,
    )


def _memory(asked: int) -> Row:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_fill, args=(asked, there))
    child.start()
    kilobytes: int = here.recv()
    child.join()
    return below(
        "P13",
        f"MB by which a process grows that is asked for {asked} pages and keeps {_MEGABYTES} MB "
        "(no peer: the limit)",
        ours=kilobytes / 1000,
        limit=_MEGABYTES * _LARGER,
    )


def _fill(asked: int, pipe: Any) -> None:
    """Pages as long as ours are, 10 to 90 kB, and some that are too large to be kept."""
    cache, chance = PageCache(_MEGABYTES * 1_000_000), random.Random(1)
    cache.put("first", Response(b"x"))
    _, before = peak_kilobytes()
    for number in range(asked):
        size = chance.randrange(10_000, 90_000) if number % 100 else 5_000_000
        cache.put(f"{number:032x}", Response(b"x" * size))
    pipe.send(peak_kilobytes()[0] - before)


if __name__ == "__main__":
    for row in run():
        print(row)
