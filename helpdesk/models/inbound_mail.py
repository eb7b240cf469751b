"""The intake log: one row per mail seen, and the memory that recognises a mail seen before."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, plain

INBOUND_STATES = ("received", "filed", "machine", "duplicate", "parked", "discarded")


class InboundMail(Base):
    """One mail seen at a door. Its bytes are the blob; the row holds ids, digests, states and times."""

    __tablename__ = "inbound_mail"
    __table_args__ = (
        CheckConstraint(f"state in {INBOUND_STATES}", name="state"),
        UniqueConstraint("mailbox", "uidvalidity", "uid"),
        Index("ix_inbound_mail_queue", "state", "mailbox", "arrived_at", "id"),
    )

    id: Mapped[int] = own_id()
    source: Mapped[str] = plain("imap, smtp or lmtp", String(8))
    mailbox: Mapped[str] = plain("name of the mailbox or door", String(64))
    desk_key: Mapped[str] = plain("desk whose address took it", String(64))
    uidvalidity: Mapped[int | None] = plain("IMAP UIDVALIDITY", BigId)
    uid: Mapped[int | None] = plain("IMAP UID", BigId)
    arrived_at: Mapped[dt.datetime] = plain("INTERNALDATE, or the time of the SMTP data", UtcTime)
    received_at: Mapped[dt.datetime] = plain("time it was kept", UtcTime)
    filed_at: Mapped[dt.datetime | None] = plain("time it left the queue", UtcTime)
    removed_at: Mapped[dt.datetime | None] = plain("time the original was gone from the mailbox", UtcTime)
    size: Mapped[int] = plain("bytes", BigId)
    blob: Mapped[str | None] = plain("random key of the raw bytes; none for a duplicate", String(64), unique=True)
    digest: Mapped[str | None] = plain("keyed digest of the content; first sightings only", String(64), unique=True)
    duplicate_of_id: Mapped[int | None] = plain("points at the first sighting", BigId, index=True)
    message_id_digest: Mapped[str | None] = plain("keyed digest of the Message-ID", String(64))
    parent_digests: Mapped[str | None] = plain("keyed digests of In-Reply-To and References", Text)
    token: Mapped[str | None] = plain("signed token of the envelope's recipient, made by us", String(64))
    envelope_null: Mapped[bool] = plain("whether the envelope sender was empty (RFC 5321)", default=False)
    state: Mapped[str] = plain("what became of it", String(16), default="received")
    reason: Mapped[str | None] = plain("a fixed code: why parked or discarded", String(64))
    skip_rules: Mapped[bool] = plain("whether a person released it past the rules", default=False)
    ticket_id: Mapped[int | None] = plain(
        "points at its ticket", BigId, ForeignKey("ticket.id", ondelete="SET NULL"), index=True
    )
    same_message_id: Mapped[bool] = plain("whether another mail had this Message-ID", default=False)
    attempts: Mapped[int] = plain("tries at filing that failed", default=0)
    next_try_at: Mapped[dt.datetime | None] = plain("time of the next try", UtcTime)
    faulted_by: Mapped[str | None] = plain("process of the last fault", String(100))
    decided_by_id: Mapped[int | None] = plain("points at the account that decided", BigId, ForeignKey("account.id"))
    decided_at: Mapped[dt.datetime | None] = plain("time of the decision", UtcTime)


Index("ix_inbound_mail_message_id", InboundMail.message_id_digest)
_REMEMBERED = InboundMail.digest.is_not(None)
Index(
    "ix_inbound_mail_remembered",
    InboundMail.received_at,
    sqlite_where=_REMEMBERED,
    postgresql_where=_REMEMBERED,
)


class MailSeen(Base):
    """Where a content was seen; kept 30 days after its UID was last there (never while it still is)."""

    __tablename__ = "mail_seen"
    __table_args__ = (UniqueConstraint("mailbox", "uidvalidity", "uid"),)

    id: Mapped[int] = own_id()
    digest: Mapped[str] = plain("keyed digest of the content", String(64), index=True)
    mailbox: Mapped[str] = plain("name of the mailbox or door", String(64))
    uidvalidity: Mapped[int | None] = plain("IMAP UIDVALIDITY", BigId)
    uid: Mapped[int | None] = plain("IMAP UID", BigId)
    last_seen_on: Mapped[dt.datetime] = plain("time it was last seen there", UtcTime, index=True)
    inbound_id: Mapped[int] = plain("points at the first sighting", BigId)
