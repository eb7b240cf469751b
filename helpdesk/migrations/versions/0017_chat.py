"""Chats: how each stands, who of the advisors is there, and mails that carry several messages."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)


def _chat() -> None:
    op.create_table(
        "chat",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("for_account_id", BIG, nullable=True),
        sa.Column("queued_at", WHEN, nullable=False),
        sa.Column("offered_at", WHEN, nullable=True),
        sa.Column("quiet_since", WHEN, nullable=False),
        sa.Column("warned_at", WHEN, nullable=True),
        sa.Column("away_since", WHEN, nullable=True),
        sa.Column("unmailed_id", BIG, nullable=True),
        sa.Column("receipts", sa.Boolean(), nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("ended_by", sa.String(length=8), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'active', 'mail', 'ended')", name="ck_chat_state"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_chat_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_chat_account_id"),
        sa.ForeignKeyConstraint(["for_account_id"], ["account.id"], name="fk_chat_for_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat"),
        sa.UniqueConstraint("ticket_id", name="uq_chat_ticket_id"),
    )
    op.create_index("ix_chat_state", "chat", ["state", "queued_at", "id"])
    unmailed = sa.text("unmailed_id IS NOT NULL")
    op.create_index("ix_chat_unmailed", "chat", ["unmailed_id"], sqlite_where=unmailed, postgresql_where=unmailed)


def upgrade() -> None:
    """Make the tables; a mail gets the first of the messages that it carries."""
    _chat()
    op.create_table(
        "chat_advisor",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("missing_since", WHEN, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('available', 'handover', 'away')", name="ck_chat_advisor_state"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_chat_advisor_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", name="pk_chat_advisor"),
    )
    op.add_column("outgoing_mail", sa.Column("first_entry_id", BIG, nullable=True))
