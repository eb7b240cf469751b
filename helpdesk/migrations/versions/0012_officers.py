"""Reads are logged, also those at the shell; a release says why; an advisor may belong to some desks only."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _nobody_may_read() -> None:
    """The table was never written: SQLite, which can't drop a NOT NULL, gets it anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("access_log", "account_id", nullable=True)
        return
    op.drop_table("access_log")
    op.create_table(
        "access_log",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_access_log_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_access_log_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_access_log"),
    )
    op.create_index("ix_access_log_ticket_id", "access_log", ["ticket_id"], unique=False)


def upgrade() -> None:
    """Let a line name nobody, add the indexes by which the log is read, and the two columns."""
    _nobody_may_read()
    op.create_index("ix_access_log_account_id_id", "access_log", ["account_id", "id"])
    op.create_index("ix_access_log_at", "access_log", ["at"])
    op.add_column("hold", sa.Column("release_reason", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("desks", sa.String(length=400), nullable=True))
