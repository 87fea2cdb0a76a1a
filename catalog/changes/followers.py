"""Followers of the catalogue: whoever keeps something that is made from the log and the facts outside it.

A follower has a name and a cursor of its own, can be deleted, and is rebuilt from SQL, which is the only
truth. One process at a time runs it at each place: per database, or per DATA_DIR where it keeps files there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from catalog.base import facts
from catalog.base.database import Database
from catalog.base.tables import FollowerRow
from catalog.changes import log
from catalog.changes.cursor import START, Cursor
from catalog.changes.locks import Lock
from catalog.changes.log import Change

_LOG = logging.getLogger("allmende.followers")
_BATCH = 200


class Page(NamedTuple):
    """What is new: log entries in order, solutions whose other facts changed, and where that leads to."""

    changes: list[Change]
    solutions: list[str]
    cursor: Cursor


class Lost(Exception):
    """What the follower keeps is broken or gone: it must be rebuilt."""


class Follower(Protocol):
    """One follower.

    `per_node`: it keeps files in DATA_DIR, so each node runs its own; else one runs for the database.
    """

    name: str
    per_node: bool

    @property
    def cursor(self) -> Cursor:
        """How far it has come; START if it knows nothing."""
        ...

    def handle(self, session: Session, page: Page) -> None:
        """Take in one page and keep `page.cursor`, both or neither. Handling a page twice changes nothing.

        Raises Lost.
        """
        ...

    def rebuild(self, session: Session, cursor: Cursor) -> None:
        """Begin anew from SQL as this session sees it, which is the state at `cursor`."""
        ...


class Lag(NamedTuple):
    """How far a follower is behind: log entries, numbered facts, and since when it lacks the oldest entry.

    `lost` says that its `cursor` is none of this log (another epoch, or ahead of it): it has to begin anew.
    """

    entries: int
    facts: int
    since: str
    lost: bool
    cursor: Cursor = START

    @property
    def behind(self) -> bool:
        """Whether there is anything it does not know."""
        return bool(self.entries or self.facts or self.lost)


def end(session: Session) -> Cursor:
    """Where a follower that knows everything stands."""
    head = log.head(session)
    return Cursor(head.epoch, head.seq, head.facts)


def lag(session: Session, follower: Follower) -> Lag:
    """How far a follower is behind."""
    known = follower.cursor
    last = end(session)
    if known.is_of_another_log(last):
        return Lag(last.seq, last.facts, "", lost=True, cursor=known)
    since = ""
    if known.seq < last.seq:
        since = log.published(session, epoch=known.epoch, seq=known.seq + 1)
    return Lag(last.seq - known.seq, last.facts - known.facts, since, lost=False, cursor=known)


def kept_cursor(session: Session, name: str) -> Cursor:
    """The cursor of a follower that keeps it in the database; START if it has none."""
    row = session.get(FollowerRow, name)
    return Cursor(row.epoch, row.seq, row.facts) if row is not None else START


def keep_cursor(session: Session, name: str, cursor: Cursor) -> None:
    """Keep it, in the session's transaction: the one in which the follower takes in a page."""
    session.merge(FollowerRow(name=name, **cursor._asdict()))


def catch_up(database: Database, follower: Follower) -> int:
    """Bring a follower to the end, or make it anew where it cannot go on: how much it took in."""
    count = 0
    try:
        while page := _next_page(database, follower):
            before = follower.cursor
            with database.read() as session:
                follower.handle(session, page)
            _demand_progress(follower, before)
            count += len(page.changes) + len(page.solutions)
    except Lost:
        rebuild(database, follower)
        count += 1
    return count


def _demand_progress(follower: Follower, before: Cursor) -> None:
    """Else the same page would be handled for ever. The session that a follower is given only reads."""
    if follower.cursor == before:
        raise RuntimeError(f"the follower {follower.name} took in a page and did not keep its cursor")


def _next_page(database: Database, follower: Follower) -> Page | None:
    """What comes next for a follower, None if it knows everything. Raises Lost."""
    known = follower.cursor
    with database.read() as session:
        last = end(session)
        if known.is_of_another_log(last):
            raise Lost
        if known == last:
            return None
        changes = log.changes(session, epoch=known.epoch, after=known.seq, limit=_BATCH)
        solutions, reached = facts.changed(session, after=known.facts, limit=_BATCH)
    seq = changes[-1].seq if changes else last.seq
    return Page(changes, solutions, Cursor(last.epoch, seq, reached))


def rebuild(database: Database, follower: Follower) -> None:
    """Make what a follower keeps anew from SQL, as it stands at one moment."""
    with database.read() as session:
        _LOG.info("rebuilding %s", follower.name)
        last = end(session)
        follower.rebuild(session, last)
    if follower.cursor.is_of_another_log(last):
        raise RuntimeError(f"the follower {follower.name} was made anew and did not keep its cursor")


class Following(threading.Thread):
    """Runs followers in the background, each as long as this process has its lock; `caught_up` after once."""

    def __init__(
        self, database: Database, followers: Sequence[Follower], folder: Path, *, seconds: float = 1.0
    ) -> None:
        super().__init__(name="followers", daemon=True)
        self._database = database
        self._seconds = seconds
        self._followers = [(follower, lock_of(database, follower, folder)) for follower in followers]
        self._wake = threading.Event()
        self._end = False
        self.caught_up = threading.Event()

    def catch_up(self) -> None:
        """Bring every follower whose lock is free, or is ours, to the end.

        A fault of one is logged and stops no other, also a panic of an engine, which is no `Exception`.
        """
        for follower, lock in self._followers:
            try:
                if lock.acquire():
                    catch_up(self._database, follower)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException:
                _LOG.exception("a follower failed; it tries again", extra={"follower": follower.name})

    def run(self) -> None:
        """Bring all followers up to date, then wait for `wake` or the interval; until `stop`."""
        while not self._end:
            self.catch_up()
            self.caught_up.set()
            self._wake.wait(self._seconds)
            self._wake.clear()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread and give the locks back."""
        self._end = True
        self._wake.set()
        self.join(timeout=20)
        self.release()

    def release(self) -> None:
        """Give the locks back."""
        for _, lock in self._followers:
            lock.release()

    def __enter__(self) -> Following:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def lock_of(database: Database, follower: Follower, folder: Path) -> Lock:
    """The lock of a follower at this place."""
    return Lock(database, folder, follower.name, per_node=follower.per_node)


def follow_now(database: Database, followers: Iterable[Follower], folder: Path) -> bool:
    """Bring each follower that nobody else runs to the end, for `crawl` and others: whether all were free."""
    everything = True
    for follower in followers:
        lock = lock_of(database, follower, folder)
        if not lock.acquire():
            everything = False
            continue
        try:
            catch_up(database, follower)
        finally:
            lock.release()
    return everything


def wait_for(database: Database, followers: Iterable[Follower], *, seconds: float) -> bool:
    """Another process runs them: wait until each has reached today's end. Whether they did in time."""
    with database.read() as session:
        last = end(session)
    deadline = time.monotonic() + seconds
    waiting = list(followers)
    while waiting and time.monotonic() < deadline:
        # Of an older epoch until its process has begun anew.
        waiting = [follower for follower in waiting if not follower.cursor.has_reached(last)]
        if waiting:
            time.sleep(0.05)
    return not waiting
