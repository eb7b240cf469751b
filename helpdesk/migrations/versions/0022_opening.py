"""Opening hours by day of the week, and days that are otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; they are empty until somebody changes the hours, and the settings say them until then."""
    op.create_table(
        "opening_spell",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("since", sa.Time(), nullable=False),
        sa.Column("until", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday >= 0 and weekday <= 6", name="ck_opening_spell_weekday"),
        sa.CheckConstraint("since < until", name="ck_opening_spell_order"),
        sa.PrimaryKeyConstraint("id", name="pk_opening_spell"),
    )
    op.create_table(
        "opening_day",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("reason_nl", sa.String(length=200), nullable=False),
        sa.Column("reason_en", sa.String(length=200), nullable=False),
        sa.CheckConstraint("first <= last", name="ck_opening_day_order"),
        sa.PrimaryKeyConstraint("id", name="pk_opening_day"),
    )
