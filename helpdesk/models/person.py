"""People who ask, and where they can be reached."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

PERSON_KINDS = ("employee", "external", "trainer", "staff", "unknown")


class Person(Base):
    """Somebody who asks: a row from the first mail on, matched to the directory later."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint(f"kind in {PERSON_KINDS}", name="kind"),)

    id: Mapped[int] = own_id()
    kind: Mapped[str] = plain("one of five kinds, by which the register picks a rule", String(16), default="unknown")
    display_name: Mapped[str | None] = personal("directory", String(300))
    folded: Mapped[str | None] = personal("directory", String(400))
    dept_code: Mapped[str | None] = personal("directory", String(100))
    personnel_no: Mapped[str | None] = personal("directory", String(64), unique=True)
    account_status: Mapped[str | None] = personal("directory", String(32))
    processing: Mapped[str] = plain("number of the processing the person falls under", String(16), default="551")
    directory_due_on: Mapped[dt.date | None] = plain("day on which the copy of the directory goes", Date, index=True)
    language: Mapped[str | None] = personal("preference", String(8))
    receipts: Mapped[bool | None] = personal("preference")
    created_at: Mapped[dt.datetime] = plain("time of the row", UtcTime)
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class Address(Base):
    """One e-mail address of one person; `value` is normalised: lower case, domain in IDNA."""

    __tablename__ = "address"

    id: Mapped[int] = own_id()
    person_id: Mapped[int] = plain("points at a person", BigId, ForeignKey("person.id"), index=True)
    value: Mapped[str] = personal("contact", String(320), unique=True)
    shared: Mapped[bool] = plain("whether several people use it", default=False)
    verified_at: Mapped[dt.datetime | None] = plain("time of the proof", UtcTime)
    source: Mapped[str] = plain("one of mail, advisor, import, guest", String(16), default="mail")
    created_at: Mapped[dt.datetime] = plain("time of the row", UtcTime)


class KnownName(Base):
    """One way a person is written on tickets: name and address, folded. Goes with the last ticket that writes it so.

    A trigger of both databases sees to that, whoever deletes the ticket or sets its `known_name_id` to none.
    """

    __tablename__ = "known_name"

    id: Mapped[int] = plain("keyed digest of person and name", BigId, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = plain("points at a person", BigId, ForeignKey("person.id"), index=True)
    folded: Mapped[str] = personal("contact", String(700))


class KnownNameWord(Base):
    """One word of a name or address, to be found by its beginning; compared by bytes on both databases."""

    __tablename__ = "known_name_word"
    __table_args__ = (Index("ix_known_name_word", "word", "known_name_id"),)

    known_name_id: Mapped[int] = plain(
        "points at a known name", BigId, ForeignKey("known_name.id", ondelete="CASCADE"), primary_key=True
    )
    word: Mapped[str] = personal(
        "contact", String(40).with_variant(String(40, collation="C"), "postgresql"), primary_key=True
    )


class BlockedSender(Base):
    """An address whose mail an advisor called spam: its new mail is parked, never dropped."""

    __tablename__ = "blocked_sender"

    id: Mapped[int] = own_id()
    address: Mapped[str] = personal("contact", String(320), unique=True)
    blocked_at: Mapped[dt.datetime] = plain("time of the decision", UtcTime)
    account_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
