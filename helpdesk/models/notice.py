"""What an advisor is told besides the lists: ids and fixed words only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, plain

NOTICE_KINDS = ("assigned", "asker_answered", "delivery_failed", "bounced")


class Notice(Base):
    """One thing that happened to a ticket and concerns one advisor; goes with the ticket."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(f"kind in {NOTICE_KINDS}", name="kind"),
        Index("ix_notice_account", "account_id", "seen_at"),
    )

    id: Mapped[int] = own_id()
    account_id: Mapped[int] = plain("points at the account that is told", BigId, ForeignKey("account.id"))
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = plain("what happened, a fixed word", String(32))
    actor_id: Mapped[int | None] = plain("points at the account that did it", BigId, ForeignKey("account.id"))
    at: Mapped[dt.datetime] = plain("time it happened", UtcTime)
    seen_at: Mapped[dt.datetime | None] = plain("time it was marked as read", UtcTime)
    to_mail: Mapped[bool] = plain("whether a mail about it is still to be queued", default=False)
