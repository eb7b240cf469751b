"""People's facts and imports, registers in force, holds, lists for destruction, requests, and the ledger's outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def _ledger_line() -> None:
    op.create_table(
        "ledger_line",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("op", sa.String(length=16), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("run", sa.String(length=32), nullable=True),
        sa.Column("rule", sa.String(length=16), nullable=True),
        sa.Column("policy_version", sa.String(length=16), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("parts", sa.String(length=100), nullable=False),
        sa.Column("methods", sa.String(length=100), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "op in ('intent', 'destroyed', 'hold', 'release', 'redacted', 'incident', "
            "'facts', 'backup_expired', 'restored', 'masked')",
            name="ck_ledger_line_op",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_line"),
    )


def _disposal_list() -> None:
    op.create_table(
        "disposal_list",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("policy_version", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("braked", sa.Boolean(), nullable=False),
        sa.Column("proposed_by_id", BIG, nullable=True),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("executes_on", sa.Date(), nullable=False),
        sa.Column("approved_by_id", BIG, nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('due', 'erasure')", name="ck_disposal_list_kind"),
        sa.CheckConstraint("mode in ('auto', 'review')", name="ck_disposal_list_mode"),
        sa.CheckConstraint(
            "not (mode = 'review' or braked) or state in ('open', 'window', 'withdrawn') or approved_by_id is not null",
            name="ck_disposal_list_approved",
        ),
        sa.CheckConstraint(
            "state in ('open', 'window', 'approved', 'running', 'done', 'withdrawn')", name="ck_disposal_list_state"
        ),
        sa.CheckConstraint(
            "approved_by_id is null or approved_by_id <> proposed_by_id", name="ck_disposal_list_two_people"
        ),
        sa.ForeignKeyConstraint(["approved_by_id"], ["account.id"], name="fk_disposal_list_approved_by_id"),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["account.id"], name="fk_disposal_list_proposed_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disposal_list"),
        sa.UniqueConstraint("key", name="uq_disposal_list_key"),
    )


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("source_ref", sa.String(length=200), nullable=True),
        sa.Column("supersedes_id", BIG, nullable=True),
        sa.Column("retracts", sa.Boolean(), nullable=False),
        sa.Column("recorded_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "type in ('employment.start', 'employment.end', 'dismissal.settled', "
            "'account.last_login', 'contract.end', 'system.lms.end_of_life')",
            name="ck_fact_type",
        ),
        sa.CheckConstraint("not retracts or supersedes_id is not null", name="ck_fact_retracts"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_fact_person_id"),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["account.id"], name="fk_fact_recorded_by_id"),
        sa.ForeignKeyConstraint(["supersedes_id"], ["fact.id"], name="fk_fact_supersedes_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fact"),
        sa.UniqueConstraint("supersedes_id", name="uq_fact_supersedes_id"),
    )
    op.create_index("ix_fact_person", "fact", ["person_id", "id"], unique=False)


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("query", sa.String(length=500), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("placed_by_id", BIG, nullable=False),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("release_asked_by_id", BIG, nullable=True),
        sa.Column("release_asked_at", TIME, nullable=True),
        sa.Column("released_by_id", BIG, nullable=True),
        sa.Column("released_at", TIME, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('woo', 'dispute', 'audit', 'investigation', 'dsr', 'breach')", name="ck_hold_kind"
        ),
        sa.CheckConstraint("scope in ('ticket', 'person', 'query')", name="ck_hold_scope"),
        sa.CheckConstraint("released_at is null or release_asked_by_id is not null", name="ck_hold_asked"),
        sa.CheckConstraint(
            "released_by_id is null or released_by_id <> release_asked_by_id", name="ck_hold_two_people"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_hold_owner_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_hold_person_id"),
        sa.ForeignKeyConstraint(["placed_by_id"], ["account.id"], name="fk_hold_placed_by_id"),
        sa.ForeignKeyConstraint(["release_asked_by_id"], ["account.id"], name="fk_hold_release_asked_by_id"),
        sa.ForeignKeyConstraint(["released_by_id"], ["account.id"], name="fk_hold_released_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_index("ix_hold_person_id", "hold", ["person_id"], unique=False)


def _import_profile() -> None:
    op.create_table(
        "import_profile",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=16), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("date_order", sa.String(length=4), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["account.id"], name="fk_import_profile_changed_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_profile"),
        sa.UniqueConstraint("name", name="uq_import_profile_name"),
    )


def _policy() -> None:
    op.create_table(
        "policy",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("processing", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by_id", BIG, nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("approved_by_id", BIG, nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'in_force' or approved_by_id is not null", name="ck_policy_approved"),
        sa.CheckConstraint("state in ('proposed', 'in_force', 'retired', 'withdrawn')", name="ck_policy_state"),
        sa.CheckConstraint("approved_by_id is null or approved_by_id <> proposed_by_id", name="ck_policy_two_people"),
        sa.ForeignKeyConstraint(["approved_by_id"], ["account.id"], name="fk_policy_approved_by_id"),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["account.id"], name="fk_policy_proposed_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_policy"),
        sa.UniqueConstraint("version", name="uq_policy_version"),
    )
    op.create_index(
        "uq_policy_in_force",
        "policy",
        ["processing"],
        unique=True,
        sqlite_where=sa.text("state='in_force'"),
        postgresql_where=sa.text("state='in_force'"),
    )


def _security_event() -> None:
    op.create_table(
        "security_event",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column("object_kind", sa.String(length=16), nullable=False),
        sa.Column("object_id", BIG, nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_security_event_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_security_event"),
    )


def _disposal_item() -> None:
    op.create_table(
        "disposal_item",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("list_id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("changed_by_id", BIG, nullable=True),
        sa.CheckConstraint("state in ('listed', 'excepted', 'withdrawn', 'taken')", name="ck_disposal_item_state"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["account.id"], name="fk_disposal_item_changed_by_id"),
        sa.ForeignKeyConstraint(["list_id"], ["disposal_list.id"], name="fk_disposal_item_list_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_disposal_item_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_disposal_item"),
        sa.UniqueConstraint("list_id", "ticket_id", name="uq_disposal_item_list_id_ticket_id"),
    )
    op.create_index("ix_disposal_item_ticket_id", "disposal_item", ["ticket_id"], unique=False)


def _hold_ticket() -> None:
    op.create_table(
        "hold_ticket",
        sa.Column("hold_id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name="fk_hold_ticket_hold_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_hold_ticket_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hold_id", "ticket_id", name="pk_hold_ticket"),
    )
    op.create_index("ix_hold_ticket_ticket_id", "hold_ticket", ["ticket_id"], unique=False)


def _import_run() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("profile_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("file_kind", sa.String(length=8), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("row_done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("brake", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("started_by_id", BIG, nullable=True),
        sa.Column("second_id", BIG, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('preview', 'braked', 'running', 'done', 'stopped', 'failed')", name="ck_import_run_state"
        ),
        sa.CheckConstraint("second_id is null or second_id <> started_by_id", name="ck_import_run_two_people"),
        sa.ForeignKeyConstraint(["profile_id"], ["import_profile.id"], name="fk_import_run_profile_id"),
        sa.ForeignKeyConstraint(["second_id"], ["account.id"], name="fk_import_run_second_id"),
        sa.ForeignKeyConstraint(["started_by_id"], ["account.id"], name="fk_import_run_started_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
        sa.UniqueConstraint("blob", name="uq_import_run_blob"),
    )


def _rights_request() -> None:
    op.create_table(
        "rights_request",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=True),
        sa.Column("decision_text", sa.Text(), nullable=True),
        sa.Column("handler_id", BIG, nullable=False),
        sa.Column("second_id", BIG, nullable=True),
        sa.Column("hold_id", BIG, nullable=True),
        sa.Column("list_id", BIG, nullable=True),
        sa.Column("export_blob", sa.String(length=64), nullable=True),
        sa.Column("export_until", TIME, nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('access', 'rectification', 'erasure', 'restriction', 'objection', 'portability')",
            name="ck_rights_request_kind",
        ),
        sa.CheckConstraint(
            "state in ('open', 'collecting', 'review', 'released', 'closed')", name="ck_rights_request_state"
        ),
        sa.CheckConstraint("second_id is null or second_id <> handler_id", name="ck_rights_request_two_people"),
        sa.ForeignKeyConstraint(["handler_id"], ["account.id"], name="fk_rights_request_handler_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name="fk_rights_request_hold_id"),
        sa.ForeignKeyConstraint(["list_id"], ["disposal_list.id"], name="fk_rights_request_list_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_rights_request_person_id"),
        sa.ForeignKeyConstraint(["second_id"], ["account.id"], name="fk_rights_request_second_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_rights_request_ticket_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_rights_request"),
        sa.UniqueConstraint("export_blob", name="uq_rights_request_export_blob"),
    )
    op.create_index("ix_rights_request_closed_on", "rights_request", ["closed_on"], unique=False)
    op.create_index("ix_rights_request_person_id", "rights_request", ["person_id"], unique=False)
    op.create_index("ix_rights_request_ticket_id", "rights_request", ["ticket_id"], unique=False)


def _import_problem() -> None:
    op.create_table(
        "import_problem",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name="fk_import_problem_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_import_problem"),
        sa.UniqueConstraint("run_id", "line", "code", name="uq_import_problem_run_id_line_code"),
    )
    op.create_index("ix_import_problem_run_id", "import_problem", ["run_id"], unique=False)


def _request_ticket() -> None:
    op.create_table(
        "request_ticket",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "state in ('candidate', 'accepted', 'rejected', 'withheld')", name="ck_request_ticket_state"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rights_request.id"], name="fk_request_ticket_request_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_request_ticket_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_request_ticket"),
        sa.UniqueConstraint("request_id", "ticket_id", name="uq_request_ticket_request_id_ticket_id"),
    )
    op.create_index("ix_request_ticket_ticket_id", "request_ticket", ["ticket_id"], unique=False)


def _unchanging(table: str, columns: str) -> None:
    """Refuse an UPDATE of these columns on both engines, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_unchanging BEFORE UPDATE OF {columns} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_unchanging() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is only added to'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_unchanging BEFORE UPDATE OF {columns} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_unchanging()"
    )


