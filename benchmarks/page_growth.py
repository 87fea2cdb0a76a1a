"""P11, over HTTP: every page at 100,000 solutions against 1,000, the memory, a rebuild of the index.

Both sites run as `allmende serve` does, without the cache of rendered pages, so that rendering is what is
measured, and are asked in turn over four connections. A route without a kind of page stops the benchmark.
"""

from __future__ import annotations

import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from benchmarks import catalogue, pages
from benchmarks.measuring import FAST, Row, below, grown
from benchmarks.page_kinds import KINDS, Kind, without_a_kind
from benchmarks.served import COMMAND, Site, environment, served
from catalog.operations.services import Services
from catalog.people import accounts

_ROUNDS, _SECONDS = 5, 0.4
_MOST_MEMORY = 400  # MB
_MOST_REBUILD = 120  # seconds
_MOST_WAIT = 2  # seconds for a page meanwhile
_ACCOUNT = "benchmark"


def run(
    small: int = 1_000,
    large: int = 20_000 if FAST else 100_000,
    *,
    rounds: int = _ROUNDS,
    seconds: float = _SECONDS,
    kinds: tuple[Kind, ...] = KINDS,
) -> list[Row]:
    """A row for each kind of page, one for memory, two for a rebuild of the index."""
    with _site(large) as ours, _site(small) as peer:
        rows = [
            grown(
                "P11",
                f"ms an answer with {large} solutions, four connections: {kind.what} with {small}",
                **_milliseconds(kind, ours, peer, rounds=rounds, seconds=seconds),
                at_most=1.5,
            )
            for kind in kinds
        ]
        memory = below(
            "P11",
            f"MB of the process after all these pages with {large} solutions (no peer: the limit)",
            ours=ours.memory()["VmRSS"],
            limit=_MOST_MEMORY,
        )
        return [*rows, memory, *_rebuild(ours, large)]


@contextmanager
def _site(count: int) -> Iterator[Site]:
    """The site of so many solutions, with an operator signed in who asks for the operators' pages."""
    services = catalogue.opened(count, index=True)
    app = pages.site(services)
    missing = without_a_kind(app)
    if missing:
        raise RuntimeError(f"no kind of page in benchmarks/page_kinds.py for {', '.join(sorted(missing))}")
    cookie = _signed_in(services, app)
    services.close()
    with served(services.settings.data_dir, cookie=cookie) as site:
        yield site


def _signed_in(services: Services, app: Flask) -> str:
    """The cookie of an operator; its account stays in the catalogue for the next time."""
    with services.database.write() as session:
        row = accounts.named(session, _ACCOUNT) or accounts.add(session, _ACCOUNT, "benchmark" * 4)
        known = {"account": row.id, "number": row.sessions}
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(known)}"


def _milliseconds(kind: Kind, ours: Site, peer: Site, *, rounds: int, seconds: float) -> dict[str, float]:
    """What an answer takes of four asked for at once: medians of rounds in which both sites take turns."""
    sides = {"ours": ours, "peer": peer}
    taken: dict[str, list[float]] = {side: [] for side in sides}
    for site in sides.values():
        for path in kind.paths:
            answer = site.get(path, signed_in=kind.operators)
            if answer.status != kind.status:
                raise RuntimeError(f"{path} answered {answer.status}")
    for _ in range(rounds):
        for side, site in sides.items():
            taken[side].append(1000 / site.rate(kind.paths, seconds=seconds, signed_in=kind.operators))
    return {side: statistics.median(times) for side, times in taken.items()}


# --- a rebuild of the index while pages are asked for ---------------------------------------------------


def _rebuild(site: Site, count: int) -> list[Row]:
    """`allmende index rebuild` beside the site, which is asked for pages meanwhile."""
    ended, waits = threading.Event(), list[float]()
    visitor = threading.Thread(target=_ask_until, args=(site, ended, waits))
    visitor.start()
    begun = time.perf_counter()
    try:
        subprocess.run(
            [*COMMAND, "index", "rebuild"],
            env=environment(site.folder),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - begun
    finally:
        ended.set()
        visitor.join()
    what = f"a rebuild of the index of {count} solutions"
    return [
        below("P11", f"seconds for {what} (no peer: the limit)", ours=seconds, limit=_MOST_REBUILD),
        below(
            "P11",
            f"seconds for the slowest of {len(waits)} pages during {what} (no peer: the limit)",
            ours=max(waits),
            limit=_MOST_WAIT,
        ),
    ]


def _ask_until(site: Site, ended: threading.Event, waits: list[float]) -> None:
    searches = next(kind for kind in KINDS if kind.what == "results of a query").paths
    while not ended.is_set() or not waits:
        begun = time.perf_counter()
        answer = site.get(searches[len(waits) % len(searches)])
        waits.append(time.perf_counter() - begun)
        if answer.status != 200:
            raise RuntimeError(f"a page answered {answer.status} during the rebuild")


if __name__ == "__main__":
    for row in run():
        print(row)
