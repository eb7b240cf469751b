"""The size of text and the height of rows, as each account chose."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; empty means: as usual."""
    op.add_column("account", sa.Column("text_size", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("density", sa.String(length=8), nullable=True))
