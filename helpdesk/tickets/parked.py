"""Mail that waits for a person: a rule parked it, or filing failed three times. No rule discards; a person may."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header

from sqlalchemy import ScalarSelect, func, select

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import InboundMail
from helpdesk.people.access import require
from helpdesk.ports import FILE_WAITING
from helpdesk.unit import Unit

DISCARD_REASONS = ("spam", "not_for_us", "test", "other")


@dataclass(frozen=True, slots=True)
class ParkedView:
    """A parked mail with as much of its header as can be read safely."""

    id: int
    arrived_at: dt.datetime
    mailbox: str
    size: int
    reason: str
    attempts: int
    sender: str
    subject: str


def _header(raw: bytes, name: str) -> str:
    value = str(message_from_bytes(raw).get(name, ""))[:500]
    try:
        return str(make_header(decode_header(value)))[:200]
    except (ValueError, LookupError):
        return value[:200]


def parked_counted(unit: Unit) -> ScalarSelect[int]:
    """How many mails are parked, as a part of a statement."""
    require(unit.actor, "mail.decide")
    return select(func.count()).select_from(InboundMail).where(InboundMail.state == "parked").scalar_subquery()


def parked_page(unit: Unit, limit: int = 100) -> list[ParkedView]:
    """The parked mails, oldest first."""
    require(unit.actor, "mail.decide")
    rows = unit.session.scalars(
        select(InboundMail).where(InboundMail.state == "parked").order_by(InboundMail.arrived_at).limit(limit)
    )
    views = []
    for row in rows:
        head = unit.ports.blobs.read(row.blob, 65536) if row.blob else b""
        head = head.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0] + b"\n\n"
        views.append(
            ParkedView(
                id=row.id,
                arrived_at=row.arrived_at,
                mailbox=row.mailbox,
                size=row.size,
                reason=row.reason or "",
                attempts=row.attempts,
                sender=_header(head, "From"),
                subject=_header(head, "Subject"),
            )
        )
    return views


def _parked(unit: Unit, inbound_id: int) -> InboundMail:
    require(unit.actor, "mail.decide")
    row = unit.session.scalar(select(InboundMail).where(InboundMail.id == inbound_id).with_for_update())
    if row is None:
        raise NotFound("There is no such mail.")
    if row.state != "parked":
        raise Conflict("Somebody decided on this mail meanwhile.", code="decided")
    row.decided_by_id, row.decided_at = unit.actor.account_id, unit.now
    return row


def _again(unit: Unit, row: InboundMail) -> None:
    row.state, row.reason, row.attempts, row.next_try_at, row.faulted_by = "received", None, 0, None, None
    unit.after_commit(lambda: unit.ports.jobs.nudge(FILE_WAITING))


def retry(unit: Unit, inbound_id: int) -> None:
    """File the mail again, rules included: after a fix, or when a sender is no longer blocked."""
    _again(unit, _parked(unit, inbound_id))


def release(unit: Unit, inbound_id: int) -> None:
    """File the mail whatever the rules say."""
    row = _parked(unit, inbound_id)
    row.skip_rules = True
    _again(unit, row)


def discard(unit: Unit, inbound_id: int, reason: str) -> None:
    """Decide that the mail becomes no ticket. Its bytes stay until rule H destroys them; the row stays in the log."""
    if reason not in DISCARD_REASONS:
        raise Invalid("Say why this mail may go.", field="reason")
    row = _parked(unit, inbound_id)
    row.state, row.reason = "discarded", reason


def replay(unit: Unit, inbound_id: int) -> None:
    """File a parked or waiting mail again from the command line. Raises Conflict when it is already in a ticket."""
    row = unit.session.get(InboundMail, inbound_id)
    if row is None:
        raise NotFound("There is no such mail.")
    if row.state not in ("parked", "received"):
        raise Conflict("This mail is already filed or decided on.", code="decided")
    _again(unit, row)
