"""Destruction: lines that wait for a verification, approvals that need a proposal, and tables written anew by name."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = ("content", "search_text")
PARTITIONS = 32
WITH_PEOPLE = (
    "address",
    "attachment",
    "fact",
    "known_name",
    "known_name_word",
    "outgoing_recipient",
    "person",
    "seen",
    "ticket_person",
    "access_log",
)
REWRITE = """
CREATE FUNCTION write_anew(name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE key text;
BEGIN
  IF name !~ '^({words})_[0-9][0-9]$' AND name NOT IN ({names}) THEN
    RAISE EXCEPTION 'not a table that is written anew';
  END IF;
  SELECT c.relname INTO STRICT key FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = pg_catalog.to_regclass(pg_catalog.quote_ident(name)) AND i.indisprimary;
  EXECUTE pg_catalog.format('CLUSTER %I USING %I', name, key);
END $$
"""


def _postgresql() -> None:
    """Who owns the tables lends this one right, for these tables only: the processes' role is no owner.

    Of texts no statistics are kept: samples of them would stand in a catalogue that nobody empties.
    """
    schema = op.get_bind().execute(sa.text("SELECT current_schema()")).scalar_one()
    names = ", ".join(f"'{name}'" for name in WITH_PEOPLE)
    op.execute(REWRITE.format(words="|".join(WORDS), names=names))
    op.execute(f'ALTER FUNCTION write_anew(text) SET search_path = "{schema}", pg_temp')
    for part in range(PARTITIONS):
        op.execute(f"ALTER TABLE content_{part:02} ALTER COLUMN text SET STATISTICS 0")
        op.execute(f"ALTER TABLE search_text_{part:02} ALTER COLUMN stems SET STATISTICS 0")
    op.execute("ALTER TABLE content ALTER COLUMN text SET STATISTICS 0")
    op.execute("ALTER TABLE search_text ALTER COLUMN stems SET STATISTICS 0")


def upgrade() -> None:
    """Add columns and their checks, and the index by which people are found whom nothing refers to any more."""
    op.execute(
        "ALTER TABLE disposal_list ADD COLUMN destroyed INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_disposal_list_proposed CHECK (approved_by_id IS NULL OR proposed_by_id IS NOT NULL)"
    )
    op.execute(
        f"ALTER TABLE ledger_line ADD COLUMN list_id {BIG.compile(op.get_bind().dialect)} "
        "CONSTRAINT fk_ledger_line_list_id REFERENCES disposal_list (id)"
    )
    op.create_index("ix_ledger_line_list_id", "ledger_line", ["list_id"])
    where = sa.text("person_id IS NOT NULL")
    op.create_index("ix_entry_person", "entry", ["person_id"], sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE disposal_list ALTER COLUMN destroyed DROP DEFAULT")
        _postgresql()
