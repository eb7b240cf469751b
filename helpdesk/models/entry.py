"""Entries of a ticket, their words, their index and their files."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, String, Text, text
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

ENTRY_KINDS = ("mail", "answer", "note", "chat", "machine", "forward")
CONTENT_KINDS = (
    "subject",
    "body",
    "reply",
    "html_source",
    "html",
    "markdown",
    "headers",
    "filename",
    "remote_hosts",
    "draft",
    "draft_people",
    "draft_filename",
)
HTML_STATES = ("none", "waiting", "clean", "refused")
SCAN_STATES = ("none", "waiting", "clean", "quarantined", "failed", "too_large")


class Entry(Base):
    """One thing said in a ticket: a mail, an answer, a note."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint(f"kind in {ENTRY_KINDS}", name="kind"),
        Index("ix_entry_ticket", "ticket_id", "id", "account_id"),
        Index(
            "ix_entry_person",
            "person_id",
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index(
            "ix_entry_html",
            "html_state",
            "id",
            sqlite_where=text("html_state='waiting'"),
            postgresql_where=text("html_state='waiting'"),
        ),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"))
    kind: Mapped[str] = plain("mail, answer, note, chat, machine or forward", String(16))
    account_id: Mapped[int | None] = plain("points at the account that wrote it", BigId, ForeignKey("account.id"))
    person_id: Mapped[int | None] = plain("points at the person who wrote it", BigId, ForeignKey("person.id"))
    at: Mapped[dt.datetime] = plain("time it was said or arrived", UtcTime)
    message_id_digest: Mapped[str | None] = plain("keyed digest of the Message-ID", String(64), index=True)
    parent_digest: Mapped[str | None] = plain(
        "keyed digest of the Message-ID it answers, while that mail is not here", String(64), index=True
    )
    root_digest: Mapped[str | None] = plain(
        "keyed digest of the first Message-ID of its thread, while that mail is not here", String(64), index=True
    )
    inbound_id: Mapped[int | None] = plain("points at the mail as it came in", BigId, unique=True)
    client_id: Mapped[str | None] = plain(
        "random id of the form or line, so that a repeat is one", String(64), unique=True
    )
    html_state: Mapped[str] = plain("whether cleaned HTML is there", String(16), default="none")
    html_reason: Mapped[str | None] = plain("a fixed reason why HTML is not shown", String(32))
    remote_images: Mapped[int] = plain("images on the internet that are never loaded", default=0)
    cleaner_version: Mapped[int | None] = plain("version of the cleaning chain")
    verdict: Mapped[str | None] = plain("pass, fail or none: our own server's verdict on the sender", String(8))
    defects: Mapped[str | None] = plain("fixed codes of what was wrong with the mail", String(300))
    undone_at: Mapped[dt.datetime | None] = plain("time an answer was taken back", UtcTime)
    redacted: Mapped[str | None] = plain("a fixed code: why its words were destroyed", String(32))
    files_redacted: Mapped[int] = plain("files of it that were destroyed", default=0, server_default="0")


class Content(Base):
    """All free text, in one narrow table, so that a destruction rewrites little (hash partitions on PostgreSQL)."""

    __tablename__ = "content"
    __table_args__ = (Index("ix_content_entry", "ticket_id", "entry_id"),)

    id: Mapped[int] = plain("surrogate key", BigId, Sequence("content_id_seq"), primary_key=True, autoincrement=True)
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = plain("points at an entry; none is the ticket's subject or a draft", BigId)
    attachment_id: Mapped[int | None] = plain("points at an attachment, for its name", BigId)
    draft_id: Mapped[int | None] = plain("points at a draft", BigId)
    draft_file_id: Mapped[int | None] = plain("points at a file of a draft, for its name", BigId)
    kind: Mapped[str] = plain("what the text is", String(16))
    text: Mapped[str] = personal("conversation", Text)


class SearchText(Base):
    """Folded stems of one entry, indexed by the engine's full text."""

    __tablename__ = "search_text"

    entry_id: Mapped[int] = plain("points at an entry", BigId, primary_key=True, autoincrement=False)
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    stems: Mapped[str] = personal("conversation", Text)


class Attachment(Base):
    """A file of an entry; its bytes are a blob of its own, never shared between tickets; its name is a content."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index(
            "ix_attachment_scan",
            "scan",
            "id",
            sqlite_where=text("scan = 'waiting' OR scan = 'failed'"),
            postgresql_where=text("scan = 'waiting' OR scan = 'failed'"),
        ),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    entry_id: Mapped[int] = plain("points at an entry", BigId, ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    blob: Mapped[str] = plain("random key of the bytes", String(64), unique=True)
    content_type: Mapped[str] = plain("declared type, shortened", String(100))
    size: Mapped[int] = plain("bytes", BigId)
    inline: Mapped[bool] = plain("whether the mail shows it in its text", default=False)
    content_id: Mapped[str | None] = personal("conversation", String(300))
    scan: Mapped[str] = plain("what the virus scanner said", String(12), default="none", server_default="none")
