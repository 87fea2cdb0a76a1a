"""Whose lease a source has: only its holder ends it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """A lease of an older version has no holder and runs out by itself."""
    op.add_column("source", sa.Column("leased_by", sa.String(length=26), nullable=False, server_default=""))
