"""What is remembered of a repository after a visit: that it was read, that it failed and since when, whether it makes an entry at all."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from catalog import clock
from catalog.merge import METADATA
from catalog.tables import RepositoryRow, RunProblemRow, SolutionRow
from crawlers.source import Crawled, Failed, SourceRecord, Unchanged
from vocabularies import reading
from vocabularies.crosswalk import Reading

# A repository counts as gone after three such answers over at least a week (threats.md F2); any other failure only marks it.
_GONE = frozenset(("not-found", "gone"))
_GONE_CHECKS, _GONE_DAYS = 3, 7


def makes_entry(repository: str, closing: Crawled | Unchanged, readings: dict[int, Reading]) -> bool:
    """Whether a repository nobody knows yet becomes an entry: with a usable metadata file always; else not if empty, template, dot or fork."""
    if any(item.format in METADATA and item.solution for item in readings.values()):
        return True
    facts = {name: value for item in readings.values() for name, value in item.facts.items()}
    if getattr(closing, "empty", False) or facts.get("empty") == "true" or not readings:
        return False
    name = repository.rsplit("/", 1)[-1]
    return not (
        name.startswith(".") or facts.get("is_template") == "true" or facts.get("fork") == "true" or facts.get("ignore") == "true"
    )


def kept(records: list[SourceRecord]) -> set[tuple[str, str]]:
    """What stays of a repository that was read whole. A curated entry stays until a metadata file takes it over."""
    kept = {(record.format, record.path) for record in records}
    if not any(format_ in METADATA for format_, _ in kept):
        kept.add(("curated", ""))
    return kept


def seen(session: Session, source: int, closing: Crawled | Unchanged, *, solution: str) -> None:
    row = session.get(RepositoryRow, closing.repository)
    if row is None:
        row = RepositoryRow(url=closing.repository)
        session.add(row)
    partial = isinstance(closing, Crawled) and closing.partial
    row.source, row.seen, row.marker = source, clock.now(), "" if partial else closing.marker
    row.solution = solution or row.solution
    row.failing_since, row.failures, row.error, row.reader = "", 0, "", reading.version()
    session.flush()


def failed(session: Session, source: int, run: int, closing: Failed) -> None:
    """Remember the failure. Nothing is removed; three 404 or 410 over a week mark the entry as gone."""
    now, error = clock.now(), msgspec.json.encode({"code": closing.error.code, "values": closing.error.values}).decode()
    session.add(RunProblemRow(run=run, repository=closing.repository, error=error))
    row = session.get(RepositoryRow, closing.repository)
    if row is None:
        row = RepositoryRow(url=closing.repository, source=source)
        session.add(row)
    row.failing_since, row.failures, row.error = row.failing_since or now, (row.failures or 0) + 1, error
    solution = session.get(SolutionRow, row.solution) if row.solution else None
    if solution is not None and solution.life != "gone":
        gone = (
            closing.error.code in _GONE
            and row.failures >= _GONE_CHECKS
            and clock.later(row.failing_since, days=_GONE_DAYS) <= now
        )
        solution.life, solution.life_since, solution.life_reason = "gone" if gone else "failing", row.failing_since, error
    session.flush()
