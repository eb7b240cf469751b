"""Desks and mailboxes as the database knows them, and the leases, heartbeats and counters of the processes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, UtcTime, own_id, plain


class Mailbox(Base):
    """A mailbox that is polled, with what its last round saw."""

    __tablename__ = "mailbox"

    id: Mapped[int] = own_id()
    name: Mapped[str] = plain("name in the settings", String(64), unique=True)
    desk_key: Mapped[str] = plain("name of a desk in the settings", String(64))
    polled_at: Mapped[dt.datetime | None] = plain("time of the last good round", UtcTime)
    server_count: Mapped[int | None] = plain("mails on the server at that round")
    oldest_at: Mapped[dt.datetime | None] = plain("arrival of the oldest mail still there", UtcTime)
    last_mail_at: Mapped[dt.datetime | None] = plain("arrival of the newest mail ever seen", UtcTime)
    error_code: Mapped[str | None] = plain("stable code of the last fault", String(64))
    left_count: Mapped[int] = plain("mails taken in that the server still holds", default=0)


class IntakeTotal(Base):
    """What became of mails whose rows went with a destroyed ticket: keeps the daily sum right for ever."""

    __tablename__ = "intake_total"
    __table_args__ = (UniqueConstraint("mailbox", "month", "state"),)

    id: Mapped[int] = own_id()
    mailbox: Mapped[str] = plain("name of a mailbox or door", String(64))
    month: Mapped[str] = plain("a month, 2026-11", String(7))
    state: Mapped[str] = plain("a fixed state", String(16))
    count: Mapped[int] = plain("how many", default=0)


class Lease(Base):
    """The right of one process to do one thing; taken over when `until` has passed."""

    __tablename__ = "lease"

    name: Mapped[str] = plain("what is leased", String(100), primary_key=True)
    holder: Mapped[str] = plain("host, pid and a random word of a process", String(100))
    until: Mapped[dt.datetime] = plain("end of the lease", UtcTime)


class Heartbeat(Base):
    """A process's last sign of life."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = plain("name of a process", String(100), primary_key=True)
    at: Mapped[dt.datetime] = plain("time of the beat", UtcTime)


class Counter(Base):
    """Numbers that only grow: ticket numbers by year, tickets ever created."""

    __tablename__ = "counter"

    name: Mapped[str] = plain("what is counted", String(64), primary_key=True)
    value: Mapped[int] = plain("the last number given out")


class Flag(Base):
    """A switch all processes look at, such as maintenance during a migration."""

    __tablename__ = "flag"

    name: Mapped[str] = plain("name of the switch", String(64), primary_key=True)
    value: Mapped[str] = plain("a fixed word", String(64))


class Alarm(Base):
    """Something an administrator must look at; one open row per kind and subject."""

    __tablename__ = "alarm"

    id: Mapped[int] = own_id()
    kind: Mapped[str] = plain("a fixed kind", String(32))
    subject: Mapped[str] = plain("name of a mailbox, lease or disk", String(100))
    detail: Mapped[str] = plain("a stable code or a number", String(100), default="")
    open_key: Mapped[str | None] = plain("kind and subject while open", String(140), unique=True)
    raised_at: Mapped[dt.datetime] = plain("time it was raised", UtcTime)
    closed_at: Mapped[dt.datetime | None] = plain("time it was over", UtcTime)
    mailed_at: Mapped[dt.datetime | None] = plain("time it was last mailed", UtcTime)
