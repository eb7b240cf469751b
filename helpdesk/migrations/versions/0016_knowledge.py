"""Answers with topics, versions, texts and an index of their words; questions asked after one; replies to use again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0016"
down_revision = "0015"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def _to(
    table: str, column: str, other: str, *, nullable: bool = False, ondelete: str | None = None
) -> list[SchemaItem]:
    """A column that points at another table, with its constraint."""
    key = sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)
    return [sa.Column(column, BIG, autoincrement=False, nullable=nullable), key]


def _article() -> None:
    op.create_table(
        "article_topic",
        _id(),
        sa.Column("name_nl", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_article_topic"),
        sa.UniqueConstraint("name_nl", name="uq_article_topic_name_nl"),
        sa.UniqueConstraint("name_en", name="uq_article_topic_name_en"),
    )
    name = "article"
    op.create_table(
        name,
        _id(),
        *_to(name, "topic_id", "article_topic", nullable=True),
        sa.Column("desk_key", sa.String(length=64), nullable=False),
        *_to(name, "owner_id", "account"),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("latest_id", BIG, nullable=True),
        sa.Column("live_id", BIG, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("latest_id IS NOT NULL OR live_id IS NULL", name="ck_article_live"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
    )
    for column in ("topic_id", "owner_id", "review_on"):
        op.create_index(f"ix_article_{column}", name, [column])


def _versions() -> None:
    name = "article_version"
    op.create_table(
        name,
        _id(),
        *_to(name, "article_id", "article", ondelete="CASCADE"),
        sa.Column("number", sa.Integer(), nullable=False),
        *_to(name, "author_id", "account"),
        sa.Column("at", TIME, nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("helped", sa.Integer(), nullable=False),
        sa.Column("not_helped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_article_version"),
        sa.UniqueConstraint("article_id", "number", name="uq_article_version_article_id_number"),
    )
    op.create_index("ix_article_version_author_id", name, ["author_id"])
    name = "article_text"
    op.create_table(
        name,
        _id(),
        *_to(name, "version_id", "article_version", ondelete="CASCADE"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_article_text"),
        sa.UniqueConstraint("version_id", "language", name="uq_article_text_version_id_language"),
    )
    name = "article_word"
    op.create_table(
        name,
        sa.Column("word", sa.String(length=40), nullable=False),
        *_to(name, "version_id", "article_version", ondelete="CASCADE"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", "version_id", "language", name="pk_article_word"),
    )
    op.create_index("ix_article_word_version_id", name, ["version_id"])


def _of_tickets() -> None:
    name = "article_ticket"
    op.create_table(
        name,
        *_to(name, "ticket_id", "ticket", ondelete="CASCADE"),
        *_to(name, "article_id", "article", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "article_id", name="pk_article_ticket"),
    )
    op.create_index("ix_article_ticket_article_id", name, ["article_id"])


def _canned() -> None:
    name = "canned_reply"
    op.create_table(
        name,
        _id(),
        *_to(name, "account_id", "account", nullable=True),
        sa.Column("desk_key", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("text_nl", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(account_id IS NULL) <> (desk_key IS NULL)", name="ck_canned_reply_of_one"),
        sa.PrimaryKeyConstraint("id", name="pk_canned_reply"),
    )
    for column in ("account_id", "desk_key"):
        op.create_index(f"ix_canned_reply_{column}", name, [column])


def upgrade() -> None:
    """Make the tables; nothing is in them."""
    _article()
    _versions()
    _of_tickets()
    _canned()
