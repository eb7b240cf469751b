"""Requests with two people and what they decided, parts of tickets that are destroyed, and views without restricted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0011"
down_revision = "0010"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SHOWN = "retention_state <> 'destroying' AND NOT restricted"
LIVE = f"(status = 'new' OR status = 'open') AND {SHOWN}"
ASKED = ("id", "desk_key", "retention_state", "restricted")
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
KINDS = "('access', 'rectification', 'erasure', 'restriction', 'objection', 'portability')"


def _views() -> None:
    """What is restricted stands in no view (AVG art. 18), and costs none of them anything."""
    found = {f"ix_ticket_{view}": ([*columns], where) for view, (columns, where) in VIEWS.items()}
    for view in ("open", "mine", "unassigned", "waiting"):
        columns, where = VIEWS[view]
        by_opening = ["opened_at" if column == "waiting_since" else column for column in columns]
        found[f"ix_ticket_{view}_opened"] = (by_opening, where)
    for name, (columns, where) in found.items():
        op.drop_index(name, "ticket")
        op.create_index(name, "ticket", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _to(table: str, column: str, other: str, *, nullable: bool = True, ondelete: str | None = None) -> list[SchemaItem]:
    """A column that points at another table, with its constraint."""
    key = sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)
    return [sa.Column(column, BIG, nullable=nullable), key]


def _request() -> None:
    """The table anew: nothing wrote it so far."""
    op.drop_table("request_ticket")
    op.drop_table("rights_request")
    name = "rights_request"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        *_to(name, "person_id", "person"),
        *_to(name, "ticket_id", "ticket", ondelete="SET NULL"),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("extended_because", sa.Text(), nullable=True),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("identity", sa.String(length=32), nullable=True),
        sa.Column("mask_words", sa.Text(), nullable=True),
        sa.Column("notify", sa.Text(), nullable=True),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decision_text", sa.Text(), nullable=True),
        *_to(name, "opened_by_id", "account", nullable=False),
        *_to(name, "handler_id", "account"),
        *_to(name, "proposed_by_id", "account"),
        *_to(name, "second_id", "account"),
        *_to(name, "hold_id", "hold"),
        sa.Column("export_blob", sa.String(length=64), nullable=True),
        sa.Column("export_until", TIME, nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind in {KINDS}", name="ck_rights_request_kind"),
        sa.CheckConstraint(
            "state in ('open', 'collecting', 'review', 'released', 'closed')", name="ck_rights_request_state"
        ),
        sa.CheckConstraint("second_id is null or second_id <> proposed_by_id", name="ck_rights_request_two_people"),
        sa.CheckConstraint("second_id is null or proposed_by_id is not null", name="ck_rights_request_proposed"),
        sa.CheckConstraint("export_blob is null or second_id is not null", name="ck_rights_request_exported"),
        sa.CheckConstraint("(state = 'closed') = (closed_on is not null)", name="ck_rights_request_ended"),
        sa.PrimaryKeyConstraint("id", name="pk_rights_request"),
        sa.UniqueConstraint("export_blob", name="uq_rights_request_export_blob"),
    )
    for column in ("closed_on", "person_id", "ticket_id"):
        op.create_index(f"ix_rights_request_{column}", name, [column])


def _of_request() -> None:
    name = "request_ticket"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        *_to(name, "request_id", "rights_request", nullable=False, ondelete="CASCADE"),
        *_to(name, "ticket_id", "ticket", nullable=False, ondelete="CASCADE"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "state in ('candidate', 'accepted', 'rejected', 'withheld')", name="ck_request_ticket_state"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_request_ticket"),
        sa.UniqueConstraint("request_id", "ticket_id", name="uq_request_ticket_request_id_ticket_id"),
    )
    op.create_index("ix_request_ticket_ticket_id", name, ["ticket_id"])
    name = "request_entry"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        *_to(name, "request_id", "rights_request", nullable=False, ondelete="CASCADE"),
        *_to(name, "ticket_id", "ticket", nullable=False, ondelete="CASCADE"),
        *_to(name, "entry_id", "entry", nullable=False, ondelete="CASCADE"),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_request_entry"),
        sa.UniqueConstraint("request_id", "entry_id", name="uq_request_entry_request_id_entry_id"),
    )
    op.create_index("ix_request_entry_ticket_id", name, ["ticket_id"])
    op.create_index("ix_request_entry_entry_id", name, ["entry_id"])
    name = "rectification"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        *_to(name, "request_id", "rights_request", nullable=False, ondelete="CASCADE"),
        sa.Column("field", sa.String(length=8), nullable=False),
        sa.Column("before", sa.String(length=320), nullable=False),
        sa.Column("after", sa.String(length=320), nullable=False),
        sa.Column("at", TIME, nullable=False),
        *_to(name, "account_id", "account", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rectification"),
    )
    op.create_index("ix_rectification_request_id", name, ["request_id"])


def _redaction() -> None:
    name = "redaction"
    op.create_table(
        name,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        *_to(name, "ticket_id", "ticket", nullable=False, ondelete="CASCADE"),
        *_to(name, "entry_id", "entry", nullable=False, ondelete="CASCADE"),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        *_to(name, "account_id", "account", nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("state in ('words', 'bytes', 'done')", name="ck_redaction_state"),
        sa.CheckConstraint("part in ('message', 'file', 'raw')", name="ck_redaction_part"),
        sa.PrimaryKeyConstraint("id", name="pk_redaction"),
        sa.UniqueConstraint("blob", name="uq_redaction_blob"),
    )
    op.create_index("ix_redaction_ticket_id", name, ["ticket_id"])
    op.create_index("ix_redaction_entry_id", name, ["entry_id"])
    where = sa.text("state <> 'done'")
    op.create_index("ix_redaction_open", name, ["id"], sqlite_where=where, postgresql_where=where)
    op.add_column("entry", sa.Column("redacted", sa.String(length=32), nullable=True))
    op.add_column("entry", sa.Column("files_redacted", sa.Integer(), server_default="0", nullable=False))


def _erasure() -> None:
    """SQLite takes a check only with a column."""
    op.execute(
        "ALTER TABLE disposal_list ADD COLUMN ground VARCHAR(32) "
        "CONSTRAINT ck_disposal_list_ground CHECK ((kind = 'erasure') = (ground IS NOT NULL)) "
        "CONSTRAINT ck_disposal_list_erasure CHECK (kind = 'due' OR mode = 'review')"
    )
    op.execute(
        f"ALTER TABLE disposal_list ADD COLUMN request_id {BIG.compile(op.get_bind().dialect)} "
        "CONSTRAINT fk_disposal_list_request_id REFERENCES rights_request (id)"
    )
    op.create_index("ix_disposal_list_request_id", "disposal_list", ["request_id"])


def upgrade() -> None:
    """Make the tables, and the indexes of the views anew."""
    _views()
    _request()
    _of_request()
    _redaction()
    _erasure()
