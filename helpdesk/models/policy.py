"""Approved registers, legal holds, lists for destruction and what is still to be written into the ledger."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

POLICY_STATES = ("proposed", "in_force", "retired", "withdrawn")
HOLD_KINDS = ("woo", "dispute", "audit", "investigation", "dsr", "breach")
HOLD_SCOPES = ("ticket", "person", "query")
LIST_KINDS = ("due", "erasure")
LIST_STATES = ("open", "window", "approved", "running", "done", "withdrawn")
ITEM_STATES = ("listed", "excepted", "withdrawn", "taken")
LEDGER_OPS = (
    "intent",
    "destroyed",
    "hold",
    "release",
    "redacted",
    "incident",
    "facts",
    "backup_expired",
    "restored",
    "masked",
    "backup",
)


class Policy(Base):
    """One version of the register of a processing: its text never changes, and two people put it in force (RD-13)."""

    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint(f"state in {POLICY_STATES}", name="state"),
        CheckConstraint("approved_by_id is null or approved_by_id <> proposed_by_id", name="two_people"),
        CheckConstraint("state <> 'in_force' or approved_by_id is not null", name="approved"),
        Index(
            "uq_policy_in_force",
            "processing",
            unique=True,
            sqlite_where=text("state='in_force'"),
            postgresql_where=text("state='in_force'"),
        ),
    )

    id: Mapped[int] = own_id()
    processing: Mapped[str] = plain("number of the processing", String(16))
    version: Mapped[str] = plain("first digits of the hash", String(16), unique=True)
    sha256: Mapped[str] = plain("hash of the text", String(64))
    text: Mapped[str] = plain("the register itself, which is public", Text)
    state: Mapped[str] = plain("where it stands", String(16), default="proposed")
    proposed_by_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"))
    proposed_at: Mapped[dt.datetime] = plain("time of the proposal", UtcTime)
    approved_by_id: Mapped[int | None] = plain("points at the second person", BigId, ForeignKey("account.id"))
    approved_at: Mapped[dt.datetime | None] = plain("time of the approval", UtcTime)
    row_version: Mapped[int] = plain("counts changes, for claims", default=1)


class PolicyEffect(Base):
    """What a proposed register would do to the tickets of one rule, that of today; TOTAL stands for all tickets.

    The row of all says how far the reckoning is.
    """

    __tablename__ = "policy_effect"

    policy_id: Mapped[int] = plain(
        "points at a version of a register", BigId, ForeignKey("policy.id", ondelete="CASCADE"), primary_key=True
    )
    rule: Mapped[str] = plain("rule of the register; empty for all", String(16), primary_key=True)
    tickets: Mapped[int] = plain("a number", default=0)
    earlier: Mapped[int] = plain("a number", default=0)
    later: Mapped[int] = plain("a number", default=0)
    never: Mapped[int] = plain("a number", default=0)
    dated: Mapped[int] = plain("a number", default=0)
    due: Mapped[int] = plain("a number", default=0)
    first_due_on: Mapped[dt.date | None] = plain("the earliest day of any ticket", Date)
    after_id: Mapped[int] = plain("the last ticket that was reckoned", BigId, default=0)
    done_at: Mapped[dt.datetime | None] = plain("time all were reckoned", UtcTime)


class Hold(Base):
    """A duty to preserve: while it stands nothing of its tickets is destroyed or rewritten (RD-30)."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint(f"kind in {HOLD_KINDS}", name="kind"),
        CheckConstraint(f"scope in {HOLD_SCOPES}", name="scope"),
        CheckConstraint("released_by_id is null or released_by_id <> release_asked_by_id", name="two_people"),
        CheckConstraint("released_at is null or release_asked_by_id is not null", name="asked"),
        CheckConstraint("(released_at is null) = (released_by_id is null)", name="ended"),
        CheckConstraint("(scope = 'person') = (person_id is not null)", name="of_person"),
        CheckConstraint("(scope = 'query') = (query is not null)", name="of_query"),
    )

    id: Mapped[int] = own_id()
    key: Mapped[str] = plain(
        "random name in the ledger", String(32), unique=True, index=True, default=lambda: secrets.token_hex(16)
    )
    kind: Mapped[str] = plain("ground of the duty, a fixed word", String(16))
    scope: Mapped[str] = plain("ticket, person or query", String(8))
    person_id: Mapped[int | None] = plain("points at a person", BigId, ForeignKey("person.id"), index=True)
    query: Mapped[str | None] = personal("case", String(500))
    reference: Mapped[str] = personal("case", String(100))
    reason: Mapped[str] = personal("case", Text)
    owner_id: Mapped[int] = plain("points at the account that answers for it", BigId, ForeignKey("account.id"))
    placed_by_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"))
    placed_at: Mapped[dt.datetime] = plain("time it was placed", UtcTime)
    review_on: Mapped[dt.date] = plain("day of the review", Date)
    release_asked_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
    release_asked_at: Mapped[dt.datetime | None] = plain("time the release was asked", UtcTime)
    release_reason: Mapped[str | None] = personal("case", Text)
    released_by_id: Mapped[int | None] = plain("points at the second person", BigId, ForeignKey("account.id"))
    released_at: Mapped[dt.datetime | None] = plain("time it ended", UtcTime)
    settled_at: Mapped[dt.datetime | None] = plain(
        "time all its tickets were found and reckoned; none while that is to be done", UtcTime
    )
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class HoldTicket(Base):
    """A ticket under a hold, whatever the hold's scope: written when the hold or the ticket comes."""

    __tablename__ = "hold_ticket"

    hold_id: Mapped[int] = plain("points at a hold", BigId, ForeignKey("hold.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = plain(
        "points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DisposalList(Base):
    """A list of tickets to be destroyed under one rule; `key` is its random name in ledger and certificate."""

    __tablename__ = "disposal_list"
    __table_args__ = (
        CheckConstraint(f"kind in {LIST_KINDS}", name="kind"),
        CheckConstraint(f"state in {LIST_STATES}", name="state"),
        CheckConstraint("mode in ('auto', 'review')", name="mode"),
        CheckConstraint("approved_by_id is null or approved_by_id <> proposed_by_id", name="two_people"),
        CheckConstraint(
            "not (mode = 'review' or braked) or state in ('open', 'window', 'withdrawn') or approved_by_id is not null",
            name="approved",
        ),
        CheckConstraint("approved_by_id is null or proposed_by_id is not null", name="proposed"),
        CheckConstraint("(kind = 'erasure') = (ground is not null)", name="ground"),
        CheckConstraint("kind = 'due' or mode = 'review'", name="erasure"),
    )

    id: Mapped[int] = own_id()
    key: Mapped[str] = plain("random name", String(32), unique=True)
    kind: Mapped[str] = plain("due, or an erasure on request", String(16), default="due")
    ground: Mapped[str | None] = plain("why an erasure comes before its term (art. 17(1)), a fixed word", String(32))
    request_id: Mapped[int | None] = plain(
        "the request that an erasure answers", BigId, ForeignKey("rights_request.id"), index=True
    )
    rule: Mapped[str] = plain("rule of the register", String(16))
    policy_version: Mapped[str] = plain("version of the register", String(16))
    mode: Mapped[str] = plain("auto or review", String(8))
    state: Mapped[str] = plain("where it stands", String(16), default="open")
    braked: Mapped[bool] = plain("whether it stopped for being too many at once", default=False)
    proposed_by_id: Mapped[int | None] = plain(
        "points at an account; none is the system", BigId, ForeignKey("account.id")
    )
    proposed_at: Mapped[dt.datetime] = plain("time of the list", UtcTime)
    executes_on: Mapped[dt.date] = plain("first day after the objection window", Date)
    approved_by_id: Mapped[int | None] = plain("points at the second person", BigId, ForeignKey("account.id"))
    approved_at: Mapped[dt.datetime | None] = plain("time of the approval", UtcTime)
    reason: Mapped[str | None] = personal("case", Text)
    sent_back_by_id: Mapped[int | None] = plain("points at who sent it back", BigId, ForeignKey("account.id"))
    sent_back_at: Mapped[dt.datetime | None] = plain("time it was sent back", UtcTime)
    remark: Mapped[str | None] = personal("case", Text)
    started_at: Mapped[dt.datetime | None] = plain("time destruction began", UtcTime)
    finished_at: Mapped[dt.datetime | None] = plain("time it was verified", UtcTime)
    destroyed: Mapped[int] = plain("tickets destroyed so far, with those merged into them", default=0)
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class DisposalItem(Base):
    """A ticket on a list; goes with the ticket."""

    __tablename__ = "disposal_item"
    __table_args__ = (
        CheckConstraint(f"state in {ITEM_STATES}", name="state"),
        UniqueConstraint("list_id", "ticket_id"),
    )

    id: Mapped[int] = own_id()
    list_id: Mapped[int] = plain("points at a list", BigId, ForeignKey("disposal_list.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = plain("where it stands", String(16), default="listed")
    reason: Mapped[str | None] = plain("a fixed code: why it was taken off", String(32))
    changed_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
    excepted_from: Mapped[dt.date | None] = plain("day its three months begin, if a person took it off", Date)


class LedgerLine(Base):
    """A line still to be appended to the ledger outside the database; written with what it tells of (rulings 3.2)."""

    __tablename__ = "ledger_line"
    __table_args__ = (CheckConstraint(f"op in {LEDGER_OPS}", name="op"),)

    id: Mapped[int] = own_id()
    op: Mapped[str] = plain("what happened, a fixed word", String(16))
    object_id: Mapped[str] = plain("random name of what it happened to", String(36))
    run: Mapped[str | None] = plain("random name of the list", String(32))
    rule: Mapped[str | None] = plain("rule of the register", String(16))
    policy_version: Mapped[str | None] = plain("version of the register", String(16))
    month: Mapped[str] = plain("a month, 2031-03", String(7))
    parts: Mapped[str] = plain("numbers of parts by kind", String(100), default="")
    methods: Mapped[str] = plain("fixed codes of how", String(100), default="")
    ok: Mapped[bool] = plain("whether it was verified", default=True)
    list_id: Mapped[int | None] = plain(
        "the list whose verification it waits for; none is ready to be appended",
        BigId,
        ForeignKey("disposal_list.id"),
        index=True,
    )
