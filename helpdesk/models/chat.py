"""Chats: how a ticket that is chatted on stands, and who of the advisors is there to chat. No word of anybody."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, plain

CHAT_STATES = ("waiting", "active", "mail", "ended")
CHAT_ENDS = ("idle", "advisor", "asker")
ADVISOR_STATES = ("available", "handover", "away")


class Chat(Base):
    """How the chat of a ticket stands; its lines are entries of the ticket, and it goes with the ticket."""

    __tablename__ = "chat"
    __table_args__ = (
        CheckConstraint(f"state in {CHAT_STATES}", name="state"),
        Index("ix_chat_state", "state", "queued_at", "id"),
        Index(
            "ix_chat_unmailed",
            "unmailed_id",
            sqlite_where=text("unmailed_id IS NOT NULL"),
            postgresql_where=text("unmailed_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain(
        "points at the ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), unique=True
    )
    state: Mapped[str] = plain("waiting, active, mail (goes on by mail) or ended", String(8))
    account_id: Mapped[int | None] = plain("points at the advisor who chats", BigId, ForeignKey("account.id"))
    for_account_id: Mapped[int | None] = plain(
        "points at the advisor it waits for, when it was handed over to one", BigId, ForeignKey("account.id")
    )
    queued_at: Mapped[dt.datetime] = plain("its place in the queue: the time it began to wait", UtcTime)
    offered_at: Mapped[dt.datetime | None] = plain("time since which somebody could have picked it up", UtcTime)
    quiet_since: Mapped[dt.datetime] = plain("time of the newest line, or of a sign that somebody is there", UtcTime)
    warned_at: Mapped[dt.datetime | None] = plain("time the silence was pointed out", UtcTime)
    away_since: Mapped[dt.datetime | None] = plain("time the requester was found gone", UtcTime)
    unmailed_id: Mapped[int | None] = plain("the first line of ours that may not have been seen", BigId)
    receipts: Mapped[bool] = plain("whether who asks lets be seen what was read", default=False)
    ended_at: Mapped[dt.datetime | None] = plain("time it ended", UtcTime)
    ended_by: Mapped[str | None] = plain("idle, advisor or asker", String(8))


class ChatAdvisor(Base):
    """Whether an advisor chats: as chosen, or as a rule set it; and how many chats at once."""

    __tablename__ = "chat_advisor"
    __table_args__ = (CheckConstraint(f"state in {ADVISOR_STATES}", name="state"),)

    account_id: Mapped[int] = plain(
        "points at an account",
        BigId,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    state: Mapped[str] = plain("available, handover (only what is handed over) or away", String(12))
    capacity: Mapped[int | None] = plain("chats at once; none is the setting's number")
    missing_since: Mapped[dt.datetime | None] = plain("time since which no page of theirs is connected", UtcTime)
    version: Mapped[int] = plain("counts changes, for claims", default=1)
