"""Holds get a random name in the ledger, and the time all their tickets were found; how one ends is checked."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

CHECKS = {
    "ended": "(released_at IS NULL) = (released_by_id IS NULL)",
    "of_person": "(scope = 'person') = (person_id IS NOT NULL)",
    "of_query": "(scope = 'query') = (query IS NOT NULL)",
}


def upgrade() -> None:
    """Add the columns, and the checks with the first of them: SQLite takes a check only with a column."""
    bind = op.get_bind()
    checks = " ".join(f"CONSTRAINT ck_hold_{name} CHECK ({said})" for name, said in CHECKS.items())
    op.execute(f"ALTER TABLE hold ADD COLUMN key VARCHAR(32) DEFAULT '' NOT NULL {checks}")
    for hold_id in bind.execute(sa.text("SELECT id FROM hold")).scalars().all():
        named = sa.text("UPDATE hold SET key = :key WHERE id = :id")
        bind.execute(named, {"key": secrets.token_hex(16), "id": hold_id})
    if bind.dialect.name == "postgresql":
        op.execute("ALTER TABLE hold ALTER COLUMN key DROP DEFAULT")
    op.create_index("ix_hold_key", "hold", ["key"], unique=True)
    op.add_column("hold", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
