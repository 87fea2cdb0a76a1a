"""What operators search entries by, in an index of its own, and which files a repository was read for.

No such index for PostgreSQL: it keeps long documents apart anyway, and a row of its indices has at most 2,704
bytes, which these can exceed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
# catalog/base/wanted_files.py's version until now: whoever wants other files later reads them all once.
_WANTED = "e3741046bb47c085"


def upgrade() -> None:
    """Every repository was read for the files that were wanted until now."""
    wanted = sa.Column("wanted", sa.String(length=16), nullable=False, server_default="")
    op.add_column("repository", wanted)
    op.get_bind().execute(sa.table("repository", sa.column("wanted")).update().values(wanted=_WANTED))
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("solution_words", "solution", ["name", "slug", "repository", "id"])
