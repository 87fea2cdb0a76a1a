"""What an operator sees: what waits, what fails, what was done, and what should be looked after.

Reads only.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import GenerativeSelect

from catalog.base import clock
from catalog.base.database import Database, free_bytes
from catalog.base.settings import Settings
from catalog.base.states import UNDECIDED_SOURCES, VISIBLE, EntryState, SourceState
from catalog.base.tables import AuditRow, MetaRow, RecordRow, RunProblemRow, RunRow, SolutionRow, SourceRow
from catalog.changes import log
from crawlers.faults import Fault

LITTLE_SPACE = 1_000_000_000  # bytes left on the disk of DATA_DIR
AHEAD_MINUTES = 10
PAGE = 50
_MOST_PROBLEMS = 1_000  # shown of a run
Query = TypeVar("Query", bound=GenerativeSelect)


class Run(NamedTuple):
    """A run with its source's address, its numbers and what stopped it."""

    row: RunRow
    url: str
    counts: dict[str, int]
    error: Fault | None
    problems: int


class Faulty(NamedTuple):
    """An entry and how many errors and warnings its files have."""

    row: SolutionRow
    errors: int
    warnings: int


def warnings(database: Database, settings: Settings) -> list[Fault]:
    """What an operator should see to."""
    now = clock.now()
    found: list[Fault] = []
    with database.read() as session:
        head = log.head(session)
        base = session.get(MetaRow, "base_url")
        for_long = (SourceRow.failing_since != "") & (SourceRow.failing_since < clock.later(now, days=-7))
        failing = session.scalar(select(func.count()).where(SourceRow.state == SourceState.ACTIVE, for_long))
    if settings.loopback:
        found.append(Fault("loopback", {"base": settings.base_url}))
    if base is not None and base.value != settings.base_url:
        found.append(Fault("rebased", {"was": base.value}))
    free = free_bytes(settings.data_dir)
    if free < LITTLE_SPACE:
        found.append(Fault("little-space", {"megabytes": str(free // 1_000_000)}))
    if head.published > clock.later(now, minutes=AHEAD_MINUTES):
        found.append(Fault("log-ahead", {"head": head.published}))
    if failing:
        found.append(Fault("sources-failing", {"count": str(failing)}))
    return found


def pending(session: Session) -> list[Faulty]:
    """What waits for a decision, the oldest first."""
    return _found(session, SolutionRow.state == EntryState.PENDING, order=SolutionRow.id, page=1)


def faulty(session: Session, *, page: int = 1) -> list[Faulty]:
    """Public entries whose files have errors, that of the worst file first."""
    entry = select(SolutionRow.id).where(SolutionRow.id == RecordRow.solution)
    public = entry.where(SolutionRow.state.in_(VISIBLE)).exists()
    with_errors = RecordRow.errors > literal_column("0")  # as the index has it
    query = select(RecordRow.solution).where(with_errors, public)
    worst = query.order_by(RecordRow.errors.desc(), RecordRow.solution.desc())
    found: dict[str, None] = {}  # read no further than this page: nearly every file may have errors
    with session.scalars(worst.execution_options(yield_per=4 * PAGE)) as of:
        for entry_id in of:
            found[entry_id] = None
            if len(found) == page * PAGE:
                break
    return _with_problems(session, list(found)[(page - 1) * PAGE :])


def entries(session: Session, query: str, *, page: int = 1) -> list[Faulty]:
    """Entries in any state whose name, slug or repository has the words; the latest first without words."""
    words = query.lower().split()[:8]
    if not words:
        return _latest(session, page=page)
    where = SolutionRow.id != ""
    fields = func.lower(SolutionRow.name + " " + SolutionRow.slug + " " + SolutionRow.repository)
    for word in words:
        where &= fields.contains(word, autoescape=True)
    return _found(session, where, order=SolutionRow.name, page=page)


def _latest(session: Session, *, page: int) -> list[Faulty]:
    """The latest first; of each state by itself, as the index has them, so that not all are sorted."""
    latest: list[tuple[str, str]] = []
    for state in EntryState:
        query = select(SolutionRow.modified, SolutionRow.id).where(SolutionRow.state == state)
        newest = query.order_by(SolutionRow.modified.desc(), SolutionRow.id.desc()).limit(page * PAGE)
        latest += [(row.modified, row.id) for row in session.execute(newest)]
    latest.sort(reverse=True)
    return _with_problems(session, [id_ for _, id_ in latest[(page - 1) * PAGE : page * PAGE]])


def _found(session: Session, where: ColumnElement[bool], *, order: Any, page: int) -> list[Faulty]:
    query = select(SolutionRow.id).where(where).order_by(order, SolutionRow.id)
    return _with_problems(session, list(session.scalars(_page(query, page))))


def _page(query: Query, number: int) -> Query:
    return query.limit(PAGE).offset((number - 1) * PAGE)


def _with_problems(session: Session, ids: list[str]) -> list[Faulty]:
    """These entries in this order, with the problems of their files."""
    rows = {row.id: row for row in session.scalars(select(SolutionRow).where(SolutionRow.id.in_(ids)))}
    of = RecordRow.solution
    sums = select(of, func.sum(RecordRow.errors), func.sum(RecordRow.warnings)).where(of.in_(ids))
    counts = {row[0]: (int(row[1]), int(row[2])) for row in session.execute(sums.group_by(of))}
    return [Faulty(rows[id_], *counts.get(id_, (0, 0))) for id_ in ids]


def sources(session: Session, *, page: int = 1) -> list[SourceRow]:
    """The failing first, then by address; what is only an attempt is left out."""
    query = select(SourceRow).where(SourceRow.state.not_in(UNDECIDED_SOURCES))
    in_order = (SourceRow.state == SourceState.REFUSED, SourceRow.failing_since == "", SourceRow.url)
    return list(session.scalars(_page(query.order_by(*in_order), page)))


def runs(session: Session, *, page: int = 1) -> list[Run]:
    """The last runs, the newest first."""
    problems = select(func.count()).where(RunProblemRow.run == RunRow.id).scalar_subquery()
    query = select(RunRow, SourceRow.url, problems).join(SourceRow, SourceRow.id == RunRow.source)
    rows = session.execute(_page(query.order_by(RunRow.id.desc()), page))
    return [_run(row, url, number) for row, url, number in rows]


def run(session: Session, number: int) -> tuple[Run, list[tuple[str, Fault]]] | None:
    """A run and (address, why) of each repository it could not read; None if there is no such run."""
    row = session.get(RunRow, number)
    source = session.get(SourceRow, row.source) if row else None
    if row is None or source is None:
        return None
    query = select(RunProblemRow).where(RunProblemRow.run == number).order_by(RunProblemRow.id)
    rows = session.scalars(query.limit(_MOST_PROBLEMS))
    problems = [(item.repository, Fault.read(item.error)) for item in rows]
    return _run(row, source.url, len(problems)), problems


def audit(session: Session, *, page: int = 1) -> list[AuditRow]:
    """What operators did, the latest first."""
    return list(session.scalars(_page(select(AuditRow).order_by(AuditRow.id.desc()), page)))


def _run(row: RunRow, url: str, problems: int) -> Run:
    return Run(
        row=row,
        url=url,
        counts=msgspec.json.decode(row.counts, type=dict[str, int]),
        error=_fault(row.error),
        problems=problems,
    )


def _fault(text: str) -> Fault | None:
    return Fault.read(text) if text else None
