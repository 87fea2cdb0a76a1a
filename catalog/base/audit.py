"""What operators did: one line for each action, in the action's own transaction, never changed afterwards."""

from __future__ import annotations

from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.tables import AuditRow


def note(session: Session, account: str, *, action: str, subject: str, reason: str = "") -> None:
    """One line in the audit log: who did what to which entry, source or address, and why."""
    session.add(
        AuditRow(moment=clock.now(), account=account, action=action, subject=subject[:700], note=reason)
    )
    session.flush()
