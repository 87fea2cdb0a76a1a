"""The conductor: what fails removes nothing, what is gone is gone after days, what asks to be left out is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from catalog.base import clock, wanted_files
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.tables import RecordRow, RepositoryRow, RunRow, SourceRow
from catalog.entries import identity, publishing, store
from catalog.harvesting import reread, seed
from crawlers.faults import CrawlError
from crawlers.registry import CRAWLERS
from crawlers.source import Failed, FileFormat, Source, Task
from tests.conftest import ExpectLogs
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode
from vocabularies import reading

APP = f"{HOST}/town/app"
NOT_FOUND = CrawlError("not-found", url=APP)
DOWN = CrawlError("server-error", host="code.example.org", status=502)


def app(**keys: Any) -> Repository:
    return Repository(APP, {"publiccode.yml": publiccode("App", url=APP)}, id=7, **keys)


def day(number: int) -> str:
    return f"2026-03-{number:02}T03:00:00.000Z"


def life(catalogue: ScriptedCatalogue) -> str:
    return catalogue.entry(APP).life


def test_new_changed_unchanged(catalogue: ScriptedCatalogue) -> None:
    assert (first := catalogue.crawl(app())).new == 1
    assert first.counts()["found"] == 1
    assert catalogue.crawl(app()).unchanged == 1
    assert catalogue.crawl(app(unchanged=True)).unchanged == 1
    other = Repository(APP, {"publiccode.yml": publiccode("App", url=APP, softwareVersion="2.0")}, id=7)
    assert catalogue.crawl(other).changed == 1
    ulid = catalogue.entry(APP).id
    assert catalogue.events() == [f"Create {ulid}", f"Update {ulid}"]
    catalogue.check()


def test_a_push_that_changes_no_content_is_no_event(catalogue: ScriptedCatalogue) -> None:
    logo = publiccode("App", url=APP, logo="assets/logo.svg")
    catalogue.crawl(
        Repository(
            APP,
            {"publiccode.yml": logo, "README.md": b"# App\n"},
            id=7,
            commit="a" * 40,
            facts={"activity": {"updated_at": "2026-01-01T00:00:00Z"}},
        )
    )
    catalogue.crawl(
        Repository(
            APP,
            {"publiccode.yml": logo, "README.md": b"# App!\n"},
            id=7,
            commit="b" * 40,
            facts={"activity": {"updated_at": "2026-02-01T00:00:00Z"}},
        )
    )
    assert catalogue.head() == 1
    assert catalogue.entry(APP).last_activity.startswith("2026-02-01")
    assert store.solution_of(catalogue.entry(APP)).logo == f"{APP}/raw/commit/{'a' * 40}/assets/logo.svg"


@pytest.mark.parametrize(
    "error",
    [DOWN, CrawlError("timeout", host="h", seconds=30), CrawlError("rate-limit", host="h", until="x")],
)
def test_thirty_days_of_outage_remove_nothing(catalogue: ScriptedCatalogue, error: CrawlError) -> None:
    catalogue.at(day(1))
    catalogue.crawl(app())
    for number in range(2, 32):
        catalogue.at(day(number))
        assert catalogue.crawl(app(error=error)).failed == 1
    assert catalogue.states() == {APP: "listed"}
    assert life(catalogue) == "failing"
    assert catalogue.entry(APP).life_since == day(2)
    assert catalogue.head() == 1
    assert catalogue.crawl(app()).unchanged == 1
    assert (life(catalogue), catalogue.entry(APP).life_reason) == ("reachable", "")


def test_a_curated_entry_is_failing_if_its_repository_is_not_there(
    catalogue: ScriptedCatalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"name": "App", "repository": APP, "description": {"de": "Etwas"}}
    monkeypatch.setattr(seed, "_toml", lambda name: {"solution": [entry], "source": []})
    seed.load(catalogue.database, settings)
    catalogue.at(day(1))
    catalogue.crawl(app(error=DOWN))
    assert store.life_of(catalogue.entry(APP)) == "", "nobody has reached it yet, and that is all"
    catalogue.at(day(2))
    catalogue.crawl(app(error=NOT_FOUND))
    assert (life(catalogue), catalogue.entry(APP).life_since) == ("failing", day(1))
    catalogue.crawl(app())
    assert store.life_of(catalogue.entry(APP)) == "reachable"


def test_three_times_not_found_over_a_week_is_gone_but_stays_listed(catalogue: ScriptedCatalogue) -> None:
    catalogue.at(day(1))
    catalogue.crawl(app())
    for number, expected in ((2, "failing"), (5, "failing"), (8, "failing"), (9, "gone"), (10, "gone")):
        catalogue.at(day(number))
        catalogue.crawl(app(error=NOT_FOUND))
        assert life(catalogue) == expected, number
    assert catalogue.states() == {APP: "listed"}
    assert catalogue.head() == 1
    catalogue.crawl(app())
    assert life(catalogue) == "reachable"


def test_three_times_not_found_in_a_day_is_not_gone(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    for _ in range(5):
        catalogue.crawl(app(error=NOT_FOUND))
    assert life(catalogue) == "failing"


def test_one_not_found_after_a_long_outage_is_not_gone(catalogue: ScriptedCatalogue) -> None:
    catalogue.at(day(1))
    catalogue.crawl(app())
    for number in range(2, 20):
        catalogue.at(day(number))
        catalogue.crawl(app(error=DOWN))
    catalogue.at(day(20))
    catalogue.crawl(app(error=NOT_FOUND))
    assert life(catalogue) == "failing"
    catalogue.at(day(21))
    catalogue.crawl(app(error=DOWN))  # and an outage in between begins the count anew
    for number in (22, 23):
        catalogue.at(day(number))
        catalogue.crawl(app(error=NOT_FOUND))
    catalogue.at(day(28))
    catalogue.crawl(app(error=NOT_FOUND))
    assert life(catalogue) == "failing"
    catalogue.at(day(29))
    catalogue.crawl(app(error=NOT_FOUND))
    assert life(catalogue) == "gone"


def test_what_a_listing_no_longer_shows_is_asked_for_by_itself(catalogue: ScriptedCatalogue) -> None:
    catalogue.at(day(1))
    catalogue.crawl(app(), Repository(f"{HOST}/town/other", {"publiccode.yml": publiccode("Other")}, id=8))
    catalogue.at(day(2))
    catalogue.crawl()  # an empty listing, but the repositories answer
    assert life(catalogue) == "reachable"
    catalogue.missing[APP] = NOT_FOUND
    for number in (3, 6, 10):
        catalogue.at(day(number))
        assert catalogue.crawl(Repository(f"{HOST}/town/other", unchanged=True, id=8)).failed == 1
    assert life(catalogue) == "gone"
    assert set(catalogue.states().values()) == {"listed"}


def test_publishing_again_does_not_hide_a_failure(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    catalogue.crawl(app(error=DOWN))
    with catalogue.database.write() as session:
        publishing.publish(session, catalogue.entry(APP).id, settings=catalogue.settings)
    assert life(catalogue) == "failing"


def test_the_reason_of_a_withdrawal_outlives_the_repository(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    ulid = catalogue.entry(APP).id
    with catalogue.database.write() as session:
        publishing.withdraw(session, ulid, reason="on request", settings=catalogue.settings)
    catalogue.crawl(app(error=DOWN))
    catalogue.crawl(app())
    assert (catalogue.entry(APP).state, catalogue.entry(APP).life_reason) == ("withdrawn", "on request")
    assert catalogue.events() == [f"Create {ulid}", f"Delete {ulid}"]
    catalogue.check()


def test_a_fault_of_a_second_repository_is_none_of_the_entry(catalogue: ScriptedCatalogue) -> None:
    docs = f"{HOST}/town/docs"
    catalogue.crawl(app())
    with catalogue.database.write() as session:
        identity.claim(session, catalogue.entry(APP).id, [docs])
    catalogue.crawl(
        app(), Repository(docs, {"README.md": b"# Docs\n\nThe documentation of the app in many words.\n"})
    )
    assert catalogue.entry(docs).id == catalogue.entry(APP).id
    catalogue.crawl(app(), Repository(docs, error=DOWN))
    assert life(catalogue) == "reachable"


def test_partial_keeps_what_is_known_and_comes_again(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    catalogue.crawl(app(partial=True))
    assert catalogue.states() == {APP: "listed"}
    row = catalogue.repository(APP)
    assert row is not None
    assert row.marker == ""


def test_a_broken_file_keeps_the_last_good_state_until_it_is_mended(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    broken = Repository(APP, {"publiccode.yml": b"name: [unclosed\n"}, id=7)
    assert catalogue.crawl(broken).problems == 1
    assert (catalogue.name(APP), catalogue.states()[APP]) == ("App", "listed")
    broken.files["publiccode.yml"] = b"\x00\x01 still: [broken"
    catalogue.crawl(broken)
    assert (catalogue.name(APP), catalogue.states()[APP]) == ("App", "listed")
    assert catalogue.head() == 1
    catalogue.crawl(Repository(APP, {"publiccode.yml": publiccode("Mended", url=APP)}, id=7))
    assert catalogue.name(APP) == "Mended"
    assert not catalogue.records(APP)[1].last_good
    catalogue.check()


def test_a_paragraph_that_was_deleted_is_gone(catalogue: ScriptedCatalogue) -> None:
    """Only a broken file keeps its last good state; a README without a text is not broken."""
    said = b"# App\n\nThis paragraph says at some length what the application is for.\n"
    catalogue.crawl(Repository(APP, {"README.md": said}, id=7))
    assert "at some length" in json.dumps(store.solution_of(catalogue.entry(APP)).text)
    catalogue.crawl(Repository(APP, {"README.md": b"# App\n"}, id=7))
    assert not store.solution_of(catalogue.entry(APP)).text


def test_a_file_that_is_removed_makes_a_draft_and_a_delete(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    ulid = catalogue.entry(APP).id
    assert catalogue.crawl(Repository(APP, {}, id=7)).changed == 1
    assert catalogue.states() == {APP: "draft"}
    assert (
        catalogue.crawl(
            Repository(
                APP, {"README.md": b"# App\n\nSomething else entirely is said in this file now.\n"}, id=7
            )
        ).changed
        == 1
    )
    catalogue.crawl(app())
    assert catalogue.states() == {APP: "listed"}
    assert catalogue.events() == [f"Create {ulid}", f"Delete {ulid}", f"Create {ulid}"]
    catalogue.check()


@pytest.mark.parametrize("how", ["topic", "line"])
def test_whoever_asks_to_be_left_out_is(catalogue: ScriptedCatalogue, how: str) -> None:
    catalogue.crawl(app())
    ignoring = app(facts={"topics": ["allmende-ignore"]}) if how == "topic" else app()
    if how == "line":
        ignoring.files["README.md"] = b"# App\n\n<!-- allmende: ignore -->\n"
    catalogue.crawl(ignoring)
    assert catalogue.states() == {APP: "hidden"}
    assert catalogue.events()[-1].startswith("Delete")
    catalogue.crawl(app())
    assert catalogue.states() == {APP: "listed"}
    catalogue.check()


def test_without_a_licence_it_is_listed_but_not_in_the_feed(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(Repository(APP, {"publiccode.yml": publiccode("App", url=APP, licence="")}, id=7))
    entry = catalogue.entry(APP)
    assert (entry.state, catalogue.in_feed(APP)) == ("listed", False)
    catalogue.crawl(app())
    assert catalogue.in_feed(APP)


@pytest.mark.parametrize(
    "repository",
    [
        Repository(f"{HOST}/town/fork", id=9, facts={"fork": True}, files={"README.md": b"# Fork\n"}),
        Repository(f"{HOST}/town/template", id=9, facts={"template": True}, files={"README.md": b"# T\n"}),
        Repository(f"{HOST}/town/.github", id=9, files={"README.md": b"# T\n"}),
        Repository(f"{HOST}/town/empty", id=9, empty=True),
    ],
    ids=lambda repository: repository.url.rsplit("/", 1)[1],
)
def test_what_makes_no_entry(catalogue: ScriptedCatalogue, repository: Repository) -> None:
    assert catalogue.crawl(repository).ignored == 1
    assert not catalogue.solutions()
    assert catalogue.crawl(repository).ignored == 1


def test_what_made_no_entry_is_read_anew_by_new_tables(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = Repository(f"{HOST}/town/fork", id=9, facts={"fork": True})
    asked: list[Any] = []

    def crawl(source: Source, _http: object) -> Iterator[Task]:
        asked.append(dict(source.known))
        yield fork.task()

    monkeypatch.setitem(CRAWLERS, "scripted", crawl)
    catalogue.conductor().run(catalogue.source)
    catalogue.conductor().run(catalogue.source)
    monkeypatch.setattr(reading, "version", lambda: "another")
    catalogue.conductor().run(catalogue.source)
    assert [list(known) for known in asked] == [[], [fork.url], []]


def test_an_unchanged_repository_is_read_once_more_when_other_files_are_wanted(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A format that was added would be seen only at a repository's next commit else."""
    asked: list[Any] = []

    def crawl(source: Source, _http: object) -> Iterator[Task]:
        asked.append(dict(source.known))
        yield app().task()

    monkeypatch.setitem(CRAWLERS, "scripted", crawl)
    for _ in range(2):
        catalogue.conductor().run(catalogue.source)
    another = FileFormat(format="of-tomorrow", names=("tomorrow.toml",), metadata=True)
    monkeypatch.setattr(wanted_files, "wanted_files", lambda: (another,))
    for _ in range(2):
        catalogue.conductor().run(catalogue.source)
    assert [list(known) for known in asked] == [[], [APP], [], [APP]]


