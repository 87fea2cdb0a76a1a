"""After an upgrade: the kept texts are read again by the new tables, without a request.

Only what changed is published.
"""

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
    *,
    progress: Callable[[int], None] = lambda count: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[int, int]:
    """Read the stored raw texts again that other tables have read; publish what changed. (read, changed).

    Makes no request. `stop` is asked before each entry; what was not read by then is the next call's.
    """
    count, changed = 0, 0
    stale = select(RecordRow.solution).where(RecordRow.reader != reading.version()).distinct()
    with database.read() as session:
        solutions = list(session.scalars(stale.order_by(RecordRow.solution)))
    for solution in solutions:
        if stop():
            break
        with database.read() as session:
            kept = store.records(session, solution)
        fresh = [_read(sandbox, record) for record in kept if row_of(record.format).parse is not None]
        changed += _keep(database, settings, solution, fresh=fresh)
        count += len(fresh)
        progress(count)
    return count, changed


def _read(sandbox: Sandbox, record: store.Stored) -> store.Incoming:
    return store.Incoming(
        repository=record.repository,
        format=record.format,
        path=record.path,
        uri=record.uri,
        commit=record.commit,
        content=record.content,
        fetched=clock.moment(record.fetched),
        reading=read(sandbox, record.format, record.content),
        reader=reading.version(),
    )


def _keep(database: Database, settings: Settings, solution: str, *, fresh: list[store.Incoming]) -> bool:
    """Keep and publish; what a crawl has brought or taken away in the meantime stays as the crawl left it.

    Whether anything changed.
    """
    with database.write() as session:
        log.lock(session)
        now = {}
        for record in store.records(session, solution):
            now[record.repository, record.format, record.path] = record.content
        if not now:
            return False  # deleted, or joined with another
        same = [item for item in fresh if now.get((item.repository, item.format, item.path)) == item.content]
        store.put(session, solution, same)
        changed = publishing.publish(session, solution, settings=settings).outcome != Outcome.UNCHANGED
        for other in publishing.dependants(session, solution) if changed else ():
            publishing.publish(session, other, settings=settings)
        return changed
