"""The catalogue's memory: put what was read, find whose it is, get it back. Each function works in the caller's transaction."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from catalog.base import clock, facts, ids
from catalog.base.errors import SolutionNotFound
from catalog.base.settings import Settings
from catalog.base.states import UNSEEN, EntryState
from catalog.base.tables import RecordRow, RepositoryRow, SolutionRow
from catalog.changes import log
from catalog.entries import identity, slugs
from catalog.entries.merge import Origin
from vocabularies.crosswalk.rows import Reading
from vocabularies.formats.lookup import row_of
from vocabularies.problems import Severity
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Solution

_SMALL = 4096  # bytes, a page of SQLite: packing less takes longer than all else that keeping it takes, and saves a kilobyte
CURATED = "curated:"  # stands for the repository of a curated entry of which none is known yet


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


def _insert(session: Session, table: Any) -> Any:
    """Into the table itself: going through the mapped class costs as much again for each row."""
    return (sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert)(table)


# --- putting ------------------------------------------------------------------------------------------------------------------------


def put(session: Session, solution: str, incoming: Iterable[Incoming]) -> int:
    """Keep these documents as records of the solution: one statement for all. Gives how many are new or differ from what was kept."""
    found = [(item, hashlib.sha256(item.content).hexdigest()) for item in incoming]
    if not found:
        return 0
    kept = {
        (row.repository, row.format, row.path): (row.digest, row.reader)
        for row in session.execute(
            select(
                RecordRow.repository, RecordRow.format, RecordRow.path, RecordRow.digest, RecordRow.reader
            ).where(RecordRow.repository.in_({item.repository for item, _ in found}))
        )
    }
    changed = []
    for item, digest in found:
        before = kept.get((item.repository, item.format, item.path))
        if before != (digest, item.reader):
            row = _row(solution, item, digest=digest)
            broken = item.reading.solution is None and not item.reading.valid
            row["last_good"] = _last_good(session, item) if before and broken else ""
            changed.append(row)
    if changed:
        statement = _insert(session, RecordRow.__table__)
        fresh = {
            name: statement.excluded[name]
            for name in changed[0]
            if name not in ("repository", "format", "path")
        }
        session.execute(
            statement.on_conflict_do_update(index_elements=["repository", "format", "path"], set_=fresh),
            changed,
        )
        facts.bump(session)  # a file's remarks and commit are on the page, whatever the merged entry says
    return len(changed)


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
    """The raw text as zlib keeps it; a small one unpacked in zlib's own form, so that every reader reads both alike."""
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
    """A repository was read whole: its records that are no longer there go. `kept` are (format, path). How many went."""
    wanted = set(kept)
    rows = session.execute(
        select(RecordRow.id, RecordRow.format, RecordRow.path).where(RecordRow.repository == repository)
    ).all()
    gone = [row.id for row in rows if (row.format, row.path) not in wanted]
    if gone:
        session.execute(delete(RecordRow).where(RecordRow.id.in_(gone)))
        facts.bump(session)
    return len(gone)


def known(session: Session, repository: str, aliases: Iterable[str] = ()) -> bool:
    """Whether a solution owns this repository or any of its aliases."""
    return bool(identity.owners(session, [repository, *aliases]))


def name_of(reading: Reading) -> str:
    """The name a metadata file gives, for the slug; "" for what only a forge or a text says."""
    describes = row_of(reading.format).metadata
    return dcat_ap.name(reading.solution, "de") if reading.solution and describes else ""


def solution_for(
    session: Session,
    repository: str,
    aliases: Iterable[str] = (),
    *,
    settings: Settings,
    name: str = "",
    accepted: bool = True,
) -> str:
    """The id of the solution a repository belongs to; minted if nobody owns it or any of its aliases."""
    log.lock(session)  # so that two processes mint one entry, not two
    aliases = [repository, *aliases]
    numbers = [alias for alias in aliases if "://" not in alias]
    owned = (
        identity.owners(session, [repository])
        or identity.owners(session, numbers)
        or identity.owners(session, aliases)
    )
    if owned:
        identity.claim(session, owned[0], aliases)
        _renamed(session, owned[0], repository, aliases[1:])
        return owned[0]
    now = clock.now()
    row = SolutionRow(
        id=ids.ulid(),
        state=EntryState.DRAFT if accepted else EntryState.PENDING,
        accepted=accepted,
        repository=repository,
        created=now,
        modified=now,
        life_since=now,
    )
    slugs.assign(session, row, name or repository.rstrip("/").rsplit("/", 1)[-1])
    identity.claim(session, row.id, aliases)
    return row.id


def accept(session: Session, solution: str) -> None:
    """What an operator's own source shows waits no longer, whoever registered it before; the caller publishes it next."""
    row = session.get(SolutionRow, solution)
    if row is not None and not row.accepted:
        row.accepted = True


def _renamed(session: Session, solution: str, repository: str, old: Iterable[str]) -> None:
    """A repository answers under a new name: what was kept under an old one goes with it, and the solution is named after the new one."""
    row = session.get(SolutionRow, solution)
    old = [address for address in old if "://" in address and address != repository]
    if row is not None and row.repository.startswith(CURATED):
        old.append(row.repository)
    if row is None or not old:
        return
    if row.repository in old:
        row.repository = repository
    kept = session.execute(select(RecordRow.format, RecordRow.path).where(RecordRow.repository == repository))
    here = {(row.format, row.path) for row in kept}
    for record in session.scalars(
        select(RecordRow).where(RecordRow.solution == solution, RecordRow.repository.in_(old))
    ):
        if (record.format, record.path) in here:
            session.delete(record)
        else:
            record.repository = repository
    session.execute(
        delete(RepositoryRow).where(RepositoryRow.url.in_(old), RepositoryRow.solution == solution)
    )
    session.flush()


# --- getting ------------------------------------------------------------------------------------------------------------------------


def get(session: Session, *, slug: str = "", id: str = "") -> SolutionRow:
    """A solution by slug or ULID, in whatever state. Raises SolutionNotFound."""
    row = session.scalars(
        select(SolutionRow).where(SolutionRow.slug == slug if slug else SolutionRow.id == id.upper())
    ).first()
    if row is None:
        raise SolutionNotFound
    return row


def visible(session: Session, *, slug: str = "", id: str = "") -> SolutionRow:
    """A solution that everybody may see: listed, withdrawn (its tombstone), a draft or a copy. Raises SolutionNotFound for the others."""
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


def records(session: Session, solution: str) -> list[Stored]:
    """The documents a solution was made of, metadata files first."""
    rows = session.scalars(
        select(RecordRow).where(RecordRow.solution == solution).order_by(RecordRow.id)
    ).all()
    return [
        Stored(
            row.format,
            row.path,
            row.uri,
            row.commit,
            row.repository,
            row.fetched,
            msgspec.json.decode(row.reading, type=Reading),
            zlib.decompress(row.content),
        )
        for row in sorted(rows, key=lambda row: (not row_of(row.format).metadata, row.format))
    ]


def repositories(session: Session, solution: str) -> list[RepositoryRow]:
    """The repositories a solution was read from."""
    return list(
        session.scalars(
            select(RepositoryRow).where(RepositoryRow.solution == solution).order_by(RepositoryRow.url)
        )
    )
