"""A list can be sent back with words, and what a proposed register would do is kept beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("tickets", "earlier", "later", "never", "dated", "due")


def upgrade() -> None:
    """Add the three columns, the table of effects, and the indexes by which the security log is read."""
    big = BIG.compile(op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE disposal_list ADD COLUMN sent_back_by_id {big} "
        "CONSTRAINT fk_disposal_list_sent_back_by_id REFERENCES account (id)"
    )
    op.add_column("disposal_list", sa.Column("sent_back_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("disposal_list", sa.Column("remark", sa.Text(), nullable=True))
    op.create_table(
        "policy_effect",
        sa.Column("policy_id", BIG, nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("first_due_on", sa.Date(), nullable=True),
        sa.Column("after_id", BIG, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name="fk_policy_effect_policy_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("policy_id", "rule", name="pk_policy_effect"),
    )
    op.create_index("ix_security_event_account_id_id", "security_event", ["account_id", "id"])
    op.create_index("ix_security_event_at", "security_event", ["at"])
