"""Tickets and the people on them: ids, states and times only; every word stands in `content`."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

STATUSES = ("new", "open", "waiting_for_asker", "snoozed", "done")
CHANNELS = ("mail", "chat", "portal", "phone", "desk")

SHOWN = "retention_state <> 'destroying' AND NOT restricted"
LIVE = f"(status = 'new' OR status = 'open') AND {SHOWN}"
IN_VIEW = {
    "open": LIVE,
    "mine": f"{LIVE} AND assignee_id IS NOT NULL",
    "unassigned": f"{LIVE} AND assignee_id IS NULL",
    "waiting": f"(status = 'waiting_for_asker' OR status = 'snoozed') AND {SHOWN}",
    "done": f"status = 'done' AND {SHOWN}",
    "all": SHOWN,
}
"""What makes a ticket stand in a view: the words of a partial index, which a query must repeat as they are here."""


def _view_index(view: str, *columns: str, name: str = "") -> Index:
    """The index a view is read from, in its order; with all a count asks, so that it reads nothing else."""
    said = IN_VIEW[view]
    where = text(said)
    asked = [
        name
        for name in ("retention_state", "restricted", "status", "assignee_id")
        if name in said and name not in columns
    ]
    names = (*columns, "id", "desk_key", *asked)
    return Index(name or f"ix_ticket_{view}", *names, sqlite_where=where, postgresql_where=where)


def _where_set(column: str) -> Index:
    """An index of the few rows in which a column is set."""
    where = text(f"{column} IS NOT NULL")
    return Index(f"ix_ticket_{column}", column, sqlite_where=where, postgresql_where=where)


class Ticket(Base):
    """One question with everything said about it."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint(f"status in {STATUSES}", name="status"),
        _view_index("open", "waiting_since"),
        _view_index("mine", "assignee_id", "waiting_since"),
        _view_index("unassigned", "waiting_since"),
        _view_index("waiting", "waiting_since"),
        _view_index("done", "changed_at"),
        _view_index("all", "changed_at"),
        _view_index("open", "opened_at", name="ix_ticket_open_opened"),
        _view_index("mine", "assignee_id", "opened_at", name="ix_ticket_mine_opened"),
        _view_index("unassigned", "opened_at", name="ix_ticket_unassigned_opened"),
        _view_index("waiting", "opened_at", name="ix_ticket_waiting_opened"),
        _where_set("hint_ticket_id"),
        _where_set("merged_into_id"),
        _where_set("previous_ticket_id"),
        Index("ix_ticket_retention", "retention_state", "rule", "due_on", "id"),
        Index(
            "ix_ticket_recheck",
            "recheck_on",
            sqlite_where=text("recheck_on is not null"),
            postgresql_where=text("recheck_on is not null"),
        ),
    )

    id: Mapped[int] = own_id()
    number: Mapped[str] = plain("year and running number, 2026-01342", String(16), unique=True)
    desk_key: Mapped[str] = plain("name of a desk in the settings", String(64))
    channel: Mapped[str] = plain("mail, chat, portal, phone or desk", String(16), default="mail")
    status: Mapped[str] = plain("state of the work", String(20), default="new")
    assignee_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
    language: Mapped[str | None] = plain("nl or en, as far as it could be told", String(8))
    opened_at: Mapped[dt.datetime] = plain("time of the first entry", UtcTime)
    waiting_since: Mapped[dt.datetime] = plain("time since which the requester waits", UtcTime)
    changed_at: Mapped[dt.datetime] = plain("time of the last change", UtcTime)
    done_at: Mapped[dt.datetime | None] = plain("time it was done", UtcTime)
    snoozed_until: Mapped[dt.datetime | None] = plain("time it wakes", UtcTime)
    hint_ticket_id: Mapped[int | None] = plain(
        "the ticket this looks like a follow-up to", BigId, ForeignKey("ticket.id", ondelete="SET NULL")
    )
    hint_reason: Mapped[str | None] = plain("a fixed reason of the hint", String(32))
    merged_into_id: Mapped[int | None] = plain(
        "the ticket its entries went to", BigId, ForeignKey("ticket.id", ondelete="SET NULL")
    )
    previous_ticket_id: Mapped[int | None] = plain(
        "the done ticket this one follows", BigId, ForeignKey("ticket.id", ondelete="SET NULL")
    )
    spam: Mapped[bool] = plain("whether an advisor called it spam", default=False)
    destroy_id: Mapped[str] = plain(
        "random name in the ledger of destruction", String(36), unique=True, default=lambda: str(uuid.uuid4())
    )
    retention_state: Mapped[str] = plain("one of the states of RD-24", String(32), default="waiting:register")
    due_on: Mapped[dt.date | None] = plain("first day of destruction", Date)
    recheck_on: Mapped[dt.date | None] = plain("next day on which time alone changes that", Date)
    rule: Mapped[str | None] = plain("rule of the register", String(16))
    policy_version: Mapped[str | None] = plain("version of the register", String(16))
    art9: Mapped[bool] = plain("whether special categories were flagged", default=False)
    restricted: Mapped[bool] = plain("whether processing is restricted (AVG art. 18)", default=False)
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class TicketPerson(Base):
    """A person's part in a ticket, with the name and address as they stood in the mail."""

    __tablename__ = "ticket_person"
    __table_args__ = (
        UniqueConstraint("ticket_id", "address", "role"),
        Index("ix_ticket_person_person", "person_id", "ticket_id"),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"))
    person_id: Mapped[int] = plain("points at a person", BigId, ForeignKey("person.id"))
    role: Mapped[str] = plain("requester, participant or cc", String(16))
    name: Mapped[str] = personal("contact", String(300), default="")
    address: Mapped[str] = personal("contact", String(320), default="")
    known_name_id: Mapped[int | None] = plain(
        "points at the name under which it is found; none for a copy", BigId, ForeignKey("known_name.id")
    )
    masked: Mapped[bool] = plain("whether name and address went before the ticket", default=False)


class Seen(Base):
    """How far an account has read a ticket; goes with the ticket and with the account."""

    __tablename__ = "seen"

    account_id: Mapped[int] = personal(
        "staff", BigId, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ticket_id: Mapped[int] = plain(
        "points at a ticket",
        BigId,
        ForeignKey("ticket.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    entry_id: Mapped[int] = personal("staff", BigId)


Index("ix_ticket_person_address", TicketPerson.address)
Index(
    "ix_ticket_person_known_name",
    TicketPerson.known_name_id,
    TicketPerson.ticket_id,
    sqlite_where=text("known_name_id IS NOT NULL"),
    postgresql_where=text("known_name_id IS NOT NULL"),
)


MOVED = "kind = 'entry_merged' OR kind = 'entry_moved_here'"
"""Events by which an entry came into another ticket; a query that says one of the two so finds it by the index."""


class Event(Base):
    """One thing that happened to a ticket: its timeline."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_ticket", "ticket_id", "id"),
        Index("ix_event_moved", "entry_id", "kind", sqlite_where=text(MOVED), postgresql_where=text(MOVED)),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = plain("points at an entry", BigId)
    account_id: Mapped[int | None] = plain("points at an account; none is the system", BigId, ForeignKey("account.id"))
    kind: Mapped[str] = plain("a fixed kind", String(32))
    at: Mapped[dt.datetime] = plain("time it happened", UtcTime)
    before: Mapped[str | None] = plain("an id or a fixed word", String(64))
    after: Mapped[str | None] = plain("an id or a fixed word", String(64))
