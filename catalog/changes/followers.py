"""The followers of the change log: the search index today; each keeps a cursor of its own, can be deleted, and is rebuilt from SQL.

Followers run in whichever process holds DATA_DIR/follower.lock (an advisory lock on PostgreSQL); all others only append.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.states import EntryState
from catalog.base.tables import SolutionRow
from catalog.changes import log
from catalog.search import Document, IndexLost, SearchIndex, indexing
from vocabularies import iris

_LOG = logging.getLogger("allmende.followers")
_BATCH = 200
_ADVISORY = 0x616C6C6D  # "allm"


class Lock:
    """The right to run the followers: one process at a time, free at once when its holder dies."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._file = database, folder / "follower.lock"
        self._handle: int | None = None
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        """Whether this process holds the lock now. Never waits."""
        if self._handle is not None and self._still():
            return True
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        if not self._database.sqlite and not self._advisory():
            os.close(handle)
            return False
        self._handle = handle
        return True

    def _still(self) -> bool:
        """Whether the server has not forgotten us: a restarted PostgreSQL has given the lock back."""
        if self._connection is None:
            return True
        try:
            self._connection.execute(text("SELECT 1"))
            self._connection.commit()
            return True
        except DBAPIError:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
            self.release()
            return False

    def _advisory(self) -> bool:
        connection = self._database.engine.connect()
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY}).scalar():
            connection.commit()
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Let another process follow."""
        if self._connection is not None:
            self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY})
            self._connection.close()
            self._connection = None
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class IndexFollower:
    """Brings the search index to the end of the log."""

    def __init__(self, database: Database, index: SearchIndex, settings: Settings) -> None:
        self.database, self.index, self.settings = database, index, settings
        self._busy = threading.Lock()

    def behind(self) -> bool:
        """Whether the log has entries that the index does not know."""
        with self.database.read() as session:
            head = log.head(session)
        return self.index.cursor != (head.epoch, head.seq)

    def catch_up(self) -> int:
        """Apply what is new, in order; start anew if the epoch is another one. How many entries. Safe to call at any time by the lock's holder."""
        with self._busy:
            applied = 0
            with self.database.read() as session:
                head = log.head(session)
            epoch, seq = self.index.cursor
            if epoch != head.epoch or seq > head.seq:
                self.rebuild()
                return head.seq
            try:
                while seq < head.seq:
                    with self.database.read() as session:
                        entries = log.changes(session, epoch=epoch, after=seq, limit=_BATCH)
                        if not entries:
                            break
                        self._apply(session, entries)
                    applied, seq = applied + len(entries), entries[-1].seq
            except IndexLost:
                self.rebuild()
                return head.seq
            return applied

    def _apply(self, session: Session, entries: list[log.Change]) -> None:
        prefix = iris.thing(self.settings.base_url, iris.SOLUTION, "")
        ids = {entry.subject.removeprefix(prefix) for entry in entries if entry.kind == "solution"}
        rows = session.scalars(
            select(SolutionRow).where(SolutionRow.id.in_(ids), SolutionRow.state == EntryState.LISTED)
        ).all()
        documents = [indexing.document(row, self.settings) for row in rows]
        self.index.apply(
            documents, ids - {document.id for document in documents}, (entries[-1].epoch, entries[-1].seq)
        )

    def rebuild(self) -> None:
        """Make the index anew from SQL, as it stands at one moment."""
        with self.database.read() as session:
            head = log.head(session)
            _LOG.info("rebuilding the search index")
            self.index.rebuild(self._documents(session), (head.epoch, head.seq))

    def _documents(self, session: Session) -> Iterator[Document]:
        query = (
            select(SolutionRow)
            .where(SolutionRow.state == EntryState.LISTED)
            .order_by(SolutionRow.id)
            .execution_options(yield_per=_BATCH)
        )
        for row in session.scalars(query):
            yield indexing.document(row, self.settings)


class Following(threading.Thread):
    """Follows the log in the background, as long as this process holds the lock; asks for the lock otherwise."""

    def __init__(self, lock: Lock, follower: IndexFollower, *, seconds: float = 1.0) -> None:
        super().__init__(name="followers", daemon=True)
        self._lock, self._follower, self._seconds = lock, follower, seconds
        self._wake, self._end = threading.Event(), False

    def run(self) -> None:
        """Until `stop`."""
        while not self._end:
            try:
                if self._lock.acquire():
                    self._follower.catch_up()
            except Exception:
                _LOG.exception("a follower failed; it tries again")
            self._wake.wait(self._seconds)
            self._wake.clear()

    def poke(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread and give the lock back."""
        self._end = True
        self._wake.set()
        self.join(timeout=20)
        self._lock.release()

    def __enter__(self) -> Following:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def follow_now(database: Database, index: SearchIndex, settings: Settings) -> bool:
    """Bring the index to the end of the log if nobody else follows it; used by `crawl` and the other commands. Whether it is there."""
    follower, lock = IndexFollower(database, index, settings), Lock(database, settings.data_dir)
    if not lock.acquire():
        return False
    try:
        follower.catch_up()
    finally:
        lock.release()
    return True


def wait_for_index(database: Database, index: SearchIndex, *, seconds: float) -> bool:
    """Another process follows the log: wait until it has reached today's end. Whether it did in time."""
    with database.read() as session:
        head = log.head(session)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        epoch, seq = index.cursor  # of an older epoch until its follower has begun anew
        if epoch == head.epoch and seq >= head.seq:
            return True
        time.sleep(0.05)
    return False
