"""The change log: one ordered, gapless list of what was published, from which everything else is made (architecture.md section 1).

Appending locks the one row of `log_head` until commit, so commit order is seq order on SQLite and PostgreSQL. `published` never goes back.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, defer

from catalog.base import clock
from catalog.base.ids import ulid
from catalog.base.states import Event
from catalog.base.tables import ChangeRow, LogHeadRow

PAGE = 500


class Head(NamedTuple):
    """Where the log ends."""

    epoch: str
    seq: int
    published: str


class Change(NamedTuple):
    """One entry. `payload` is sorted N-Triples, None for a Delete or when it was superseded and dropped."""

    epoch: str
    seq: int
    kind: str
    subject: str
    event: str
    published: str
    digest: str
    payload: bytes | None


def head(session: Session) -> Head:
    """The end of the log; seq 0 before the first entry. Makes the head row on a fresh database."""
    row = session.get(LogHeadRow, 1)
    return Head(row.epoch, row.seq, row.published) if row else Head("", 0, "")


def start(session: Session) -> None:
    """Make the head row if there is none, be it that another process makes it at this moment."""
    if session.get(LogHeadRow, 1) is None:
        insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
        row = {"id": 1, "epoch": ulid(), "seq": 0, "published": "1970-01-01T00:00:00.000Z"}
        session.execute(insert(LogHeadRow).values(row).on_conflict_do_nothing())


def lock(session: Session) -> None:
    """Hold the end of the log until the transaction ends: whoever publishes asks for it before any other row.

    So two processes never wait for each other in a circle (PostgreSQL; SQLite has one writer anyway).
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(LogHeadRow.id).where(LogHeadRow.id == 1).with_for_update())


def digest(payload: bytes) -> str:
    """The hash that names a payload, and its ETag."""
    return hashlib.sha256(payload).hexdigest()


def append(
    session: Session, *, kind: str, subject: str, event: str, payload: bytes | None, now: str = ""
) -> Change:
    """Add an entry in the session's transaction. `published` is now, or 1 ms after the last entry if the clock went back."""
    row = session.execute(select(LogHeadRow).where(LogHeadRow.id == 1).with_for_update()).scalar_one()
    published = max(now or clock.now(), clock.later(row.published, milliseconds=1))
    row.seq, row.published = row.seq + 1, published
    named = digest(payload) if payload is not None else ""
    packed = zlib.compress(payload, 6) if payload is not None else None
    session.add(
        ChangeRow(
            epoch=row.epoch,
            seq=row.seq,
            kind=kind,
            subject=subject,
            event=event,
            published=published,
            digest=named,
            payload=packed,
        )
    )
    session.flush()
    return Change(row.epoch, row.seq, kind, subject, event, published, named, payload)


def changes(
    session: Session, *, epoch: str, after: int, limit: int = PAGE, payload: bool = False
) -> list[Change]:
    """The entries after a seq of an epoch, in order. An unknown epoch has none: its follower starts anew."""
    query = select(ChangeRow) if payload else select(ChangeRow).options(defer(ChangeRow.payload))
    rows = session.scalars(
        query.where(ChangeRow.epoch == epoch, ChangeRow.seq > after).order_by(ChangeRow.seq).limit(limit)
    )
    return [_change(row, row.payload if payload else None) for row in rows]


def _change(row: ChangeRow, payload: bytes | None) -> Change:
    unpacked = zlib.decompress(payload) if payload is not None else None
    return Change(row.epoch, row.seq, row.kind, row.subject, row.event, row.published, row.digest, unpacked)


def published(session: Session, *, epoch: str, seq: int) -> str:
    """When an entry was published; "" if there is none."""
    return (
        session.scalar(select(ChangeRow.published).where(ChangeRow.epoch == epoch, ChangeRow.seq == seq))
        or ""
    )


def latest(session: Session, subject: str, *, kind: str = "solution") -> Change | None:
    """The newest entry about a subject, with its payload."""
    query = select(ChangeRow).where(ChangeRow.kind == kind, ChangeRow.subject == subject)
    row = session.scalars(query.order_by(ChangeRow.published.desc()).limit(1)).first()
    return _change(row, row.payload) if row is not None else None


def payloads(session: Session, subjects: list[str]) -> dict[str, bytes]:
    """The newest payload of each of the subjects, compressed as stored; what has none is absent.

    In two steps, each by an index: asked for at once, SQLite reads the whole log.
    """
    entries = select(ChangeRow.subject, ChangeRow.published, ChangeRow.epoch, ChangeRow.seq)
    newest: dict[str, tuple[str, str, int]] = {}
    for row in session.execute(entries.where(ChangeRow.kind == "solution", ChangeRow.subject.in_(subjects))):
        newest[row.subject] = max(newest.get(row.subject, ("", "", 0)), (row.published, row.epoch, row.seq))
    found: dict[str, bytes] = {}
    for epoch in {epoch for _, epoch, _ in newest.values()}:
        numbers = [seq for _, of, seq in newest.values() if of == epoch]
        query = select(ChangeRow.subject, ChangeRow.payload).where(
            ChangeRow.epoch == epoch, ChangeRow.seq.in_(numbers)
        )
        found.update((subject, payload) for subject, payload in session.execute(query) if payload is not None)
    return found


def compact(session: Session, *, before: str) -> int:
    """Drop payloads that a newer entry superseded before that moment. How many."""
    newest = select(ChangeRow.subject, func.max(ChangeRow.published).label("last")).where(
        ChangeRow.published < before
    )
    newer = newest.group_by(ChangeRow.subject).subquery()
    superseded = select(ChangeRow.epoch, ChangeRow.seq).join(newer, ChangeRow.subject == newer.c.subject)
    keys = session.execute(
        superseded.where(ChangeRow.published < newer.c.last, ChangeRow.payload.is_not(None))
    ).all()
    for epoch, seq in keys:
        session.execute(
            update(ChangeRow).where(ChangeRow.epoch == epoch, ChangeRow.seq == seq).values(payload=None)
        )
    return len(keys)


def new_epoch(session: Session) -> Iterator[ChangeRow]:
    """Begin a new epoch (after a restore or a rebase): yields the newest entry of each living subject, to be appended again by the caller.

    Time never goes back: the head keeps its `published`.
    """
    row = session.execute(select(LogHeadRow).where(LogHeadRow.id == 1).with_for_update()).scalar_one()
    newest = (
        select(ChangeRow.subject, func.max(ChangeRow.published).label("last"))
        .group_by(ChangeRow.subject)
        .subquery()
    )
    living = session.scalars(
        select(ChangeRow)
        .join(newest, (ChangeRow.subject == newest.c.subject) & (ChangeRow.published == newest.c.last))
        .where(ChangeRow.event != Event.DELETE)
        .order_by(ChangeRow.published)
    ).all()
    row.epoch, row.seq = ulid(), 0
    session.flush()
    yield from living


def forget(session: Session, subject: str) -> None:
    """Erasure: drop all payloads about a subject at once."""
    session.execute(update(ChangeRow).where(ChangeRow.subject == subject).values(payload=None))


def drop(session: Session) -> None:
    """Empty the log: only for `rebase`, which writes every payload anew."""
    session.execute(delete(ChangeRow))
