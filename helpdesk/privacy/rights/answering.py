"""Requests of people about their own data, as they are recorded, handled, decided by two and answered (B9).

What an export holds stands in `exporting`, what an erasure does in `erasing`; here is who may do what, and by when.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid, NotAllowed, NotFound
from helpdesk.models import Person, RequestTicket, RightsRequest, Ticket, TicketPerson
from helpdesk.people.access import can, require, ticket_for
from helpdesk.people.two_people import require_second
from helpdesk.ports import RIGHTS_WAITING
from helpdesk.privacy import holds
from helpdesk.privacy.rights import belonging, restricting
from helpdesk.privacy.rights.codes import DECISION, EXPORTED, GIVING, IDENTITY, KIND, RESTRICTING
from helpdesk.privacy.rights.deadlines import answer_by
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.text.language import N_
from helpdesk.unit import Unit

_TEXT_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as it came: what is asked, when, with which ticket or by whom, in whose words."""

    kind: str
    received_on: dt.date
    words: str
    number: str | None = None
    person_id: int | None = None


def open_request(unit: Unit, wish: Wish) -> int:
    """Record a request; returns its id. An objection restricts at once, a request for access keeps at once (4.3).

    An advisor records one that came with a ticket, for a privacy officer to handle. Raises Invalid, NotFound.
    """
    require(unit.actor, "request.open")
    if unit.actor.account_id is None:
        raise NotAllowed("A person has to decide this.", code="second_person")
    if wish.kind not in KIND:
        raise Invalid("Choose one of the kinds: {kinds}.", field="kind", kinds=", ".join(KIND))
    if wish.received_on > day_of(unit.now):
        raise Invalid("A request can't have come after today.", field="received_on")
    words = checked_text(wish.words, "wish", N_("Write down what is asked."))
    ticket = ticket_for(unit, wish.number, "request.read" if handles(unit) else "ticket.read") if wish.number else None
    person_id = wish.person_id if handles(unit) else None
    person_id = _asker(unit, ticket) if ticket is not None and person_id is None else _person(unit, person_id)
    if person_id is None and not handles(unit):
        raise Invalid("Say with which ticket it came.", field="number")
    found = RightsRequest(
        kind=wish.kind,
        person_id=person_id,
        ticket_id=None if ticket is None else ticket.id,
        received_on=wish.received_on,
        due_on=answer_by(wish.received_on),
        wish=words,
        opened_by_id=unit.actor.account_id,
        handler_id=unit.actor.account_id if handles(unit) else None,
        opened_at=unit.now,
    )
    unit.session.add(found)
    unit.session.flush()
    note(unit, "request.open", "request", found.id)
    take_measures(unit, found)
    return found.id


def require_ticket(unit: Unit, number: str) -> None:
    """Raise NotFound unless the actor may record a request that came with this ticket."""
    require(unit.actor, "request.open")
    ticket_for(unit, number, "ticket.read")


def handles(unit: Unit) -> bool:
    """Whether who asks is one of those that handle requests."""
    return can(unit.actor, "request.handle")


def _asker(unit: Unit, ticket: Ticket) -> int | None:
    asked = select(TicketPerson.person_id).where(TicketPerson.ticket_id == ticket.id, TicketPerson.role == "requester")
    return unit.session.scalar(asked.order_by(TicketPerson.id).limit(1))


def _person(unit: Unit, person_id: int | None) -> int | None:
    if person_id is not None and unit.session.get(Person, person_id) is None:
        raise NotFound("There is no such person.")
    return person_id


def checked_text(text: str, field: str, missing: str) -> str:
    """What somebody wrote, trimmed. Raises Invalid, with the sentence `missing` where nothing was written."""
    if not text.strip():
        raise Invalid(missing, field=field)
    if len(text) > _TEXT_LIMIT:
        raise Invalid("Write at most {count} characters.", field=field, count=_TEXT_LIMIT)
    return text.strip()


