"""What is looked for every minute is found by an index: mails that are remembered, and sign-in mails, by their age."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Index the mails of the last month and those that still lie in a mailbox, and the few ways to sign in."""
    for name, table, column, those in (
        ("ix_inbound_mail_remembered", "inbound_mail", "received_at", "digest IS NOT NULL"),
        ("ix_outgoing_mail_sign_in", "outgoing_mail", "give_up_at", "kind = 'sign_in'"),
    ):
        where = sa.text(those)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