def test_a_fault_in_the_middle_of_a_listing_keeps_what_came_before(catalogue: ScriptedCatalogue) -> None:
    catalogue.breaks = DOWN
    summary = catalogue.crawl(app())
    assert (summary.new, summary.error and summary.error.code) == (1, "server-error")
    assert catalogue.states() == {APP: "listed"}
    with catalogue.database.read() as session:
        row, run = session.get(SourceRow, catalogue.source), session.scalars(select(RunRow)).one()
    assert row is not None
    assert row.failing_since
    assert not row.succeeded
    assert json.loads(run.error)["code"] == "server-error"
    catalogue.breaks = None
    catalogue.crawl(app())
    with catalogue.database.read() as session:
        row = session.get(SourceRow, catalogue.source)
    assert row is not None
    assert (row.failing_since, row.error) == ("", "")
    assert row.succeeded


def test_a_run_that_was_stopped_goes_on_soon(catalogue: ScriptedCatalogue) -> None:
    catalogue._shown["scripted:one"] = [
        app(),
        Repository(f"{HOST}/town/b", {"publiccode.yml": publiccode("B")}, id=8),
    ]
    conductor = catalogue.conductor()
    found: list[int] = []
    conductor.progress, conductor.stop = lambda summary: found.append(summary.found), lambda: bool(found)
    assert conductor.run(catalogue.source).found == 1
    with catalogue.database.read() as session:
        row = session.get(SourceRow, catalogue.source)
    assert row is not None
    assert row.succeeded == ""
    assert row.due <= clock.now()


