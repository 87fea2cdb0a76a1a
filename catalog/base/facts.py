"""Facts outside the payload: what pages show of an entry or a source although no log entry carries it.

Whether a repository answers, since when it fails, when something last happened, what a file is criticised
for. They are numbered in the row that also counts the log (`log_head.facts`), in the transaction that changes
them, so that followers and ETags hear of each change. Sessions of `Database.write` watch the columns of SHOWN
by themselves; what is written around the session's objects (`store.put`) calls `bump`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, inspect, select, update
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from catalog.base.loaded import changed_by_statement
from catalog.base.tables import (
    Base,
    InvolvedRow,
    LogHeadRow,
    PublisherRow,
    RecordRow,
    RepositoryRow,
    SolutionRow,
    SourceRow,
)

# Table -> the columns of it that a page, a facet or JSON shows and no payload carries. None stands for all.
SHOWN: dict[type[Base], frozenset[str] | None] = {
    SolutionRow: frozenset(
        (
            "state",
            "life",
            "life_since",
            "life_reason",
            "last_activity",
            "copy_of",
            "claims",
            "withdrawn",
            "hidden",
            "provenance",
            "document",
            "publisher",
            "slug",
            "repository",
            "modified",
            "created",
            "iri",
        )
    ),
    SourceRow: frozenset(("url", "kind", "state", "project", "succeeded", "failing_since", "error")),
    RepositoryRow: frozenset(("url", "solution")),
    RecordRow: frozenset(
        ("repository", "format", "path", "solution", "uri", "commit", "content", "reading", "fetched")
    ),
    PublisherRow: None,
    InvolvedRow: None,
}
# An execution option of a statement that changes no column of SHOWN although it changes such a table.
UNSEEN = {"facts": False}
_HEAD = LogHeadRow.metadata.tables[LogHeadRow.__tablename__]
_ONE_MORE = update(_HEAD).where(_HEAD.c.id == 1).values(facts=_HEAD.c.facts + 1).returning(_HEAD.c.facts)
_NUMBERED = "facts"  # of Session.info: (transaction, its number)


def bump(session: Session, solutions: Iterable[str] = ()) -> int:
    """Give the next number to what has changed, in the session's transaction.

    These solutions carry it from now on.
    """
    number = _next(session)
    ids = sorted(set(solutions))
    if ids:
        statement = update(SolutionRow).where(SolutionRow.id.in_(ids)).values(facts=number)
        session.execute(statement.execution_options(**UNSEEN))
    return number


def changed(session: Session, *, after: int, limit: int) -> tuple[list[str], int]:
    """(solutions whose facts have changed after a number, the number up to which these are all).

    About `limit` of them; a number that several solutions carry is not torn apart. What changed twice is met
    once, at its last number.
    """
    query = select(SolutionRow.facts, SolutionRow.id).where(SolutionRow.facts > after)
    rows = session.execute(query.order_by(SolutionRow.facts, SolutionRow.id).limit(limit + 1)).all()
    if len(rows) <= limit:
        return [row.id for row in rows], session.scalar(select(LogHeadRow.facts)) or 0
    last = rows[limit].facts
    whole = [row for row in rows if row.facts < last]
    if whole:
        return [row.id for row in whole], whole[-1].facts
    return list(session.scalars(select(SolutionRow.id).where(SolutionRow.facts == last))), last


def _next(session: Session) -> int:
    """The number of this transaction (of a savepoint its own, since that may be rolled back alone).

    Nobody sees what is not committed, so that one number is enough for all of it; the log's head stays locked
    until then.
    """
    transaction = session.get_nested_transaction() or session.get_transaction()
    known, number = session.info.get(_NUMBERED, (None, 0))
    if transaction is None or known is not transaction:
        number = _taken(session)
        session.info[_NUMBERED] = (session.get_nested_transaction() or session.get_transaction(), number)
    return int(number)


def _taken(session: Session) -> int:
    connection = session.connection()  # not the session itself, which may be about to flush
    number = connection.execute(_ONE_MORE).scalar_one()
    changed_by_statement(session, LogHeadRow, 1)
    return int(number)


def watch(session: Session) -> None:
    """From now on this session numbers what it changes in the columns of SHOWN."""
    event.listen(session, "before_flush", _before_flush)
    event.listen(session, "do_orm_execute", _before_statement)


def _before_flush(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    touched = [row for row in (*session.new, *session.dirty, *session.deleted) if _shows(session, row)]
    if not touched:
        return
    number = _next(session)
    for row in touched:
        if isinstance(row, SolutionRow) and row not in session.deleted:
            row.facts = number


def _shows(session: Session, row: object) -> bool:
    """Whether what is about to be written of this row can be seen."""
    if not isinstance(row, Base) or type(row) not in SHOWN:
        return False
    if row in session.new or row in session.deleted:
        return True
    columns = SHOWN[type(row)]
    if columns is None:
        return session.is_modified(row)
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in columns)


def _before_statement(state: ORMExecuteState) -> None:
    """A statement over many rows: its columns are not looked at, so that none is forgotten."""
    changes = state.is_update or state.is_delete or state.is_insert
    mapper = state.bind_mapper
    if (
        changes
        and mapper is not None
        and mapper.class_ in SHOWN
        and state.execution_options.get("facts", True)
    ):
        _next(state.session)
