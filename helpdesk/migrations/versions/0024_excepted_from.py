"""From which day on a ticket that was taken off a list stays off: its list may be proposed anew, and run later."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Count what is off now from the day on which its list runs, as before."""
    op.add_column("disposal_item", sa.Column("excepted_from", sa.Date))
    op.execute(
        "UPDATE disposal_item SET excepted_from = (SELECT executes_on FROM disposal_list"
        " WHERE disposal_list.id = disposal_item.list_id) WHERE state = 'excepted'"
    )
