"""Requests under the AVG and the log of who did what with rights and rules."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

REQUEST_KINDS = ("access", "rectification", "erasure", "restriction", "objection", "portability")
REQUEST_STATES = ("open", "collecting", "review", "released", "closed")
ITEM_STATES = ("candidate", "accepted", "rejected", "withheld")
REDACTION_STATES = ("words", "bytes", "done")
REDACTION_PARTS = ("message", "file", "raw")


class RightsRequest(Base):
    """One request of a person (AVG art. 15-21), with its deadline and decision."""

    __tablename__ = "rights_request"
    __table_args__ = (
        CheckConstraint(f"kind in {REQUEST_KINDS}", name="kind"),
        CheckConstraint(f"state in {REQUEST_STATES}", name="state"),
        CheckConstraint("second_id is null or second_id <> proposed_by_id", name="two_people"),
        CheckConstraint("second_id is null or proposed_by_id is not null", name="proposed"),
        CheckConstraint("export_blob is null or second_id is not null", name="exported"),
        CheckConstraint("(state = 'closed') = (closed_on is not null)", name="ended"),
    )

    id: Mapped[int] = own_id()
    kind: Mapped[str] = plain("which right, a fixed word", String(16))
    state: Mapped[str] = plain("where it stands", String(16), default="open")
    person_id: Mapped[int | None] = plain("points at a person", BigId, ForeignKey("person.id"), index=True)
    ticket_id: Mapped[int | None] = plain(
        "the ticket it came with", BigId, ForeignKey("ticket.id", ondelete="SET NULL"), index=True
    )
    received_on: Mapped[dt.date] = plain("day it came", Date)
    due_on: Mapped[dt.date] = plain("last day for the answer", Date)
    extended: Mapped[bool] = plain("whether two months were added (art. 12(3))", default=False)
    extended_because: Mapped[str | None] = personal("case", Text)
    wish: Mapped[str] = personal("case", Text)
    identity: Mapped[str | None] = plain("a fixed code: how it was established who asks", String(32))
    mask_words: Mapped[str | None] = personal("case", Text)
    notify: Mapped[str | None] = personal("case", Text)
    decision: Mapped[str | None] = plain("a fixed code", String(32))
    decision_text: Mapped[str | None] = personal("case", Text)
    channel: Mapped[str | None] = plain("portal, where who asks recorded it", String(16))
    opened_by_id: Mapped[int] = plain(
        "points at the account that recorded it, or of those who handle requests the one it fell to",
        BigId,
        ForeignKey("account.id"),
    )
    handler_id: Mapped[int | None] = plain("points at the account that handles it", BigId, ForeignKey("account.id"))
    proposed_by_id: Mapped[int | None] = plain(
        "points at the account that proposed the decision", BigId, ForeignKey("account.id")
    )
    second_id: Mapped[int | None] = plain("points at the second person", BigId, ForeignKey("account.id"))
    hold_id: Mapped[int | None] = plain("the hold it placed", BigId, ForeignKey("hold.id"))
    export_blob: Mapped[str | None] = plain("random key of the export while it is there", String(64), unique=True)
    export_until: Mapped[dt.datetime | None] = plain("time from which the export is gone", UtcTime)
    opened_at: Mapped[dt.datetime] = plain("time of the row", UtcTime)
    closed_on: Mapped[dt.date | None] = plain("day it was closed", Date, index=True)
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class RequestTicket(Base):
    """A ticket that may belong to a request, and what was decided about it."""

    __tablename__ = "request_ticket"
    __table_args__ = (
        CheckConstraint(f"state in {ITEM_STATES}", name="state"),
        UniqueConstraint("request_id", "ticket_id"),
    )

    id: Mapped[int] = own_id()
    request_id: Mapped[int] = plain("points at a request", BigId, ForeignKey("rights_request.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = plain("what was decided", String(16), default="candidate")
    reason: Mapped[str | None] = plain("a fixed code: why it is withheld (art. 15(4))", String(32))


class RequestEntry(Base):
    """A message that is left out of an export, and why."""

    __tablename__ = "request_entry"
    __table_args__ = (UniqueConstraint("request_id", "entry_id"),)

    id: Mapped[int] = own_id()
    request_id: Mapped[int] = plain("points at a request", BigId, ForeignKey("rights_request.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    entry_id: Mapped[int] = plain("points at an entry", BigId, ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = plain("a fixed code: why it is withheld (art. 15(4))", String(32))


class Rectification(Base):
    """A name or address that was put right: what stood there before, for privacy officers only (RD-85)."""

    __tablename__ = "rectification"

    id: Mapped[int] = own_id()
    request_id: Mapped[int] = plain(
        "points at a request", BigId, ForeignKey("rights_request.id", ondelete="CASCADE"), index=True
    )
    field: Mapped[str] = plain("name or address", String(8))
    before: Mapped[str] = personal("case", String(320))
    after: Mapped[str] = personal("case", String(320))
    at: Mapped[dt.datetime] = plain("time of the change", UtcTime)
    account_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"))


class Redaction(Base):
    """A message or file whose content is destroyed while its ticket stays (RD-86); goes with the ticket."""

    __tablename__ = "redaction"
    __table_args__ = (
        CheckConstraint(f"state in {REDACTION_STATES}", name="state"),
        CheckConstraint(f"part in {REDACTION_PARTS}", name="part"),
        Index(
            "ix_redaction_open",
            "id",
            sqlite_where=text("state <> 'done'"),
            postgresql_where=text("state <> 'done'"),
        ),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    entry_id: Mapped[int] = plain("points at an entry", BigId, ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    part: Mapped[str] = plain("message, file or raw: what it takes away", String(8))
    blob: Mapped[str | None] = plain("random key of the bytes that go, until they are gone", String(64), unique=True)
    reason: Mapped[str] = plain("a fixed code", String(32))
    state: Mapped[str] = plain("words gone, bytes gone, or done", String(8), default="words")
    account_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"))
    at: Mapped[dt.datetime] = plain("time of the decision", UtcTime)


class SecurityEvent(Base):
    """One act with rights or rules: grants, approvals, placements; each row seals the one before it (C42)."""

    __tablename__ = "security_event"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "at"))

    id: Mapped[int] = own_id()
    at: Mapped[dt.datetime] = personal("security_log", UtcTime)
    account_id: Mapped[int | None] = personal("security_log", BigId, ForeignKey("account.id"))
    verb: Mapped[str] = plain("a fixed verb", String(32))
    object_kind: Mapped[str] = plain("a fixed word", String(16), default="")
    object_id: Mapped[int | None] = plain("points at the object", BigId)
    seal: Mapped[str] = plain("hash over this row and the seal before it", String(64))
