"""The right to run a follower at a place: one process at a time, free at once when its holder dies.

A follower that keeps files is locked by its DATA_DIR (flock), so that a second node on the same PostgreSQL
keeps its own. One that serves the whole database is locked there (an advisory lock; on SQLite, which lies in
one folder, flock again). Whoever runs a follower on PostgreSQL also shares a lock of the database, so that
`restore` sees that somebody works on it.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from catalog.base.database import Database

_IN_USE = 0x616C6C6D  # "allm": shared by everybody who runs a follower of the database


class Lock:
    """The lock of one follower at one place. Acquiring never waits and may be repeated."""

    def __init__(
        self, database: Database, folder: Path, name: str, *, per_node: bool, alone: bool = False
    ) -> None:
        """`alone` asks for the whole database: nobody may run any follower of it, on any node."""
        self._database = database
        self._file = folder / f"{name}.lock"
        self._name = name
        self._per_node = per_node
        self._alone = alone
        self._handle: int | None = None
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        """Whether this process holds the lock now."""
        if self._handle is not None and self._remembered():
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

    def _remembered(self) -> bool:
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
        function = "pg_try_advisory_lock" if self._alone else "pg_try_advisory_lock_shared"
        held = connection.execute(text(f"SELECT {function}(:key)"), {"key": _IN_USE}).scalar()
        if held and not self._per_node:
            own = text("SELECT pg_try_advisory_lock(:space, :key)")
            held = connection.execute(own, {"space": _IN_USE, "key": _number(self._name)}).scalar()
        if held:
            connection.commit()
            self._connection = connection
            return True
        connection.execute(text("SELECT pg_advisory_unlock_all()"))
        connection.commit()
        connection.close()
        return False

    def release(self) -> None:
        """Let another process run it."""
        if self._connection is not None:
            self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
            self._connection.commit()
            self._connection.close()
            self._connection = None
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _number(name: str) -> int:
    """A name as the signed number of four bytes that PostgreSQL wants."""
    return int.from_bytes(zlib.crc32(name.encode()).to_bytes(4, "big"), "big", signed=True)
