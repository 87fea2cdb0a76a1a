"""The log says whose word an entry is and when it was superseded.

Facts outside the payload are numbered; publishers are counted.
"""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Columns with a default that holds for what is there, filled from what the tables say already."""
    _columns()
    _tables()
    _hosts()
    _fill()
    op.drop_index("solution_feed", table_name="solution")
    op.drop_index("ix_solution_publisher", table_name="solution")
    op.drop_column("solution", "in_feed")
    op.create_index("solution_publisher", "solution", ["publisher", "state", "name"])
    op.create_index("ix_solution_facts", "solution", ["facts"])


def _columns() -> None:
    number = {"type_": sa.BigInteger(), "nullable": False, "server_default": "0"}
    op.add_column("log_head", sa.Column("facts", **number))
    op.add_column("follower", sa.Column("facts", **number))
    op.add_column("solution", sa.Column("facts", **number))
    text = {"nullable": False, "server_default": ""}
    op.add_column("change", sa.Column("origin", sa.String(length=500), **text))
    op.add_column("change", sa.Column("superseded", sa.String(length=24), **text))
    op.add_column("change", sa.Column("in_feed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("change_subject", table_name="change")


def _tables() -> None:
    op.create_table(
        "publisher",
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("drafts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_table(
        "involved",
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("solution", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["solution"], ["solution.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", "role", "solution"),
    )
    op.create_index("ix_involved_solution", "involved", ["solution"])


def _hosts() -> None:
    """A source's host; sources are few."""
    op.add_column("source", sa.Column("host", sa.String(length=300), nullable=False, server_default=""))
    op.create_index("ix_source_host", "source", ["host"])
    source = sa.table("source", sa.column("id"), sa.column("url"), sa.column("host"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(source.c.id, source.c.url)).all():
        host = (urlsplit(row.url).netloc.lower() or row.url)[:300]
        connection.execute(sa.update(source).where(source.c.id == row.id).values(host=host))


# `published` never goes back, so the next entry in time is the one that superseded.
_SUPERSEDED = """
UPDATE change SET superseded = coalesce(
  (SELECT min(following.published) FROM change AS following
   WHERE following.subject = change.subject AND following.published > change.published), '')
"""
_IN_FEED = """
UPDATE change SET in_feed = true WHERE superseded = '' AND event <> 'Delete' AND subject IN (
  SELECT meta.value || '/id/solution/' || solution.id FROM solution, meta
  WHERE meta.key = 'base_url' AND solution.in_feed)
"""


def _fill() -> None:
    op.create_index("change_in_time", "change", ["subject", "published"])
    op.execute(_SUPERSEDED)
    op.drop_index("change_in_time", table_name="change")
    op.create_index("change_subject", "change", ["subject", "superseded"])
    op.create_index("change_newest", "change", ["superseded", "kind", "subject"])
    op.execute(_IN_FEED)
