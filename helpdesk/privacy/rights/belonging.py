"""What belongs to a person: tickets they asked or took part in, messages that name them (RD-80). Only reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.models import (
    Address,
    Content,
    Entry,
    OutgoingMail,
    OutgoingRecipient,
    Person,
    RequestTicket,
    RightsRequest,
    Ticket,
    TicketPerson,
)
from helpdesk.people.addresses import normal
from helpdesk.privacy.rights.codes import RESTRICTING
from helpdesk.retention.holds import ROLES
from helpdesk.search import newest_hits
from helpdesk.text.stems import fold
from helpdesk.unit import Unit

MOST_CANDIDATES = 200
"""Tickets in which a name stands that one request shows: a person looks at each of them."""
_BATCHES = 5
_HEADED = ("from", "to", "cc", "reply_to")


def tickets_of(session: Session, person_id: int) -> dict[int, bool]:
    """The tickets this person is on or wrote in, and whether the whole of each is theirs.

    It is where they asked or took part; where they got a copy, or wrote a single message, only that message is.
    """
    on = session.execute(
        select(TicketPerson.ticket_id, TicketPerson.role)
        .join(Ticket, Ticket.id == TicketPerson.ticket_id)
        .where(TicketPerson.person_id == person_id, Ticket.retention_state != "destroying")
    )
    found: dict[int, bool] = {}
    for ticket_id, role in on:
        found[ticket_id] = found.get(ticket_id, False) or role in ROLES
    wrote = (
        select(Entry.ticket_id)
        .join(Ticket, Ticket.id == Entry.ticket_id)
        .where(Entry.person_id == person_id, Ticket.retention_state != "destroying")
    )
    for ticket_id in session.scalars(wrote.distinct()):
        found.setdefault(ticket_id, False)
    return found


def asked_by(session: Session, person_id: int) -> list[int]:
    """The tickets this person asked: those whose processing an objection restricts."""
    asked = (
        select(Ticket.id)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .where(TicketPerson.person_id == person_id, TicketPerson.role == "requester")
        .where(Ticket.retention_state != "destroying")
    )
    return list(session.scalars(asked.distinct().order_by(Ticket.id)))


def addresses_of(session: Session, person_id: int) -> frozenset[str]:
    """Every address this person is known or wrote by, normalised; one that several people use is nobody's."""
    known = select(Address.value).where(Address.person_id == person_id, Address.shared.is_(False))
    written = select(TicketPerson.address).where(TicketPerson.person_id == person_id, TicketPerson.address != "")
    shared = set(session.scalars(select(Address.value).where(Address.shared.is_(True))))
    found = {*session.scalars(known), *map(normal, session.scalars(written.distinct()))}
    return frozenset(found - shared)


def names_of(session: Session, person_id: int) -> frozenset[str]:
    """Every name this person is known or wrote by."""
    written = select(TicketPerson.name).where(TicketPerson.person_id == person_id, TicketPerson.name != "")
    known = session.scalar(select(Person.display_name).where(Person.id == person_id))
    return frozenset({*session.scalars(written.distinct()), *([known] if known else [])})


def candidates(unit: Unit, person_id: int, but: Iterable[int]) -> list[int]:
    """Other tickets in which a full name of this person stands: somebody looks whether it is them."""
    found: dict[int, None] = {}
    for name in sorted(names_of(unit.session, person_id)):
        if len(fold(name).split()) < 2:
            continue
        for hits in islice(newest_hits(unit, name), _BATCHES):
            found |= dict.fromkeys(ticket_id for _entry_id, ticket_id in hits)
    left = [ticket_id for ticket_id in found if ticket_id not in set(but)]
    return left[:MOST_CANDIDATES]


def restricted_for_others(session: Session, person_id: int, ids: Iterable[int]) -> frozenset[int]:
    """Those of the tickets that are restricted, and not because this very person asked for it."""
    wanted = list(ids)
    restricted = set(session.scalars(select(Ticket.id).where(Ticket.id.in_(wanted), Ticket.restricted.is_(True))))
    own = (
        select(RequestTicket.ticket_id)
        .join(RightsRequest, RightsRequest.id == RequestTicket.request_id)
        .where(RightsRequest.person_id == person_id, RightsRequest.kind.in_(RESTRICTING))
    )
    return frozenset(restricted - set(session.scalars(own)))


def named_in(unit: Unit, ticket_id: int, entries: Iterable[Entry], person_id: int) -> set[int]:
    """Those of the entries of a ticket that this person wrote, received, or is named in by full name."""
    rows = list(entries)
    ids = [entry.id for entry in rows]
    addresses = addresses_of(unit.session, person_id)
    found = {entry.id for entry in rows if entry.person_id == person_id}
    found |= {entry_id for entry_id, to in _sent_to(unit.session, ids) if normal(to) in addresses}
    names = [words for name in names_of(unit.session, person_id) if len(words := fold(name).split()) > 1]
    texts = select(Content.entry_id, Content.kind, Content.text).where(
        Content.ticket_id == ticket_id,
        Content.entry_id.in_(ids),
        Content.kind.in_(("headers", "body", "reply", "markdown")),
    )
    for entry_id, kind, text in unit.session.execute(texts):
        if kind == "headers":
            fits = not addresses.isdisjoint(_headed(json.loads(text)))
        else:
            said = f" {fold(text)} "
            fits = any(f" {' '.join(words)} " in said for words in names)
        if fits and entry_id is not None:
            found.add(entry_id)
    return found


def _sent_to(session: Session, entry_ids: list[int]) -> Iterator[tuple[int, str]]:
    sent = (
        select(OutgoingMail.entry_id, OutgoingRecipient.address)
        .join(OutgoingRecipient, OutgoingRecipient.outgoing_id == OutgoingMail.id)
        .where(OutgoingMail.entry_id.in_(entry_ids))
    )
    for entry_id, address in session.execute(sent):
        if entry_id is not None:
            yield entry_id, address


def _headed(headers: Mapping[str, Any]) -> Iterator[str]:
    for field in _HEADED:
        said = headers.get(field) or []
        for one in said if isinstance(said, list) else [said]:
            yield normal(one.get("address") or "")
