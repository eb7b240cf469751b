"""What an import would do to tickets before it does it, and when that is too much for one person (RD-26)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from helpdesk.facts.known import Known
from helpdesk.facts.spells import SETTLED
from helpdesk.models import Fact, Person, Ticket
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import Asker
from helpdesk.retention.reckoning import Known as KnownFact
from helpdesk.retention.register.model import Brake

_CHUNK = 500
_MANY = 100
"""Settlements that an academy of a few people may bring in at once, though they are most of it."""
_FEW = 2
"""Dates that may exchange day and month by chance: somebody mends some now and then."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How heavy an import is: tickets it makes due at once of all tickets, dates it moves of all dates held.

    `turned` of those only exchange day and month. It settles `settled` of the `employed`, who are not settled yet.
    """

    due: int
    tickets: int
    shifted: int
    dates: int
    turned: int = 0
    settled: int = 0
    employed: int = 0
    dated: int = 0
    swapped: int = 0

    def brake(self, limit: Brake) -> str | None:
        """Why it stops for a second person, as a fixed word, or none."""
        if self.due > max(limit.count, limit.share * self.tickets):
            return "many_due"
        if self.shifted > max(limit.shifted, limit.share * self.dates):
            return "many_shifted"
        if self.settled > max(_MANY, self.employed / 2):
            return "many_settled"
        if self.turned > max(_FEW, self.shifted / 2):
            return "turned"
        return "day_month" if self.swapped > limit.share * self.dated else None


def limit(session: Session) -> Brake:
    """The brake of the registers in force: the tighter one of each; without a register the usual one."""
    brakes = [register.brake for register in in_force(session).values()] or [Brake()]
    return Brake(
        share=min(one.share for one in brakes),
        count=min(one.count for one in brakes),
        shifted=min(one.shifted for one in brakes),
    )


def due_at_once(session: Session, people: Mapping[int, Known], joined: Mapping[int, int], today: dt.date) -> int:
    """How many tickets that are not due would be, if people were as planned."""
    asked = _Planned(people, {other_id: into_id for other_id, into_id in joined.items() if into_id in people})
    tickets: set[int] = set()
    for some in _chunks(asked):
        tickets |= clock.asked_by(session, some)
    count = 0
    for ids in _chunks(sorted(tickets)):
        due = Ticket.due_on.is_not(None) & (Ticket.due_on <= today)
        before = set(session.scalars(select(Ticket.id).where(Ticket.id.in_(ids), due)))
        after = clock.foreseen(session, ids, asked, today)
        count += sum(
            one.due_on is not None and one.due_on <= today and ticket_id not in before
            for ticket_id, one in after.items()
        )
    return count


def totals(session: Session) -> tuple[int, int]:
    """All tickets, and all dates that terms may count from."""
    tickets = session.scalar(select(func.count()).select_from(Ticket)) or 0
    moving = ("employment.end", "dismissal.settled")
    dates = session.scalar(select(func.count()).select_from(Fact).where(Fact.type.in_(moving))) or 0
    return tickets, dates


def not_settled(session: Session) -> int:
    """How many employees have no settlement that stands."""
    later = aliased(Fact)
    settled = (
        select(Fact.id)
        .outerjoin(later, later.supersedes_id == Fact.id)
        .where(Fact.person_id == Person.id, Fact.type == SETTLED, Fact.retracts.is_(False), later.id.is_(None))
    )
    employed = select(func.count()).select_from(Person).where(Person.kind == "employee", ~settled.exists())
    return session.scalar(employed) or 0


class _Planned(Mapping[int, Asker]):
    """People as the clock sees them once all is as planned, made when it asks: few of them asked something."""

    def __init__(self, people: Mapping[int, Known], joined: Mapping[int, int]) -> None:
        self._people, self._joined = people, joined

    def __getitem__(self, person_id: int) -> Asker:
        return _asker(self._people[self._joined.get(person_id, person_id)])

    def __iter__(self) -> Iterator[int]:
        yield from self._people
        yield from (other_id for other_id in self._joined if other_id not in self._people)

    def __len__(self) -> int:
        return sum(1 for _person_id in self)


def _asker(person: Known) -> Asker:
    facts = tuple(KnownFact(fact.type, fact.valid_on) for fact in person.facts)
    return Asker(person.id, person.kind, person.processing, facts)


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, _CHUNK)):
        yield some
