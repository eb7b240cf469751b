"""What is kept of who asks, for themselves: person, dates, and each question with until when and why. Only reads.

Until when is the sentence of `retention why`, asked of the same function.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from helpdesk.models import Person, Ticket
from helpdesk.people.access import own_tickets, requester_of
from helpdesk.privacy.rights import about
from helpdesk.retention.why import Kept, kept
from helpdesk.tickets.lists import subjects_of
from helpdesk.unit import Unit

PAGE = 20
"""Questions on one page: each is reckoned anew to say why it is kept."""


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A question, and until when it is kept."""

    number: str
    subject: str
    opened_at: dt.datetime
    kept: Kept


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """Everything kept of somebody, as far as their pages show it; no person for an address that several people use."""

    person: dict[str, Any] | None
    receipts: bool
    questions: list[KeptQuestion]
    total: int


def record_of(unit: Unit, page: int = 1) -> OwnRecord:
    """What is kept of the actor, with a page of their questions, the newest first."""
    who, language = requester_of(unit), unit.actor.language
    person = None if who.shared else unit.session.get_one(Person, who.person_id)
    total = unit.session.scalar(select(func.count()).select_from(Ticket).where(own_tickets(who))) or 0
    found = select(Ticket).where(own_tickets(who)).order_by(Ticket.id.desc())
    tickets = unit.session.scalars(found.limit(PAGE).offset(max(page - 1, 0) * PAGE)).all()
    subjects = subjects_of(unit, [ticket.id for ticket in tickets]) if tickets else {}
    return OwnRecord(
        person=None if person is None else about.person(unit, person.id, language),
        receipts=person is None or person.receipts is not False,
        questions=[
            KeptQuestion(one.number, subjects.get(one.id, ""), one.opened_at, kept(unit, one, language, who.person_id))
            for one in tickets
        ],
        total=total,
    )
