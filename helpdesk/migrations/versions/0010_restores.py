"""Restored backups and what people confirmed since; the ledger tells of every backup, so that an older copy is seen."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
BEFORE = "'masked'"
AFTER = "'masked', 'backup'"
CHECK = "ck_ledger_line_op"
OPS = (
    "op in ('intent', 'destroyed', 'hold', 'release', 'redacted', 'incident', 'facts', 'backup_expired', 'restored', "
    "'masked', 'backup')"
)


def _ledger_line() -> None:
    """One word more is allowed; SQLite takes another check only with another table."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE ledger_line DROP CONSTRAINT {CHECK}, ADD CONSTRAINT {CHECK} CHECK ({OPS})")
        return
    said = bind.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'ledger_line'")).scalar_one()
    fresh = said.replace("ledger_line", "ledger_line_fresh", 1).replace(BEFORE, AFTER, 1)
    bind.exec_driver_sql(fresh)
    op.execute("INSERT INTO ledger_line_fresh SELECT * FROM ledger_line")
    op.execute("DROP TABLE ledger_line")
    op.execute("ALTER TABLE ledger_line_fresh RENAME TO ledger_line")
    op.create_index("ix_ledger_line_list_id", "ledger_line", ["list_id"])


def _restore() -> None:
    op.create_table(
        "restore",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("backup_key", sa.String(length=32), nullable=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("replayed_at", TIME, nullable=True),
        sa.Column("destroyed", sa.Integer(), nullable=False),
        sa.Column("outbox_at", TIME, nullable=True),
        sa.Column("outbox_by_id", BIG, nullable=True),
        sa.Column("mailbox_at", TIME, nullable=True),
        sa.Column("mailbox_by_id", BIG, nullable=True),
        sa.Column("facts_at", TIME, nullable=True),
        sa.Column("facts_by_id", BIG, nullable=True),
        sa.CheckConstraint("state in ('found', 'replaying', 'open', 'over')", name="ck_restore_state"),
        sa.ForeignKeyConstraint(["outbox_by_id"], ["account.id"], name="fk_restore_outbox_by_id"),
        sa.ForeignKeyConstraint(["mailbox_by_id"], ["account.id"], name="fk_restore_mailbox_by_id"),
        sa.ForeignKeyConstraint(["facts_by_id"], ["account.id"], name="fk_restore_facts_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_restore"),
    )
    op.create_table(
        "restore_ticket",
        sa.Column("restore_id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.CheckConstraint("why in ('facts', 'redacted', 'masked')", name="ck_restore_ticket_why"),
        sa.ForeignKeyConstraint(
            ["restore_id"], ["restore.id"], name="fk_restore_ticket_restore_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_restore_ticket_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("restore_id", "ticket_id", "why", name="pk_restore_ticket"),
    )
    op.create_index("ix_restore_ticket_ticket_id", "restore_ticket", ["ticket_id"])


def upgrade() -> None:
    """Make the tables, and let the ledger tell of backups."""
    _ledger_line()
    _restore()
