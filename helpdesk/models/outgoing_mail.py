"""The outbox: mails to be sent and what became of them; no bytes, for compose is pure."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

OUTGOING_STATES = ("queued", "sending", "sent", "failed", "cancelled")
OUTGOING_KINDS = ("answer", "receipt", "notice", "alarm", "password", "sign_in", "chat", "transcript")
SIGN_IN = "kind = 'sign_in'"
"""Said word for word, so that every plan may use their own index."""


class OutgoingMail(Base):
    """One mail of ours; with its row it can be composed again, byte for byte."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        CheckConstraint(f"state in {OUTGOING_STATES}", name="state"),
        Index("ix_outgoing_mail_queue", "state", "next_try_at"),
        Index("ix_outgoing_mail_sign_in", "give_up_at", sqlite_where=text(SIGN_IN), postgresql_where=text(SIGN_IN)),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int | None] = plain(
        "points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    entry_id: Mapped[int | None] = plain("points at the entry it carries", BigId, index=True)
    first_entry_id: Mapped[int | None] = plain("the first entry it carries, when it carries several", BigId)
    kind: Mapped[str] = plain("answer, receipt, notice, alarm, password, sign_in, chat or transcript", String(16))
    state: Mapped[str] = plain("where it stands", String(16), default="queued")
    message_id: Mapped[str] = plain("Message-ID: a random token made by us", String(200), unique=True)
    token: Mapped[str] = plain("signed token that leads an answer back", String(64), default="")
    date: Mapped[dt.datetime] = plain("its Date header", UtcTime)
    seed: Mapped[str] = plain("random seed of the MIME boundaries", String(32))
    template: Mapped[str] = plain("name of the mail text", String(32))
    language: Mapped[str] = plain("nl, en or both", String(8))
    parent_entry_id: Mapped[int | None] = plain("the entry it answers", BigId)
    send_after: Mapped[dt.datetime] = plain("time before which it can be taken back", UtcTime)
    next_try_at: Mapped[dt.datetime] = plain("time of the next try", UtcTime)
    give_up_at: Mapped[dt.datetime] = plain("time after which it fails", UtcTime)
    attempts: Mapped[int] = plain("tries so far", default=0)
    claimed_at: Mapped[dt.datetime | None] = plain("time a worker took it", UtcTime)
    sent_at: Mapped[dt.datetime | None] = plain("time the relay took it", UtcTime)
    reply_code: Mapped[str | None] = plain("the relay's status codes", String(32))
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class OutgoingRecipient(Base):
    """One recipient of a mail of ours, and what the relay or a bounce said."""

    __tablename__ = "outgoing_recipient"

    id: Mapped[int] = own_id()
    outgoing_id: Mapped[int] = plain(
        "points at the mail", BigId, ForeignKey("outgoing_mail.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str] = plain("to or cc", String(8), default="to")
    name: Mapped[str] = personal("contact", String(300), default="")
    address: Mapped[str] = personal("contact", String(320), index=True)
    state: Mapped[str] = plain("waiting, accepted, refused or bounced", String(16), default="waiting")
    status_code: Mapped[str | None] = plain("RFC 3463 status or reply code", String(32))
    changed_at: Mapped[dt.datetime | None] = plain("time of that state", UtcTime)
