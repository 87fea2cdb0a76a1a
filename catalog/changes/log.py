"""The change log: one ordered, gapless list of what was published, from which everything else is made.

Appending locks the one row of `log_head` until commit, so commit order is seq order on SQLite and PostgreSQL.
`published` never goes back. The log knows no kind of thing: what an entry is about is a row of kinds.py.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select, tuple_, update
from sqlalchemy import insert as insert_into
from sqlalchemy.orm import Session, defer

from catalog.base import clock
from catalog.base.dialects import insert, is_sqlite
from catalog.base.ids import ulid
from catalog.base.loaded import changed_by_statement
from catalog.base.states import Event
from catalog.base.tables import ChangeRow, LogHeadRow

PAGE = 500
_CHANGE = ChangeRow.metadata.tables[ChangeRow.__tablename__]
_HEAD = LogHeadRow.metadata.tables[LogHeadRow.__tablename__]
_LOCKED_HEAD = select(_HEAD).where(_HEAD.c.id == 1).with_for_update()
_NEWEST = ChangeRow.superseded == ""
_ALIVE = _NEWEST & (ChangeRow.event != Event.DELETE)


class Head(NamedTuple):
    """Where the log ends, and the number of the last fact outside it."""

    epoch: str
    seq: int
    published: str
    facts: int


class Change(NamedTuple):
    """One entry. `payload` is sorted N-Triples, None for a Delete or when it was superseded and dropped.

    `origin` is "" for what this instance says itself, else the base URL of the instance whose word it is;
    `in_feed` says whether the feed for portals carries it.
    """

    epoch: str
    seq: int
    kind: str
    subject: str
    event: str
    published: str
    digest: str
    payload: bytes | None
    origin: str = ""
    in_feed: bool = False


def head(session: Session) -> Head:
    """The end of the log; seq 0 before the first entry."""
    row = session.get(LogHeadRow, 1)
    if row is None:
        return Head("", 0, "", facts=0)
    return Head(row.epoch, row.seq, row.published, facts=row.facts)


def start(session: Session) -> None:
    """Make the head row if there is none, be it that another process makes it at this moment."""
    if session.get(LogHeadRow, 1) is None:
        row = {"id": 1, "epoch": ulid(), "seq": 0, "published": "1970-01-01T00:00:00.000Z", "facts": 0}
        session.execute(insert(session, LogHeadRow).values(row).on_conflict_do_nothing())


def lock(session: Session) -> None:
    """Hold the end of the log until the transaction ends: whoever publishes asks for it before any other row.

    So two processes never wait for each other in a circle (PostgreSQL; SQLite has one writer anyway).
    """
    if not is_sqlite(session):
        session.execute(select(LogHeadRow.id).where(LogHeadRow.id == 1).with_for_update())


def _locked_head(session: Session) -> LogHeadRow:
    """The head as it is now, whatever this session has seen of it before."""
    query = select(LogHeadRow).where(LogHeadRow.id == 1).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()


def digest(payload: bytes) -> str:
    """The hash that names a payload, and its ETag."""
    return hashlib.sha256(payload).hexdigest()


def append(
    session: Session,
    *,
    kind: str,
    subject: str,
    event: str,
    payload: bytes | None,
    origin: str = "",
    in_feed: bool = False,
    now: str = "",
    first: bool = False,
) -> Change:
    """Add an entry in the session's transaction, by statements: objects would cost twice as much.

    What the same instance said of the subject before is superseded; `first`: it cannot have said anything.

    `published` is now, or 1 ms after the last entry if the clock went back.
    """
    connection = session.connection()
    before = connection.execute(_LOCKED_HEAD).one()
    change = Change(
        epoch=before.epoch,
        seq=before.seq + 1,
        kind=kind,
        subject=subject,
        event=event,
        published=max(now or clock.now(), clock.later(before.published, milliseconds=1)),
        digest=digest(payload) if payload is not None else "",
        payload=payload,
        origin=origin,
        in_feed=in_feed,
    )
    last = {"seq": change.seq, "published": change.published}
    connection.execute(update(_HEAD).where(LogHeadRow.id == 1).values(last))
    if not first:
        older = update(_CHANGE).where(ChangeRow.subject == subject, ChangeRow.origin == origin, _NEWEST)
        connection.execute(older.values(superseded=change.published))
    packed = zlib.compress(payload, 6) if payload is not None else None
    connection.execute(insert_into(_CHANGE), {**change._asdict(), "payload": packed})
    changed_by_statement(session, LogHeadRow, 1)
    return change


def changes(
    session: Session, *, epoch: str, after: int, limit: int = PAGE, payload: bool = False
) -> list[Change]:
    """The entries after a seq of an epoch, in order. An unknown epoch has none: its follower starts anew."""
    query = select(ChangeRow) if payload else select(ChangeRow).options(defer(ChangeRow.payload))
    following = query.where(ChangeRow.epoch == epoch, ChangeRow.seq > after).order_by(ChangeRow.seq)
    return [
        _unpacked(row) if payload else _change(row, None) for row in session.scalars(following.limit(limit))
    ]


def _change(row: ChangeRow, payload: bytes | None) -> Change:
    stored: dict[str, Any] = {name: getattr(row, name) for name in Change._fields}
    return Change(**{**stored, "payload": payload})


def _unpacked(row: ChangeRow) -> Change:
    return _change(row, zlib.decompress(row.payload) if row.payload is not None else None)


def published(session: Session, *, epoch: str, seq: int) -> str:
    """When an entry was published; "" if there is none."""
    entry = (ChangeRow.epoch == epoch) & (ChangeRow.seq == seq)
    return session.scalar(select(ChangeRow.published).where(entry)) or ""


def newest(session: Session, subject: str, *, origin: str = "") -> Change | None:
    """The newest entry of one instance ("" for this one) about a subject, with its payload."""
    entries = select(ChangeRow).where(ChangeRow.subject == subject, ChangeRow.origin == origin, _NEWEST)
    row = session.scalars(entries).first()
    return _unpacked(row) if row is not None else None


def payloads(session: Session, subjects: Iterable[str]) -> dict[str, bytes]:
    """What this instance says now of each of the subjects, compressed as stored; what has none is absent."""
    own = ChangeRow.subject.in_(list(subjects)) & (ChangeRow.origin == "")
    query = select(ChangeRow.subject, ChangeRow.payload).where(own, _NEWEST)
    return {subject: payload for subject, payload in session.execute(query) if payload is not None}


def living(session: Session, *, kind: str, origin: str | None = None) -> Iterator[list[tuple[str, bytes]]]:
    """(subject, compressed payload) of everything of a kind that was not deleted, by subject, in batches.

    `origin` asks for what one instance says ("" for this one), None for all.
    """
    wanted: ColumnElement[bool] = _ALIVE & (ChangeRow.kind == kind) & ChangeRow.payload.is_not(None)
    if origin is not None:
        wanted &= ChangeRow.origin == origin
    order = (ChangeRow.subject, ChangeRow.origin)  # two instances may speak of the same subject
    query = select(*order, ChangeRow.payload).where(wanted).order_by(*order).limit(PAGE)
    after = ("", "")
    while batch := session.execute(query.where(tuple_(*order) > after)).all():
        yield [(row.subject, row.payload) for row in batch if row.payload is not None]
        after = (batch[-1].subject, batch[-1].origin)


def kinds_alive(session: Session) -> list[str]:
    """The kinds of which anything is alive, in order: also such as this version has no row for."""
    return list(session.scalars(select(ChangeRow.kind).where(_ALIVE).distinct().order_by(ChangeRow.kind)))


def new_epoch(session: Session) -> Iterator[Change]:
    """Begin a new epoch: yields the newest entry of each living subject, to be appended again by the caller.

    In the order they were published. Time never goes back: the head keeps its `published`.
    """
    row = _locked_head(session)
    keys = select(ChangeRow.epoch, ChangeRow.seq).where(_ALIVE)
    living_keys = session.execute(keys.order_by(ChangeRow.published, ChangeRow.seq)).all()
    row.epoch = ulid()
    row.seq = 0
    session.flush()
    for start_at in range(0, len(living_keys), PAGE):
        batch = [(epoch, seq) for epoch, seq in living_keys[start_at : start_at + PAGE]]
        query = select(ChangeRow).where(tuple_(ChangeRow.epoch, ChangeRow.seq).in_(batch))
        for found in session.scalars(query.order_by(ChangeRow.published, ChangeRow.seq)).all():
            yield _unpacked(found)
        session.expire_all()


def restate(session: Session, changes: Iterable[Change]) -> int:
    """Append entries of an earlier epoch again as first appearances, byte for byte.

    Those without content are left out. How many.
    """
    count = 0
    for change in changes:
        if change.payload is not None:
            append(
                session,
                kind=change.kind,
                subject=change.subject,
                event=Event.CREATE,
                payload=change.payload,
                origin=change.origin,
                in_feed=change.in_feed,
            )
            count += 1
    return count
