"""Who asked, where no file can say: unknown senders as a worklist, matched by hand or called external, with undo.

Only exact addresses are matched by themselves, never names; this is what is left for a person (retention 4.2).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, update

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import Address, Entry, Event, Fact, KnownName, Person, Ticket, TicketPerson
from helpdesk.people.access import can, require, ticket_for
from helpdesk.people.addresses import normal
from helpdesk.people.directory import known_person, person_named
from helpdesk.people.joining import join, tickets_of
from helpdesk.retention import clock, holds
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import BLOCKED, MATCH_WITHIN
from helpdesk.retention.terms import Period, day_of, last_day
from helpdesk.security_log import note
from helpdesk.tickets.lists import COUNT_LIMIT, subjects_of
from helpdesk.timeline import record
from helpdesk.unit import Unit

KINDS = ("external", "trainer", "unknown")
"""What a sender who is nobody's employee can be called by hand; unknown takes it back."""
_TERMS_RUN = ("dated", "due", "listed", *BLOCKED)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A ticket of an unknown sender; `last_day` is the day until which somebody should say who it is."""

    number: str
    subject: str
    name: str
    address: str
    opened_at: dt.datetime
    last_day: dt.date
    days_left: int


def unmatched(unit: Unit, size: int = 100) -> list[Unmatched]:
    """Tickets of unknown senders, the most urgent first. Days left below nought: rule U counts by now."""
    require(unit.actor, "person.match")
    rules, within = rule_of_unknown(unit)
    today = day_of(unit.now)
    found = (
        select(Ticket, TicketPerson.name, TicketPerson.address)
        .join(TicketPerson, (TicketPerson.ticket_id == Ticket.id) & (TicketPerson.role == "requester"))
        .join(Person, Person.id == TicketPerson.person_id)
        .outerjoin(Address, Address.value == TicketPerson.address)
        .where(_waits(rules), Ticket.merged_into_id.is_(None), Ticket.restricted.is_(False))
        .where(or_(Person.kind == "unknown", Address.shared.is_(True)))
        .order_by(Ticket.opened_at, Ticket.id)
        .limit(size)
    )
    if unit.actor.desks is not None:
        found = found.where(Ticket.desk_key.in_(unit.actor.desks))
    rows = unit.session.execute(found).all()
    # An administrator who may not read tickets matches by address and name alone.
    reads = can(unit.actor, "ticket.read")
    subjects = subjects_of(unit, [ticket.id for ticket, _name, _address in rows]) if reads else {}
    views = []
    for ticket, name, address in rows:
        until = last_day(day_of(ticket.opened_at), within)
        left = (until - today).days
        views.append(
            Unmatched(ticket.number, subjects.get(ticket.id, ""), name, address, ticket.opened_at, until, left)
        )
    return views


def unmatched_counted(unit: Unit) -> ScalarSelect[int]:
    """How many tickets wait for somebody to say who asked, counted to a thousand and one, as a part of a statement."""
    require(unit.actor, "person.match")
    waiting = select(Ticket.id).where(Ticket.retention_state == "waiting:match", Ticket.restricted.is_(False))
    if unit.actor.desks is not None:
        waiting = waiting.where(Ticket.desk_key.in_(unit.actor.desks))
    counted = waiting.limit(COUNT_LIMIT + 1).subquery()
    return select(func.count()).select_from(counted).scalar_subquery()


def _waits(rules: set[str]) -> ColumnElement[bool]:
    waiting = Ticket.retention_state.in_(("waiting:match", "waiting:register"))
    return or_(waiting, Ticket.retention_state.in_(_TERMS_RUN) & Ticket.rule.in_(rules))


def rule_of_unknown(unit: Unit) -> tuple[set[str], Period]:
    """The rules under which unknown senders fall, and within what time somebody should say who one is."""
    found = [register.rule_for("conversation", "unknown") for register in in_force(unit.session).values()]
    rules = [rule for rule in found if rule is not None]
    return {rule.key for rule in rules}, next((rule.match_within for rule in rules if rule.match_within), MATCH_WITHIN)


def _requester(unit: Unit, number: str) -> tuple[Ticket, TicketPerson, Person]:
    ticket = ticket_for(unit, number, "person.match")
    if ticket.merged_into_id is not None:
        raise Conflict("This ticket was merged into another one: choose that one.", code="merged_on")
    asked = select(TicketPerson).where(TicketPerson.ticket_id == ticket.id, TicketPerson.role == "requester")
    row = unit.session.scalars(asked.order_by(TicketPerson.id)).first()
    if row is None:
        raise Conflict("It is not known who wrote this message.", code="no_person")
    return ticket, row, unit.session.get_one(Person, row.person_id)


def match_requester(unit: Unit, number: str, who: str | int) -> None:
    """Say that an unknown sender is this person, by number, verified address or id; so are their other tickets.

    The address is theirs from now on. A shared address stays nobody's: then it is said of this ticket only.
    """
    ticket, row, sender = _requester(unit, number)
    if sender.kind != "unknown":
        raise Conflict("It is known already who asked this.", code="known_person")
    person = person_named(unit, who) if isinstance(who, str) else known_person(unit, who)
    if person.id == sender.id:
        raise Invalid("This is the sender itself.", field="who")
    if unit.session.scalar(select(Fact.id).where(Fact.person_id == sender.id).limit(1)) is not None:
        raise Conflict("Dates were entered about this sender by hand. Take them back first.", code="has_facts")
    address = unit.session.scalar(select(Address).where(Address.value == row.address))
    sender_id, person_id = sender.id, person.id
    if address is not None and address.shared:
        row.person_id = person_id
        record(unit, ticket.id, "requester_matched", before=sender_id, after=person_id)
    else:
        _join(unit, sender_id, person_id)
    clock.touch(unit, ticket.id)
    clock.touch_people(unit, [person_id])


def _join(unit: Unit, sender_id: int, person_id: int) -> None:
    """The time of the proof is the time of the event: by it an undo knows which addresses came along."""
    proved = update(Address).where(Address.person_id == sender_id).values(verified_at=unit.now, source="advisor")
    unit.session.execute(proved.execution_options(synchronize_session=False))
    for ticket_id in sorted(tickets_of(unit.session, [sender_id])[sender_id]):
        record(unit, ticket_id, "requester_matched", before=sender_id, after=person_id)
    unit.rows.write()
    unit.session.flush()
    holds.note_following(unit, sender_id)
    join(unit.session, {sender_id: person_id})


def undo_match(unit: Unit, number: str) -> None:
    """Take back what somebody said by hand about who asked; addresses and tickets that came along go back too.

    Raises Conflict where nobody said so, or a file did.
    """
    ticket, row, person = _requester(unit, number)
    match = match_by_hand(unit, ticket.id, row.address, person.id)
    if match is None:
        raise Conflict("Nobody matched this sender by hand.", code="not_matched")
    sender_id, person_id = match.sender_id, person.id
    if match.addresses:
        moved = _give_back(unit, sender_id, person_id, match.addresses)
        holds.give_back(unit, match.at, {person_id: sender_id})
    else:
        row.person_id, moved = sender_id, {ticket.id}
    for ticket_id in sorted(moved):
        record(unit, ticket_id, "match_undone", before=person_id, after=sender_id)
    clock.touch_people(unit, [sender_id, person_id])


@dataclass(frozen=True, slots=True)
class Match:
    """What somebody said by hand: who the sender was before, and which addresses came along; none of a shared one."""

    sender_id: int
    at: dt.datetime
    addresses: set[str]


def match_by_hand(unit: Unit, ticket_id: int, address: str, person_id: int) -> Match | None:
    """The match that stands on a ticket, when a person made it; none when a file did, or nobody."""
    matched = select(Event).where(
        Event.ticket_id == ticket_id, Event.kind == "requester_matched", Event.after == str(person_id)
    )
    event = unit.session.scalars(matched.order_by(Event.id.desc())).first()
    if event is None:
        return None
    came = select(Address.value).where(
        Address.person_id == person_id, Address.source == "advisor", Address.verified_at == event.at
    )
    addresses = set(unit.session.scalars(came))
    if address in addresses:
        return Match(int(event.before or 0), event.at, addresses)
    shared = unit.session.scalar(select(Address.shared).where(Address.value == address))
    return Match(int(event.before or 0), event.at, set()) if shared else None


def _give_back(unit: Unit, sender_id: int, person_id: int, addresses: set[str]) -> set[int]:
    unit.session.flush()
    at_these = (TicketPerson.person_id == person_id) & TicketPerson.address.in_(addresses)
    rows = unit.session.execute(select(TicketPerson.ticket_id, TicketPerson.known_name_id).where(at_these)).all()
    tickets = {row.ticket_id for row in rows}
    still = select(TicketPerson.ticket_id).where(
        TicketPerson.ticket_id.in_(tickets),
        TicketPerson.person_id == person_id,
        TicketPerson.address.not_in(addresses),
    )
    theirs = tickets - set(unit.session.scalars(still))
    back = {"person_id": sender_id}
    names = {row.known_name_id for row in rows if row.known_name_id is not None}
    for statement in (
        update(TicketPerson).where(at_these).values(back),
        update(Entry).where(Entry.person_id == person_id, Entry.ticket_id.in_(theirs)).values(back),
        update(KnownName).where(KnownName.id.in_(names)).values(back),
        update(Address).where(Address.value.in_(addresses)).values(back | {"verified_at": None, "source": "mail"}),
    ):
        unit.session.execute(statement.execution_options(synchronize_session=False))
    unit.session.expire_all()
    return tickets


def call_requester(unit: Unit, number: str, kind: str) -> None:
    """Say what kind of person a sender without a personnel number is; unknown takes it back."""
    ticket, _row, sender = _requester(unit, number)
    if kind not in KINDS:
        raise Invalid("Choose one of the kinds: {kinds}.", field="kind", kinds=", ".join(KINDS))
    if sender.personnel_no is not None or sender.kind not in KINDS:
        raise Conflict("It is known already who asked this.", code="known_person")
    if sender.kind != kind:
        record(unit, ticket.id, "requester_kind", before=sender.kind, after=kind)
        sender.kind = kind
        clock.touch_people(unit, [sender.id])


def share_address(unit: Unit, address: str, *, shared: bool) -> None:
    """Say that several people use an address, so that it stands for nobody; or that this is not so after all."""
    require(unit.actor, "person.match")
    found = unit.session.scalar(select(Address).where(Address.value == normal(address)))
    if found is None:
        raise NotFound("Nothing came from this address.", code="no_address")
    if found.shared != shared:
        found.shared = shared
        note(unit, "address.shared", "address", found.id)
        clock.touch_people(unit, [found.person_id])


def share_address_of(unit: Unit, number: str, *, shared: bool) -> None:
    """The same of the address from which this ticket was asked."""
    _ticket, row, _person = _requester(unit, number)
    share_address(unit, row.address, shared=shared)
