"""What SQLite and PostgreSQL have to be told differently.

SQLAlchemy has `ON CONFLICT` only in the `insert` of each dialect, not in its general one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to SQLite, which has one writer and sorts by bytes; else to PostgreSQL."""
    return session.get_bind().dialect.name == sqlite.dialect.name


def insert(session: Session, into: Any) -> sqlite.Insert | postgresql.Insert:
    """An `INSERT` into a table or a mapped class that can be told what to do on a conflict."""
    return sqlite.insert(into) if is_sqlite(session) else postgresql.insert(into)