def test_one_bad_repository_costs_itself_and_not_the_run(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch, expected_logs: ExpectLogs
) -> None:
    expected_logs(r"ERROR allmende.harvest: .*/town/bad could not be kept")
    put = store.put

    def putting(session: Any, solution: str, incoming: Any) -> int:
        if any(item.repository.endswith("/bad") for item in incoming):
            raise DataError("INSERT", {}, Exception("value too long"))
        return put(session, solution, incoming)

    monkeypatch.setattr(store, "put", putting)
    summary = catalogue.crawl(
        Repository(f"{HOST}/town/bad", {"publiccode.yml": publiccode("Bad")}, id=8), app()
    )
    assert (summary.found, summary.failed, summary.new) == (2, 1, 1)
    assert summary.failures[0][1].code == "internal"
    assert catalogue.states() == {APP: "listed"}


def test_addresses_longer_than_any_column(catalogue: ScriptedCatalogue) -> None:
    far = "https://code.example.org/" + "x" * 1500
    files = {"publiccode.yml": publiccode("App" * 300, url=far, landingURL=far)}
    assert catalogue.crawl(Repository(APP, files, id=7)).new == 1
    assert catalogue.states() == {APP: "listed"}
    catalogue.check()


def test_a_text_that_is_too_much_is_said_to_be(catalogue: ScriptedCatalogue) -> None:
    catalogue.sandbox, before = type(catalogue.sandbox)(workers=1, memory=12 * 1024 * 1024), catalogue.sandbox
    try:
        catalogue.crawl(app())
    finally:
        catalogue.sandbox.close()
        catalogue.sandbox = before
    said = [json.loads(row.reading) for row in catalogue.records(APP)]
    assert all(item["problems"][0]["code"] == "too-slow" for item in said)