def upgrade() -> None:
    """Make the tables; tickets keep waiting for a register until one is in force."""
    _ledger_line()
    _disposal_list()
    _fact()
    _hold()
    _import_profile()
    _policy()
    _security_event()
    _disposal_item()
    _hold_ticket()
    _import_run()
    _rights_request()
    _import_problem()
    _request_ticket()
    op.add_column("account_role", sa.Column("granted_at", TIME, nullable=True))
    op.add_column("account_role", sa.Column("granted_by_id", BIG, nullable=True))
    op.add_column("person", sa.Column("account_status", sa.String(length=32), nullable=True))
    op.add_column("person", sa.Column("processing", sa.String(length=16), nullable=False, server_default="551"))
    op.add_column("person", sa.Column("directory_due_on", sa.Date(), nullable=True))
    op.create_index("ix_person_directory_due_on", "person", ["directory_due_on"], unique=False)
    op.add_column("ticket", sa.Column("recheck_on", sa.Date(), nullable=True))
    op.drop_index("ix_ticket_due", table_name="ticket", sqlite_where=sa.text("retention_state='dated'"))
    op.create_index(
        "ix_ticket_recheck",
        "ticket",
        ["recheck_on"],
        unique=False,
        sqlite_where=sa.text("recheck_on is not null"),
        postgresql_where=sa.text("recheck_on is not null"),
    )
    op.create_index("ix_ticket_retention", "ticket", ["retention_state", "rule", "due_on", "id"], unique=False)
    op.add_column("ticket_person", sa.Column("masked", sa.Boolean(), nullable=False, server_default=sa.false()))
    _unchanging("policy", "processing, version, sha256, text, proposed_by_id")
    _unchanging("fact", "person_id, type, valid_on, recorded_at, source, supersedes_id, retracts")
    _unchanging("security_event", "at, account_id, verb, object_kind, object_id, seal")
