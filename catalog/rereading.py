"""After an upgrade: the kept texts are read again by the new tables, without a request; only what changed is published."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from catalog import clock, publishing, store
from catalog.database import Database
from catalog.harvest import read
from catalog.settings import Settings
from catalog.tables import RecordRow
from sandbox import Sandbox
from vocabularies import reading


def reread(
    database: Database, settings: Settings, sandbox: Sandbox, progress: Callable[[int], None] = lambda count: None
) -> tuple[int, int]:
    """Read the stored raw texts again that other tables have read; publish what changed. (read, changed). Makes no request."""
    version, count, changed = reading.version(), 0, 0
    with database.read() as session:
        todo = list(
            session.scalars(select(RecordRow.solution).where(RecordRow.reader != version).distinct().order_by(RecordRow.solution))
        )
    for solution in todo:
        with database.read() as session:
            kept = store.records(session, solution)
        fresh = [
            store.Incoming(
                item.repository,
                item.format,
                item.path,
                item.uri,
                item.commit,
                item.content,
                clock.moment(item.fetched),
                read(sandbox, item.format, item.content),
                version,
            )
            for item in kept
        ]
        with database.write() as session:
            store.put(session, solution, fresh)
            changed += publishing.publish(session, solution, settings=settings).outcome != "unchanged"
        count += len(fresh)
        progress(count)
    return count, changed
