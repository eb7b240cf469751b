"""People who ask sign in by mail; requests they record themselves; and whether they want receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def _links() -> None:
    name = "requester_link"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("outgoing_id", BIG, nullable=False),
        sa.Column("token_hmac", sa.String(length=64), nullable=False),
        sa.Column("code_hmac", sa.String(length=64), nullable=False),
        sa.Column("browser_hmac", sa.String(length=64), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["outgoing_id"], ["outgoing_mail.id"], name=f"fk_{name}_outgoing_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("token_hmac", name=f"uq_{name}_token_hmac"),
        sa.UniqueConstraint("browser_hmac", name=f"uq_{name}_browser_hmac"),
    )
    op.create_index(f"ix_{name}_outgoing_id", name, ["outgoing_id"])


def _sessions() -> None:
    name = "requester_session"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hmac", sa.String(length=64), nullable=False),
        sa.Column("address_id", BIG, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ends", TIME, nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=f"fk_{name}_address_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("token_hmac", name=f"uq_{name}_token_hmac"),
    )
    op.create_index(f"ix_{name}_address_id", name, ["address_id"])


def upgrade() -> None:
    """Make the tables and the columns."""
    _links()
    _sessions()
    op.add_column("rights_request", sa.Column("channel", sa.String(length=16), nullable=True))
    op.add_column("person", sa.Column("receipts", sa.Boolean(), nullable=True))
