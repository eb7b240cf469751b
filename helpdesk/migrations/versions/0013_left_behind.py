"""Nothing outlives its ticket: the bytes of moved mails belong where these are, and PostgreSQL keeps no samples."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

OF_PEOPLE = {
    "address": ("value",),
    "attachment": ("content_id",),
    "fact": ("source_ref", "valid_on"),
    "known_name": ("folded",),
    "known_name_word": ("word",),
    "outgoing_recipient": ("name", "address"),
    "person": ("display_name", "folded", "dept_code", "personnel_no", "account_status", "language"),
    "search_query": ("query",),
    "ticket_person": ("name", "address"),
}
_MOVED = """
UPDATE inbound_mail SET ticket_id = (SELECT e.ticket_id FROM entry e WHERE e.inbound_id = inbound_mail.id)
  WHERE EXISTS (SELECT 1 FROM entry e WHERE e.inbound_id = inbound_mail.id AND e.ticket_id <> inbound_mail.ticket_id)"""
_WATCHED = ("fact",)
"""A trigger names its columns, so their type can't be set; of dates and references an old sample stays."""
_TYPE = (
    "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = :name"
)
_OF_WORDS = """
SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indexprs IS NOT NULL AND c.relnamespace = current_schema()::regnamespace ORDER BY 1"""


def upgrade() -> None:
    """Let moved bytes follow, write ended searches anew, keep no samples; setting a column's type drops old ones."""
    op.execute(_MOVED)
    if op.get_bind().dialect.name != "postgresql":
        return
    again = op.get_bind().execute(sa.text("SELECT pg_get_functiondef('write_anew(text)'::regprocedure)")).scalar_one()
    op.execute(again.replace("'ticket_person'", "'ticket_person', 'search_query'"))
    for table, columns in OF_PEOPLE.items():
        for name in columns:
            kind = op.get_bind().execute(sa.text(_TYPE), {"table": table, "name": name}).scalar_one()
            if table not in _WATCHED:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {kind}")
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 0")
    for index in op.get_bind().execute(sa.text(_OF_WORDS)).scalars().all():
        op.execute(f"ALTER INDEX {index} ALTER COLUMN 1 SET STATISTICS 0")
