"""Holds as lists and pages show them. Changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from helpdesk.errors import NotFound
from helpdesk.models import Account, Hold, HoldTicket, Person, Ticket, TicketPerson
from helpdesk.people.access import require
from helpdesk.retention.holds import ROLES
from helpdesk.retention.terms import day_of
from helpdesk.search import newest_hits
from helpdesk.text.language import N_
from helpdesk.unit import Unit

KIND = {
    "woo": N_("request under the Woo"),
    "dispute": N_("dispute or court procedure"),
    "audit": N_("audit"),
    "investigation": N_("investigation"),
    "dsr": N_("request of a person under the AVG"),
    "breach": N_("data breach"),
}
"""The grounds of a duty to preserve, in words."""
SHOWN = 1000
"""The most numbers of tickets that one hold shows."""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold; `state` is standing, proposed (its release) or released, and `overdue` that its review day has passed.

    While it is not `settled`, tickets are still being found for it or let go.
    """

    id: int
    kind: str
    scope: str
    state: str
    reference: str
    reason: str
    person: str
    query: str
    owner: str
    placed_by: str
    placed_at: dt.datetime
    review_on: dt.date
    overdue: bool
    release_asked_by_id: int | None
    release_asked_by: str
    release_reason: str
    released_by: str
    released_at: dt.datetime | None
    tickets: int
    settled: bool


def holds_page(unit: Unit, *, released: bool = False) -> list[HoldView]:
    """The holds that stand, the one to be reviewed first in front; with `released` the others too."""
    require(unit.actor, "hold.place")
    return _views(unit, released=released)


def hold_view(unit: Unit, hold_id: int) -> tuple[HoldView, list[str]]:
    """One hold with the numbers of its tickets, oldest first, at most a thousand. Raises NotFound."""
    require(unit.actor, "hold.place")
    found = _views(unit, released=True, hold_id=hold_id)
    if not found:
        raise NotFound("There is no such hold.")
    numbers = (
        select(Ticket.number)
        .join(HoldTicket, HoldTicket.ticket_id == Ticket.id)
        .where(HoldTicket.hold_id == hold_id)
        .order_by(Ticket.id)
        .limit(SHOWN)
    )
    return found[0], list(unit.session.scalars(numbers))


def freed(unit: Unit, hold_id: int) -> int:
    """How many tickets whose term is over nothing would hold any more after a release: they come on the next list."""
    require(unit.actor, "hold.place")
    other = select(HoldTicket.ticket_id).join(Hold, Hold.id == HoldTicket.hold_id)
    other = other.where(Hold.released_at.is_(None), Hold.id != hold_id)
    alone = (
        select(func.count())
        .select_from(HoldTicket)
        .join(Ticket, Ticket.id == HoldTicket.ticket_id)
        .where(HoldTicket.hold_id == hold_id, Ticket.retention_state == "blocked:hold", Ticket.id.not_in(other))
    )
    return unit.session.scalar(alone) or 0


def fitting(unit: Unit, *, person_id: int | None = None, query: str = "") -> int:
    """How many tickets a hold of this person, or of this query, would keep now; new ones will come to it."""
    require(unit.actor, "hold.place")
    if person_id is not None:
        on = (TicketPerson.person_id == person_id) & TicketPerson.role.in_(ROLES)
        return unit.session.scalar(select(func.count(TicketPerson.ticket_id.distinct())).where(on)) or 0
    return len({ticket_id for hits in newest_hits(unit, query) for _entry_id, ticket_id in hits})


def _views(unit: Unit, *, released: bool, hold_id: int | None = None) -> list[HoldView]:
    owner, placer, asker, releaser = (aliased(Account) for _ in range(4))
    held = select(func.count()).where(HoldTicket.hold_id == Hold.id).scalar_subquery()
    wanted = (
        select(Hold, owner.name, placer.name, asker.name, releaser.name, Person.personnel_no, held)
        .join(owner, owner.id == Hold.owner_id)
        .join(placer, placer.id == Hold.placed_by_id)
        .outerjoin(asker, asker.id == Hold.release_asked_by_id)
        .outerjoin(releaser, releaser.id == Hold.released_by_id)
        .outerjoin(Person, Person.id == Hold.person_id)
        .order_by(Hold.released_at.is_not(None), Hold.review_on, Hold.id)
    )
    if not released:
        wanted = wanted.where(Hold.released_at.is_(None))
    if hold_id is not None:
        wanted = wanted.where(Hold.id == hold_id)
    today = day_of(unit.now)
    return [_view(hold, *more, today=today) for hold, *more in unit.session.execute(wanted).all()]


def _view(
    hold: Hold,
    owner: str,
    placer: str,
    asker: str | None,
    releaser: str | None,
    person: str | None,
    tickets: int,
    *,
    today: dt.date,
) -> HoldView:
    asked = "standing" if hold.release_asked_by_id is None else "proposed"
    return HoldView(
        id=hold.id,
        kind=hold.kind,
        scope=hold.scope,
        state="released" if hold.released_at else asked,
        reference=hold.reference,
        reason=hold.reason,
        person=person or "",
        query=hold.query or "",
        owner=owner,
        placed_by=placer,
        placed_at=hold.placed_at,
        review_on=hold.review_on,
        overdue=hold.released_at is None and hold.review_on < today,
        release_asked_by_id=hold.release_asked_by_id,
        release_asked_by=asker or "",
        release_reason=hold.release_reason or "",
        released_by=releaser or "",
        released_at=hold.released_at,
        tickets=tickets,
        settled=hold.settled_at is not None,
    )
