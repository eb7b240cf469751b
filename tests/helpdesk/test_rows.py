"""Rows written in sets: found by whoever reads, in order of foreign keys, and gone with their savepoint."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError, StatementError

from helpdesk.models import Address, Event, Person, Ticket
from helpdesk.people.addresses import people_at, person_for
from helpdesk.ports import Ports
from helpdesk.tickets.opening import Numbers, open_ticket
from helpdesk.unit import SYSTEM, Unit, unit_of_work


def ticket(unit: Unit, numbers: Numbers | None = None) -> Ticket:
    """A ticket of somebody."""
    person = person_for(unit, "femke@minbz.example", "Femke")
    return open_ticket(unit, person, desk_key="academy", subject="Vraag", at=unit.now, numbers=numbers)


def fail_after(unit: Unit, *, written: bool) -> None:
    """Put a ticket in a savepoint that fails."""
    with unit.savepoint():
        ticket(unit)
        if written:
            unit.rows.write()
        raise ValueError("planted")


def test_a_row_that_was_put_is_found_by_the_next_read(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        opened = ticket(unit)
        assert unit.session.scalar(select(Ticket.number).where(Ticket.id == opened.id)) == opened.number
        assert set(people_at(unit, ["femke@minbz.example"])) == {"femke@minbz.example"}
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Event)) == 1


def test_an_object_may_be_changed_before_and_after_it_is_written(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        opened = ticket(unit)
        opened.desk_key = "languages"
        unit.rows.write()
        opened.spam = True
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.scalars(select(Ticket)).one()
        assert (found.desk_key, found.spam, found.version) == ("languages", True, 1)


def test_one_statement_per_table_however_many_rows(ports: Ports) -> None:
    inserts: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("INSERT"):
            inserts.append(statement.split()[2])

    event.listen(ports.engine, "before_cursor_execute", note)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.rows.expect(30)
        numbers = Numbers(unit, 30)
        person = person_for(unit, "femke@minbz.example")
        for _ in range(30):
            open_ticket(unit, person, desk_key="academy", subject="Vraag", at=unit.now, numbers=numbers)
        numbers.close()
    said = Counter(inserts)
    assert said.pop("counter") == 2  # the number, and the tickets ever created
    assert set(said.values()) == {1}
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Ticket)) == 30
        assert unit.session.scalar(select(func.count()).select_from(Event)) == 30


def test_what_a_failed_savepoint_put_is_gone_and_its_ids_can_be_used_again(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        before = ticket(unit)
        for written in (False, True):
            with pytest.raises(ValueError, match="planted"):
                fail_after(unit, written=written)
        after = ticket(unit)
        assert before.id != after.id
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Ticket.number).order_by(Ticket.id)).all() == ["2026-00001", "2026-00002"]
        assert unit.session.scalar(select(func.count()).select_from(Person)) == 1
        assert unit.session.scalar(select(func.count()).select_from(Address)) == 1


def test_numbers_that_were_drawn_and_not_used_leave_no_gap(ports: Ports) -> None:
    for count in (2, 1):
        with unit_of_work(ports, SYSTEM) as unit:
            numbers = Numbers(unit, 50)
            for _ in range(count):
                ticket(unit, numbers)
            numbers.close()
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.scalars(select(Ticket.number).order_by(Ticket.id)).all()
    assert found == ["2026-00001", "2026-00002", "2026-00003"]


def test_many_rows_are_what_few_rows_are(ports: Ports) -> None:
    shown = []
    for count in (2, 30):
        with unit_of_work(ports, SYSTEM) as unit:
            for _ in range(count):
                ticket(unit)
            put = unit.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
            said = unit.session.execute(select(Event.kind, Event.at, Event.before, Event.account_id)).all()
            shown.append((put.opened_at, put.spam, put.retention_state, put.done_at, said[-1]))
    assert shown[0] == shown[1]


def test_a_fault_of_many_rows_is_a_fault_like_any_other(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        first = ticket(unit)
        with pytest.raises(IntegrityError):
            put_again(unit, first)
        ticket(unit)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Ticket)) == 2


def put_again(unit: Unit, first: Ticket) -> None:
    """Tickets of which one has a number that is taken."""
    with unit.savepoint():
        for _ in range(10):
            ticket(unit)
        ticket(unit).number = first.number


@pytest.mark.parametrize("count", [1, 30])
def test_a_time_without_zone_is_refused_however_many_rows(ports: Ports, count: int) -> None:
    with pytest.raises((ValueError, StatementError), match="without zone"):
        open_without_zone(ports, count)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Ticket)) == 0


def open_without_zone(ports: Ports, count: int) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        for _ in range(count):
            ticket(unit).opened_at = dt.datetime(2026, 11, 22, 12)  # noqa: DTZ001 - that is the fault
