"""Facts outside the payload are numbered.

Each change of what a page shows, once a transaction, heard by whoever follows.
"""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from catalog.base import facts
from catalog.base.database import Database
from catalog.base.states import EntryState, Life, SourceState
from catalog.base.tables import Base, LogHeadRow, SolutionRow, SourceRow
from catalog.changes import log
from catalog.entries import store
from crawlers.source import CrawlError
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode

APP = f"{HOST}/town/app"
# What the tables hold that nobody sees on a page, or that a log entry tells anyway; every other column is in
# SHOWN.
UNSEEN = {
    "solution": "id origin accepted name digest facts",
    "source": "id options added due leased_until leased_by host",
    "repository": "source marker seen failing_since missing_since failures error reader wanted",
    "record": "id digest last_good reader errors warnings",
}


FAILS = Repository(f"{APP}1", error=CrawlError("timeout", host="code.example.org", seconds="30"))


def app(number: int = 1) -> Repository:
    url = f"{APP}{number}"
    return Repository(url, {"publiccode.yml": publiccode(f"App{number}", url=url)}, id=100 + number)


def number(database: Database) -> int:
    with database.read() as session:
        return session.scalars(select(LogHeadRow.facts)).one()


def changed(database: Database, after: int, limit: int = 100) -> tuple[list[str], int]:
    with database.read() as session:
        return facts.changed(session, after=after, limit=limit)


def test_every_column_of_a_shown_table_is_seen_or_is_known_to_be_unseen() -> None:
    """A column that is added is thought about."""
    for table, columns in facts.SHOWN.items():
        every = set(table.__table__.columns.keys())
        seen = every if columns is None else set(columns)
        assert seen | set(UNSEEN.get(table.__tablename__, "").split()) == every
    hidden = {
        *("account", "alias", "audit", "change", "correction", "follower", "log_head", "meta"),
        *("run", "run_problem"),
    }
    assert {table.__tablename__ for table in facts.SHOWN} | hidden == set(Base.metadata.tables)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("life", Life.FAILING),
        ("life_since", "2026-01-01T00:00:00.000Z"),
        ("life_reason", '{"code":"gone"}'),
        ("last_activity", "2026-02-02T00:00:00Z"),
        ("copy_of", "0" * 26),
        ("state", EntryState.HIDDEN),
        ("provenance", '{"name":{"format":"publiccode"}}'),
    ],
)
def test_what_a_page_shows_of_an_entry_is_numbered_and_names_the_entry(
    catalogue: ScriptedCatalogue, column: str, value: str
) -> None:
    catalogue.crawl(app(1), app(2))
    before, entry = number(catalogue.database), catalogue.entry(app(1).url)
    with catalogue.database.write() as session:
        session.merge(SolutionRow(id=entry.id, **{column: value}))
    assert number(catalogue.database) == before + 1
    assert changed(catalogue.database, before) == ([entry.id], before + 1)


def test_what_nobody_sees_is_not_numbered(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    before, entry = number(catalogue.database), catalogue.entry(app().url)
    with catalogue.database.write() as session:
        row = session.get_one(SolutionRow, entry.id)
        row.accepted, row.life = True, str(row.life)
        source = session.scalars(select(SourceRow)).first()
        assert source is not None
        source.due = source.leased_until = "2027-01-01T00:00:00.000Z"
    assert number(catalogue.database) == before


def test_a_source_is_numbered_without_an_entry(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    before = number(catalogue.database)
    with catalogue.database.write() as session:
        session.scalars(select(SourceRow)).one().state = SourceState.PAUSED
    assert changed(catalogue.database, before) == ([], before + 1)


def test_one_number_a_flush_however_much_changes(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app(1), app(2), app(3))
    before = number(catalogue.database)
    with catalogue.database.write() as session:
        for row in session.scalars(select(SolutionRow)):
            row.life = Life.GONE
    solutions, reached = changed(catalogue.database, before)
    assert (len(solutions), reached) == (3, before + 1)
    assert changed(catalogue.database, before, limit=1) == (solutions, reached), "a number is not torn apart"


def test_page_by_page_nothing_is_left_out(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(*(app(one) for one in range(7)))
    start = number(catalogue.database)
    ids = [row.id for row in catalogue.solutions()]
    for id_ in ids:
        with catalogue.database.write() as session:
            session.get_one(SolutionRow, id_).life = Life.FAILING
    met, cursor = [], start
    while True:
        solutions, reached = changed(catalogue.database, cursor, limit=2)
        met += solutions
        if not solutions:
            break
        cursor = reached
    assert met == ids
    assert cursor == number(catalogue.database)


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_a_statement_over_many_rows_is_numbered(catalogue: ScriptedCatalogue, statement: str) -> None:
    catalogue.crawl(app())
    before = number(catalogue.database)
    with catalogue.database.write() as session:
        if statement == "update":
            session.execute(update(SourceRow).values(error="x"))
        else:
            session.execute(delete(SourceRow))
    assert number(catalogue.database) == before + 1


def _change_and_break(database: Database, entry: str) -> None:
    with database.write() as session:
        session.get_one(SolutionRow, entry).life = Life.GONE
        session.flush()
        raise RuntimeError


def test_a_change_that_is_rolled_back_has_no_number(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    before, entry = number(catalogue.database), catalogue.entry(app().url)
    with pytest.raises(RuntimeError):
        _change_and_break(catalogue.database, entry.id)
    assert number(catalogue.database) == before


def test_the_files_of_an_entry_are_numbered_though_the_entry_stays_the_same(
    catalogue: ScriptedCatalogue,
) -> None:
    """A remark more about a file changes the page and not the payload."""
    catalogue.crawl(app())
    with catalogue.database.read() as session:
        published = log.head(session)[:3]
    before = number(catalogue.database)
    remarked = publiccode("App1", url=app().url, unknownKey="x")
    catalogue.crawl(Repository(app().url, {"publiccode.yml": remarked}, id=101))
    with catalogue.database.read() as session:
        assert log.head(session)[:3] == published
    assert number(catalogue.database) > before


def test_a_second_visit_that_finds_nothing_new_tells_only_the_date_of_the_visit(
    catalogue: ScriptedCatalogue,
) -> None:
    catalogue.crawl(app())
    before = number(catalogue.database)
    catalogue.crawl(app())
    solutions, reached = changed(catalogue.database, before)
    assert solutions == []
    assert reached == before + 1, "the source was read on another date"


def test_a_failing_repository_is_heard_of_and_its_recovery_too(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    entry = catalogue.entry(app().url)
    for failing in (True, False):
        before = number(catalogue.database)
        catalogue.crawl(FAILS if failing else app())
        assert changed(catalogue.database, before)[0] == [entry.id]
        with catalogue.database.read() as session:
            expected = Life.FAILING if failing else Life.REACHABLE
            assert store.get(session, id=entry.id).life == expected
