"""Whether mail waits to be filed. What nobody waits for gives way to it, for a while: receipts, and cleaning HTML."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, or_, select

from helpdesk.models import InboundMail
from helpdesk.unit import Unit

GIVES_WAY = dt.timedelta(minutes=1)
"""After so long what gave way goes on beside the filing: a mailbox of a weekend delays nothing for longer."""


def backlog(unit: Unit) -> ColumnElement[bool]:
    """As a condition of a query: some mail may be filed now and is not yet."""
    due = or_(InboundMail.next_try_at.is_(None), InboundMail.next_try_at <= unit.now)
    return select(InboundMail.id).where(InboundMail.state == "received", due).exists()
