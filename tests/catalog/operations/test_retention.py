"""What is past its time goes; what says how things stand, and what an operator did, stays."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from catalog.base import clock
from catalog.base.audit import note
from catalog.base.tables import AuditRow, RepositoryRow, RunProblemRow, RunRow, SourceRow
from catalog.changes import log
from catalog.operations import retention
from catalog.operations.services import Services
from tests.support.instance import publiccode
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer

LATER = clock.later(clock.now(), days=91)


@pytest.fixture
def crawled(services: Services, forge: GitServer, repository: str) -> int:
    """A source with two runs, whose entry has two payloads."""
    number = services.source(repository)
    services.harvest().run(number)
    git_http.create(
        forge.root, "stadt/maengelmelder", {"publiccode.yml": publiccode(repository, "Neuer Name")}
    )
    services.harvest().run(number)
    return number


def count(services: Services, table: type) -> int:
    with services.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_within_its_time_everything_stays(services: Services, crawled: int) -> None:
    assert set(retention.sweep(services, now=clock.later(clock.now(), days=89)).values()) == {0}
    assert count(services, RunRow) == 2


def test_old_runs_go_but_the_last_of_each_source(services: Services, forge: GitServer, crawled: int) -> None:
    forge.status["stadt/maengelmelder"] = 404
    services.harvest().run(crawled)
    with services.database.write() as session:
        note(session, "anna", action="hide", subject="x", reason="y")
    swept = retention.sweep(services, now=LATER)
    assert (swept["runs"], count(services, RunRow), count(services, RunProblemRow)) == (2, 1, 1)
    assert count(services, AuditRow) == 1
    assert count(services, SourceRow) == 1


def test_superseded_payloads_go_and_the_current_stays(services: Services, crawled: int) -> None:
    assert retention.sweep(services, now=LATER)["payloads"] == 1
    with services.database.read() as session:
        head = log.head(session)
        changes = log.changes(session, epoch=head.epoch, after=0, payload=True)
    assert [change.payload is None for change in changes] == [True, False]
    assert retention.sweep(services, now=LATER)["payloads"] == 0


def test_many_runs_go_in_batches(services: Services, crawled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 10)
    with services.database.write() as session:
        session.add_all([RunRow(source=crawled, started="2020-01-01T00:00:00.000Z") for _ in range(35)])
    assert retention.sweep(services, now=LATER)["runs"] == 36
    assert count(services, RunRow) == 1


def test_repositories_of_nobody_go(services: Services, crawled: int) -> None:
    with services.database.write() as session:
        session.add(RepositoryRow(url="https://forge.example/a/b", seen="2020-01-01T00:00:00.000Z"))
    assert retention.sweep(services)["repositories"] == 1
    assert count(services, RepositoryRow) == 1


def test_told_to_stop_it_leaves_the_rest_to_the_next_night(
    services: Services, crawled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 10)
    with services.database.write() as session:
        session.add_all([RunRow(source=crawled, started="2020-01-01T00:00:00.000Z") for _ in range(35)])
    asked = iter([False, True, True])
    swept = retention.sweep(services, now=LATER, stop=lambda: next(asked))
    assert (swept["runs"], swept["payloads"]) == (10, 0)
    swept = retention.sweep(services, now=LATER)
    assert (swept["runs"], swept["payloads"]) == (26, 1)
