"""P11: what a page, a feed page and publishing cost in a large catalogue, against the same in a small one.

CPU, so that the disk's moods do not count. Both catalogues are open at once and are asked in turn. How search
grows is P1's.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec
from flask import Flask
from sqlalchemy import delete, update

from benchmarks import catalogue, pages
from benchmarks.measuring import FAST, ROUNDS, Row, grown, in_turn
from catalog.base.tables import ChangeRow, LogHeadRow, SolutionRow
from catalog.changes import log
from catalog.entries import minting, publishing, store
from catalog.operations.services import Services
from catalog.outlets.dcat_feed import SIZE, PageRequest
from vocabularies.rdf.turtle import serialise

_CALLS = 10
_MADE = "https://git.example.org/grown/"
Side = Callable[[Services, Flask], Callable[[], object]]


def run(small: int = 1_000, large: int = 20_000 if FAST else 100_000, rounds: int = ROUNDS) -> list[Row]:
    """One row for each thing that must not grow."""
    opened = [catalogue.opened(size) for size in (large, small)]
    try:
        sites = [pages.site(services) for services in opened]
        rows = []
        for what, side in _MEASURED.items():
            ours, peer = (side(services, app) for services, app in zip(opened, sites, strict=True))
            took = in_turn({"ours": ours, "peer": peer}, rounds=rounds, repeat=_CALLS)
            rows.append(
                grown(
                    "P11",
                    f"CPU ms with {large} solutions: {what} with {small}",
                    ours=took["ours"] * 1000,
                    peer=took["peer"] * 1000,
                    at_most=1.5,
                    again=ours,
                )
            )
        return rows
    finally:
        for services in opened:
            _tidy(services)
            services.close()


def _page(path: str) -> Side:
    return lambda services, app: pages.get(app, path)[0]


def _feed(services: Services, _: Flask) -> Callable[[], object]:
    """A page from the middle of the feed, made anew."""
    middle = f"01{5 * SIZE - 1:024d}"

    def make() -> int:
        with services.database.read() as session:
            lines = services.feed.page(session, PageRequest("ttl", middle)).lines
            return sum(len(piece) for piece in serialise(lines, "ttl"))

    return make


def _publish(services: Services, _: Flask) -> Callable[[], None]:
    """A new repository with one file: found to be new, put, published."""
    (entry,) = list(catalogue.entries(1))
    numbers = count()

    def publish() -> None:
        repository = f"{_MADE}{next(numbers)}"
        solution = msgspec.structs.replace(entry.solution, repository=repository)
        item = catalogue.incoming(entry._replace(repository=repository, solution=solution))
        with services.database.write() as session:
            made = minting.solution_for(session, repository, name=f"Neu {repository[len(_MADE) :]}")
            store.put(session, made, [item])
            assert publishing.publish(session, made, settings=services.settings).state == "listed"

    return publish


def _first_feed(services: Services, app: Flask) -> Callable[[], object]:
    """Publishing and then a page of the feed, whose order has to be known anew."""
    publish, make = _publish(services, app), _feed(services, app)
    return lambda: publish() or make()


_MEASURED: dict[str, Side] = {
    "a solution's page": _page("/solutions/solution-7"),
    "a feed page": _feed,
    "publishing a new entry": _publish,
    "publishing a new entry and the next feed page": _first_feed,
}


def _tidy(services: Services) -> None:
    """The catalogue as it was loaded, for the next time."""
    with services.database.write() as session:
        head = log.head(session)
        made = session.query(SolutionRow).filter(SolutionRow.repository.startswith(_MADE)).count()
        session.execute(delete(SolutionRow).where(SolutionRow.repository.startswith(_MADE)))
        session.execute(delete(ChangeRow).where(ChangeRow.seq > head.seq - made))
        session.execute(update(LogHeadRow).values(seq=head.seq - made))


if __name__ == "__main__":
    for row in run():
        print(row)
