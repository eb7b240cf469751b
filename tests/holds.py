"""Holds for tests, placed and released through the verbs that people use; and tickets whose term has ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select, update

from helpdesk.models import HoldTicket, InboundMail, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding, holds
from helpdesk.privacy.holds import Placed, Wish
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force


def wish(kind: str = "woo", **more: Any) -> Wish:
    """A hold of this kind, with the words it needs."""
    return Wish(kind, "Woo-2026-14", "Verzoek om openbaarmaking van reiskosten", **more)


def place(ports: Ports, actor: Actor, kind: str = "woo", **more: Any) -> Placed:
    """Place a hold and find what it keeps."""
    with unit_of_work(ports, actor) as unit:
        placed = holds.place(unit, wish(kind, **more))
    hold_finding.find(ports, placed.hold_id)
    return placed


def release(ports: Ports, proposer: Actor, second: Actor, hold_id: int) -> None:
    """Release a hold by two people."""
    with unit_of_work(ports, proposer) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with unit_of_work(ports, second) as unit:
        holds.release(unit, hold_id)
    hold_finding.find(ports, hold_id)


def three(ports: Ports) -> None:
    """Three tickets of two people, two of them about travel expenses."""
    policy_in_force(ports)
    receive(ports, letter("Over reiskosten.", message_id="<1@x>"))
    receive(ports, letter("Nog een vraag.", message_id="<2@x>", subject="Anders"))
    receive(ports, letter("Over reiskosten in Parijs.", sender="Ahmed <ahmed@x.example>", message_id="<3@x>"))


def asker_of(ports: Ports, number: str) -> int:
    """The id of the person who asked a ticket."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        on = select(TicketPerson.person_id).join(Ticket, Ticket.id == TicketPerson.ticket_id)
        return unit.session.scalars(on.where(Ticket.number == number, TicketPerson.role == "requester")).one()


def held(ports: Ports, hold_id: int) -> list[str]:
    """The numbers of the tickets under a hold."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        under = select(Ticket.number).join(HoldTicket, HoldTicket.ticket_id == Ticket.id)
        return list(unit.session.scalars(under.where(HoldTicket.hold_id == hold_id).order_by(Ticket.number)))


def states(ports: Ports) -> list[str]:
    """The states of all tickets, by number."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.retention_state).order_by(Ticket.number)))


def nothing_keeps(ports: Ports) -> None:
    """Everybody who asked is from outside, all is done and gone from the mailbox."""
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(kind="external"))
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
        unit.session.execute(update(Ticket).values(status="done", done_at=unit.now))
        for ticket_id in unit.session.scalars(select(Ticket.id)).all():
            clock.touch(unit, ticket_id)


def let_terms_end(ports: Ports) -> None:
    """Nothing keeps any ticket but its term, and more than a year goes by."""
    nothing_keeps(ports)
    wait(ports, dt.timedelta(days=400))
    clock.tick(ports)
