"""How far each account has read each ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; it is empty, which means: nobody has opened anything yet."""
    op.create_table(
        "seen",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("ticket_id", BIG, autoincrement=False, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_seen_account_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_seen_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "ticket_id", name="pk_seen"),
    )
    op.create_index("ix_seen_ticket_id", "seen", ["ticket_id"], unique=False)
