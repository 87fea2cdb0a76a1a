"""What is remembered of a repository after it was read: that it answered, or since when it fails.

And whether it makes an entry at all.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.base import clock, wanted_files
from catalog.base.dialects import is_sqlite
from catalog.base.states import BROKEN, EntryState, Life
from catalog.base.tables import RepositoryRow, RunProblemRow, RunRow, SolutionRow, SourceRow
from catalog.entries import identity
from crawlers.source import Crawled, Failed, SourceRecord, Unchanged
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.facts import is_set
from vocabularies.formats import curated
from vocabularies.formats.lookup import row_of

# A repository counts as gone after three such answers over at least a week; any other failure only marks it
# (docs/security.md, "outages").
_GONE = frozenset(("not-found", "gone"))
_GONE_CHECKS, _GONE_DAYS = 3, 7
_NO_ENTRY = ("empty", "is_template", "fork", "ignore")  # facts of a repository that makes none by itself
MOST_ABSENT = 100  # in one run


def makes_entry(repository: str, closing: Crawled | Unchanged, readings: dict[int, Reading]) -> bool:
    """Whether a repository nobody knows yet becomes an entry.

    With a usable metadata file always; else not if it is empty, a template, a fork, or named with a dot.
    """
    if any(row_of(item.format).metadata and item.solution for item in readings.values()):
        return True
    facts: dict[str, str] = {}
    for item in readings.values():
        facts |= item.facts
    empty = isinstance(closing, Crawled) and closing.empty
    if empty or not readings or any(is_set(facts, name) for name in _NO_ENTRY):
        return False
    return not repository.rsplit("/", 1)[-1].startswith(".")


def kept(records: list[SourceRecord]) -> set[tuple[str, str]]:
    """What stays of a repository that was read whole.

    A curated entry stays until a metadata file takes it over.
    """
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
    """Repository -> the marker that makes it cheap if it has not changed.

    Those on the source's host, and those it showed.

    What made no entry is read anew by new tables, and each if other files are wanted than were fetched.
    """
    origin = "/".join(source.url.split("/")[:3])
    here = RepositoryRow.url.startswith(f"{origin}/", autoescape=True)
    if is_sqlite(session):
        # It sorts by bytes, and so finds a beginning by its index: "0" follows "/".
        here = (RepositoryRow.url >= f"{origin}/") & (RepositoryRow.url < f"{origin}0")
    query = select(RepositoryRow.url, RepositoryRow.marker).where(RepositoryRow.marker != "")
    mine = query.where(or_(here, RepositoryRow.source == source.id))
    up_to_date = or_(RepositoryRow.solution != "", RepositoryRow.reader == reading.version())
    rows = session.execute(mine.where(up_to_date, RepositoryRow.wanted == wanted_files.version()))
    return {row.url: row.marker for row in rows}


def absent(session: Session, source: int, met: set[str]) -> list[str]:
    """The repositories of entries that a source does not show any more, those that failed least first."""
    query = select(RepositoryRow.url).where(RepositoryRow.source == source, RepositoryRow.solution != "")
    urls = session.scalars(query.order_by(RepositoryRow.failures, RepositoryRow.url))
    return [url for url in urls if url not in met][:MOST_ABSENT]


def seen(session: Session, source: int, closing: Crawled | Unchanged, *, solution: str) -> None:
    """The repository answered.

    Its marker is kept, and an entry of which it is the leading one is reachable again.
    """
    row = session.get(RepositoryRow, closing.repository)
    if row is None:
        row = RepositoryRow(url=closing.repository)
        session.add(row)
    partial = isinstance(closing, Crawled) and closing.partial
    redirected = any(identity.is_address(alias) for alias in closing.aliases)
    if not row.source or not redirected:  # whoever redirects to it does not become its source
        row.source = source
    row.seen = clock.now()
    row.marker = "" if partial else closing.marker
    row.solution = solution or row.solution
    row.failing_since = row.missing_since = row.error = ""
    row.failures = 0
    row.reader = reading.version()
    row.wanted = wanted_files.version()
    entry = _entry(session, row)
    if entry is not None and entry.life in BROKEN:
        entry.life = Life.REACHABLE
        entry.life_since = row.seen
        entry.life_reason = ""
    session.flush()


def failed(session: Session, source: int, closing: Failed, *, run: int) -> None:
    """Remember the failure. Nothing is removed; three 404 or 410 over a week mark the entry as gone."""
    now = clock.now()
    error = closing.error.fault.text()
    missing = closing.error.code in _GONE
    session.add(RunProblemRow(run=run, repository=closing.repository, error=error))
    row = session.get(RepositoryRow, closing.repository)
    if row is None:
        row = RepositoryRow(url=closing.repository, source=source)
        session.add(row)
    row.failures = (row.failures or 0) + 1 if missing == bool(row.missing_since) else 1
    since = row.missing_since or now
    row.missing_since = since if missing else ""
    row.failing_since = row.failing_since or now
    row.error = error
    entry = _entry(session, row) or (_unread_entry(session, row) if missing else None)
    if entry is not None and entry.life != Life.GONE:
        gone = missing and row.failures >= _GONE_CHECKS and clock.later(since, days=_GONE_DAYS) <= now
        entry.life = Life.GONE if gone else Life.FAILING
        entry.life_since = row.failing_since
        entry.life_reason = error
    session.flush()


def _entry(session: Session, row: RepositoryRow) -> SolutionRow | None:
    """The entry whose life this repository decides: it leads there. A withdrawn one has none any more."""
    return _led_to(session, row.solution, row.url) if row.solution else None


def _unread_entry(session: Session, row: RepositoryRow) -> SolutionRow | None:
    """A curated entry whose repository was never read: its address says whose it is.

    Only a server's word that there is nothing counts against it. That nobody reached it yet is known anyway.
    """
    owners = [] if row.solution else identity.owners(session, [row.url])
    return _led_to(session, owners[0], row.url) if owners else None


def _led_to(session: Session, solution: str, repository: str) -> SolutionRow | None:
    entry = session.get(SolutionRow, solution)
    if entry is None or entry.repository != repository or entry.state == EntryState.WITHDRAWN:
        return None
    return entry
