"""Unsent answers and notes: their words stand in `content`, so that they go with the ticket and are found nowhere."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, plain

DRAFT_KINDS = ("answer", "note")


class Draft(Base):
    """What one advisor has written on one ticket and not sent: one answer and one note at most."""

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("ticket_id", "account_id", "kind"),
        CheckConstraint(f"kind in {DRAFT_KINDS}", name="kind"),
    )

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"))
    account_id: Mapped[int] = plain("points at the account that writes", BigId, ForeignKey("account.id"), index=True)
    kind: Mapped[str] = plain("answer or note", String(16))
    status_after: Mapped[str] = plain("what is to become of the ticket", String(20))
    ticket_version: Mapped[int] = plain("the ticket's version when the form was made")
    seen_entry_id: Mapped[int] = plain("the newest entry the form stood under; 0 is none", BigId, default=0)
    saved_at: Mapped[dt.datetime] = plain("time of the last change", UtcTime)


class DraftFile(Base):
    """A file chosen for an answer that is not sent yet; its name is a content."""

    __tablename__ = "draft_file"

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[int | None] = plain(
        "points at a draft; none: the bytes wait to be unlinked",
        BigId,
        ForeignKey("draft.id", ondelete="SET NULL"),
        index=True,
    )
    blob: Mapped[str] = plain("random key of the bytes", String(64), unique=True)
    content_type: Mapped[str] = plain("declared type, shortened", String(100))
    size: Mapped[int] = plain("bytes", BigId)
