"""Backups that were put back, and what people confirmed since: until then nothing is sent, removed or destroyed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, plain

RESTORE_STATES = ("found", "replaying", "open", "over")
UNPLAYED = ("found", "replaying")
AGAIN = ("facts", "redacted", "masked")


class Restore(Base):
    """One backup that was put back: `found`, `replaying` the ledger, `open` until all is confirmed, `over`."""

    __tablename__ = "restore"
    __table_args__ = (CheckConstraint(f"state in {RESTORE_STATES}", name="state"),)

    id: Mapped[int] = own_id()
    state: Mapped[str] = plain("where it stands", String(16), default="found")
    backup_key: Mapped[str | None] = plain("random name of the backup; none if it was no backup of ours", String(32))
    made_at: Mapped[dt.datetime] = plain("time the backup was made: what came later is lost", UtcTime)
    found_at: Mapped[dt.datetime] = plain("time it was put back, or that was noticed", UtcTime)
    replayed_at: Mapped[dt.datetime | None] = plain("time the ledger was replayed", UtcTime)
    destroyed: Mapped[int] = plain("tickets destroyed again", default=0)
    outbox_at: Mapped[dt.datetime | None] = plain("time mail may be sent again", UtcTime)
    outbox_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
    mailbox_at: Mapped[dt.datetime | None] = plain("time mail may be removed from mailboxes again", UtcTime)
    mailbox_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
    facts_at: Mapped[dt.datetime | None] = plain("time the dates entered by hand were confirmed", UtcTime)
    facts_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))


class RestoreTicket(Base):
    """A ticket of which the ledger says that something was done to it since the backup, which has to be done again."""

    __tablename__ = "restore_ticket"
    __table_args__ = (CheckConstraint(f"why in {AGAIN}", name="why"),)

    restore_id: Mapped[int] = plain(
        "points at a restore", BigId, ForeignKey("restore.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_id: Mapped[int] = plain(
        "points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    why: Mapped[str] = plain("what was done, a fixed word of the ledger", String(16), primary_key=True)
