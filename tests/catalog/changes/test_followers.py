"""The index follows the log: it equals SQL after anything, is rebuilt from nothing, and one process at a time keeps it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.changes import followers, log
from catalog.changes.followers import Following, IndexFollower, Lock
from catalog.entries import moderation, publishing
from catalog.search import IndexLost, Query, SearchIndex, indexing, open_index
from tests.conftest import ExpectLogs
from tests.run import ROOT
from tests.support.scripted_crawl import HOST, Repository, Stage, publiccode

BUSY = "WARNING allmende.search: the search index cannot be read while another process writes"  # Whoosh, asked in the middle of a write
HOLDER = """
import sys
from pathlib import Path
from catalog.base import database
from catalog.changes.followers import Lock
from catalog.base.settings import read
settings = read({}, database_url=sys.argv[1], data_dir=Path(sys.argv[2]))
lock = Lock(database.connect(settings), settings.data_dir)
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


def same(stage: Stage, index: SearchIndex) -> None:
    """The index holds what SQL lists, under the names it has there."""
    listed = {row.id: row.name for row in stage.solutions("listed")}
    assert index.ids() == listed.keys()
    for number, name in listed.items():
        assert number in [hit.id for hit in index.query(Query(text=name, size=100)).hits], name
    with stage.database.read() as session:
        head = log.head(session)
    assert index.cursor == (head.epoch, head.seq)


def test_the_index_equals_sql_after_anything(
    stage: Stage, index: SearchIndex, amount: Callable[[int, int], int]
) -> None:
    chance, follower = random.Random(11), IndexFollower(stage.database, index, stage.settings)
    for step in range(amount(30, 400)):
        number = chance.randrange(6)
        row = next((row for row in stage.solutions() if row.repository.endswith(f"app{number}")), None)
        what = chance.choice(["put", "put", "rename", "empty", "hide", "show", "withdraw"])
        with stage.database.write() as session:
            if row is not None and row.state != "withdrawn" and what == "hide":
                moderation.hide(session, row.id, reason="r", account="a", settings=stage.settings)
            elif row is not None and row.state != "withdrawn" and what == "show":
                moderation.show(session, row.id, account="a", settings=stage.settings)
            elif row is not None and what == "withdraw" and step % 10 == 0:
                publishing.withdraw(session, row.id, reason="r", settings=stage.settings)
        if what == "empty":
            stage.crawl(Repository(f"{HOST}/town/app{number}", {}, id=100 + number))
        elif what in ("put", "rename"):
            stage.crawl(app(number, f"Neu{chance.randrange(100)}" if what == "rename" else ""))
        if chance.random() < 0.4:
            follower.catch_up()
            same(stage, index)
    follower.catch_up()
    same(stage, index)
    assert not follower.behind()
    assert follower.catch_up() == 0


def test_a_deleted_index_is_made_anew(stage: Stage, index: SearchIndex, engine: str) -> None:
    stage.crawl(app(1), app(2))
    IndexFollower(stage.database, index, stage.settings).catch_up()
    index.close()
    shutil.rmtree(stage.settings.data_dir / "index")
    other = open_index(engine, stage.settings.data_dir / "index", write=True)
    IndexFollower(stage.database, other, stage.settings).catch_up()
    same(stage, other)
    other.close()


def test_a_new_epoch_is_read_from_its_beginning(stage: Stage, index: SearchIndex) -> None:
    follower = IndexFollower(stage.database, index, stage.settings)
    stage.crawl(app(1), app(2))
    follower.catch_up()
    with stage.database.write() as session:
        for row in log.new_epoch(session):
            log.append(session, kind=row.kind, subject=row.subject, event="Create", payload=b"x")
    assert follower.behind()
    follower.catch_up()
    same(stage, index)


def test_an_index_ahead_of_the_log_is_made_anew(stage: Stage, index: SearchIndex) -> None:
    """A database was put back by hand."""
    stage.crawl(app(1))
    with stage.database.read() as session:
        epoch = log.head(session).epoch
    index.rebuild((), (epoch, 99))
    IndexFollower(stage.database, index, stage.settings).catch_up()
    same(stage, index)


def test_an_index_that_is_lost_in_the_middle_is_made_anew(
    stage: Stage, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = IndexFollower(stage.database, index, stage.settings)
    stage.crawl(app(1))
    follower.catch_up()
    stage.crawl(app(2))

    def lost(*_: Any) -> None:
        raise IndexLost

    monkeypatch.setattr(index, "apply", lost)
    follower.catch_up()
    same(stage, index)


def test_one_process_at_a_time_holds_the_lock(database: Database, settings: Settings) -> None:
    command = [sys.executable, "-c", HOLDER, settings.database_url, str(settings.data_dir)]
    lock = Lock(database, settings.data_dir)
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert not lock.acquire()
        assert not lock.acquire()
        holder.kill()
        holder.wait()
        until(lock.acquire)
        assert lock.acquire()
    second = Lock(database, settings.data_dir)
    assert not second.acquire()
    lock.release()
    assert second.acquire()
    second.release()
    second.release()


@pytest.mark.postgresql
def test_a_lock_that_the_server_forgot_is_asked_for_again(make_settings: Callable[..., Settings]) -> None:
    from catalog.base import database as databases

    settings = make_settings("postgresql")
    opened = databases.connect(settings)
    lock = Lock(opened, settings.data_dir)
    assert lock.acquire()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        until(
            lambda: (
                connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
                == (0,)
            )
        )
        assert lock.acquire()
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (
            1,
        )
    lock.release()
    opened.close()


def test_following_catches_up_by_itself_and_after_a_fault(
    stage: Stage, index: SearchIndex, monkeypatch: pytest.MonkeyPatch, expected_logs: ExpectLogs
) -> None:
    expected_logs("ERROR allmende.followers: a follower failed; it tries again")
    expected_logs(BUSY, maybe=True)
    follower = IndexFollower(stage.database, index, stage.settings)
    works = follower.catch_up
    faults = [RuntimeError("once")]

    def sometimes() -> int:
        if faults:
            raise faults.pop()
        return works()

    monkeypatch.setattr(follower, "catch_up", sometimes)
    with Following(Lock(stage.database, stage.settings.data_dir), follower, seconds=0.02) as following:
        stage.crawl(app(1), app(2))
        following.poke()
        assert followers.wait_for_index(stage.database, index, seconds=20)
    same(stage, index)
    assert followers.follow_now(stage.database, index, stage.settings), "the lock was given back"


def test_waiting_for_an_index_of_another_epoch(
    stage: Stage, index: SearchIndex, expected_logs: ExpectLogs
) -> None:
    """`crawl` beside `serve` right after the first start: the index knows no epoch yet, and is waited for all the same."""
    expected_logs(BUSY, maybe=True)
    stage.crawl(app(1))
    assert not followers.wait_for_index(stage.database, index, seconds=0.1)
    follower = IndexFollower(stage.database, index, stage.settings)
    later = threading.Timer(0.2, follower.catch_up)
    later.start()
    assert followers.wait_for_index(stage.database, index, seconds=20)
    later.join()


def test_nobody_follows_what_another_follows(stage: Stage, index: SearchIndex) -> None:
    lock = Lock(stage.database, stage.settings.data_dir)
    assert lock.acquire()
    assert not followers.follow_now(stage.database, index, stage.settings)
    lock.release()
    assert followers.follow_now(stage.database, index, stage.settings)


def until(what: Callable[[], Any], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
