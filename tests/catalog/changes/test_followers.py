"""The index follows the log.

It equals SQL after anything, is rebuilt from nothing, and one process at a time keeps it.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from catalog import views
from catalog.base import clock, ids
from catalog.base import database as databases
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.states import Life
from catalog.base.tables import SolutionRow
from catalog.changes import followers, log
from catalog.changes.cursor import START, Cursor
from catalog.changes.followers import Follower, Following, Page, catch_up
from catalog.changes.locks import Lock
from catalog.entries import minting, moderation, publishing, store
from catalog.operations.services import FOLLOWERS, Services
from catalog.search import IndexLost, Query, SearchIndex, indexing, open_index
from catalog.search.follower import IndexFollower
from tests.conftest import ExpectLogs
from tests.run import ROOT
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode
from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution

# Whoosh, asked in the middle of a write.
BUSY = "WARNING allmende.search: the search index cannot be read while another process writes"
HOLDER = """
import sys
from pathlib import Path
from catalog.base import database
from catalog.changes.locks import Lock
from catalog.base.settings import read
settings = read({}, database_url=sys.argv[1], data_dir=Path(sys.argv[2]))
lock = Lock(database.connect(settings), settings.data_dir, "index", per_node=sys.argv[3] == "node")
print(lock.acquire(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def engine(settings: Settings) -> str:
    return "whoosh" if settings.database_url else "tantivy"


@pytest.fixture
def index(settings: Settings, engine: str) -> Iterator[SearchIndex]:
    opened = open_index(engine, settings.data_dir / "index", write=True, synonyms=indexing.synonyms())
    yield opened
    opened.close()


def app(number: int, name: str = "") -> Repository:
    url = f"{HOST}/town/app{number}"
    return Repository(url, {"publiccode.yml": publiccode(name or f"App{number}", url=url)}, id=100 + number)


def same(catalogue: ScriptedCatalogue, index: SearchIndex) -> None:
    """The index holds what SQL lists, under the names it has there."""
    listed = {row.id: row.name for row in catalogue.solutions("listed")}
    assert index.ids() == listed.keys()
    for number, name in listed.items():
        assert number in [hit.id for hit in index.query(Query(text=name, size=100)).hits], name
    with catalogue.database.read() as session:
        assert index.cursor == followers.end(session)


def behind(catalogue: ScriptedCatalogue, follower: Follower) -> bool:
    with catalogue.database.read() as session:
        return followers.lag(session, follower).behind


def test_the_index_equals_sql_after_anything(
    catalogue: ScriptedCatalogue, index: SearchIndex, amount: Callable[[int, int], int]
) -> None:
    chance, follower = random.Random(11), IndexFollower(index, catalogue.settings)
    for step in range(amount(30, 400)):
        number = chance.randrange(6)
        row = next((row for row in catalogue.solutions() if row.repository.endswith(f"app{number}")), None)
        what = chance.choice(["put", "put", "rename", "empty", "hide", "show", "withdraw"])
        with catalogue.database.write() as session:
            if row is not None and row.state != "withdrawn" and what == "hide":
                moderation.hide(session, row.id, reason="r", account="a", settings=catalogue.settings)
            elif row is not None and row.state != "withdrawn" and what == "show":
                moderation.show(session, row.id, account="a", settings=catalogue.settings)
            elif row is not None and what == "withdraw" and step % 10 == 0:
                publishing.withdraw(session, row.id, reason="r", settings=catalogue.settings)
        if what == "empty":
            catalogue.crawl(Repository(f"{HOST}/town/app{number}", {}, id=100 + number))
        elif what in ("put", "rename"):
            catalogue.crawl(app(number, f"Neu{chance.randrange(100)}" if what == "rename" else ""))
        if chance.random() < 0.4:
            catch_up(catalogue.database, follower)
            same(catalogue, index)
    catch_up(catalogue.database, follower)
    same(catalogue, index)
    assert not behind(catalogue, follower)
    assert catch_up(catalogue.database, follower) == 0


def test_the_index_hears_whether_a_repository_answers(
    catalogue: ScriptedCatalogue, index: SearchIndex
) -> None:
    """A life changes the facets although no log entry tells of it."""
    follower = IndexFollower(index, catalogue.settings)
    catalogue.crawl(app(1), app(2))
    entry = catalogue.entry(app(1).url).id
    for life in (Life.FAILING, Life.REACHABLE, Life.ARCHIVED, Life.GONE):
        with catalogue.database.read() as session:
            published = log.head(session).seq
        with catalogue.database.write() as session:
            session.get_one(SolutionRow, entry).life = life
        with catalogue.database.read() as session:
            assert log.head(session).seq == published
        catch_up(catalogue.database, follower)
        alive = index.query(Query(filters={"life": ("reachable",)}, facets=("life",)))
        assert (entry in {hit.id for hit in alive.hits}) == (life is Life.REACHABLE)
        assert dict(alive.facets["life"])[life] == 1 + (life is Life.REACHABLE)


def test_whether_an_unread_repository_answers_nobody_knows(
    catalogue: ScriptedCatalogue, index: SearchIndex
) -> None:
    """An entry of the operator's own list is no living one until its repository was read."""
    follower, asked = IndexFollower(index, catalogue.settings), Query(facets=("life",))
    listed = Solution(repository=app(1).url, name={"": "App"}, licence="MIT", as_of="2026-01")
    with catalogue.database.write() as session:
        number = minting.solution_for(session, listed.repository, (), name="App")
        reading = Reading(format="curated", solution=listed)
        known = store.Incoming(
            listed.repository,
            "curated",
            "",
            uri=listed.repository,
            commit="",
            content=b"",
            fetched=clock.moment(clock.now()),
            reading=reading,
            reader="",
        )
        store.put(session, number, [known])
        publishing.publish(session, number, settings=catalogue.settings)
    catch_up(catalogue.database, follower)
    assert index.ids() == {number}
    assert index.query(asked).facets["life"] == ()
    catalogue.crawl(app(1))
    catch_up(catalogue.database, follower)
    assert dict(index.query(asked).facets["life"]) == {"reachable": 1}


def test_a_deleted_index_is_made_anew(catalogue: ScriptedCatalogue, index: SearchIndex, engine: str) -> None:
    catalogue.crawl(app(1), app(2))
    catch_up(catalogue.database, IndexFollower(index, catalogue.settings))
    index.close()
    shutil.rmtree(catalogue.settings.data_dir / "index")
    other = open_index(engine, catalogue.settings.data_dir / "index", write=True)
    catch_up(catalogue.database, IndexFollower(other, catalogue.settings))
    same(catalogue, other)
    other.close()


def test_a_new_epoch_is_read_from_its_beginning(catalogue: ScriptedCatalogue, index: SearchIndex) -> None:
    follower = IndexFollower(index, catalogue.settings)
    catalogue.crawl(app(1), app(2))
    catch_up(catalogue.database, follower)
    with catalogue.database.write() as session:
        log.restate(session, log.new_epoch(session))
    assert behind(catalogue, follower)
    catch_up(catalogue.database, follower)
    same(catalogue, index)


def test_an_index_ahead_of_the_log_is_made_anew(catalogue: ScriptedCatalogue, index: SearchIndex) -> None:
    """A database was put back by hand."""
    catalogue.crawl(app(1))
    with catalogue.database.read() as session:
        epoch = log.head(session).epoch
    index.rebuild((), Cursor(epoch, 99, 0))
    catch_up(catalogue.database, IndexFollower(index, catalogue.settings))
    same(catalogue, index)


def test_an_index_that_is_lost_in_the_middle_is_made_anew(
    catalogue: ScriptedCatalogue, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = IndexFollower(index, catalogue.settings)
    catalogue.crawl(app(1))
    catch_up(catalogue.database, follower)
    catalogue.crawl(app(2))

    def lost(*_: Any) -> None:
        raise IndexLost

    monkeypatch.setattr(index, "apply", lost)
    catch_up(catalogue.database, follower)
    same(catalogue, index)


@pytest.mark.parametrize("place", ["node", "database"])
def test_one_process_at_a_time_holds_the_lock(database: Database, settings: Settings, place: str) -> None:
    command = [sys.executable, "-c", HOLDER, settings.database_url, str(settings.data_dir), place]
    lock = Lock(database, settings.data_dir, "index", per_node=place == "node")
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert not lock.acquire()
        assert not lock.acquire()
        other = Lock(database, settings.data_dir, "other", per_node=place == "node")
        assert other.acquire(), "the lock of another follower is another lock"
        other.release()
        holder.kill()
        holder.wait()
        until(lock.acquire)
        assert lock.acquire()
    second = Lock(database, settings.data_dir, "index", per_node=place == "node")
    assert not second.acquire()
    lock.release()
    assert second.acquire()
    second.release()
    second.release()


@pytest.mark.postgresql
def test_a_second_node_has_locks_of_its_own_but_for_what_serves_the_database(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings("postgresql")
    opened = databases.connect(settings)
    here, there = settings.data_dir, tmp_path / "second"
    index, mail = (Lock(opened, here, name, per_node=name == "index") for name in ("index", "mail"))
    second_index, second_mail = (
        Lock(opened, there, name, per_node=name == "index") for name in ("index", "mail")
    )
    assert index.acquire()
    assert mail.acquire()
    assert second_index.acquire()
    assert not second_mail.acquire()
    alone = Lock(opened, tmp_path / "third", "index", per_node=True, alone=True)
    assert not alone.acquire(), "somebody works on the database"
    for lock in (index, mail, second_index):
        lock.release()
    assert alone.acquire()
    assert not index.acquire(), "nobody begins while it is restored"
    assert not mail.acquire()
    alone.release()
    opened.close()


@pytest.mark.postgresql
def test_a_lock_that_the_server_forgot_is_asked_for_again(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings("postgresql")
    opened = databases.connect(settings)
    lock = Lock(opened, settings.data_dir, "index", per_node=True)
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert lock.acquire()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        until(lambda: connection.execute(held).fetchone() == (0,))
        assert lock.acquire()
        assert connection.execute(held).fetchone() == (1,)
    lock.release()
    opened.close()


def test_following_catches_up_by_itself_and_after_a_fault(
    catalogue: ScriptedCatalogue,
    index: SearchIndex,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: ExpectLogs,
) -> None:
    expected_logs("ERROR allmende.followers: a follower failed; it tries again")
    expected_logs(BUSY, maybe=True)
    follower = IndexFollower(index, catalogue.settings)
    works = follower.handle
    faults = [RuntimeError("once")]

    def sometimes(session: Session, page: Page) -> None:
        if faults:
            raise faults.pop()
        works(session, page)

    catch_up(catalogue.database, follower)
    monkeypatch.setattr(follower, "handle", sometimes)
    with Following(catalogue.database, [follower], catalogue.settings.data_dir, seconds=0.02) as following:
        catalogue.crawl(app(1), app(2))
        following.wake()
        assert followers.wait_for(catalogue.database, [follower], seconds=20)
    same(catalogue, index)
    assert followers.follow_now(catalogue.database, [follower], catalogue.settings.data_dir), (
        "the lock was given back"
    )


def test_waiting_for_an_index_of_another_epoch(
    catalogue: ScriptedCatalogue, index: SearchIndex, expected_logs: ExpectLogs
) -> None:
    """`crawl` beside `serve` right after the first start.

    The index knows no epoch yet, and is waited for all the same.
    """
    expected_logs(BUSY, maybe=True)
    follower = IndexFollower(index, catalogue.settings)
    catalogue.crawl(app(1))
    assert not followers.wait_for(catalogue.database, [follower], seconds=0.1)
    later = threading.Timer(0.2, catch_up, (catalogue.database, follower))
    later.start()
    assert followers.wait_for(catalogue.database, [follower], seconds=20)
    later.join()


def test_nobody_follows_what_another_follows(catalogue: ScriptedCatalogue, index: SearchIndex) -> None:
    follower = IndexFollower(index, catalogue.settings)
    lock = followers.lock_of(catalogue.database, follower, catalogue.settings.data_dir)
    assert lock.acquire()
    assert not followers.follow_now(catalogue.database, [follower], catalogue.settings.data_dir)
    lock.release()
    catalogue.crawl(app(1))
    assert followers.follow_now(catalogue.database, [follower], catalogue.settings.data_dir)
    same(catalogue, index)
    assert lock.acquire(), "it was given back"
    lock.release()


# --- another follower, another node ---------------------------------------------------------------------


class Counting:
    """An invented follower: keeps its cursor in the database and, beside it, what it was told."""

    name = "counting"
    per_node = False

    def __init__(self, database: Database) -> None:
        self.database = database
        self.told: list[tuple[str, str]] = []
        self.rebuilt = 0

    @property
    def cursor(self) -> Cursor:
        with self.database.read() as session:
            return followers.kept_cursor(session, self.name)

    def handle(self, _session: Session, page: Page) -> None:
        with self.database.write() as session:
            followers.keep_cursor(session, self.name, page.cursor)
        self.told += [(change.event, change.subject) for change in page.changes]
        self.told += [("facts", solution) for solution in page.solutions]

    def rebuild(self, _session: Session, cursor: Cursor) -> None:
        with self.database.write() as session:
            followers.keep_cursor(session, self.name, cursor)
        self.rebuilt += 1


class Forgetful(Counting):
    """Keeps its cursor in the session that it is given, which only reads."""

    name = "forgetful"

    def handle(self, session: Session, page: Page) -> None:
        followers.keep_cursor(session, self.name, page.cursor)


def test_a_follower_that_keeps_no_cursor_is_told_so_and_does_not_go_round_for_ever(
    catalogue: ScriptedCatalogue,
) -> None:
    forgetful = Forgetful(catalogue.database)
    catch_up(catalogue.database, forgetful)
    catalogue.crawl(app(1))
    with pytest.raises(RuntimeError, match="forgetful took in a page and did not keep its cursor"):
        catch_up(catalogue.database, forgetful)
    with catalogue.database.write() as session:
        followers.keep_cursor(session, forgetful.name, Cursor("another", 1, 0))
    forgetful.rebuild = lambda _session, _cursor: None  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="was made anew and did not keep its cursor"):
        catch_up(catalogue.database, forgetful)


def test_how_far_a_follower_is_behind(catalogue: ScriptedCatalogue) -> None:
    counting = Counting(catalogue.database)

    def lag() -> followers.Lag:
        with catalogue.database.read() as session:
            measured = followers.lag(session, counting)
        assert measured.cursor == counting.cursor
        return measured._replace(cursor=START)

    with catalogue.database.read() as session:
        empty = followers.end(session)
    assert lag() == followers.Lag(empty.seq, empty.facts, "", lost=True), "it knows nothing of this log"
    catch_up(catalogue.database, counting)
    assert lag() == followers.Lag(0, 0, "", lost=False)
    assert not lag().behind
    catalogue.at("2027-01-01T00:00:00.000Z")
    catalogue.crawl(app(1))
    catalogue.at("2027-01-02T00:00:00.000Z")
    catalogue.crawl(app(1), app(2))
    with catalogue.database.read() as session:
        end = followers.end(session)
    assert lag() == followers.Lag(2, end.facts - empty.facts, "2027-01-01T00:00:00.000Z", lost=False)
    assert lag().behind
    assert catch_up(catalogue.database, counting) == len(counting.told) > 2
    assert [event for event, _ in counting.told].count("Create") == 2
    assert catch_up(catalogue.database, counting) == 0
    for cursor in (end._replace(epoch="another"), end._replace(seq=99), end._replace(facts=9_999)):
        with catalogue.database.write() as session:
            followers.keep_cursor(session, counting.name, cursor)
        assert lag().lost
        assert lag().behind
        assert (
            not followers.wait_for(catalogue.database, [counting], seconds=0.06) or cursor.epoch == end.epoch
        )
        assert catch_up(catalogue.database, counting) == 1
        assert counting.cursor == end


@pytest.mark.parametrize(
    ("entries", "facts", "lost", "behind"),
    [(0, 0, False, False), (1, 0, False, True), (0, 1, False, True), (0, 0, True, True)],
)
def test_whatever_is_missing_is_behind(entries: int, facts: int, lost: bool, behind: bool) -> None:
    assert followers.Lag(entries, facts, "", lost=lost).behind == behind


def test_a_long_way_is_gone_page_by_page(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "_BATCH", 2)
    counting = Counting(catalogue.database)
    catch_up(catalogue.database, counting)
    catalogue.crawl(*(app(number) for number in range(5)))
    catch_up(catalogue.database, counting)
    subjects = [ids.solution(catalogue.settings.base_url, row) for row in catalogue.solutions()]
    assert [subject for event, subject in counting.told if event == "Create"] == subjects
    assert {subject for event, subject in counting.told if event == "facts"} <= {
        *(row.id for row in catalogue.solutions()),
        "",
    }


def test_followers_that_are_told_to_stop_have_stopped(catalogue: ScriptedCatalogue) -> None:
    counting = Counting(catalogue.database)
    following = Following(catalogue.database, [counting], catalogue.settings.data_dir)
    following.start()
    following.stop()
    assert not following.is_alive()


def test_a_process_that_forgets_its_followers_ends_all_the_same(catalogue: ScriptedCatalogue) -> None:
    assert Following(catalogue.database, [], catalogue.settings.data_dir).daemon


@pytest.mark.postgresql
def test_a_lock_that_is_refused_or_given_back_holds_nothing(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """Connections are used again: what one of them held would be held for ever."""
    settings = make_settings("postgresql")
    opened = databases.connect(settings)
    here, there = (Lock(opened, tmp_path / name, "mail", per_node=False) for name in ("here", "there"))
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        assert here.acquire()
        assert connection.execute(held).fetchone() == (2,)
        assert not there.acquire()
        assert connection.execute(held).fetchone() == (2,)
        here.release()
        assert connection.execute(held).fetchone() == (0,)
    opened.close()


def test_a_lock_that_is_given_back_keeps_no_connection(database: Database, settings: Settings) -> None:
    lock = Lock(database, settings.data_dir, "index", per_node=False)
    before = database.engine.pool.checkedout()  # type: ignore[attr-defined]
    for _ in range(3):
        assert lock.acquire()
        lock.release()
    assert database.engine.pool.checkedout() == before  # type: ignore[attr-defined]


def test_another_follower_runs_beside_the_index_everywhere(
    catalogue: ScriptedCatalogue, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever runs followers runs every one.

    The loop of serve and worker, `crawl`, `/readyz`, `/metrics`.
    """
    counting = Counting(catalogue.database)
    monkeypatch.setitem(FOLLOWERS, counting.name, lambda services: counting)
    services = Services(catalogue.settings)
    assert [follower.name for follower in services.followers] == [*FOLLOWERS]
    following = Following(catalogue.database, services.followers, catalogue.settings.data_dir)
    following.catch_up()
    assert counting.rebuilt == 1, "it knew nothing of this log"
    catalogue.crawl(app(1))
    site = views.application(services).test_client()
    lag = 'allmende_follower_lag{{follower="{}"}} {}'
    assert lag.format("counting", "0.0") not in site.get("/metrics").text
    following.catch_up()
    subject = ids.solution(catalogue.settings.base_url, catalogue.entry(app(1).url))
    assert ("Create", subject) in counting.told
    assert lag.format("counting", "0.0") in site.get("/metrics").text
    assert site.get("/readyz").json["followers"] == dict.fromkeys(FOLLOWERS, 0)
    following.release()
    services.close()


def test_a_second_node_keeps_an_index_of_its_own(
    catalogue: ScriptedCatalogue, engine: str, tmp_path: Path
) -> None:
    """Two nodes on one database, each with a DATA_DIR: both follow at the same time, each to the end."""
    nodes = [replace(catalogue.settings, data_dir=tmp_path / name) for name in ("first", "second")]
    indexes = [open_index(engine, node.data_dir / "index", write=True) for node in nodes]
    loops = [
        Following(catalogue.database, [IndexFollower(index, node)], node.data_dir)
        for index, node in zip(indexes, nodes, strict=True)
    ]
    for round_ in range(3):
        catalogue.crawl(app(round_), app(round_ + 1, "Anders"))
        for loop in loops:
            loop.catch_up()
        for index in indexes:
            same(catalogue, index)
    for loop, index in zip(loops, indexes, strict=True):
        loop.release()
        index.close()


def until(what: Callable[[], Any], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class PanicException(BaseException):
    """As an engine in Rust raises it: no `Exception`."""


class Panicking:
    """A follower that always panics."""

    name, per_node, cursor = "panicking", False, Cursor("of-no-log", 0)

    def handle(self, session: Session, page: Page) -> None:
        raise PanicException

    def rebuild(self, session: Session, cursor: Cursor) -> None:
        raise PanicException


def test_a_panic_of_one_follower_stops_no_other(
    services: Services, settings: Settings, expected_logs: ExpectLogs
) -> None:
    every = [Panicking(), *services.followers]
    expected_logs("a follower failed; it tries again")
    following = Following(services.database, every, settings.data_dir)
    following.start()
    assert following.caught_up.wait(60)
    assert following.is_alive()
    following.stop()
    with services.database.read() as session:
        assert services.index.cursor == followers.end(session)
