"""What is remembered of a repository after a visit: that it was read, that it failed and since when, whether it makes an entry at all."""

from __future__ import annotations

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.states import BROKEN, EntryState, Life
from catalog.base.tables import RepositoryRow, RunProblemRow, RunRow, SolutionRow, SourceRow
from crawlers.source import Crawled, Failed, SourceRecord, Unchanged
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.formats import curated
from vocabularies.formats.lookup import row_of

# A repository counts as gone after three such answers over at least a week; any other failure only marks it
# (docs/security.md, "outages").
_GONE = frozenset(("not-found", "gone"))
_GONE_CHECKS, _GONE_DAYS = 3, 7
MOST_ABSENT = 100  # in one run


def makes_entry(repository: str, closing: Crawled | Unchanged, readings: dict[int, Reading]) -> bool:
    """Whether a repository nobody knows yet becomes an entry: with a usable metadata file always; else not if empty, template, dot or fork."""
    if any(row_of(item.format).metadata and item.solution for item in readings.values()):
        return True
    facts = {name: value for item in readings.values() for name, value in item.facts.items()}
    if getattr(closing, "empty", False) or facts.get("empty") == "true" or not readings:
        return False
    name = repository.rsplit("/", 1)[-1]
    return not (
        name.startswith(".")
        or facts.get("is_template") == "true"
        or facts.get("fork") == "true"
        or facts.get("ignore") == "true"
    )


def kept(records: list[SourceRecord]) -> set[tuple[str, str]]:
    """What stays of a repository that was read whole. A curated entry stays until a metadata file takes it over."""
    kept = {(record.format, record.path) for record in records}
    if not any(row_of(format_).metadata for format_, _ in kept):
        kept.add((curated.NAME, ""))
    return kept


def begin_run(session: Session, source: int) -> int:
    """The number of a new run of a source."""
    run = RunRow(source=source, started=clock.now())
    session.add(run)
    session.flush()
    return run.id


def known(session: Session, source: SourceRow) -> dict[str, str]:
    """Repository -> the marker that makes it cheap if it has not changed: those on the source's host, and those it showed.

    What made no entry is read anew by new tables.
    """
    origin = "/".join(source.url.split("/")[:3])
    here = RepositoryRow.url.startswith(f"{origin}/", autoescape=True)
    if (
        session.get_bind().dialect.name == "sqlite"
    ):  # which sorts by bytes, and so finds a beginning by its index
        here = (RepositoryRow.url >= f"{origin}/") & (RepositoryRow.url < f"{origin}0")  # "0" follows "/"
    query = select(RepositoryRow.url, RepositoryRow.marker).where(RepositoryRow.marker != "")
    mine = query.where(or_(here, RepositoryRow.source == source.id))
    rows = session.execute(
        mine.where(or_(RepositoryRow.solution != "", RepositoryRow.reader == reading.version()))
    )
    return {row.url: row.marker for row in rows}


def absent(session: Session, source: int, met: set[str]) -> list[str]:
    """The repositories of entries that a source had once and does not show any more, those not asked for the longest first."""
    query = select(RepositoryRow.url).where(RepositoryRow.source == source, RepositoryRow.solution != "")
    return [
        url
        for url in session.scalars(query.order_by(RepositoryRow.failures, RepositoryRow.url))
        if url not in met
    ][:MOST_ABSENT]


def seen(session: Session, source: int, closing: Crawled | Unchanged, *, solution: str) -> None:
    """The repository answered: its marker is kept, and an entry of which it is the leading one is reachable again."""
    row = session.get(RepositoryRow, closing.repository)
    if row is None:
        row = RepositoryRow(url=closing.repository)
        session.add(row)
    partial = isinstance(closing, Crawled) and closing.partial
    if not row.source or not any(
        "://" in alias for alias in closing.aliases
    ):  # whoever redirects to it does not become its source
        row.source = source
    row.seen, row.marker = clock.now(), "" if partial else closing.marker
    row.solution = solution or row.solution
    row.failing_since, row.failures, row.error, row.reader = "", 0, "", reading.version()
    entry = _entry(session, row)
    if entry is not None and entry.life in BROKEN:
        entry.life, entry.life_since, entry.life_reason = Life.REACHABLE, row.seen, ""
    session.flush()


def failed(session: Session, source: int, run: int, closing: Failed) -> None:
    """Remember the failure. Nothing is removed; three 404 or 410 over a week mark the entry as gone."""
    now, error = clock.now(), closing.error.fault.text()
    missing = closing.error.code in _GONE
    session.add(RunProblemRow(run=run, repository=closing.repository, error=error))
    row = session.get(RepositoryRow, closing.repository)
    if row is None:
        row = RepositoryRow(url=closing.repository, source=source)
        session.add(row)
    before = msgspec.json.decode(row.error, type=_Fault) if row.error else _Fault("")
    since = before.since if before.since and missing else now
    row.failures = (row.failures or 0) + 1 if missing == bool(before.since) else 1
    row.failing_since = row.failing_since or now
    row.error = msgspec.json.encode(
        _Fault(closing.error.code, closing.error.values, since if missing else "")
    ).decode()
    entry = _entry(session, row)
    if entry is not None and entry.life != Life.GONE:
        gone = missing and row.failures >= _GONE_CHECKS and clock.later(since, days=_GONE_DAYS) <= now
        entry.life, entry.life_since, entry.life_reason = (
            Life.GONE if gone else Life.FAILING,
            row.failing_since,
            error,
        )
    session.flush()


class _Fault(msgspec.Struct, omit_defaults=True):
    """A CrawlError as it is kept. `since`: the first of the 404 and 410 answers that have followed each other until now."""

    code: str
    values: dict[str, str] = {}
    since: str = ""


def _entry(session: Session, row: RepositoryRow) -> SolutionRow | None:
    """The entry whose life this repository decides: it leads there. A withdrawn one has none any more."""
    entry = session.get(SolutionRow, row.solution) if row.solution else None
    return (
        entry
        if entry is not None and entry.repository == row.url and entry.state != EntryState.WITHDRAWN
        else None
    )
