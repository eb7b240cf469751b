"""The first schema: tickets, intake, outbox, people, accounts; words in narrow partitioned tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
PARTITIONS = 32


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("signature", sa.String(length=2000), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
    )


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.String(length=100), nullable=False),
        sa.Column("open_key", sa.String(length=140), nullable=True),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("mailed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
        sa.UniqueConstraint("open_key", name="uq_alarm_open_key"),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key_hmac", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_key_hmac", "attempt", ["key_hmac"], unique=False)


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )


def _flag() -> None:
    op.create_table(
        "flag",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_flag"),
    )


def _heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeat"),
    )


def _intake_total() -> None:
    op.create_table(
        "intake_total",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_intake_total"),
        sa.UniqueConstraint("mailbox", "month", "state", name="uq_intake_total_mailbox_month_state"),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _mail_seen() -> None:
    op.create_table(
        "mail_seen",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("uidvalidity", BIG, nullable=True),
        sa.Column("uid", BIG, nullable=True),
        sa.Column("last_seen_on", TIME, nullable=False),
        sa.Column("inbound_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_seen"),
        sa.UniqueConstraint("mailbox", "uidvalidity", "uid", name="uq_mail_seen_mailbox_uidvalidity_uid"),
    )
    op.create_index("ix_mail_seen_digest", "mail_seen", ["digest"], unique=False)
    op.create_index("ix_mail_seen_last_seen_on", "mail_seen", ["last_seen_on"], unique=False)


def _mailbox() -> None:
    op.create_table(
        "mailbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("desk_key", sa.String(length=64), nullable=False),
        sa.Column("polled_at", TIME, nullable=True),
        sa.Column("server_count", sa.Integer(), nullable=True),
        sa.Column("oldest_at", TIME, nullable=True),
        sa.Column("last_mail_at", TIME, nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("left_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox"),
        sa.UniqueConstraint("name", name="uq_mailbox_name"),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("display_name", sa.String(length=300), nullable=True),
        sa.Column("dept_code", sa.String(length=100), nullable=True),
        sa.Column("personnel_no", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('employee', 'external', 'trainer', 'staff', 'unknown')", name="ck_person_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("personnel_no", name="uq_person_personnel_no"),
    )


def _account_role() -> None:
    op.create_table(
        "account_role",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("desk_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_role_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account_role"),
        sa.UniqueConstraint("account_id", "role", name="uq_account_role_account_id_role"),
    )
    op.create_index("ix_account_role_account_id", "account_role", ["account_id"], unique=False)


def _address() -> None:
    op.create_table(
        "address",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("verified_at", TIME, nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_address_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.UniqueConstraint("value", name="uq_address_value"),
    )
    op.create_index("ix_address_person_id", "address", ["person_id"], unique=False)


def _blocked_sender() -> None:
    op.create_table(
        "blocked_sender",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("blocked_at", TIME, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_blocked_sender_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_blocked_sender"),
        sa.UniqueConstraint("address", name="uq_blocked_sender_address"),
    )


def _ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("desk_key", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("assignee_id", BIG, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("waiting_since", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("snoozed_until", TIME, nullable=True),
        sa.Column("hint_ticket_id", BIG, nullable=True),
        sa.Column("hint_reason", sa.String(length=32), nullable=True),
        sa.Column("merged_into_id", BIG, nullable=True),
        sa.Column("previous_ticket_id", BIG, nullable=True),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("destroy_id", sa.String(length=36), nullable=False),
        sa.Column("retention_state", sa.String(length=32), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("rule", sa.String(length=16), nullable=True),
        sa.Column("policy_version", sa.String(length=16), nullable=True),
        sa.Column("art9", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('new', 'open', 'waiting_for_asker', 'snoozed', 'done')", name="ck_ticket_status"
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["account.id"], name="fk_ticket_assignee_id"),
        sa.ForeignKeyConstraint(
            ["hint_ticket_id"], ["ticket.id"], name="fk_ticket_hint_ticket_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["ticket.id"], name="fk_ticket_merged_into_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["previous_ticket_id"], ["ticket.id"], name="fk_ticket_previous_ticket_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sa.UniqueConstraint("destroy_id", name="uq_ticket_destroy_id"),
        sa.UniqueConstraint("number", name="uq_ticket_number"),
    )
    op.create_index("ix_ticket_assignee", "ticket", ["assignee_id", "status", "waiting_since"], unique=False)
    op.create_index("ix_ticket_changed_at", "ticket", ["changed_at"], unique=False)
    op.create_index("ix_ticket_desk_key", "ticket", ["desk_key"], unique=False)
    op.create_index(
        "ix_ticket_due",
        "ticket",
        ["due_on"],
        unique=False,
        sqlite_where=sa.text("retention_state='dated'"),
        postgresql_where=sa.text("retention_state='dated'"),
    )
    op.create_index("ix_ticket_hint_ticket_id", "ticket", ["hint_ticket_id"], unique=False)
    op.create_index("ix_ticket_list", "ticket", ["status", "waiting_since", "id"], unique=False)
    op.create_index("ix_ticket_merged_into_id", "ticket", ["merged_into_id"], unique=False)
    op.create_index("ix_ticket_previous_ticket_id", "ticket", ["previous_ticket_id"], unique=False)


def _web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hmac", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_web_session_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("token_hmac", name="uq_web_session_token_hmac"),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"], unique=False)


def _access_log() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_access_log_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_access_log_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_access_log"),
    )
    op.create_index("ix_access_log_ticket_id", "access_log", ["ticket_id"], unique=False)


def _entry() -> None:
    op.create_table(
        "entry",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("message_id_digest", sa.String(length=64), nullable=True),
        sa.Column("parent_digest", sa.String(length=64), nullable=True),
        sa.Column("root_digest", sa.String(length=64), nullable=True),
        sa.Column("inbound_id", BIG, nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("html_state", sa.String(length=16), nullable=False),
        sa.Column("html_reason", sa.String(length=32), nullable=True),
        sa.Column("remote_images", sa.Integer(), nullable=False),
        sa.Column("cleaner_version", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("defects", sa.String(length=300), nullable=True),
        sa.Column("undone_at", TIME, nullable=True),
        sa.CheckConstraint("kind in ('mail', 'answer', 'note', 'chat', 'machine', 'forward')", name="ck_entry_kind"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_entry_account_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_entry_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_entry_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("client_id", name="uq_entry_client_id"),
        sa.UniqueConstraint("inbound_id", name="uq_entry_inbound_id"),
    )
    op.create_index(
        "ix_entry_html",
        "entry",
        ["html_state", "id"],
        unique=False,
        sqlite_where=sa.text("html_state='waiting'"),
        postgresql_where=sa.text("html_state='waiting'"),
    )
    op.create_index("ix_entry_message_id_digest", "entry", ["message_id_digest"], unique=False)
    op.create_index("ix_entry_parent_digest", "entry", ["parent_digest"], unique=False)
    op.create_index("ix_entry_root_digest", "entry", ["root_digest"], unique=False)
    op.create_index("ix_entry_ticket", "entry", ["ticket_id", "id"], unique=False)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("before", sa.String(length=64), nullable=True),
        sa.Column("after", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_event_account_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_event_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_ticket_id", "event", ["ticket_id"], unique=False)


def _inbound_mail() -> None:
    op.create_table(
        "inbound_mail",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("desk_key", sa.String(length=64), nullable=False),
        sa.Column("uidvalidity", BIG, nullable=True),
        sa.Column("uid", BIG, nullable=True),
        sa.Column("arrived_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("filed_at", TIME, nullable=True),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("size", BIG, nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("duplicate_of_id", BIG, nullable=True),
        sa.Column("message_id_digest", sa.String(length=64), nullable=True),
        sa.Column("parent_digests", sa.Text(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("envelope_null", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("skip_rules", sa.Boolean(), nullable=False),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.Column("same_message_id", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", TIME, nullable=True),
        sa.Column("faulted_by", sa.String(length=100), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state in ('received', 'filed', 'machine', 'duplicate', 'parked', 'discarded')",
            name="ck_inbound_mail_state",
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name="fk_inbound_mail_decided_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_inbound_mail_ticket_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_mail"),
        sa.UniqueConstraint("blob", name="uq_inbound_mail_blob"),
        sa.UniqueConstraint("digest", name="uq_inbound_mail_digest"),
        sa.UniqueConstraint("mailbox", "uidvalidity", "uid", name="uq_inbound_mail_mailbox_uidvalidity_uid"),
    )
    op.create_index("ix_inbound_mail_duplicate_of_id", "inbound_mail", ["duplicate_of_id"], unique=False)
    op.create_index("ix_inbound_mail_message_id", "inbound_mail", ["message_id_digest"], unique=False)
    op.create_index("ix_inbound_mail_queue", "inbound_mail", ["state", "mailbox", "arrived_at", "id"], unique=False)
    op.create_index("ix_inbound_mail_ticket_id", "inbound_mail", ["ticket_id"], unique=False)


def _outgoing_mail() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=True),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("date", TIME, nullable=False),
        sa.Column("seed", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("parent_entry_id", BIG, nullable=True),
        sa.Column("send_after", TIME, nullable=False),
        sa.Column("next_try_at", TIME, nullable=False),
        sa.Column("give_up_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", TIME, nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.Column("reply_code", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'failed', 'cancelled')", name="ck_outgoing_mail_state"
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_outgoing_mail_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_mail"),
        sa.UniqueConstraint("message_id", name="uq_outgoing_mail_message_id"),
    )
    op.create_index("ix_outgoing_mail_entry_id", "outgoing_mail", ["entry_id"], unique=False)
    op.create_index("ix_outgoing_mail_queue", "outgoing_mail", ["state", "next_try_at"], unique=False)
    op.create_index("ix_outgoing_mail_ticket_id", "outgoing_mail", ["ticket_id"], unique=False)


def _search_query() -> None:
    op.create_table(
        "search_query",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", BIG, nullable=False),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["web_session.id"], name="fk_search_query_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_query"),
    )
    op.create_index("ix_search_query_session_id", "search_query", ["session_id"], unique=False)


def _ticket_person() -> None:
    op.create_table(
        "ticket_person",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("folded", sa.String(length=700), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_ticket_person_person_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_ticket_person_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_person"),
        sa.UniqueConstraint("ticket_id", "address", "role", name="uq_ticket_person_ticket_id_address_role"),
    )
    op.create_index("ix_ticket_person_address", "ticket_person", ["address"], unique=False)
    op.create_index("ix_ticket_person_person_id", "ticket_person", ["person_id"], unique=False)


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("ticket_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_attachment_entry_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_attachment_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.UniqueConstraint("blob", name="uq_attachment_blob"),
    )
    op.create_index("ix_attachment_entry_id", "attachment", ["entry_id"], unique=False)
    op.create_index("ix_attachment_ticket_id", "attachment", ["ticket_id"], unique=False)


def _outgoing_recipient() -> None:
    op.create_table(
        "outgoing_recipient",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("outgoing_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("status_code", sa.String(length=32), nullable=True),
        sa.Column("changed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["outgoing_id"], ["outgoing_mail.id"], name="fk_outgoing_recipient_outgoing_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_recipient"),
    )
    op.create_index("ix_outgoing_recipient_address", "outgoing_recipient", ["address"], unique=False)
    op.create_index("ix_outgoing_recipient_outgoing_id", "outgoing_recipient", ["outgoing_id"], unique=False)


def _content() -> None:
    op.create_table(
        "content",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("ticket_id", BIG, sa.ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("entry_id", BIG),
        sa.Column("attachment_id", BIG),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )


def _search_text() -> None:
    op.create_table(
        "search_text",
        sa.Column("entry_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("ticket_id", BIG, sa.ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("stems", sa.Text(), nullable=False),
    )
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5"
        "(stems, content='search_text', content_rowid='entry_id', tokenize='unicode61 remove_diacritics 2')"
    )


def _partitioned(table: str, columns: str, key: str) -> None:
    op.execute(
        f"CREATE TABLE {table} ({columns}, ticket_id bigint NOT NULL, PRIMARY KEY (ticket_id, {key})) "
        "PARTITION BY HASH (ticket_id)"
    )
    for part in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE {table}_{part:02} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
        )
    op.create_foreign_key(f"fk_{table}_ticket_id", table, "ticket", ["ticket_id"], ["id"], ondelete="CASCADE")


def _partitioned_words() -> None:
    op.execute("CREATE SEQUENCE content_id_seq")
    _partitioned(
        "content",
        "id bigint NOT NULL DEFAULT nextval('content_id_seq'), entry_id bigint, attachment_id bigint, "
        "kind varchar(16) NOT NULL, text text NOT NULL",
        "id",
    )
    _partitioned(
        "search_text",
        "entry_id bigint NOT NULL, stems text NOT NULL, "
        "tsv tsvector GENERATED ALWAYS AS (to_tsvector('simple', stems)) STORED",
        "entry_id",
    )
    op.execute("CREATE INDEX ix_search_text_tsv ON search_text USING gin (tsv)")


TABLES = (
    _account,
    _alarm,
    _attempt,
    _counter,
    _flag,
    _heartbeat,
    _intake_total,
    _lease,
    _mail_seen,
    _mailbox,
    _person,
    _account_role,
    _address,
    _blocked_sender,
    _ticket,
    _web_session,
    _access_log,
    _entry,
    _event,
    _inbound_mail,
    _outgoing_mail,
    _search_query,
    _ticket_person,
    _attachment,
    _outgoing_recipient,
)


def upgrade() -> None:
    """Make all tables, in the order of their foreign keys."""
    for make in TABLES:
        make()
    if op.get_bind().dialect.name == "postgresql":
        _partitioned_words()
    else:
        _content()
        _search_text()