def take_measures(unit: Unit, found: RightsRequest) -> None:
    """What a request does by itself from the moment it is known whose it is."""
    if found.person_id is None:
        return
    if found.kind in EXPORTED and found.hold_id is None:
        reference, by_id = f"AVG-{found.id}", unit.actor.account_id or found.opened_by_id
        found.hold_id = holds.place_for_request(unit, found.person_id, reference, "AVG art. 15", by_id)
    if found.kind in RESTRICTING:
        restricting.restrict(unit, found.id, belonging.asked_by(unit.session, found.person_id))
    unit.session.flush()


def take(unit: Unit, request_id: int) -> None:
    """Handle a request oneself from now on."""
    found = claimed(unit, request_id, "open", "collecting")
    _handled_by_me(unit, found)
    note(unit, "request.take", "request", request_id)


def _handled_by_me(unit: Unit, found: RightsRequest) -> None:
    """Whoever handles a request answers for its hold as well."""
    found.handler_id = unit.actor.account_id
    if found.hold_id is not None and unit.actor.account_id is not None:
        holds.hand_over(unit, found.hold_id, unit.actor.account_id)


def identify(unit: Unit, request_id: int, how: str, person_id: int | None = None) -> int:
    """Say how it was established who asks, and who that is; collects what belongs to them. Returns how many tickets."""
    found = claimed(unit, request_id, "open", "collecting")
    if how not in IDENTITY:
        raise Invalid("Say how it was established who asks.", field="identity")
    found.person_id = _person(unit, person_id) or found.person_id
    if found.person_id is None:
        raise Invalid("Say who asks.", field="person")
    found.identity, found.state = how, "collecting"
    if found.handler_id is None:
        _handled_by_me(unit, found)
    unit.session.flush()
    note(unit, "request.identify", "request", request_id)
    take_measures(unit, found)
    return collect(unit, request_id)


def collect(unit: Unit, request_id: int) -> int:
    """Bring together, again, what belongs to who asks; what was decided about a ticket stays. Returns how many."""
    require(unit.actor, "request.handle")
    found = unit.session.get_one(RightsRequest, request_id)
    if found.person_id is None:
        return 0
    own = belonging.tickets_of(unit.session, found.person_id)
    hidden = belonging.restricted_for_others(unit.session, found.person_id, own)
    known = {
        row.ticket_id: row
        for row in unit.session.scalars(select(RequestTicket).where(RequestTicket.request_id == request_id))
    }
    for ticket_id in own:
        if ticket_id not in known:
            state, reason = ("withheld", "restricted") if ticket_id in hidden else ("accepted", None)
            row = RequestTicket(request_id=request_id, ticket_id=ticket_id, state=state, reason=reason)
            unit.session.add(row)
    if found.kind in EXPORTED:
        for ticket_id in belonging.candidates(unit, found.person_id, {*own, *known}):
            unit.session.add(RequestTicket(request_id=request_id, ticket_id=ticket_id, state="candidate"))
    unit.session.flush()
    return len(own)


def extend(unit: Unit, request_id: int, because: str) -> dt.date:
    """Take two months more, and say why: who asks has to be told so within the first (art. 12(3)). Returns until when.

    Raises Conflict when that was done before, or the first month is over.
    """
    found = claimed(unit, request_id, "open", "collecting", "review")
    if found.extended or day_of(unit.now) > found.due_on:
        raise Conflict("The time for this request can be extended once, and only within the first month.", code="late")
    found.extended_because = checked_text(because, "because", N_("Write why more time is needed."))
    found.extended, found.due_on = True, answer_by(found.received_on, extended=True)
    note(unit, "request.extend", "request", request_id)
    return found.due_on


