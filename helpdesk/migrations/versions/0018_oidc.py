"""The work account that signs in to an account, tokens that were used, and sessions that another page vouched for."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "spent_token",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_spent_token"),
    )
    op.create_index("ix_spent_token_expires_at", "spent_token", ["expires_at"])
    op.add_column("account", sa.Column("work_subject", sa.String(length=64), nullable=True))
    op.create_index("ix_account_work_subject", "account", ["work_subject"], unique=True)
    op.add_column("requester_session", sa.Column("site", sa.String(length=200), nullable=True))
