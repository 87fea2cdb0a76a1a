"""The worker reads what is due.

Every due source once, also with several workers; what breaks off is postponed, what was stopped goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from catalog.base import clock
from catalog.base.errors import StorageFull
from catalog.base.tables import SourceRow
from catalog.operations import worker
from catalog.operations.worker import Worker
from crawlers.net.http import Http
from crawlers.registry import CRAWLERS
from crawlers.source import Event, Source, Task
from tests.catalog.harvesting.test_harvest import APP, app
from tests.conftest import ExpectLogs
from tests.support.scripted_catalogue import HOST, NoHttp, Repository, ScriptedCatalogue


def working(catalogue: ScriptedCatalogue) -> Worker:
    services = SimpleNamespace(
        database=catalogue.database,
        settings=catalogue.settings,
        sandbox=catalogue.sandbox,
        harvest=catalogue.conductor,
        http=NoHttp(),
    )
    return Worker(cast(Any, services))


@pytest.fixture
def recorded(catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """What the crawler is asked for; it raises the fault of an address."""
    crawl, recorded = CRAWLERS["scripted"], Recorded()

    def crawling(source: Source, http: Http) -> Iterator[Task]:
        recorded.urls.append(source.url)
        if source.url in recorded.faults:
            raise recorded.faults[source.url]
        yield from crawl(source, http)

    monkeypatch.setitem(CRAWLERS, "scripted", crawling)
    return recorded


@dataclass
class Recorded:
    urls: list[str] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)


def source(catalogue: ScriptedCatalogue, number: int) -> SourceRow:
    with catalogue.database.read() as session:
        row = session.get(SourceRow, number)
    assert row is not None
    return row


def test_what_is_due_is_crawled_and_due_again_later(catalogue: ScriptedCatalogue) -> None:
    catalogue._shown["scripted:one"] = [app()]
    working(catalogue).crawl_due()
    row = source(catalogue, catalogue.source)
    assert row.due > clock.later(clock.now(), hours=23)
    assert (row.leased_until, bool(row.succeeded)) == ("", True)
    assert catalogue.states() == {APP: "listed"}


def test_several_workers_crawl_each_source_once(catalogue: ScriptedCatalogue, recorded: Recorded) -> None:
    others = [f"https://host{number % 4}.example/town{number}" for number in range(8)]
    for url in others:
        catalogue.add_source(url)
    threads = [threading.Thread(target=working(catalogue).crawl_due) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(recorded.urls) == sorted(["scripted:one", *others])


@pytest.mark.parametrize("state", ["paused", "pending", "refused", "attempt"])
def test_only_active_sources_are_crawled(catalogue: ScriptedCatalogue, state: str) -> None:
    number = catalogue.add_source("scripted:other", state=state)
    working(catalogue).crawl_due()
    assert source(catalogue, number).succeeded == ""
    assert source(catalogue, catalogue.source).succeeded


def test_one_broken_source_does_not_stop_the_others(
    catalogue: ScriptedCatalogue, recorded: Recorded, expected_logs: ExpectLogs
) -> None:
    expected_logs(f"ERROR allmende.schedule: the run of source {catalogue.source} broke off")
    other = catalogue.add_source("scripted:two")
    recorded.faults["scripted:one"] = RuntimeError("broken")
    working(catalogue).crawl_due()
    assert source(catalogue, other).succeeded
    row = source(catalogue, catalogue.source)
    assert (row.leased_until, row.succeeded) == ("", "")
    assert row.due > clock.later(clock.now(), minutes=50)


def test_a_full_disk_stops_the_round_with_one_warning(
    catalogue: ScriptedCatalogue, recorded: Recorded, expected_logs: ExpectLogs
) -> None:
    expected_logs("WARNING allmende.schedule: the disk is full")
    urls = [f"{HOST}/town{number}" for number in range(3)]
    for url in urls:
        catalogue.add_source(url)
        recorded.faults[url] = StorageFull()
    working(catalogue).crawl_due()
    assert recorded.urls[-1] == urls[0]
    assert set(recorded.urls) <= {"scripted:one", urls[0]}


def test_a_long_run_keeps_its_lease(catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 700.0, 700.0, 701.0])
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.0)
    one, conductor = working(catalogue), catalogue.conductor()
    assert conductor.leases.take_host() == [catalogue.source]
    one._runs[catalogue.source] = cast(Any, None)
    catalogue.at(clock.later(clock.now(), minutes=4))
    one._wait(conductor)
    early = source(catalogue, catalogue.source).leased_until
    one._wait(conductor)
    assert source(catalogue, catalogue.source).leased_until > early


def test_a_signal_ends_the_work_after_the_repositories_at_hand(
    catalogue: ScriptedCatalogue, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, read = working(catalogue), []
    hosts = ["https://a.example", "https://b.example"]

    def crawling(source: Source, _http: Http) -> Iterator[Task]:
        for number in range(100 if source.url != "scripted:one" else 0):
            repository = Repository(f"{source.url}/app{number}", {"README.md": b"# App"}, id=number + 1)

            def events(_http: Http, repository: Repository = repository) -> Iterator[Event]:
                read.append(repository.url)
                if len(read) == 10:
                    one.stop()
                yield from repository.events()

            yield Task(url=repository.url, read=events)

    monkeypatch.setitem(CRAWLERS, "scripted", crawling)
    numbers = [catalogue.add_source(f"{host}/town") for host in hosts]
    one.crawl_due()
    assert 10 <= len(read) <= 12, "at most the ones at hand besides"
    assert len(catalogue.solutions()) == len(read), "what was begun is kept whole"
    rows = [source(catalogue, number) for number in numbers]
    assert [(row.leased_until, row.succeeded, row.due <= clock.now()) for row in rows] == [("", "", True)] * 2
