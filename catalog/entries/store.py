"""The catalogue's memory: put what was read, get it back. Each function works in the caller's transaction.

Whose it is stands in minting.py.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.base import clock, facts
from catalog.base.dialects import insert
from catalog.base.errors import SolutionNotFound
from catalog.base.states import UNSEEN, Life
from catalog.base.tables import RecordRow, RepositoryRow, SolutionRow
from catalog.entries.merge import Origin
from vocabularies.crosswalk.rows import Reading
from vocabularies.formats.lookup import row_of
from vocabularies.problems import Severity
from vocabularies.terms import Solution

# Bytes, a page of SQLite: packing less takes longer than all else that keeping it takes, and saves a
# kilobyte.
_SMALL = 4096
_KEY = ("repository", "format", "path")  # of a record


class Incoming(NamedTuple):
    """A document with its reading, on its way into the catalogue."""

    repository: str
    format: str
    path: str
    uri: str
    commit: str
    content: bytes
    fetched: datetime
    reading: Reading
    reader: str


class Stored(NamedTuple):
    """A record as it is stored: what the pages show of it."""

    format: str
    path: str
    uri: str
    commit: str
    repository: str
    fetched: str
    reading: Reading
    content: bytes


# --- putting --------------------------------------------------------------------------------------------


def put(session: Session, solution: str, incoming: Iterable[Incoming]) -> int:
    """Keep these documents as records of the solution, by one statement.

    How many are new or differ from what was kept.
    """
    digests = [(item, hashlib.sha256(item.content).hexdigest()) for item in incoming]
    if not digests:
        return 0
    kept = _kept(session, {item.repository for item, _ in digests})
    changed = []
    for item, digest in digests:
        before = kept.get((item.repository, item.format, item.path))
        if before != (digest, item.reader):
            row = _row(solution, item, digest=digest)
            broken = item.reading.solution is None and not item.reading.valid
            row["last_good"] = _last_good(session, item) if before and broken else ""
            changed.append(row)
    if changed:
        _write(session, changed)
        facts.bump(session)  # a file's remarks and commit are on the page, whatever the merged entry says
    return len(changed)


def _kept(session: Session, repositories: set[str]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(repository, format, path) -> (digest, reader) of what is kept."""
    columns = (*(getattr(RecordRow, name) for name in _KEY), RecordRow.digest, RecordRow.reader)
    rows = session.execute(select(*columns).where(RecordRow.repository.in_(repositories)))
    return {(row.repository, row.format, row.path): (row.digest, row.reader) for row in rows}


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    """Insert, or replace what has the same key.

    Into the table itself: the mapped class would cost as much again.
    """
    statement = insert(session, RecordRow.__table__)
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in _KEY}
    session.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=fresh), rows)


def _row(solution: str, item: Incoming, *, digest: str) -> dict[str, Any]:
    severities = [problem.severity for problem in item.reading.problems]
    return {
        "repository": item.repository,
        "format": item.format,
        "path": item.path,
        "solution": solution,
        "uri": item.uri,
        "commit": item.commit,
        "content": _packed(item.content),
        "digest": digest,
        "reading": msgspec.json.encode(item.reading).decode(),
        "last_good": "",
        "reader": item.reader,
        "errors": severities.count(Severity.ERROR),
        "warnings": severities.count(Severity.WARNING),
        "fetched": clock.text(item.fetched),
    }


def _packed(content: bytes) -> bytes:
    """The raw text as zlib keeps it.

    A small one unpacked in zlib's own form, so that every reader reads both alike.
    """
    return zlib.compress(content, 0 if len(content) < _SMALL else 6)


def _last_good(session: Session, item: Incoming) -> str:
    """The Solution of the record that this unusable document replaces, as JSON."""
    same = (
        RecordRow.repository == item.repository,
        RecordRow.format == item.format,
        RecordRow.path == item.path,
    )
    before = session.execute(select(RecordRow.reading, RecordRow.last_good).where(*same)).one()
    good = msgspec.json.decode(before.reading, type=Reading).solution
    return msgspec.json.encode(good).decode() if good else before.last_good


def forget_missing(session: Session, repository: str, kept: Iterable[tuple[str, str]]) -> int:
    """A repository was read whole: its records that are no longer there go. `kept` are (format, path).

    How many went.
    """
    wanted = set(kept)
    columns = select(RecordRow.id, RecordRow.format, RecordRow.path)
    rows = session.execute(columns.where(RecordRow.repository == repository)).all()
    gone = [row.id for row in rows if (row.format, row.path) not in wanted]
    if gone:
        session.execute(delete(RecordRow).where(RecordRow.id.in_(gone)))
        facts.bump(session)
    return len(gone)


# --- getting --------------------------------------------------------------------------------------------


def get(session: Session, *, slug: str = "", id: str = "") -> SolutionRow:
    """A solution by slug or ULID, in whatever state. Raises SolutionNotFound."""
    named = SolutionRow.slug == slug if slug else SolutionRow.id == id.upper()
    row = session.scalars(select(SolutionRow).where(named)).first()
    if row is None:
        raise SolutionNotFound
    return row


def visible(session: Session, *, slug: str = "", id: str = "") -> SolutionRow:
    """A solution that everybody may see: listed, withdrawn (its tombstone), a draft or a copy.

    Raises SolutionNotFound for the others.
    """
    row = get(session, slug=slug, id=id)
    if row.state in UNSEEN:
        raise SolutionNotFound
    return row


def solution_of(row: SolutionRow) -> Solution:
    """The Solution a row holds."""
    return msgspec.json.decode(row.document, type=Solution)


def provenance_of(row: SolutionRow) -> dict[str, Origin]:
    """Field -> the document it came from."""
    return msgspec.json.decode(row.provenance, type=dict[str, Origin])


def life_of(row: SolutionRow) -> str:
    """Whether its repository answers; "" if nobody knows, since all of it is from the operator's list."""
    origins = provenance_of(row).values()
    unread = bool(origins) and all(row_of(origin.format).by_operator for origin in origins)
    return "" if unread and row.life == Life.REACHABLE else row.life


def records(session: Session, solution: str) -> list[Stored]:
    """The documents a solution was made of, metadata files first."""
    query = select(RecordRow).where(RecordRow.solution == solution).order_by(RecordRow.id)
    rows = sorted(session.scalars(query), key=lambda row: (not row_of(row.format).metadata, row.format))
    return [_stored(row) for row in rows]


def _stored(row: RecordRow) -> Stored:
    return Stored(
        format=row.format,
        path=row.path,
        uri=row.uri,
        commit=row.commit,
        repository=row.repository,
        fetched=row.fetched,
        reading=msgspec.json.decode(row.reading, type=Reading),
        content=zlib.decompress(row.content),
    )


def repositories(session: Session, solution: str) -> list[RepositoryRow]:
    """The repositories a solution was read from."""
    query = select(RepositoryRow).where(RepositoryRow.solution == solution)
    return list(session.scalars(query.order_by(RepositoryRow.url)))
