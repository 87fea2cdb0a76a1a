"""An index that holds what operators search entries by, so that SQLite does not read the entries themselves.

Not for PostgreSQL: it keeps long documents apart anyway, and a row of its indices has at most 2,704 bytes.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing changes but how fast it is found."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("solution_words", "solution", ["name", "slug", "repository", "id"])
