"""Who may do what; looking up and checking are one step, and what is not allowed reads as not found."""

from __future__ import annotations

from typing import cast

from sqlalchemy import BigInteger, ColumnElement, String, bindparam, or_, select

from helpdesk.errors import NotFound
from helpdesk.models import Ticket, TicketPerson
from helpdesk.unit import Actor, Requester, Unit

_EVERYTHING = frozenset({"system"})
_OF_RESTRICTED = frozenset({"request.read", "request.handle", "retention.read"})
"""What may be done with a ticket whose processing is restricted (AVG art. 18): storing, and what the request asks."""
_BY_ID = select(Ticket).where(Ticket.id == bindparam("sought"))
_BY_NUMBER = select(Ticket).where(Ticket.number == bindparam("sought"))
VERBS: dict[str, frozenset[str]] = {
    "ticket.read": frozenset({"advisor"}),
    "ticket.reply": frozenset({"advisor"}),
    "ticket.note": frozenset({"advisor"}),
    "ticket.handle": frozenset({"advisor"}),
    "ticket.open": frozenset({"advisor"}),
    "knowledge.read": frozenset({"advisor", "functional_admin"}),
    "knowledge.write": frozenset({"advisor", "functional_admin"}),
    "canned.write": frozenset({"advisor", "functional_admin"}),
    "chat.answer": frozenset({"advisor"}),
    "hours.change": frozenset({"functional_admin"}),
    "mail.decide": frozenset({"advisor", "functional_admin"}),
    "policy.read": frozenset({"functional_admin", "privacy_officer", "record_manager", "auditor"}),
    "policy.propose": frozenset({"functional_admin", "privacy_officer", "record_manager"}),
    "policy.approve": frozenset({"privacy_officer", "record_manager"}),
    "fact.read": frozenset({"functional_admin", "privacy_officer"}),
    "fact.write": frozenset({"functional_admin"}),
    "import.read": frozenset({"functional_admin", "privacy_officer"}),
    "import.run": frozenset({"functional_admin"}),
    "import.second": frozenset({"privacy_officer"}),
    "person.find": frozenset({"advisor", "functional_admin", "privacy_officer"}),
    "person.match": frozenset({"advisor", "functional_admin"}),
    "retention.read": frozenset({"functional_admin", "privacy_officer", "record_manager", "auditor"}),
    "hold.place": frozenset({"functional_admin", "privacy_officer"}),
    "hold.release": frozenset({"privacy_officer"}),
    "list.read": frozenset({"functional_admin", "privacy_officer", "record_manager"}),
    "list.propose": frozenset({"functional_admin"}),
    "list.except": frozenset({"functional_admin", "privacy_officer", "record_manager"}),
    "list.approve": frozenset({"privacy_officer", "record_manager"}),
    "list.run": frozenset({"functional_admin", "privacy_officer", "record_manager"}),
    "restore.read": frozenset({"functional_admin", "technical_admin", "privacy_officer", "record_manager"}),
    "restore.confirm": frozenset({"functional_admin", "technical_admin"}),
    "restore.facts": frozenset({"privacy_officer", "record_manager"}),
    "request.read": frozenset({"privacy_officer", "record_manager"}),
    "request.handle": frozenset({"privacy_officer"}),
    "request.open": frozenset({"advisor", "privacy_officer"}),
    "request.release": frozenset({"privacy_officer", "record_manager"}),
    "erasure.approve": frozenset({"record_manager"}),
    "ticket.redact": frozenset({"advisor", "privacy_officer"}),
    "ledger.read": frozenset({"privacy_officer", "record_manager", "auditor"}),
    "log.read": frozenset({"privacy_officer", "auditor"}),
    "health.read": frozenset({"functional_admin", "technical_admin", "advisor"}),
}


def can(actor: Actor, verb: str) -> bool:
    """Whether one of the actor's roles has the verb; an unknown verb is nobody's."""
    return bool(actor.roles & (VERBS.get(verb, frozenset()) | _EVERYTHING))


def require(actor: Actor, verb: str) -> None:
    """Raise NotFound unless the actor has the verb."""
    if not can(actor, verb):
        raise NotFound("This page does not exist, or you may not see it.")


def ticket_for(unit: Unit, number: str | int, verb: str) -> Ticket:
    """The ticket with this number (or id), for an actor who may do this to it; else NotFound."""
    require(unit.actor, verb)
    by = _BY_ID if isinstance(number, int) else _BY_NUMBER
    ticket = unit.once((Ticket, number), lambda: unit.session.scalar(by, {"sought": number}))
    if ticket is None or not _is_there(ticket, verb) or not _own_desk(unit.actor, ticket):
        raise NotFound("There is no such ticket, or you may not see it.")
    return ticket


def own_seat(who: Requester) -> ColumnElement[bool]:
    """The seats in tickets of somebody who asks: of their address, or of the person; only the first of a shared one."""
    by_address = TicketPerson.address == who.address
    return by_address if who.shared else or_(by_address, TicketPerson.person_id == who.person_id)


def anybody(*, shared: bool) -> Requester:
    """Whoever asks, for a statement that is written once; `named` says who it is when it is run."""
    person_id, address = bindparam("me", type_=BigInteger), bindparam("my_address", type_=String)
    return Requester(cast("int", person_id), cast("str", address), shared)


def named(who: Requester) -> dict[str, int | str]:
    """Who `anybody` is this time."""
    return {"me": who.person_id, "my_address": who.address}


def own_tickets(who: Requester) -> ColumnElement[bool]:
    """The tickets somebody asked or takes part in; one whose processing is restricted only to who asked it.

    A copy of a mail is no part (RD-80).
    """
    seats = select(TicketPerson.ticket_id).where(own_seat(who))
    asked = Ticket.id.in_(seats.where(TicketPerson.role == "requester"))
    joined = Ticket.id.in_(seats.where(TicketPerson.role == "participant")) & Ticket.restricted.is_(False)
    return or_(asked, joined) & (Ticket.retention_state != "destroying")


def requester_of(unit: Unit) -> Requester:
    """The actor as somebody who asks; NotFound for anybody else."""
    if unit.actor.requester is None:
        raise NotFound("This page does not exist, or you may not see it.")
    return unit.actor.requester


def own_ticket_for(unit: Unit, number: str) -> Ticket:
    """The ticket with this number if the actor asked it or takes part in it; else NotFound, as if there were none."""
    who = requester_of(unit)
    ticket = unit.session.scalar(select(Ticket).where(Ticket.number == number, own_tickets(who)))
    if ticket is None:
        raise NotFound("There is no such ticket, or you may not see it.")
    return ticket


def _is_there(ticket: Ticket, verb: str) -> bool:
    return ticket.retention_state != "destroying" and (not ticket.restricted or verb in _OF_RESTRICTED)


def _own_desk(actor: Actor, ticket: Ticket) -> bool:
    return actor.desks is None or ticket.desk_key in actor.desks
