"""The database: how it is opened, and the two ways to use it: `read()` and `write()`.

SQLite (WAL) by default, PostgreSQL by URL.

Every write begins with BEGIN IMMEDIATE on SQLite, so that two writers queue instead of failing
(docs/security.md, "writers and crashes").
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

from catalog.base import facts
from catalog.base.errors import AllmendeError, DatabaseUnreachable, NewerSchema, SettingError, StorageFull
from catalog.base.settings import Settings, resource

_UPGRADING = 0x616C6C75  # "allu": the advisory lock of an upgrade


class Database:
    """An engine and its sessions. Objects stay usable after their session has ended."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sqlite = engine.dialect.name == "sqlite"
        # SQLite shows a reader one state anyway; PostgreSQL must be asked to.
        one_state: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = engine if self.sqlite else engine.execution_options(**one_state)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception. Keep network I/O out of it.

        Raises StorageFull.
        """
        with self.engine.connect() as connection:
            connection = connection.execution_options(allmende_write=True)
            try:
                with Session(connection, expire_on_commit=False) as session, session.begin():
                    facts.watch(session)
                    yield session
            except OperationalError as error:
                understood = _understood(error)
                if isinstance(understood, StorageFull):
                    raise understood from error
                raise

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _understood(error: DatabaseError) -> AllmendeError:
    """What the operator can do something about. The reason is one line and names no password."""
    said = str(error.orig).strip()
    if "disk is full" in said or "No space left" in said:
        return StorageFull()
    return DatabaseUnreachable(reason=said.split("\n")[0].rstrip(".")[:300])


def connect(settings: Settings) -> Database:
    """Open the database. Does not create tables: see `upgrade`."""
    url = settings.database
    if not url.startswith("sqlite:"):
        return _postgresql(url)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        folder = str(settings.data_dir)
        raise SettingError("data-dir", folder=folder, said=error.strerror or "") from None
    engine = create_engine(
        url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=8, max_overflow=16
    )
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return Database(engine)


def _postgresql(url: str) -> Database:
    try:
        if url.startswith("postgresql+"):
            return Database(create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8))
    except (ArgumentError, ValueError):
        pass
    raise SettingError(
        "setting-unusable",
        name="ALLMENDE_DATABASE_URL",
        expected="an address such as postgresql://allmende@localhost/allmende",
    )


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-20000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("allmende_write") else "BEGIN"
    )


def _alembic(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")).replace("%", "%%"))
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database, *, to: str = "head") -> None:
    """Bring the tables to this version's schema, or to an older revision; safe to repeat.

    Raises NewerSchema if a newer Allmende wrote them, DatabaseUnreachable, StorageFull.
    """
    try:
        check(database)
        config = _alembic(database)
        wanted = ScriptDirectory.from_config(config).get_current_head() if to == "head" else to
        if revision(database) != wanted:
            with alone(database):
                if revision(database) != wanted:  # unless the one we waited for has done it
                    command.upgrade(config, to)
    except DatabaseError as error:
        raise _understood(error) from error


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Only one process at a time is in here, on this database; the others wait.

    Free at once when its holder dies.
    """
    if database.sqlite:
        with open(f"{database.engine.url.database}.upgrade", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _UPGRADING})
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _UPGRADING})
            connection.commit()


def revision(database: Database) -> str:
    """The revision of the schema that the tables have, "" where there are none."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def revisions(database: Database) -> set[str]:
    """The revisions that this version knows."""
    return {script.revision for script in ScriptDirectory.from_config(_alembic(database)).walk_revisions()}


def check(database: Database) -> None:
    """Raises NewerSchema if the tables were written by a version that this one does not know."""
    current = revision(database)
    if current and current not in revisions(database):
        raise NewerSchema


def free_bytes(folder: Path) -> int:
    """What is left on the disk that holds `folder`."""
    import shutil

    return shutil.disk_usage(folder if folder.exists() else folder.parent).free
