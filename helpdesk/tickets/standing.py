"""How it stands with who asked a ticket: known or not, said by hand or not, and how long there is to say it. Reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.models import Address, Person, Ticket
from helpdesk.people.access import can
from helpdesk.retention.terms import day_of, last_day
from helpdesk.tickets.requesters import KINDS, match_by_hand, rule_of_unknown
from helpdesk.unit import Unit


@dataclass(frozen=True, slots=True)
class Standing:
    """`may_say`: whether the reader may say who it is; `last_day`: until when somebody should, where nobody did."""

    kind: str
    number: str
    shared: bool
    by_hand: bool
    may_say: bool
    last_day: dt.date | None
    days_left: int

    @property
    def known(self) -> bool:
        """Whether it was said who this is."""
        return self.kind != "unknown"

    @property
    def may_call(self) -> bool:
        """Whether it can be said what kind of person it is: nobody's employee, and no file named them."""
        return self.may_say and not self.number and self.kind in KINDS


def standing(unit: Unit, ticket: Ticket, person_id: int, address: str) -> Standing:
    """Of the asker of a ticket. Whoever asks has made sure that it may be read."""
    person = unit.session.get_one(Person, person_id)
    shared = bool(unit.session.scalar(select(Address.shared).where(Address.value == address)))
    unknown = person.kind == "unknown"
    until = last_day(day_of(ticket.opened_at), rule_of_unknown(unit)[1]) if unknown else None
    return Standing(
        kind=person.kind,
        number=person.personnel_no or "",
        shared=shared,
        by_hand=not unknown and match_by_hand(unit, ticket.id, address, person_id) is not None,
        may_say=can(unit.actor, "person.match"),
        last_day=until,
        days_left=(until - day_of(unit.now)).days if until is not None else 0,
    )
