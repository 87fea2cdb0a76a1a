"""Objects that a session has loaded, and statements that change their rows behind its back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from catalog.base.tables import Base


def changed_by_statement(session: Session, table: type[Base], key: object) -> None:
    """A row was changed without its object: if the session has one, it is loaded again when next asked."""
    known = session.identity_map.get(session.identity_key(table, key))
    if known is not None:
        session.expire(known)
