"""Terms that time alone has ended, and what keeps a ticket all the same. Reckons nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, case, select, update
from sqlalchemy.orm import Session

from helpdesk.models import InboundMail, Ticket
from helpdesk.retention import holds, listed
from helpdesk.retention.register.model import Register
from helpdesk.row_sets import among

CHUNK = 500
"""Tickets that are looked at together."""
_OVER = (
    (Ticket.retention_state == "dated")
    & (Ticket.status == "done")
    & Ticket.restricted.is_(False)
    & Ticket.merged_into_id.is_(None)
)
_SAID: tuple[Any, ...] = (Ticket.id, Ticket.due_on, Ticket.policy_version, _OVER.label("over"))


def passed(session: Session, today: dt.date, registers: Mapping[str, Register]) -> tuple[list[int], list[int]]:
    """The next tickets on which time changes something: those whose term simply ended, and those to be reckoned.

    What a reckoning found holds until something changes that it counts, and whatever changes that reckons anew
    (RD-101): of a done ticket that is dated only the day has come. So it need not be read who asked and what was said
    in it, as long as nothing keeps it; before it is destroyed, it is reckoned in full once more.
    """
    here = select(*_SAID).where(Ticket.recheck_on <= today, Ticket.retention_state != "destroying")
    rows = session.execute(here.order_by(Ticket.recheck_on).limit(CHUNK)).all()
    over = [row.id for row in rows if _is_over(row, today, {one.version for one in registers.values()})]
    kept = (
        holds.held_with_merged(session, over) | originals(session, over) | listed.excepted_until(session, over).keys()
    )
    ended = [one for one in over if one not in kept]
    return ended, [row.id for row in rows if row.id not in set(ended)]


def _is_over(row: Row[Any], today: dt.date, versions: Collection[str]) -> bool:
    return bool(row.over) and row.due_on is not None and row.due_on <= today and row.policy_version in versions


def call_due(session: Session, ids: Collection[int], today: dt.date) -> None:
    """Let these tickets be due, but for those that changed since they were looked at."""
    if ids:
        here = update(Ticket).where(among(session, Ticket.id, ids), _OVER, Ticket.due_on <= today)
        due = here.values(retention_state="due", recheck_on=None)
        session.execute(due.execution_options(synchronize_session=False))


def originals(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Tickets of which a mail, or a second sighting of it, was never seen to be gone from its mailbox (RD-01, C2)."""
    if not ids:
        return frozenset()
    lies = (InboundMail.source == "imap") & InboundMail.removed_at.is_(None)
    first = select(InboundMail.id, InboundMail.ticket_id, case((lies, 1), else_=0))
    first = first.where(among(session, InboundMail.ticket_id, ids))
    tickets: dict[int, int] = {}
    found = set[int]()
    for mail_id, ticket_id, lying in session.execute(first):
        tickets[mail_id] = ticket_id or 0
        if lying:
            found.add(ticket_id or 0)
    again = select(InboundMail.duplicate_of_id).where(among(session, InboundMail.duplicate_of_id, tickets), lies)
    return frozenset(found | {tickets[mail_id] for mail_id in session.scalars(again) if mail_id is not None})
