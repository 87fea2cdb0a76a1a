"""The worker: every due source once, also with several workers; what breaks off is postponed, what was stopped goes on."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from catalog.base import clock
from catalog.base.errors import StorageFull
from catalog.base.tables import SourceRow
from catalog.harvesting.harvest import Summary
from catalog.operations.worker import Worker
from tests.catalog.harvesting.test_harvest import APP, app
from tests.conftest import ExpectLogs
from tests.support.scripted_crawl import Stage


def working(stage: Stage, run: Any = None) -> Worker:
    conductor = stage.conductor if run is None else lambda: SimpleNamespace(run=run)
    return Worker(
        cast(
            Any,
            SimpleNamespace(
                database=stage.database, settings=stage.settings, sandbox=stage.sandbox, harvest=conductor
            ),
        )
    )


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


def test_several_workers_crawl_each_source_once(stage: Stage) -> None:
    numbers = [stage.source, *(stage.add_source(f"stage:{number}") for number in range(8))]
    seen: list[int] = []

    def run(number: int) -> Summary:
        seen.append(number)
        return stage.conductor().run(number)

    threads = [threading.Thread(target=working(stage, run).crawl_due) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(numbers)


@pytest.mark.parametrize("state", ["paused", "pending", "refused", "attempt"])
def test_only_active_sources_are_crawled(stage: Stage, state: str) -> None:
    number = stage.add_source("stage:other", state=state)
    working(stage).crawl_due()
    assert source(stage, number).succeeded == ""
    assert source(stage, stage.source).succeeded


def test_one_broken_source_does_not_stop_the_others(stage: Stage, expected_logs: ExpectLogs) -> None:
    expected_logs(f"ERROR allmende.schedule: the run of source {stage.source} broke off")
    other = stage.add_source("stage:two")

    def run(number: int) -> Summary:
        if number == stage.source:
            raise RuntimeError("broken")
        return stage.conductor().run(number)

    working(stage, run).crawl_due()
    assert source(stage, other).succeeded
    row = source(stage, stage.source)
    assert (row.leased_until, row.succeeded) == ("", "")
    assert row.due > clock.later(clock.now(), minutes=50)


def test_a_full_disk_stops_the_round_with_one_warning(stage: Stage, expected_logs: ExpectLogs) -> None:
    expected_logs("WARNING allmende.schedule: the disk is full")
    stage.add_source("stage:two")
    seen: list[int] = []

    def run(number: int) -> Summary:
        seen.append(number)
        raise StorageFull

    working(stage, run).crawl_due()
    assert len(seen) == 1


def test_a_lease_that_ran_out_is_anybodys(stage: Stage) -> None:
    first = working(stage)
    assert first._lease() == stage.source
    assert first._lease() is None
    stage.at(clock.later(clock.now(), minutes=31))
    assert working(stage)._lease() == stage.source


def test_a_long_run_keeps_its_lease(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from catalog.operations import worker

    times = iter([0.0, 1.0, 700.0, 700.0, 701.0])
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: next(times)))
    one = working(stage)
    assert one._lease() == stage.source
    alive = one._alive(stage.source)
    stage.at(clock.later(clock.now(), minutes=25))
    alive(Summary())
    early = source(stage, stage.source).leased_until
    alive(Summary())
    assert source(stage, stage.source).leased_until > early
    alive(Summary())
