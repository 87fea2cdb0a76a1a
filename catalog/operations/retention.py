"""What is kept how long: runs, superseded texts and failed attempts to register go after their time.

Entries and the operators' log never.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.states import SourceState
from catalog.base.tables import RepositoryRow, RunRow, SourceRow
from catalog.changes import forgetting
from catalog.operations.services import Services
from crawlers.net import shared_pace

ATTEMPT_DAYS = 1  # an attempt holds an address that somebody typed, nothing else
_HOST_DAYS = 2  # for longer than a host can ask to be left alone
_BATCH = 500


def sweep(services: Services, *, now: str = "", stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Delete what is past its time: {"runs", "payloads", "attempts", "repositories"}.

    `now` is a moment, else this one. `stop` is asked between transactions; the rest is the next night's.
    """
    now = now or clock.now()
    before = clock.later(now, days=-services.settings.keep_days)
    database = services.database
    with database.write() as session:
        attempts = _attempts(session, clock.later(now, days=-ATTEMPT_DAYS))
        repositories = _orphans(session, before)
    runs = 0
    while not stop():  # in batches: a writer that waits must not wait long
        with database.write() as session:
            done = _runs(session, before)
        runs += done
        if done < _BATCH:
            break
    shared_pace.forget(services.hosts, before=clock.moment(now).timestamp() - _HOST_DAYS * 86_400)
    payloads = 0
    if not stop():
        with database.write() as session:
            payloads = forgetting.compact(session, before=before)
    return {"runs": runs, "payloads": payloads, "attempts": attempts, "repositories": repositories}


def _runs(session: Session, before: str) -> int:
    """Old runs, but never the last one of a source: it says how the source is."""
    last = select(func.max(RunRow.id)).group_by(RunRow.source)
    old = select(RunRow.id).where(RunRow.started < before, RunRow.id.not_in(last)).limit(_BATCH)
    numbers = list(session.scalars(old))
    session.execute(delete(RunRow).where(RunRow.id.in_(numbers)))
    return len(numbers)


def _attempts(session: Session, before: str) -> int:
    """Failed attempts, and pending sources without an entry, whose reader died."""
    waiting = select(RepositoryRow.source).where(
        RepositoryRow.source.is_not(None), RepositoryRow.solution != ""
    )
    failed = (SourceRow.state == SourceState.ATTEMPT) | (
        (SourceRow.state == SourceState.PENDING) & SourceRow.id.not_in(waiting)
    )
    numbers = list(session.scalars(select(SourceRow.id).where(failed, SourceRow.added < before)))
    session.execute(delete(SourceRow).where(SourceRow.id.in_(numbers)))
    return len(numbers)


def _orphans(session: Session, before: str) -> int:
    """Repositories that belong to no entry and no source any more and were not seen for long."""
    query = select(RepositoryRow.url).where(
        RepositoryRow.source.is_(None), RepositoryRow.solution == "", RepositoryRow.seen < before
    )
    urls = list(session.scalars(query))
    session.execute(delete(RepositoryRow).where(RepositoryRow.url.in_(urls)))
    return len(urls)