def propose(unit: Unit, request_id: int, decision: str, text: str) -> None:
    """Propose the decision about an export to a second person (rights: a second person releases).

    That nothing is held may be said of somebody whom nobody knows: no profile is made for it. Raises Conflict while it
    is not decided about every ticket that was found, Invalid without a reason.
    """
    found = claimed(unit, request_id, "open", "collecting")
    _decided(found, decision, text)
    if found.state == "open" and (found.person_id is not None or decision == "granted"):
        raise Conflict("Say first how it was established who asks.", code="request_state")
    if found.kind not in EXPORTED:
        raise Conflict("This kind of request is decided without an export: close it with the decision.", code="kind")
    undecided = select(RequestTicket.id).where(
        RequestTicket.request_id == request_id, RequestTicket.state == "candidate"
    )
    if unit.session.scalar(undecided.limit(1)) is not None:
        raise Conflict("Decide about every ticket that was found first.", code="candidates")
    found.state, found.proposed_by_id, found.second_id = "review", unit.actor.account_id, None
    note(unit, "request.propose", "request", request_id)


def _decided(found: RightsRequest, decision: str, text: str) -> None:
    if decision not in DECISION:
        raise Invalid("Choose a decision.", field="decision")
    found.decision = decision
    found.decision_text = checked_text(text, "decision_text", N_("Write the reasons of the decision."))


def release(unit: Unit, request_id: int) -> None:
    """Approve a proposed decision, as the second person; the export is made by a worker, soon after.

    Raises NotAllowed for whoever proposed it, holds the role for less than a day or administers the system.
    """
    found = claimed(unit, request_id, "review", verb="request.release")
    require_second(unit, "request.release", found.proposed_by_id)
    found.state, found.second_id = "released", unit.actor.account_id
    note(unit, "request.release", "request", request_id)
    unit.nudge(RIGHTS_WAITING)


def send_back(unit: Unit, request_id: int) -> None:
    """Do not approve a proposed decision: it goes back to who handles it."""
    found = claimed(unit, request_id, "review", verb="request.release")
    found.state, found.proposed_by_id = "collecting", None
    note(unit, "request.back", "request", request_id)


def close(unit: Unit, request_id: int, decision: str = "", text: str = "") -> None:
    """Say that a request was answered today. A decision that two people took stands; else it is given here.

    A restriction ends with it, but for an objection that was upheld: what it is about waits for its erasure.
    """
    found = claimed(unit, request_id, "open", "collecting", "released")
    if found.state != "released":
        _decided(found, decision, text)
        if found.kind in EXPORTED and found.decision in GIVING:
            raise Conflict("A second person has to approve an export first.", code="second_person")
    elif found.decision in GIVING and found.export_blob is None:
        raise Conflict("The export is not there yet. Try again in a minute.", code="no_export")
    found.state, found.closed_on = "closed", day_of(unit.now)
    unit.session.flush()
    if found.kind in RESTRICTING and (found.kind, found.decision) not in _STAYS:
        restricting.lift(unit, request_id)
    note(unit, "request.close", "request", request_id)


_STAYS = {("objection", "granted"), ("objection", "partly")}


def lift(unit: Unit, request_id: int) -> int:
    """End the restriction of a request at once, whatever it is decided; returns how many tickets come back."""
    require(unit.actor, "request.handle")
    found = unit.session.get(RightsRequest, request_id)
    if found is None:
        raise NotFound("There is no such request.")
    unit.claim(RightsRequest, request_id, found.version)
    note(unit, "request.lift", "request", request_id)
    return restricting.lift(unit, request_id)


def claimed(unit: Unit, request_id: int, *states: str, verb: str = "request.handle") -> RightsRequest:
    """A request in one of these states, claimed for this unit. Raises NotFound, or Conflict in any other state."""
    require(unit.actor, verb)
    found = unit.session.get(RightsRequest, request_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such request.")
    if found.state not in states:
        raise Conflict("This request was decided on already, or it is not that far yet.", code="request_state")
    unit.claim(RightsRequest, request_id, found.version)
    unit.session.refresh(found)
    return found
