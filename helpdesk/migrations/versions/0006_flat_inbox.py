"""Lists and search that stay flat: an index per view, names found by their words, full text in windows of entries."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")
SHOWN = "retention_state <> 'destroying'"
LIVE = f"(status = 'new' OR status = 'open') AND {SHOWN}"
ASKED = ("id", "desk_key", "retention_state")
VIEWS = {
    "open": (["waiting_since", *ASKED, "status"], LIVE),
    "mine": (["assignee_id", "waiting_since", *ASKED, "status"], f"{LIVE} AND assignee_id IS NOT NULL"),
    "unassigned": (["waiting_since", *ASKED, "status", "assignee_id"], f"{LIVE} AND assignee_id IS NULL"),
    "waiting": (
        ["waiting_since", *ASKED, "status"],
        f"(status = 'waiting_for_asker' OR status = 'snoozed') AND {SHOWN}",
    ),
    "done": (["changed_at", *ASKED, "status"], f"status = 'done' AND {SHOWN}"),
    "all": (["changed_at", *ASKED], SHOWN),
}
WORDS = (
    "array_to_tsvector(string_to_array(stems, ' ') || "
    "ARRAY['A' || (entry_id >> 14)::text, 'B' || (entry_id >> 18)::text, 'C' || (entry_id >> 22)::text])"
)
NAMELESS = """
CREATE TRIGGER known_name_of_no_ticket_{when} AFTER {event} ON ticket_person
WHEN OLD.known_name_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ticket_person WHERE known_name_id = OLD.known_name_id)
BEGIN DELETE FROM known_name WHERE id = OLD.known_name_id; END
"""
NAMELESS_FUNCTION = """
CREATE FUNCTION forget_known_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NOT EXISTS (SELECT 1 FROM ticket_person WHERE known_name_id = OLD.known_name_id)
THEN DELETE FROM known_name WHERE id = OLD.known_name_id; END IF; RETURN NULL; END $$
"""
NAMELESS_POSTGRESQL = """
CREATE TRIGGER known_name_of_no_ticket AFTER DELETE OR UPDATE OF known_name_id ON ticket_person
FOR EACH ROW WHEN (OLD.known_name_id IS NOT NULL) EXECUTE FUNCTION forget_known_name()
"""


def _views() -> None:
    for name in (
        "list",
        "assignee",
        "changed_at",
        "desk_key",
        "hint_ticket_id",
        "merged_into_id",
        "previous_ticket_id",
    ):
        op.drop_index(f"ix_ticket_{name}", "ticket")
    found = {f"ix_ticket_{view}": ([*columns], where) for view, (columns, where) in VIEWS.items()}
    for view in ("open", "mine", "unassigned", "waiting"):
        columns, where = VIEWS[view]
        by_opening = ["opened_at" if column == "waiting_since" else column for column in columns]
        found[f"ix_ticket_{view}_opened"] = (by_opening, where)
    for column in ("hint_ticket_id", "merged_into_id", "previous_ticket_id"):
        found[f"ix_ticket_{column}"] = ([column], f"{column} IS NOT NULL")
    for name, (columns, where) in found.items():
        op.create_index(name, "ticket", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _tickets() -> None:
    op.drop_index("ix_event_ticket_id", "event")
    op.create_index("ix_event_ticket", "event", ["ticket_id", "id"])
    op.drop_index("ix_entry_ticket", "entry")
    op.create_index("ix_entry_ticket", "entry", ["ticket_id", "id", "account_id"])
    op.create_index("ix_content_entry", "content", ["ticket_id", "entry_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_content_ticket_id", "content")


def _names() -> None:
    op.create_table(
        "known_name",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("folded", sa.String(length=700), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_known_name_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_known_name"),
    )
    op.create_index("ix_known_name_person_id", "known_name", ["person_id"])
    op.create_table(
        "known_name_word",
        sa.Column("known_name_id", BIG, nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.ForeignKeyConstraint(
            ["known_name_id"], ["known_name.id"], name="fk_known_name_word_known_name_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("known_name_id", "word", name="pk_known_name_word"),
    )
    op.create_index("ix_known_name_word", "known_name_word", ["word", "known_name_id"])
    op.execute(
        "ALTER TABLE ticket_person ADD COLUMN known_name_id "
        f"{BIG.compile(op.get_bind().dialect)} CONSTRAINT fk_ticket_person_known_name_id REFERENCES known_name (id)"
    )
    _known_so_far()
    op.drop_column("ticket_person", "folded")
    op.drop_index("ix_ticket_person_person_id", "ticket_person")
    op.create_index("ix_ticket_person_person", "ticket_person", ["person_id", "ticket_id"])
    where = sa.text("known_name_id IS NOT NULL")
    op.create_index(
        "ix_ticket_person_known_name",
        "ticket_person",
        ["known_name_id", "ticket_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NAMELESS_FUNCTION)
        op.execute(NAMELESS_POSTGRESQL)
    else:
        op.execute(NAMELESS.format(when="gone", event="DELETE"))
        op.execute(NAMELESS.format(when="masked", event="UPDATE OF known_name_id"))


def _folded(text: str) -> str:
    marked = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in marked if not unicodedata.combining(char))
    return " ".join(word[:40] for word in re.findall(r"[^\W_]+", plain))[:700]


def _known_so_far() -> None:
    """Name the people of the tickets that are there."""
    bind = op.get_bind()
    found = "SELECT DISTINCT person_id, name, address FROM ticket_person WHERE role <> 'cc'"
    names: dict[tuple[int, str], int] = {}
    for person_id, name, address in bind.execute(sa.text(found)).all():
        key = (person_id, _folded(f"{name} {address}"))
        if key not in names:
            names[key] = len(names) + 1
            values = {"id": names[key], "person": key[0], "folded": key[1]}
            fresh = sa.text("INSERT INTO known_name (id, person_id, folded) VALUES (:id, :person, :folded)")
            bind.execute(fresh, values)
            for word in set(key[1].split()):
                row = {"name": names[key], "word": word}
                bind.execute(sa.text("INSERT INTO known_name_word (known_name_id, word) VALUES (:name, :word)"), row)
        bind.execute(
            sa.text(
                "UPDATE ticket_person SET known_name_id = :id "
                "WHERE person_id = :person AND name = :name AND address = :address AND role <> 'cc'"
            ),
            {"id": names[key], "person": person_id, "name": name, "address": address},
        )


def _words() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_search_text_tsv")
        op.drop_column("search_text", "tsv")
        op.execute(f"CREATE INDEX ix_search_text_words ON search_text USING gin (({WORDS})) WITH (fastupdate = off)")
        return
    op.execute("DROP TABLE search_index")
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5"
        "(stems, content='search_text', content_rowid='entry_id', tokenize='ascii', detail=none, columnsize=0)"
    )
    op.execute("INSERT INTO search_index(search_index) VALUES ('rebuild')")


def upgrade() -> None:
    """Change the indexes; words and names that are there are indexed anew."""
    _views()
    _tickets()
    _names()
    _words()
