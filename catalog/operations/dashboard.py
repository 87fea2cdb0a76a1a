"""What an operator sees: what waits, what fails, what was done, and what should be looked after. Reads only."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.database import Database, free_bytes
from catalog.base.settings import Settings
from catalog.base.states import VISIBLE, EntryState, SourceState
from catalog.base.tables import AuditRow, MetaRow, RecordRow, RunProblemRow, RunRow, SolutionRow, SourceRow
from catalog.changes import log
from crawlers.faults import Fault

LITTLE_SPACE = 1_000_000_000  # bytes left on the disk of DATA_DIR
AHEAD_MINUTES = 10
PAGE = 50

SENTENCES: dict[str, str] = {
    "loopback": "BASE_URL is {base}, which only this machine can reach. Set ALLMENDE_BASE_URL to the public address before anybody links to an entry.",
    "rebased": "BASE_URL was changed: the identifiers still begin with {was}. Run ‘allmende rebase’ to write them anew.",
    "disk": "Only {megabytes} MB are left on the disk of DATA_DIR. When it is full, reading goes on, but nothing new is written.",
    "ahead": "The change log is ahead of this machine's clock ({head}). Check the clock; new entries are dated after the log until it has caught up.",
    "failing": "{count} sources could not be read for more than a week.",
}


class Run(NamedTuple):
    """A run with its source's address, its numbers and (code, values) of what stopped it."""

    row: RunRow
    url: str
    counts: dict[str, int]
    error: tuple[str, dict[str, str]] | None
    problems: int


class Faulty(NamedTuple):
    """An entry and how many errors and warnings its files have."""

    row: SolutionRow
    errors: int
    warnings: int


