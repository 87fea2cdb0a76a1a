"""After an upgrade: the kept texts are read again by the new tables, without a request; only what changed is published."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.sandboxed import read
from catalog.base.settings import Settings
from catalog.base.states import Outcome
from catalog.base.tables import RecordRow
from catalog.changes import log
from catalog.entries import publishing, store
from sandbox import Sandbox
from vocabularies import reading
from vocabularies.formats.lookup import row_of


def reread(
    database: Database,
    settings: Settings,
    sandbox: Sandbox,
    progress: Callable[[int], None] = lambda count: None,
) -> tuple[int, int]:
    """Read the stored raw texts again that other tables have read; publish what changed. (read, changed). Makes no request."""
    version, count, changed = reading.version(), 0, 0
    with database.read() as session:
        todo = list(
            session.scalars(
                select(RecordRow.solution)
                .where(RecordRow.reader != version)
                .distinct()
                .order_by(RecordRow.solution)
            )
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
            if row_of(item.format).parse is not None
        ]
        changed += _keep(database, settings, solution, fresh)
        count += len(fresh)
        progress(count)
    return count, changed


def _keep(database: Database, settings: Settings, solution: str, fresh: list[store.Incoming]) -> bool:
    """Keep and publish; what a crawl has brought or taken away in the meantime stays as the crawl left it. Whether anything changed."""
    with database.write() as session:
        log.lock(session)
        now = {
            (item.repository, item.format, item.path): item.content
            for item in store.records(session, solution)
        }
        if not now:
            return False  # deleted, or joined with another
        store.put(
            session,
            solution,
            [item for item in fresh if now.get((item.repository, item.format, item.path)) == item.content],
        )
        changed = publishing.publish(session, solution, settings=settings).outcome != Outcome.UNCHANGED
        for other in publishing.dependants(session, solution) if changed else ():
            publishing.publish(session, other, settings=settings)
        return changed