def test_rereading_with_equal_tables_changes_nothing(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.crawl(
        app(), Repository(f"{HOST}/town/b", {"publiccode.yml": publiccode("B"), "README.md": b"# B\n"}, id=8)
    )
    head = catalogue.head()
    assert reread.reread(catalogue.database, catalogue.settings, catalogue.sandbox) == (0, 0)
    monkeypatch.setattr(reading, "version", lambda: "another")
    assert reread.reread(catalogue.database, catalogue.settings, catalogue.sandbox) == (5, 0)
    assert reread.reread(catalogue.database, catalogue.settings, catalogue.sandbox) == (0, 0)
    assert catalogue.head() == head
    catalogue.check()


def test_rereading_publishes_what_better_tables_understand(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    with catalogue.database.write() as session:  # as if older tables had not understood the file
        session.execute(
            update(RecordRow)
            .where(RecordRow.format == "publiccode")
            .values(reader="old", reading='{"format":"publiccode"}')
        )
        publishing.publish(session, catalogue.entry(APP).id, settings=catalogue.settings)
    assert catalogue.states() == {APP: "draft"}
    assert reread.reread(catalogue.database, catalogue.settings, catalogue.sandbox)[1] == 1
    assert (catalogue.states()[APP], catalogue.name(APP)) == ("listed", "App")


def test_rereading_does_not_undo_a_crawl_that_runs_beside_it(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.crawl(app())
    newer = Repository(APP, {"publiccode.yml": publiccode("Newer", url=APP)}, id=7)
    original = reread.read

    def reading_slowly(sandbox: Any, format_: str, content: bytes) -> Any:
        if format_ == "publiccode":
            catalogue.crawl(newer)
        return original(sandbox, format_, content)

    with catalogue.database.write() as session:
        session.execute(update(RecordRow).values(reader="old"))
    monkeypatch.setattr(reread, "read", reading_slowly)
    reread.reread(catalogue.database, catalogue.settings, catalogue.sandbox)
    assert catalogue.name(APP) == "Newer"
    catalogue.check()


def test_a_pending_source_lists_nothing(catalogue: ScriptedCatalogue, database: Database) -> None:
    pending = catalogue.add_source("scripted:two", state="pending")
    catalogue.crawl(app(), source=pending)
    assert catalogue.states() == {APP: "pending"}
    assert catalogue.head() == 0


@pytest.mark.parametrize("health", [("", "", day(1)), (day(2), '{"code":"unreachable"}', day(1))])
def test_a_run_that_was_stopped_says_nothing_of_its_source(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch, health: tuple[str, str, str]
) -> None:
    """Neither that it is well again, nor that the one repository that was read stands for all."""
    read: list[str] = []

    def failing(_http: object) -> Iterator[Failed]:
        read.append(APP)
        yield Failed(repository=APP, error=NOT_FOUND)

    def crawl(source: Source, _http: object) -> Iterator[Task]:
        for number in range(5):
            yield Task(url=f"{APP}{number}", read=failing)

    monkeypatch.setitem(CRAWLERS, "scripted", crawl)
    with catalogue.database.write() as session:
        row = session.get_one(SourceRow, catalogue.source)
        row.failing_since, row.error, row.succeeded = health
    conductor = catalogue.conductor()
    conductor.stop = lambda: bool(read)
    conductor.run(catalogue.source)
    with catalogue.database.read() as session:
        row = session.get_one(SourceRow, catalogue.source)
        assert (row.failing_since, row.error, row.succeeded) == health


def test_reading_again_stops_between_entries(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"{APP}{number}" for number in range(3)]
    catalogue.crawl(
        *(
            Repository(url, {"publiccode.yml": publiccode(url[-4:], url=url)}, id=number)
            for number, url in enumerate(addresses, 1)
        )
    )
    monkeypatch.setattr(reading, "version", lambda: "another")
    told: list[int] = []
    of = (catalogue.database, catalogue.settings, catalogue.sandbox)
    reread.reread(*of, progress=told.append, stop=lambda: len(told) == 1)
    assert len(told) == 1
    reread.reread(*of, progress=told.append)
    assert len(told) == 3, "what was left is read the next time"


ODD_FAULTS = ('{"code":"x","values":{"status":404}}', "not json", '["x"]', '{"since":7}')


@pytest.mark.parametrize("stored", ODD_FAULTS)
def test_a_stored_fault_that_cannot_be_read_is_in_nobodys_way(
    catalogue: ScriptedCatalogue, stored: str
) -> None:
    catalogue.crawl(app())
    with catalogue.database.write() as session:
        session.execute(update(RepositoryRow).values(error=stored))
    assert catalogue.crawl(app(error=NOT_FOUND)).failed == 1
    assert life(catalogue) == "failing"