def warnings(database: Database, settings: Settings) -> list[tuple[str, dict[str, str]]]:
    """(code of SENTENCES, values) of what an operator should see to."""
    now, found = clock.now(), []
    with database.read() as session:
        head, base = log.head(session), session.get(MetaRow, "base_url")
        long_ago = SourceRow.failing_since < clock.later(now, days=-7)
        failing = session.scalar(
            select(func.count()).where(
                SourceRow.state == SourceState.ACTIVE, SourceRow.failing_since != "", long_ago
            )
        )
    if settings.loopback:
        found.append(("loopback", {"base": settings.base_url}))
    if base is not None and base.value != settings.base_url:
        found.append(("rebased", {"was": base.value}))
    if (free := free_bytes(settings.data_dir)) < LITTLE_SPACE:
        found.append(("disk", {"megabytes": str(free // 1_000_000)}))
    if head.published > clock.later(now, minutes=AHEAD_MINUTES):
        found.append(("ahead", {"head": head.published}))
    if failing:
        found.append(("failing", {"count": str(failing)}))
    return found


def pending(session: Session) -> list[Faulty]:
    """What waits for a decision, the oldest first."""
    return _page(session, SolutionRow.state == EntryState.PENDING, order=SolutionRow.id)


def faulty(session: Session, *, page: int = 1) -> list[Faulty]:
    """Public entries whose files have errors, the worst first."""
    # Grouped by an expression, so that SQLite begins with the files that have errors and not with all in order.
    of, errors = RecordRow.solution + "", func.sum(RecordRow.errors)
    public = (
        select(SolutionRow.id)
        .where(SolutionRow.id == RecordRow.solution, SolutionRow.state.in_(VISIBLE))
        .exists()
    )
    query = select(of).where(RecordRow.errors > 0, public).group_by(of).order_by(errors.desc(), of)
    return _with_problems(session, list(session.scalars(query.limit(PAGE).offset((page - 1) * PAGE))))


def entries(session: Session, query: str, *, page: int = 1) -> list[Faulty]:
    """Entries in any state whose name, slug or repository has the words; the latest first without words."""
    words = query.lower().split()[:8]
    if not words:
        return _latest(session, page=page)
    where = SolutionRow.id != ""
    for word in words:
        fields = (SolutionRow.name, SolutionRow.slug, SolutionRow.repository)
        where &= or_(*(func.lower(field).contains(word, autoescape=True) for field in fields))
    return _page(session, where, order=SolutionRow.name, page=page)


def _latest(session: Session, *, page: int) -> list[Faulty]:
    """The latest first. Of each state by itself, as the index has them, so that not all entries are sorted for one page."""
    latest: list[tuple[str, str]] = []
    for state in EntryState:
        query = select(SolutionRow.modified, SolutionRow.id).where(SolutionRow.state == state)
        newest = query.order_by(SolutionRow.modified.desc(), SolutionRow.id.desc()).limit(page * PAGE)
        latest += [(row.modified, row.id) for row in session.execute(newest)]
    latest.sort(reverse=True)
    return _with_problems(session, [id_ for _, id_ in latest[(page - 1) * PAGE : page * PAGE]])


def _page(session: Session, where: Any, *, order: Any, page: int = 1) -> list[Faulty]:
    ids = select(SolutionRow.id).where(where).order_by(order, SolutionRow.id)
    return _with_problems(session, list(session.scalars(ids.limit(PAGE).offset((page - 1) * PAGE))))


def _with_problems(session: Session, ids: list[str]) -> list[Faulty]:
    """These entries in this order, with the problems of their files."""
    rows = {row.id: row for row in session.scalars(select(SolutionRow).where(SolutionRow.id.in_(ids)))}
    of = RecordRow.solution
    sums = select(of, func.sum(RecordRow.errors), func.sum(RecordRow.warnings)).where(of.in_(ids))
    counts = {row[0]: (int(row[1]), int(row[2])) for row in session.execute(sums.group_by(of))}
    return [Faulty(rows[id_], *counts.get(id_, (0, 0))) for id_ in ids]


def sources(session: Session, *, page: int = 1) -> list[SourceRow]:
    """The failing first, then by address; what is only an attempt is left out."""
    query = select(SourceRow).where(SourceRow.state.not_in((SourceState.ATTEMPT, SourceState.PENDING)))
    in_order = query.order_by(
        SourceRow.state == SourceState.REFUSED, SourceRow.failing_since == "", SourceRow.url
    )
    return list(session.scalars(in_order.limit(PAGE).offset((page - 1) * PAGE)))


def runs(session: Session, *, page: int = 1) -> list[Run]:
    """The last runs, the newest first."""
    problems = select(func.count()).where(RunProblemRow.run == RunRow.id).scalar_subquery()
    query = select(RunRow, SourceRow.url, problems).join(SourceRow, SourceRow.id == RunRow.source)
    query = query.order_by(RunRow.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    return [_run(row, url, number) for row, url, number in session.execute(query)]


def run(session: Session, number: int) -> tuple[Run, list[tuple[str, tuple[str, dict[str, str]]]]] | None:
    """A run and, for each repository it could not read, (address, (code, values))."""
    row = session.get(RunRow, number)
    source = session.get(SourceRow, row.source) if row else None
    if row is None or source is None:
        return None
    found = session.scalars(
        select(RunProblemRow).where(RunProblemRow.run == number).order_by(RunProblemRow.id).limit(1_000)
    ).all()
    problems = [(item.repository, _error(item.error) or ("unreachable", {})) for item in found]
    return _run(row, source.url, len(problems)), problems


def audit(session: Session, *, page: int = 1) -> list[AuditRow]:
    """What operators did, the latest first."""
    return list(
        session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(PAGE).offset((page - 1) * PAGE))
    )


def _run(row: RunRow, url: str, problems: int) -> Run:
    return Run(row, url, msgspec.json.decode(row.counts, type=dict[str, int]), _error(row.error), problems)


def _error(text: str) -> tuple[str, dict[str, str]] | None:
    if not text:
        return None
    fault = Fault.read(text)
    return fault.code, fault.values
