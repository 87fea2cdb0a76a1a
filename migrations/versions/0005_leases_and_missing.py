"""Whose lease a source has; since when a repository is missing; an index of the files with errors alone.

The moment stood inside the last fault until now.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
_REPOSITORY = sa.table("repository", sa.column("url"), sa.column("error"), sa.column("missing_since"))


def upgrade() -> None:
    """A lease of an older version has no holder and runs out by itself."""
    op.add_column("source", sa.Column("leased_by", sa.String(length=26), nullable=False, server_default=""))
    missing_since = sa.Column("missing_since", sa.String(length=24), nullable=False, server_default="")
    op.add_column("repository", missing_since)
    op.drop_index("record_errors", "record")
    few = sa.text("errors > 0")
    op.create_index("record_errors", "record", ["errors", "solution"], sqlite_where=few, postgresql_where=few)
    connection = op.get_bind()
    missing = sa.select(_REPOSITORY.c.url, _REPOSITORY.c.error).where(_REPOSITORY.c.error.contains('"since"'))
    for url, error in connection.execute(missing).all():
        row = _REPOSITORY.update().where(_REPOSITORY.c.url == url)
        connection.execute(row.values(missing_since=_since(error)))


def _since(error: str) -> str:
    """What a fault that was kept said; the fault itself stays as it is, and is read as any other."""
    try:
        since = json.loads(error).get("since", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return since[:24] if isinstance(since, str) else ""
