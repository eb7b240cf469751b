"""The clock on real tables: tickets follow facts, people, merges and time, each change touching only its own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.models import Fact, InboundMail, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.status import status
from helpdesk.tickets import handling, merging
from helpdesk.unit import SYSTEM, Unit, unit_of_work
from tests.letters import letter, receive
from tests.retention import policy_in_force


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("waiting:register", True),
        ("blocked:original", True),
        ("dated", True),
        ("destroying", True),
        ("waiting", False),
        ("dated:soon", False),
        ("destroyed", False),
        ("", False),
    ],
)
def test_states_are_those_of_the_register(word: str, right: bool) -> None:
    assert clock.is_state(word) is right


def test_the_states_add_up_to_all_tickets(ports: Ports) -> None:
    receive(ports, *(letter(f"{n}", message_id=f"<{n}@x>") for n in range(5)))
    found = status(ports)
    assert sum(found["retention"].values()) == found["tickets"] == found["tickets_created"] == 5
    assert all(clock.is_state(word) for word in found["retention"])


def _ticket(unit: Unit, number: int = 0) -> Ticket:
    return unit.session.scalars(select(Ticket).order_by(Ticket.id)).all()[number]


def _say(unit: Unit, person_id: int, kind: str, day: str, **more: Any) -> Fact:
    fact = Fact(
        person_id=person_id, type=kind, valid_on=dt.date.fromisoformat(day), recorded_at=unit.now, source="hand", **more
    )
    unit.session.add(fact)
    unit.session.flush()
    clock.touch_people(unit, [person_id])
    return fact


def _state(ports: Ports, number: int = 0) -> tuple[str, dt.date | None, str | None]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ticket = _ticket(unit, number)
        return ticket.retention_state, ticket.due_on, ticket.rule


def _asker(unit: Unit, number: int = 0) -> Person:
    ticket_id = _ticket(unit, number).id
    return unit.session.scalars(
        select(Person)
        .join(TicketPerson, TicketPerson.person_id == Person.id)
        .where(TicketPerson.ticket_id == ticket_id, TicketPerson.role == "requester")
    ).one()


def test_a_ticket_follows_the_facts_of_its_asker(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    assert _state(ports)[0] == "waiting:register"
    policy_in_force(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        clock.touch(unit, _ticket(unit).id)
    assert _state(ports)[0] == "waiting:match"
    with unit_of_work(ports, SYSTEM) as unit:
        person = _asker(unit)
        person.kind = "employee"
        clock.touch_people(unit, [person.id])
    assert _state(ports)[0] == "waiting:employment"
    with unit_of_work(ports, SYSTEM) as unit:
        first = _say(unit, _asker(unit).id, "dismissal.settled", "2020-02-29")
        first_id = first.id
    opened = ports.now().date()
    assert opened >= dt.date(2020, 2, 29)
    state, due, rule = _state(ports)
    if opened < dt.date(2027, 3, 1):
        assert (state, due, rule) == ("dated", dt.date(2027, 3, 1), "R1")
    with unit_of_work(ports, SYSTEM) as unit:
        _say(unit, _asker(unit).id, "dismissal.settled", "2024-02-29", supersedes_id=first_id)
    assert _state(ports)[1] == dt.date(2031, 3, 1)
    with unit_of_work(ports, SYSTEM) as unit:
        newest = unit.session.scalars(select(Fact).order_by(Fact.id.desc())).first()
        assert newest is not None
        _say(unit, _asker(unit).id, "dismissal.settled", "2024-02-29", supersedes_id=newest.id, retracts=True)
    assert _state(ports) == ("waiting:employment", None, None)


def test_facts_are_only_added(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    with unit_of_work(ports, SYSTEM) as unit:
        fact = _say(unit, _asker(unit).id, "employment.end", "2024-02-29")
        fact.valid_on = dt.date(2020, 1, 1)
        with pytest.raises(Exception, match="only added to"):
            unit.session.flush()
        unit.session.rollback()


def test_a_merged_ticket_waits_and_its_asker_counts_where_it_went(ports: Ports) -> None:
    policy_in_force(ports)
    receive(ports, letter("een", sender="a@x.example", message_id="<1@x>"))
    receive(ports, letter("twee", sender="b@x.example", message_id="<2@x>"))
    with unit_of_work(ports, SYSTEM) as unit:
        for number, day in enumerate(("2024-01-01", "2025-06-01")):
            person = _asker(unit, number)
            person.kind = "employee"
            _say(unit, person.id, "dismissal.settled", day)
    assert (_state(ports)[1], _state(ports, 1)[1]) == (dt.date(2031, 1, 2), dt.date(2032, 6, 2))
    with unit_of_work(ports, SYSTEM) as unit:
        merging.merge(unit, _ticket(unit, 1).number, _ticket(unit, 0).number)
    assert _state(ports, 1)[0] == "waiting:merged"
    assert _state(ports)[1] == dt.date(2032, 6, 2)
    with unit_of_work(ports, SYSTEM) as unit:
        merging.undo_merge(unit, _ticket(unit, 1).number)
    assert (_state(ports)[1], _state(ports, 1)[1]) == (dt.date(2031, 1, 2), dt.date(2032, 6, 2))


def test_the_asker_of_a_ticket_merged_twice_over_counts_at_the_end_of_the_chain(ports: Ports) -> None:
    policy_in_force(ports)
    for name in "abc":
        receive(ports, letter(name, sender=f"{name}@x.example", message_id=f"<{name}@x>"))
    with unit_of_work(ports, SYSTEM) as unit:
        for number, day in enumerate(("2025-06-01", "2024-01-01", "2024-02-01")):
            person = _asker(unit, number)
            person.kind = "employee"
            _say(unit, person.id, "dismissal.settled", day)
    with unit_of_work(ports, SYSTEM) as unit:
        merging.merge(unit, _ticket(unit, 0).number, _ticket(unit, 1).number)
    with unit_of_work(ports, SYSTEM) as unit:
        merging.merge(unit, _ticket(unit, 1).number, _ticket(unit, 2).number)
    assert [_state(ports, number)[0] for number in (0, 1)] == ["waiting:merged"] * 2
    assert _state(ports, 2)[1] == dt.date(2032, 6, 2)
    with unit_of_work(ports, SYSTEM) as unit:
        first = _asker(unit, 0).id
        assert clock.asked_by(unit.session, [first]) == {_ticket(unit, 2).id}
        known = unit.session.scalars(select(Fact).where(Fact.person_id == first)).one()
        _say(unit, first, "dismissal.settled", "2026-03-01", supersedes_id=known.id)
    assert _state(ports, 2)[1] == dt.date(2033, 3, 2)


def test_an_open_ticket_past_its_date_is_blocked_until_it_is_done(ports: Ports) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag"))
    with unit_of_work(ports, SYSTEM) as unit:
        person = _asker(unit)
        person.kind = "employee"
        _say(unit, person.id, "dismissal.settled", "2026-11-01")
        _ticket(unit).opened_at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        unit.session.scalars(select(InboundMail)).one().removed_at = unit.now
    with unit_of_work(ports, SYSTEM) as unit:
        ticket_id = _ticket(unit).id
        clock.reckon_tickets(unit.session, [ticket_id], dt.date(2040, 1, 1))
    assert _state(ports)[0] == "blocked:open"
    with unit_of_work(ports, SYSTEM) as unit:
        handling.set_status(unit, _ticket(unit).number, "done")
    with unit_of_work(ports, SYSTEM) as unit:
        clock.reckon_tickets(unit.session, [ticket_id], dt.date(2040, 1, 1))
    assert _state(ports)[0] == "due"


def test_a_ticket_whose_original_lies_in_a_mailbox_is_blocked_on_its_day(ports: Ports) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag"))
    with unit_of_work(ports, SYSTEM) as unit:
        person = _asker(unit)
        person.kind = "external"
        mail = unit.session.scalars(select(InboundMail)).one()
        mail.source, mail.removed_at = "imap", None
        handling.set_status(unit, _ticket(unit).number, "done")
    with unit_of_work(ports, SYSTEM) as unit:
        ticket_id = _ticket(unit).id
        clock.reckon_tickets(unit.session, [ticket_id], dt.date(2040, 1, 1))
        found = clock.reckoned(unit.session, ticket_id, in_force(unit.session), dt.date(2040, 1, 1))
        assert found.recheck_on == dt.date(2040, 1, 2)
    assert _state(ports)[0] == "blocked:original"
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.scalars(select(InboundMail)).one().removed_at = unit.now
        clock.reckon_tickets(unit.session, [ticket_id], dt.date(2040, 1, 2))
    assert _state(ports)[0] == "due"


def test_a_destroying_ticket_is_let_be(ports: Ports) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag"))
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = _ticket(unit)
        ticket.retention_state = "destroying"
        clock.touch(unit, ticket.id)
    assert _state(ports)[0] == "destroying"
