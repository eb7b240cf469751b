"""Entries that went along with a merge or were moved, found by the entry: whose page shows a line asks for each."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Index the few events of these two kinds."""
    moved = sa.text("kind = 'entry_merged' OR kind = 'entry_moved_here'")
    op.create_index("ix_event_moved", "event", ["entry_id", "kind"], sqlite_where=moved, postgresql_where=moved)
