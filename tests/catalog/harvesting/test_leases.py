"""Who reads which source, and that nobody ends the lease of another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalog.base import clock
from catalog.base.tables import RepositoryRow, SourceRow
from catalog.entries.moderation import set_source
from catalog.harvesting.leases import MINUTES, Leases
from crawlers.faults import Fault, Interrupted
from crawlers.net.http import Http
from crawlers.registry import CRAWLERS
from crawlers.source import Event, Source, Task
from sandbox import Sandbox
from tests.support.instance import publiccode
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue


def leases(catalogue: ScriptedCatalogue) -> Leases:
    return Leases(catalogue.database)


def row_of(catalogue: ScriptedCatalogue, number: int) -> SourceRow:
    with catalogue.database.read() as session:
        return session.get_one(SourceRow, number)


def test_a_lease_that_ran_out_is_anybodys(catalogue: ScriptedCatalogue) -> None:
    first = leases(catalogue)
    assert first.take_host() == [catalogue.source]
    assert first.take_host() == []
    catalogue.at(clock.later(clock.now(), minutes=MINUTES + 1))
    assert leases(catalogue).take_host() == [catalogue.source]


def test_who_works_on_a_host_works_on_it_alone(catalogue: ScriptedCatalogue) -> None:
    first, second = catalogue.add_source(f"{HOST}/town"), catalogue.add_source(f"{HOST}/district")
    paused = catalogue.add_source(f"{HOST}/paused", state="paused")
    elsewhere = catalogue.add_source("https://codeberg.org/town")
    one, another = catalogue.conductor(), leases(catalogue)
    assert one.leases.take_host() == [catalogue.source]
    assert one.leases.take_host() == [first, second], "all that is due of a host is one worker's"
    third = catalogue.add_source(f"{HOST}/county")
    assert another.take_host() == [elsewhere], "a source that comes later waits for its host"
    assert another.take_host() == []
    one.run(first)
    one.run(second)
    assert another.take_host() == [third]
    assert row_of(catalogue, paused).leased_until == ""


def test_a_command_leases_what_it_reads_and_a_worker_leaves_it_alone(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def crawling(_source: Source, _http: Http) -> Iterator[Task]:
        taken.append(leases(catalogue).take_host())
        yield from ()

    monkeypatch.setitem(CRAWLERS, "scripted", crawling)
    catalogue.conductor().run(catalogue.source)
    assert taken == [[]]
    assert row_of(catalogue, catalogue.source).leased_until == ""


def test_a_run_ends_no_lease_but_its_own(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = leases(catalogue)

    def crawling(_source: Source, _http: Http) -> Iterator[Task]:
        with catalogue.database.write() as session:
            command.take(session.get_one(SourceRow, catalogue.source))
        yield from ()

    monkeypatch.setitem(CRAWLERS, "scripted", crawling)
    worker = catalogue.conductor()
    worker.run(catalogue.source)
    held = row_of(catalogue, catalogue.source).leased_until
    assert held > clock.now()
    catalogue.at(clock.later(clock.now(), minutes=1))
    worker.leases.renew([catalogue.source])
    assert row_of(catalogue, catalogue.source).leased_until == held
    command.renew([catalogue.source])
    assert row_of(catalogue, catalogue.source).leased_until > held


def test_who_asks_for_a_source_while_it_is_read_gets_another_run(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[list[int]] = []

    def crawling(_source: Source, _http: Http) -> Iterator[Task]:
        with catalogue.database.write() as session:
            set_source(session, catalogue.source, "now", account="operator")
        meanwhile.append(leases(catalogue).take_host())
        yield from ()

    monkeypatch.setitem(CRAWLERS, "scripted", crawling)
    catalogue.conductor().run(catalogue.source)
    assert meanwhile == [[]], "not beside the run that is under way"
    assert leases(catalogue).take_host() == [catalogue.source], "but after it"


@pytest.mark.parametrize("where", ["listing", "repository"])
def test_what_was_not_tried_to_its_end_says_nothing_of_the_source(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    conductor = catalogue.conductor()

    def crawling(_source: Source, _http: Http) -> Iterator[Task]:
        if where == "listing":
            raise Interrupted("ended")
        yield Task(url=f"{HOST}/town/app", read=interrupted)

    def interrupted(_http: Http) -> Iterator[Event]:
        yield from ()
        raise Interrupted("host-busy")

    monkeypatch.setitem(CRAWLERS, "scripted", crawling)
    summary = conductor.run(catalogue.source)
    assert (summary.found, summary.failed, summary.error) == (0, 0, None)
    assert summary.interrupted is not None
    row = row_of(catalogue, catalogue.source)
    assert (row.error, row.succeeded, row.leased_until) == ("", "", "")
    assert row.due <= clock.now()
    assert not catalogue.solutions()


def test_a_closed_sandbox_says_nothing_of_the_repository(catalogue: ScriptedCatalogue) -> None:
    url = f"{HOST}/town/app"
    catalogue.crawl(Repository(url, {"publiccode.yml": publiccode(url, "App")}, id=1))
    conductor = catalogue.conductor()
    conductor.sandbox = Sandbox(workers=1)
    conductor.sandbox.close()
    changed = Repository(url, {"publiccode.yml": publiccode(url, "Anders")}, id=1)
    catalogue._shown["scripted:one"] = [changed]
    summary = conductor.run(catalogue.source)
    assert (summary.failed, summary.interrupted) == (0, Fault("ended"))
    with catalogue.database.read() as session:
        assert session.get_one(RepositoryRow, url).failing_since == ""
    assert catalogue.crawl(changed).changed == 1
