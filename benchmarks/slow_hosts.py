"""P12: a crawl of ten hosts of 150 to 5 repositories, each 200 ms away, beside one that never answers.

The hosts are forges with Git on loopback, in a process of their own; the crawl is the worker's, in another.
Nothing can be faster than the largest host allows: its requests, one after the other, each at its latency or
at the interval of the pace.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, select

from benchmarks.catalogue import settings
from benchmarks.delayed_forges import LATENCY, OWNER, Served, served
from benchmarks.measuring import FAST, Row, below, grown, peak_kilobytes
from catalog.base import clock
from catalog.base.http_policy import policy
from catalog.base.tables import RepositoryRow, RunRow, SourceRow
from catalog.operations.services import Services
from catalog.operations.worker import Worker
from crawlers.net.http import Http

SIZES = (150, 120, 90, 70, 50, 40, 30, 20, 10, 5)
REQUESTS_PER_SECOND = 20
_MOST_MEMORY = 30  # MB by which the process may grow between the first repositories and the last
_SILENT_HOST = "silent.example.org"


class Crawl(NamedTuple):
    """What a crawl came to: seconds until all hosts that answer were read, and until its end; memory."""

    seconds: float
    whole: float
    found: int
    megabytes: float


def run(
    sizes: tuple[int, ...] = (30, 10, 5) if FAST else SIZES, *, latency: float = LATENCY, silent: bool = True
) -> list[Row]:
    """Two rows: the time, and the memory."""
    with served(sizes, latency=latency) as forges:
        crawl = _in_child(forges, silent=silent)
        requests = forges.requests()
    assert crawl.found == sum(sizes), f"{crawl.found} repositories of {sum(sizes)} were read"
    bound = max(requests.values()) * max(latency, 1 / REQUESTS_PER_SECOND)
    what = f"{len(sizes)} hosts of {sizes[0]} to {sizes[-1]} repositories, {sum(requests.values())} requests"
    return [
        grown(
            "P12",
            f"seconds for a crawl of {what}, beside a silent one, the whole in {crawl.whole:.0f} s: "
            "the requests of the largest host one after the other",
            ours=crawl.seconds,
            peer=bound,
            at_most=1.3,
        ),
        below(
            "P12",
            "MB by which the process grows between the first tenth of the repositories and the last "
            "(no peer: the limit)",
            ours=max(crawl.megabytes, 0.1),
            limit=_MOST_MEMORY,
        ),
    ]


def _in_child(forges: Served, *, silent: bool) -> Crawl:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_crawl, args=(forges.hosts, forges.silent if silent else "", there))
    child.start()
    result: Crawl = here.recv()
    child.join()
    return result


def _crawl(hosts: dict[str, str], silent: str, pipe: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        addresses = {**hosts, _SILENT_HOST: silent} if silent else hosts
        services = _opened(Path(folder), addresses)
        numbers = _add_sources(services, [*addresses])
        watch = _Watch(services)
        begun = time.perf_counter()
        with watch:
            Worker(services).crawl_due()
        whole = time.perf_counter() - begun
        with services.database.read() as session:
            runs = {run.source: run for run in session.scalars(select(RunRow))}
        services.close()
    answering = [runs[number] for number in numbers[: len(hosts)]]
    first = min(clock.moment(run.started) for run in runs.values())
    last = max(clock.moment(run.ended) for run in answering)
    found = sum(msgspec.json.decode(run.counts)["new"] for run in answering)
    pipe.send(Crawl((last - first).total_seconds(), whole, found, megabytes=watch.grown()))


def _opened(folder: Path, addresses: dict[str, str]) -> Services:
    """An instance that reaches these hosts on loopback, at that pace."""
    given = replace(
        settings(folder),
        allowed_private_hosts=tuple(addresses.values()),
        fetch_from=tuple((f"https://{host}/", f"http://{there}/") for host, there in addresses.items()),
    )
    services = Services(given)
    services.http = Http(msgspec.structs.replace(policy(given), requests_per_second=REQUESTS_PER_SECOND))
    return services


def _add_sources(services: Services, hosts: list[str]) -> list[int]:
    """An organisation on each, all due now; the last is the silent one."""
    rows = [
        SourceRow(
            kind="gitea",
            url=f"https://{host}/{OWNER}",
            options='{"scope":"organisation"}',
            added=clock.now(),
            due=clock.now(),
        )
        for host in hosts
    ]
    with services.database.write() as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


class _Watch(threading.Thread):
    """Looks at the memory of this process now and then, while repositories are kept."""

    def __init__(self, services: Services) -> None:
        super().__init__(daemon=True)
        self._services, self._ended = services, threading.Event()
        self._seen: list[tuple[int, int]] = []  # how many repositories are kept, kilobytes

    def run(self) -> None:
        while not self._ended.wait(0.25):
            with self._services.database.read() as session:
                count = session.scalar(select(func.count()).select_from(RepositoryRow)) or 0
            self._seen.append((count, peak_kilobytes()[1]))

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def grown(self) -> float:
        """Megabytes between when a tenth of the repositories was kept and the most since."""
        last = self._seen[-1][0]
        later = [kilobytes for count, kilobytes in self._seen if count >= last / 10]
        return (max(later) - later[0]) / 1000


if __name__ == "__main__":
    for row in run():
        print(row)
