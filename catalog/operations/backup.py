"""Backup while running, and restore: a zip with every table as JSON lines, the signing key and a manifest.

It is the same for both databases. The tables are read in one transaction, so a backup is one state of the
catalogue. A restore goes into an empty catalogue only, checks every hash first, begins a new epoch of the
change log, and never lowers its time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

from sqlalchemy import Connection, LargeBinary, MetaData, Table, insert, inspect, select, text

from catalog.base import clock, database
from catalog.base.database import Database
from catalog.base.errors import BadForm, NewerSchema
from catalog.base.http_policy import VERSION
from catalog.base.settings import Settings
from catalog.base.tables import Base, LogHeadRow
from catalog.changes import forgetting, log
from catalog.changes.locks import Lock
from catalog.operations import archive
from catalog.operations.archive import Contents, Manifest
from catalog.operations.services import Services
from catalog.search.follower import IndexFollower


class Restored(NamedTuple):
    """What a restore came to."""

    rows: int
    solutions: int
    epoch: str


# --- backup ---------------------------------------------------------------------------------------------


def backup(services: Services, file: Path) -> Manifest:
    """Write the catalogue as it stands at this moment, while others go on writing.

    The file appears whole or not at all, readable by its owner.
    """
    with archive.creating(Path(file)) as target:
        return _written(services, target)


def _written(services: Services, target: ZipFile) -> Manifest:
    settings = services.settings
    opened = services.database
    with _snapshot(opened) as connection:
        tables = {table.name: _table(connection, target, table) for table in Base.metadata.sorted_tables}
        head = connection.execute(select(LogHeadRow.epoch, LogHeadRow.seq, LogHeadRow.published)).one()
    if not settings.secret_key:
        target.writestr(archive.KEY, services.secret)
    manifest = Manifest(
        format=archive.FORMAT,
        version=VERSION,
        revision=database.revision(opened),
        made=clock.now(),
        engine=opened.engine.dialect.name,
        epoch=head.epoch,
        seq=head.seq,
        published=head.published,
        tables=tables,
        settings=_told(settings),
    )
    archive.write_manifest(target, manifest)
    return manifest


@contextmanager
def _snapshot(opened: Database) -> Iterator[Connection]:
    """A connection that sees one state, however long it reads."""
    with opened.engine.connect() as connection:
        if not opened.sqlite:
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        yield connection


def _table(connection: Connection, target: ZipFile, table: Table) -> Contents:
    binary = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=archive.BATCH)
    return archive.write_table(
        target, table.name, connection.execute(query), columns=table.columns.keys(), binary=binary
    )


def _told(settings: Settings) -> dict[str, str]:
    return {
        item.name: str(getattr(settings, item.name))
        for item in fields(settings)
        if not item.metadata["secret"]
    }


# --- restore --------------------------------------------------------------------------------------------


def restore(services: Services, file: Path) -> Restored:
    """Fill an empty catalogue from a backup.

    Everything is checked before anything is written; raises BadForm.

    `services` must not have opened its database yet.
    """
    settings = services.settings
    manifest = archive.read_manifest(Path(file))
    opened = database.connect(settings)
    lock = Lock(opened, settings.data_dir, IndexFollower.name, per_node=True, alone=True)
    try:
        if manifest.revision not in database.revisions(opened):
            raise BadForm("newer-backup", version=manifest.version)
        if not lock.acquire():
            raise BadForm("in-use")
        _emptied(opened)
        database.upgrade(opened, to=manifest.revision)
        with ZipFile(file) as source:
            rows = _filled(opened, source, manifest)
            database.upgrade(opened)
            if archive.KEY in source.namelist():
                _keep_key(settings, source.read(archive.KEY))
        epoch, solutions = _begin_epoch(opened)
        shutil.rmtree(settings.data_dir / "index", ignore_errors=True)  # it is rebuilt from the tables
    finally:
        lock.release()
        opened.close()
    return Restored(rows, solutions, epoch)


def _emptied(opened: Database) -> None:
    """Take away tables that hold nothing; raises BadForm if they hold a catalogue."""
    try:
        database.check(opened)
    except NewerSchema:
        raise BadForm("not-empty") from None
    with opened.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        filled = [
            name
            for name in ("solution", "source", "account", "change")
            if name in there and _any(connection, name)
        ]
    if filled:
        raise BadForm("not-empty")
    with opened.write() as session:
        connection = session.connection()
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _any(connection: Connection, table: str) -> bool:
    return connection.execute(select(Base.metadata.tables[table]).limit(1)).first() is not None


def _filled(opened: Database, source: ZipFile, manifest: Manifest) -> int:
    """Insert all rows in one transaction, into the tables as the backup's own revision has them."""
    metadata = MetaData()
    count = 0
    with opened.write() as session:
        connection = session.connection()
        metadata.reflect(connection, only=list(manifest.tables))
        for table in metadata.sorted_tables:
            contents = manifest.tables[table.name]
            for rows in archive.batches(source, table.name, contents):
                connection.execute(insert(table), rows)
                count += len(rows)
            if not opened.sqlite:
                _set_sequence(connection, table)
    return count


def _set_sequence(connection: Connection, table: Table) -> None:
    """PostgreSQL counts on from the highest number that was restored."""
    if "id" in table.columns and table.columns["id"].type.python_type is int:
        highest = connection.execute(text(f'SELECT max(id) FROM "{table.name}"')).scalar()  # noqa: S608  our own table's name
        sequence = connection.execute(
            text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": f'"{table.name}"'}
        ).scalar()
        if highest and sequence:
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :highest)"),
                {"sequence": sequence, "highest": highest},
            )


def _keep_key(settings: Settings, key: bytes) -> None:
    file = settings.data_dir / archive.KEY
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle:
        handle.write(key)


def _begin_epoch(opened: Database) -> tuple[str, int]:
    """Say everything that is alive once more, in a new epoch.

    Peers and the index then know that the past may have changed.
    """
    with opened.write() as session:
        count = log.restate(session, log.new_epoch(session))
        forgetting.forget_earlier_epochs(session)
        return log.head(session).epoch, count
