"""The worker: every due source once, also with several workers; what breaks off is postponed, what was stopped goes on."""

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
from tests.support.scripted_crawl import HOST, Repository, Stage


def working(stage: Stage) -> Worker:
    services = SimpleNamespace(
        database=stage.database, settings=stage.settings, sandbox=stage.sandbox, harvest=stage.conductor
    )
    return Worker(cast(Any, services))


@pytest.fixture
def begun(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Begun:
    """What the crawler is asked for; it raises the fault of an address."""
    crawl, begun = CRAWLERS["stage"], Begun()

    def crawling(source: Source, http: Http) -> Iterator[Task]:
        begun.urls.append(source.url)
        if source.url in begun.faults:
            raise begun.faults[source.url]
        yield from crawl(source, http)

    monkeypatch.setitem(CRAWLERS, "stage", crawling)
    return begun


@dataclass
class Begun:
    urls: list[str] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)


def source(stage: Stage, number: int) -> SourceRow:
    with stage.database.read() as session:
        row = session.get(SourceRow, number)
    assert row is not None
    return row


def test_what_is_due_is_crawled_and_due_again_later(stage: Stage) -> None:
    stage._shown["stage:one"] = [app()]
    working(stage).crawl_due()
    row = source(stage, stage.source)
    assert row.due > clock.later(clock.now(), hours=23)
    assert (row.leased_until, bool(row.succeeded)) == ("", True)
    assert stage.states() == {APP: "listed"}


def test_several_workers_crawl_each_source_once(stage: Stage, begun: Begun) -> None:
    others = [f"https://host{number % 4}.example/town{number}" for number in range(8)]
    for url in others:
        stage.add_source(url)
    threads = [threading.Thread(target=working(stage).crawl_due) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun.urls) == sorted(["stage:one", *others])


@pytest.mark.parametrize("state", ["paused", "pending", "refused", "attempt"])
def test_only_active_sources_are_crawled(stage: Stage, state: str) -> None:
    number = stage.add_source("stage:other", state=state)
    working(stage).crawl_due()
    assert source(stage, number).succeeded == ""
    assert source(stage, stage.source).succeeded


def test_one_broken_source_does_not_stop_the_others(
    stage: Stage, begun: Begun, expected_logs: ExpectLogs
) -> None:
    expected_logs(f"ERROR allmende.schedule: the run of source {stage.source} broke off")
    other = stage.add_source("stage:two")
    begun.faults["stage:one"] = RuntimeError("broken")
    working(stage).crawl_due()
    assert source(stage, other).succeeded
    row = source(stage, stage.source)
    assert (row.leased_until, row.succeeded) == ("", "")
    assert row.due > clock.later(clock.now(), minutes=50)


def test_a_full_disk_stops_the_round_with_one_warning(
    stage: Stage, begun: Begun, expected_logs: ExpectLogs
) -> None:
    expected_logs("WARNING allmende.schedule: the disk is full")
    urls = [f"{HOST}/town{number}" for number in range(3)]
    for url in urls:
        stage.add_source(url)
        begun.faults[url] = StorageFull()
    working(stage).crawl_due()
    assert begun.urls[-1] == urls[0]
    assert set(begun.urls) <= {"stage:one", urls[0]}


def test_a_lease_that_ran_out_is_anybodys(stage: Stage) -> None:
    first = working(stage)
    assert first._lease() == [stage.source]
    assert first._lease() == []
    stage.at(clock.later(clock.now(), minutes=31))
    assert working(stage)._lease() == [stage.source]


def test_who_works_on_a_host_works_on_it_alone(stage: Stage) -> None:
    first, second = stage.add_source(f"{HOST}/town"), stage.add_source(f"{HOST}/district")
    paused = stage.add_source(f"{HOST}/paused", state="paused")
    elsewhere = stage.add_source("https://codeberg.org/town")
    one, another = working(stage), working(stage)
    assert one._lease() == [stage.source]
    assert one._lease() == [first, second], "all that is due of a host is one worker's"
    third = stage.add_source(f"{HOST}/county")
    assert another._lease() == [elsewhere], "a source that comes later waits for its host"
    assert another._lease() == []
    stage.conductor().run(first)
    stage.conductor().run(second)
    assert another._lease() == [third]
    assert source(stage, paused).leased_until == ""


def test_a_long_run_keeps_its_lease(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 700.0, 700.0, 701.0])
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.0)
    one = working(stage)
    assert one._lease() == [stage.source]
    one._runs[stage.source] = cast(Any, None)
    stage.at(clock.later(clock.now(), minutes=25))
    one._wait()
    early = source(stage, stage.source).leased_until
    one._wait()
    assert source(stage, stage.source).leased_until > early


def test_a_signal_ends_the_work_after_the_repositories_at_hand(
    stage: Stage, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, read = working(stage), []
    hosts = ["https://a.example", "https://b.example"]

    def crawling(source: Source, _http: Http) -> Iterator[Task]:
        for number in range(100 if source.url != "stage:one" else 0):
            repository = Repository(f"{source.url}/app{number}", {"README.md": b"# App"}, id=number + 1)

            def events(_http: Http, repository: Repository = repository) -> Iterator[Event]:
                read.append(repository.url)
                if len(read) == 10:
                    one.stop()
                yield from repository.events()

            yield Task(url=repository.url, read=events)

    monkeypatch.setitem(CRAWLERS, "stage", crawling)
    numbers = [stage.add_source(f"{host}/town") for host in hosts]
    one.crawl_due()
    assert 10 <= len(read) <= 12, "at most the ones at hand besides"
    assert len(stage.solutions()) == len(read), "what was begun is kept whole"
    rows = [source(stage, number) for number in numbers]
    assert [(row.leased_until, row.succeeded, row.due <= clock.now()) for row in rows] == [("", "", True)] * 2
