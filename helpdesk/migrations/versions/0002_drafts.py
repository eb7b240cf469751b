"""Drafts with their files, notices, links for a forgotten password, and what people choose for themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status_after", sa.String(length=20), nullable=False),
        sa.Column("ticket_version", sa.Integer(), nullable=False),
        sa.Column("seen_entry_id", BIG, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.CheckConstraint("kind in ('answer', 'note')", name="ck_draft_kind"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_draft_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_draft_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
        sa.UniqueConstraint("ticket_id", "account_id", "kind", name="uq_draft_ticket_id_account_id_kind"),
    )
    op.create_index("ix_draft_account_id", "draft", ["account_id"], unique=False)


def _draft_file() -> None:
    op.create_table(
        "draft_file",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("draft_id", BIG, nullable=True),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_draft_file_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name="fk_draft_file_draft_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_draft_file"),
        sa.UniqueConstraint("blob", name="uq_draft_file_blob"),
    )
    op.create_index("ix_draft_file_ticket_id", "draft_file", ["ticket_id"], unique=False)
    op.create_index("ix_draft_file_draft_id", "draft_file", ["draft_id"], unique=False)


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=True),
        sa.Column("to_mail", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind in ('assigned', 'asker_answered', 'delivery_failed', 'bounced')", name="ck_notice_kind"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_notice_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_notice_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name="fk_notice_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_account", "notice", ["account_id", "seen_at"], unique=False)
    op.create_index("ix_notice_ticket_id", "notice", ["ticket_id"], unique=False)


def _sign_in_link() -> None:
    op.create_table(
        "sign_in_link",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("token_hmac", sa.String(length=64), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_sign_in_link_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_link"),
        sa.UniqueConstraint("token_hmac", name="uq_sign_in_link_token_hmac"),
    )
    op.create_index("ix_sign_in_link_account_id", "sign_in_link", ["account_id"], unique=False)


def upgrade() -> None:
    """Make the tables; the new columns are empty, which means: as the settings say."""
    _draft()
    _draft_file()
    _notice()
    _sign_in_link()
    op.add_column("content", sa.Column("draft_id", BIG, nullable=True))
    op.add_column("content", sa.Column("draft_file_id", BIG, nullable=True))
    op.add_column("account", sa.Column("theme", sa.String(length=8), nullable=True))
    op.add_column("account", sa.Column("shortcuts", sa.String(length=8), nullable=True))
    op.add_column("account", sa.Column("notify_mail", sa.Boolean(), nullable=True))
    op.add_column("account", sa.Column("undo_seconds", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.Integer(), nullable=True))
