"""Indices for what is few among many and operators ask for: repositories that fail, files with errors."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing changes but how fast it is found."""
    op.create_index("ix_repository_failing_since", "repository", ["failing_since"])
    op.create_index("record_errors", "record", ["errors", "solution"])
