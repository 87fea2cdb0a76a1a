"""What the log drops: superseded payloads after their time, earlier epochs, all about an erased subject."""

from __future__ import annotations

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from catalog.base.tables import ChangeRow
from catalog.changes.log import head


def compact(session: Session, *, before: str) -> int:
    """Drop payloads that a newer entry superseded before that moment. How many."""
    old = (ChangeRow.superseded != "") & (ChangeRow.superseded < before) & ChangeRow.payload.is_not(None)
    dropped = session.execute(update(ChangeRow).where(old).values(payload=None))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def forget_earlier_epochs(session: Session) -> None:
    """Drop the payloads of all epochs but the current one: what is alive has been stated again."""
    current = head(session).epoch
    session.execute(update(ChangeRow).where(ChangeRow.epoch != current).values(payload=None))


def forget(session: Session, subject: str) -> None:
    """Erasure: drop all payloads about a subject at once."""
    session.execute(update(ChangeRow).where(ChangeRow.subject == subject).values(payload=None))


def drop_earlier_epochs(session: Session) -> None:
    """Delete the entries of all epochs but the current one.

    Only for `rebase`, which has stated everything anew.
    """
    session.execute(delete(ChangeRow).where(ChangeRow.epoch != head(session).epoch))
