"""Facts by hand: only added, each reckons the tickets of its person and no other."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.facts.history import FactView, history, known_at
from helpdesk.facts.record import add, correct, retract
from helpdesk.models import LedgerLine, Person, SecurityEvent, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.unit import NOBODY, SYSTEM, Actor, Unit, unit_of_work
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

SETTLED = "dismissal.settled"


def _person(ports: Ports, number: int = 0, kind: str = "employee") -> int:
    with unit_of_work(ports, SYSTEM) as unit:
        person = unit.session.scalars(select(Person).order_by(Person.id)).all()[number]
        person.kind = kind
        clock.touch_people(unit, [person.id])
        return person.id


def _dates(ports: Ports) -> list[tuple[str, dt.date | None]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [(row.retention_state, row.due_on) for row in unit.session.scalars(select(Ticket).order_by(Ticket.id))]


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


def test_a_fact_a_correction_and_a_retraction_move_one_persons_tickets(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    receive(ports, letter("een", sender="a@x.example", message_id="<1@x>"))
    receive(ports, letter("twee", sender="b@x.example", message_id="<2@x>"))
    first, _second = _person(ports), _person(ports, 1)
    with unit_of_work(ports, admin) as unit:
        fact = add(unit, first, SETTLED, dt.date(2020, 2, 29), "brief 12", "retirement")
    assert _dates(ports) == [("dated", dt.date(2027, 3, 1)), ("waiting:employment", None)]
    with unit_of_work(ports, admin) as unit:
        better = correct(unit, fact, dt.date(2024, 2, 29), "brief 13")
    assert _dates(ports)[0] == ("dated", dt.date(2031, 3, 1))
    with unit_of_work(ports, admin) as unit:
        retract(unit, better, "uitspraak")
    assert _dates(ports) == [("waiting:employment", None)] * 2
    with unit_of_work(ports, admin) as unit:
        rows = history(unit, first)
        told = unit.session.scalars(select(LedgerLine.op)).all()
        noted = unit.session.scalars(select(SecurityEvent.verb).where(SecurityEvent.object_kind == "fact")).all()
    assert [(row.state, row.reference, row.recorded_by) for row in rows] == [
        ("corrected", "brief 12", "Fatima"),
        ("retracted", "brief 13", "Fatima"),
        ("retraction", "uitspraak", "Fatima"),
    ]
    assert {row.reason for row in rows} == {"retirement"}
    assert told == ["facts"] * 3
    assert noted == ["fact.add", "fact.correct", "fact.retract"]


def test_what_was_known_at_a_moment_can_be_asked(ports: Ports, admin: Actor) -> None:
    receive(ports, letter("vraag"))
    person, clock_on_the_wall = _person(ports), ports.now
    assert isinstance(clock_on_the_wall, SetClock)
    moments = []
    with unit_of_work(ports, admin) as unit:
        fact = add(unit, person, "employment.end", dt.date(2025, 1, 31), "brief")
    for step, day in enumerate((dt.date(2025, 2, 28), dt.date(2025, 3, 31))):
        moments.append(ports.now())
        clock_on_the_wall.at += dt.timedelta(days=step + 1)
        with unit_of_work(ports, admin) as unit:
            fact = correct(unit, fact, day, "brief")
    moments.append(ports.now())
    with unit_of_work(ports, admin, write=False) as unit:
        rows = history(unit, person)
    assert [[row.valid_on.month for row in known_at(rows, moment)] for moment in moments] == [[1], [2], [3]]


def test_an_end_never_stands_for_a_settlement(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag"))
    person = _person(ports)
    with unit_of_work(ports, admin) as unit:
        add(unit, person, "employment.end", dt.date(2019, 3, 31), "brief")
    assert _dates(ports) == [("waiting:settlement", None)]


@pytest.mark.parametrize(
    ("kind", "day", "reference", "reason", "field"),
    [
        (SETTLED, "2027-01-01", "brief", None, "valid_on"),
        ("account.last_login", "2026-11-23", "brief", None, "valid_on"),
        ("employment.end", "1920-01-01", "brief", None, "valid_on"),
        ("employment.end", "2920-01-01", "brief", None, "valid_on"),
        (SETTLED, "2020-01-01", "  ", None, "reference"),
        (SETTLED, "2020-01-01", "brief", "anger", "reason"),
        ("system.lms.end_of_life", "2020-01-01", "brief", None, "type"),
        ("birthday", "2020-01-01", "brief", None, "type"),
    ],
)
def test_what_cannot_be_is_refused(
    ports: Ports, admin: Actor, kind: str, day: str, reference: str, reason: str | None, field: str
) -> None:
    receive(ports, letter("vraag"))
    person = _person(ports)
    with unit_of_work(ports, admin) as unit, pytest.raises(Invalid) as refused:
        add(unit, person, kind, dt.date.fromisoformat(day), reference, reason)
    assert refused.value.field == field


def test_an_end_may_be_to_come_and_a_system_has_facts_too(ports: Ports, admin: Actor) -> None:
    receive(ports, letter("vraag"))
    person = _person(ports)
    with unit_of_work(ports, admin) as unit:
        add(unit, person, "employment.end", dt.date(2027, 1, 1), "brief")
        add(unit, None, "system.lms.end_of_life", dt.date(2026, 1, 1), "besluit")
        with pytest.raises(Invalid, match="known already"):
            add(unit, None, "system.lms.end_of_life", dt.date(2026, 1, 1), "besluit")
        assert [row.type for row in history(unit, None)] == ["system.lms.end_of_life"]


def test_a_fact_is_corrected_once_and_by_its_newest_row(ports: Ports, admin: Actor) -> None:
    receive(ports, letter("vraag"))
    person = _person(ports)
    with unit_of_work(ports, admin) as unit:
        fact = add(unit, person, SETTLED, dt.date(2020, 1, 1), "brief")
        gone = retract(unit, fact, "brief")
    with unit_of_work(ports, admin) as unit, pytest.raises(Conflict):
        correct(unit, fact, dt.date(2021, 1, 1), "brief")
    with unit_of_work(ports, admin) as unit, pytest.raises(Conflict):
        retract(unit, fact, "brief")
    with unit_of_work(ports, admin) as unit, pytest.raises(NotFound):
        retract(unit, gone, "brief")
    with unit_of_work(ports, admin) as unit:
        assert add(unit, person, SETTLED, dt.date(2020, 1, 1), "opnieuw") > gone


@pytest.mark.parametrize("role", ["advisor", "privacy_officer", "technical_admin", "auditor"])
def test_only_a_functional_administrator_writes_facts(ports: Ports, role: str) -> None:
    receive(ports, letter("vraag"))
    person = _person(ports)
    actors = (NOBODY, Actor(None, frozenset({role})))
    for actor in actors:
        with unit_of_work(ports, actor) as unit, pytest.raises(NotFound):
            add(unit, person, SETTLED, dt.date(2020, 1, 1), "brief")


def test_a_ticket_asked_on_behalf_of_two_waits_for_the_later_one(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    receive(ports, letter("een", sender="a@x.example", message_id="<1@x>"))
    receive(ports, letter("twee", sender="b@x.example", message_id="<2@x>"))
    first, second = _person(ports), _person(ports, 1)
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = _tickets(unit)[0]
        unit.session.add(TicketPerson(ticket_id=ticket, person_id=second, role="requester", address="b@x.example"))
    with unit_of_work(ports, admin) as unit:
        add(unit, first, SETTLED, dt.date(2020, 1, 1), "brief")
    assert _dates(ports)[0] == ("waiting:employment", None)
    with unit_of_work(ports, admin) as unit:
        add(unit, second, SETTLED, dt.date(2021, 6, 30), "brief")
    assert _dates(ports)[0] == ("dated", dt.date(2028, 7, 1))


def _tickets(unit: Unit) -> list[int]:
    return list(unit.session.scalars(select(Ticket.id).order_by(Ticket.id)))


_MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@given(st.lists(st.tuples(st.sampled_from(["add", "correct", "retract"]), st.integers(0, 9)), max_size=12))
def test_the_history_answers_for_every_moment_in_it(steps: list[tuple[str, int]]) -> None:
    """Against a list that is changed in place, as no table of ours ever is."""
    rows: list[FactView] = []
    standing: list[int] = []
    expected: list[list[int]] = []
    for number, (act, pick) in enumerate(steps, 1):
        chosen = standing[pick % len(standing)] if standing and act != "add" else None
        if chosen is not None:
            standing.remove(chosen)
        if chosen is None or act == "correct":
            standing.append(number)
        state = "retraction" if chosen is not None and act == "retract" else "in_force"
        rows.append(
            FactView(
                number, SETTLED, dt.date(2020, 1, 1), _MOMENT + dt.timedelta(days=number), "hand", "", None, "", chosen,
                state,
            )
        )  # fmt: skip
        expected.append(sorted(standing))
    for number, ids in enumerate(expected, 1):
        assert sorted(row.id for row in known_at(rows, _MOMENT + dt.timedelta(days=number))) == ids
