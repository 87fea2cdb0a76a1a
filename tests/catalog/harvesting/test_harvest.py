"""The conductor: what fails removes nothing, what is gone is gone after days, what asks to be left out is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.tables import RecordRow, RunRow, SourceRow
from catalog.entries import identity, publishing, store
from catalog.harvesting import reread
from crawlers.faults import CrawlError
from crawlers.registry import CRAWLERS
from crawlers.source import Source, Task
from tests.conftest import ExpectLogs
from tests.support.scripted_crawl import HOST, Repository, Stage, publiccode
from vocabularies import reading

APP = f"{HOST}/town/app"
NOT_FOUND = CrawlError("not-found", url=APP)
DOWN = CrawlError("server-error", host="code.example.org", status=502)


def app(**keys: Any) -> Repository:
    return Repository(APP, {"publiccode.yml": publiccode("App", url=APP)}, id=7, **keys)


def day(number: int) -> str:
    return f"2026-03-{number:02}T03:00:00.000Z"


def life(stage: Stage) -> str:
    return stage.entry(APP).life


def test_new_changed_unchanged(stage: Stage) -> None:
    assert (first := stage.crawl(app())).new == 1
    assert first.counts()["found"] == 1
    assert stage.crawl(app()).unchanged == 1
    assert stage.crawl(app(unchanged=True)).unchanged == 1
    other = Repository(APP, {"publiccode.yml": publiccode("App", url=APP, softwareVersion="2.0")}, id=7)
    assert stage.crawl(other).changed == 1
    ulid = stage.entry(APP).id
    assert stage.events() == [f"Create {ulid}", f"Update {ulid}"]
    stage.check()


def test_a_push_that_changes_no_content_is_no_event(stage: Stage) -> None:
    logo = publiccode("App", url=APP, logo="assets/logo.svg")
    stage.crawl(
        Repository(
            APP,
            {"publiccode.yml": logo, "README.md": b"# App\n"},
            id=7,
            commit="a" * 40,
            facts={"activity": {"updated_at": "2026-01-01T00:00:00Z"}},
        )
    )
    stage.crawl(
        Repository(
            APP,
            {"publiccode.yml": logo, "README.md": b"# App!\n"},
            id=7,
            commit="b" * 40,
            facts={"activity": {"updated_at": "2026-02-01T00:00:00Z"}},
        )
    )
    assert stage.head() == 1
    assert stage.entry(APP).last_activity.startswith("2026-02-01")
    assert store.solution_of(stage.entry(APP)).logo == f"{APP}/raw/commit/{'a' * 40}/assets/logo.svg"


@pytest.mark.parametrize(
    "error",
    [DOWN, CrawlError("timeout", host="h", seconds=30), CrawlError("rate-limit", host="h", until="x")],
)
def test_thirty_days_of_outage_remove_nothing(stage: Stage, error: CrawlError) -> None:
    stage.at(day(1))
    stage.crawl(app())
    for number in range(2, 32):
        stage.at(day(number))
        assert stage.crawl(app(error=error)).failed == 1
    assert stage.states() == {APP: "listed"}
    assert life(stage) == "failing"
    assert stage.entry(APP).life_since == day(2)
    assert stage.head() == 1
    assert stage.crawl(app()).unchanged == 1
    assert (life(stage), stage.entry(APP).life_reason) == ("reachable", "")


def test_three_times_not_found_over_a_week_is_gone_but_stays_listed(stage: Stage) -> None:
    stage.at(day(1))
    stage.crawl(app())
    for number, expected in ((2, "failing"), (5, "failing"), (8, "failing"), (9, "gone"), (10, "gone")):
        stage.at(day(number))
        stage.crawl(app(error=NOT_FOUND))
        assert life(stage) == expected, number
    assert stage.states() == {APP: "listed"}
    assert stage.head() == 1
    stage.crawl(app())
    assert life(stage) == "reachable"


def test_three_times_not_found_in_a_day_is_not_gone(stage: Stage) -> None:
    stage.crawl(app())
    for _ in range(5):
        stage.crawl(app(error=NOT_FOUND))
    assert life(stage) == "failing"


def test_one_not_found_after_a_long_outage_is_not_gone(stage: Stage) -> None:
    stage.at(day(1))
    stage.crawl(app())
    for number in range(2, 20):
        stage.at(day(number))
        stage.crawl(app(error=DOWN))
    stage.at(day(20))
    stage.crawl(app(error=NOT_FOUND))
    assert life(stage) == "failing"
    stage.at(day(21))
    stage.crawl(app(error=DOWN))  # and an outage in between begins the count anew
    for number in (22, 23):
        stage.at(day(number))
        stage.crawl(app(error=NOT_FOUND))
    stage.at(day(28))
    stage.crawl(app(error=NOT_FOUND))
    assert life(stage) == "failing"
    stage.at(day(29))
    stage.crawl(app(error=NOT_FOUND))
    assert life(stage) == "gone"


def test_what_a_listing_no_longer_shows_is_asked_for_by_itself(stage: Stage) -> None:
    stage.at(day(1))
    stage.crawl(app(), Repository(f"{HOST}/town/other", {"publiccode.yml": publiccode("Other")}, id=8))
    stage.at(day(2))
    stage.crawl()  # an empty listing, but the repositories answer
    assert life(stage) == "reachable"
    stage.missing[APP] = NOT_FOUND
    for number in (3, 6, 10):
        stage.at(day(number))
        assert stage.crawl(Repository(f"{HOST}/town/other", unchanged=True, id=8)).failed == 1
    assert life(stage) == "gone"
    assert set(stage.states().values()) == {"listed"}


def test_publishing_again_does_not_hide_a_failure(stage: Stage) -> None:
    stage.crawl(app())
    stage.crawl(app(error=DOWN))
    with stage.database.write() as session:
        publishing.publish(session, stage.entry(APP).id, settings=stage.settings)
    assert life(stage) == "failing"


def test_the_reason_of_a_withdrawal_outlives_the_repository(stage: Stage) -> None:
    stage.crawl(app())
    ulid = stage.entry(APP).id
    with stage.database.write() as session:
        publishing.withdraw(session, ulid, reason="on request", settings=stage.settings)
    stage.crawl(app(error=DOWN))
    stage.crawl(app())
    assert (stage.entry(APP).state, stage.entry(APP).life_reason) == ("withdrawn", "on request")
    assert stage.events() == [f"Create {ulid}", f"Delete {ulid}"]
    stage.check()


def test_a_fault_of_a_second_repository_is_none_of_the_entry(stage: Stage) -> None:
    docs = f"{HOST}/town/docs"
    stage.crawl(app())
    with stage.database.write() as session:
        identity.claim(session, stage.entry(APP).id, [docs])
    stage.crawl(
        app(), Repository(docs, {"README.md": b"# Docs\n\nThe documentation of the app in many words.\n"})
    )
    assert stage.entry(docs).id == stage.entry(APP).id
    stage.crawl(app(), Repository(docs, error=DOWN))
    assert life(stage) == "reachable"


def test_partial_keeps_what_is_known_and_comes_again(stage: Stage) -> None:
    stage.crawl(app())
    stage.crawl(app(partial=True))
    assert stage.states() == {APP: "listed"}
    row = stage.repository(APP)
    assert row is not None
    assert row.marker == ""


def test_a_broken_file_keeps_the_last_good_state_until_it_is_mended(stage: Stage) -> None:
    stage.crawl(app())
    broken = Repository(APP, {"publiccode.yml": b"name: [unclosed\n"}, id=7)
    assert stage.crawl(broken).problems == 1
    assert (stage.name(APP), stage.states()[APP]) == ("App", "listed")
    broken.files["publiccode.yml"] = b"\x00\x01 still: [broken"
    stage.crawl(broken)
    assert (stage.name(APP), stage.states()[APP]) == ("App", "listed")
    assert stage.head() == 1
    stage.crawl(Repository(APP, {"publiccode.yml": publiccode("Mended", url=APP)}, id=7))
    assert stage.name(APP) == "Mended"
    assert not stage.records(APP)[1].last_good
    stage.check()


def test_a_paragraph_that_was_deleted_is_gone(stage: Stage) -> None:
    """Only a broken file keeps its last good state; a README without a text is not broken."""
    said = b"# App\n\nThis paragraph says at some length what the application is for.\n"
    stage.crawl(Repository(APP, {"README.md": said}, id=7))
    assert "at some length" in json.dumps(store.solution_of(stage.entry(APP)).text)
    stage.crawl(Repository(APP, {"README.md": b"# App\n"}, id=7))
    assert not store.solution_of(stage.entry(APP)).text


def test_a_file_that_is_removed_makes_a_draft_and_a_delete(stage: Stage) -> None:
    stage.crawl(app())
    ulid = stage.entry(APP).id
    assert stage.crawl(Repository(APP, {}, id=7)).changed == 1
    assert stage.states() == {APP: "draft"}
    assert (
        stage.crawl(
            Repository(
                APP, {"README.md": b"# App\n\nSomething else entirely is said in this file now.\n"}, id=7
            )
        ).changed
        == 1
    )
    stage.crawl(app())
    assert stage.states() == {APP: "listed"}
    assert stage.events() == [f"Create {ulid}", f"Delete {ulid}", f"Create {ulid}"]
    stage.check()


@pytest.mark.parametrize("how", ["topic", "line"])
def test_whoever_asks_to_be_left_out_is(stage: Stage, how: str) -> None:
    stage.crawl(app())
    ignoring = app(facts={"topics": ["allmende-ignore"]}) if how == "topic" else app()
    if how == "line":
        ignoring.files["README.md"] = b"# App\n\n<!-- allmende: ignore -->\n"
    stage.crawl(ignoring)
    assert stage.states() == {APP: "hidden"}
    assert stage.events()[-1].startswith("Delete")
    stage.crawl(app())
    assert stage.states() == {APP: "listed"}
    stage.check()


def test_without_a_licence_it_is_listed_but_not_in_the_feed(stage: Stage) -> None:
    stage.crawl(Repository(APP, {"publiccode.yml": publiccode("App", url=APP, licence="")}, id=7))
    entry = stage.entry(APP)
    assert (entry.state, stage.in_feed(APP)) == ("listed", False)
    stage.crawl(app())
    assert stage.in_feed(APP)


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
def test_what_makes_no_entry(stage: Stage, repository: Repository) -> None:
    assert stage.crawl(repository).ignored == 1
    assert not stage.solutions()
    assert stage.crawl(repository).ignored == 1


def test_what_made_no_entry_is_read_anew_by_new_tables(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fork = Repository(f"{HOST}/town/fork", id=9, facts={"fork": True})
    asked: list[Any] = []

    def crawl(source: Source, _http: object) -> Iterator[Task]:
        asked.append(dict(source.known))
        yield fork.task()

    monkeypatch.setitem(CRAWLERS, "stage", crawl)
    stage.conductor().run(stage.source)
    stage.conductor().run(stage.source)
    monkeypatch.setattr(reading, "version", lambda: "another")
    stage.conductor().run(stage.source)
    assert [list(known) for known in asked] == [[], [fork.url], []]


def test_a_fault_in_the_middle_of_a_listing_keeps_what_came_before(stage: Stage) -> None:
    stage.breaks = DOWN
    summary = stage.crawl(app())
    assert (summary.new, summary.error and summary.error.code) == (1, "server-error")
    assert stage.states() == {APP: "listed"}
    with stage.database.read() as session:
        row, run = session.get(SourceRow, stage.source), session.scalars(select(RunRow)).one()
    assert row is not None
    assert row.failing_since
    assert not row.succeeded
    assert json.loads(run.error)["code"] == "server-error"
    stage.breaks = None
    stage.crawl(app())
    with stage.database.read() as session:
        row = session.get(SourceRow, stage.source)
    assert row is not None
    assert (row.failing_since, row.error) == ("", "")
    assert row.succeeded


def test_a_run_that_was_stopped_goes_on_soon(stage: Stage) -> None:
    stage._shown["stage:one"] = [
        app(),
        Repository(f"{HOST}/town/b", {"publiccode.yml": publiccode("B")}, id=8),
    ]
    conductor = stage.conductor()
    found: list[int] = []
    conductor.progress, conductor.stop = lambda summary: found.append(summary.found), lambda: bool(found)
    assert conductor.run(stage.source).found == 1
    with stage.database.read() as session:
        row = session.get(SourceRow, stage.source)
    assert row is not None
    assert row.succeeded == ""
    assert row.due <= clock.now()


def test_one_bad_repository_costs_itself_and_not_the_run(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, expected_logs: ExpectLogs
) -> None:
    expected_logs(r"ERROR allmende.harvest: .*/town/bad could not be kept")
    put = store.put

    def putting(session: Any, solution: str, incoming: Any) -> int:
        if any(item.repository.endswith("/bad") for item in incoming):
            raise DataError("INSERT", {}, Exception("value too long"))
        return put(session, solution, incoming)

    monkeypatch.setattr(store, "put", putting)
    summary = stage.crawl(Repository(f"{HOST}/town/bad", {"publiccode.yml": publiccode("Bad")}, id=8), app())
    assert (summary.found, summary.failed, summary.new) == (2, 1, 1)
    assert summary.failures[0][1].code == "internal"
    assert stage.states() == {APP: "listed"}


def test_addresses_longer_than_any_column(stage: Stage) -> None:
    far = "https://code.example.org/" + "x" * 1500
    files = {"publiccode.yml": publiccode("App" * 300, url=far, landingURL=far)}
    assert stage.crawl(Repository(APP, files, id=7)).new == 1
    assert stage.states() == {APP: "listed"}
    stage.check()


def test_a_text_that_is_too_much_is_said_to_be(stage: Stage) -> None:
    stage.sandbox, before = type(stage.sandbox)(workers=1, memory=12 * 1024 * 1024), stage.sandbox
    try:
        stage.crawl(app())
    finally:
        stage.sandbox.close()
        stage.sandbox = before
    said = [json.loads(row.reading) for row in stage.records(APP)]
    assert all(item["problems"][0]["code"] == "too-slow" for item in said)


def test_rereading_with_equal_tables_changes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.crawl(
        app(), Repository(f"{HOST}/town/b", {"publiccode.yml": publiccode("B"), "README.md": b"# B\n"}, id=8)
    )
    head = stage.head()
    assert reread.reread(stage.database, stage.settings, stage.sandbox) == (0, 0)
    monkeypatch.setattr(reading, "version", lambda: "another")
    assert reread.reread(stage.database, stage.settings, stage.sandbox) == (5, 0)
    assert reread.reread(stage.database, stage.settings, stage.sandbox) == (0, 0)
    assert stage.head() == head
    stage.check()


def test_rereading_publishes_what_better_tables_understand(stage: Stage) -> None:
    stage.crawl(app())
    with stage.database.write() as session:  # as if older tables had not understood the file
        session.execute(
            update(RecordRow)
            .where(RecordRow.format == "publiccode")
            .values(reader="old", reading='{"format":"publiccode"}')
        )
        publishing.publish(session, stage.entry(APP).id, settings=stage.settings)
    assert stage.states() == {APP: "draft"}
    assert reread.reread(stage.database, stage.settings, stage.sandbox)[1] == 1
    assert (stage.states()[APP], stage.name(APP)) == ("listed", "App")


def test_rereading_does_not_undo_a_crawl_that_runs_beside_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.crawl(app())
    newer = Repository(APP, {"publiccode.yml": publiccode("Newer", url=APP)}, id=7)
    original = reread.read

    def reading_slowly(sandbox: Any, format_: str, content: bytes) -> Any:
        if format_ == "publiccode":
            stage.crawl(newer)
        return original(sandbox, format_, content)

    with stage.database.write() as session:
        session.execute(update(RecordRow).values(reader="old"))
    monkeypatch.setattr(reread, "read", reading_slowly)
    reread.reread(stage.database, stage.settings, stage.sandbox)
    assert stage.name(APP) == "Newer"
    stage.check()


def test_a_pending_source_lists_nothing(stage: Stage, database: Database) -> None:
    pending = stage.add_source("stage:two", state="pending")
    stage.crawl(app(), source=pending)
    assert stage.states() == {APP: "pending"}
    assert stage.head() == 0
