"""What a register would do, told before it is approved, is what it does (RD-14)."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import select

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import NotFound
from helpdesk.models import Fact, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import policies
from helpdesk.privacy.simulating import moves, simulate
from helpdesk.retention import clock
from helpdesk.retention.policy import version
from helpdesk.retention.register.load import load
from helpdesk.retention.terms import day_of
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

TEXT = policies.shipped_text("551")
OTHER = TEXT.replace(b"is 7 jaar na", b"is 5 jaar na", 1).replace(b'period = "P7Y"', b'period = "P5Y"', 1)
FACTS = (
    (),
    (("employment.start", 20),),
    (("employment.start", 20), ("employment.end", 9)),
    (("employment.start", 20), ("employment.end", 9), ("dismissal.settled", 8)),
    (("employment.start", 20), ("employment.end", 5), ("dismissal.settled", 4)),
    (("employment.end", 2), ("dismissal.settled", 1)),
)


def _asked(ports: Ports, count: int) -> None:
    """Tickets of as many people, each with drawn facts, so many years ago."""
    receive(ports, *(letter(f"{n}", message_id=f"<{n}@x>", sender=f"p{n}@elders.example") for n in range(count)))
    draw = random.Random(5)
    with unit_of_work(ports, SYSTEM) as unit:
        for person in unit.session.scalars(select(Person)):
            person.kind = draw.choice(("employee", "external", "unknown"))
            for kind, years in draw.choice(FACTS) if person.kind == "employee" else ():
                day = day_of(unit.now) - dt.timedelta(days=365 * years + draw.randrange(300))
                fact = Fact(person_id=person.id, type=kind, valid_on=day, recorded_at=unit.now, source="hand")
                unit.session.add(fact)
        clock.touch_people(unit, list(unit.session.scalars(select(Person.id))))


def _stands(ports: Ports) -> dict[int, tuple[str | None, dt.date | None]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return {row.id: (row.rule, row.due_on) for row in unit.session.scalars(select(Ticket))}


def test_what_is_told_is_what_happens_ticket_by_ticket(ports: Ports) -> None:
    _asked(ports, 60)
    policy_in_force(ports)
    assert isinstance(ports.now, SetClock)
    ports.now.at += dt.timedelta(days=730)
    clock.tick(ports)
    before = _stands(ports)
    proposer = staff(ports, "voorstel", "functional_admin")
    with unit_of_work(ports, proposer) as unit:
        name = policies.propose(unit, OTHER)
    told = simulate(ports, proposer, name)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        register, today = version(unit.session, name), day_of(unit.now)
    each = {one.ticket_id: one for some in moves(ports, proposer, register, today) for one in some}
    assert _stands(ports) == before
    with unit_of_work(ports, staff(ports, "tweede", "privacy_officer")) as unit:
        policies.approve(unit, name, load(OTHER).sha256)
    clock.tick(ports)
    after = _stands(ports)
    assert {key: (one.rule, one.due_on) for key, one in each.items()} == after
    assert {key: (one.rule_before, one.due_before) for key, one in each.items()} == before
    assert sum(one.tickets for one in told.effects) == 60
    (settled,) = [one for one in told.effects if one.rule == "R1"]
    those = [key for key, (rule, _due_on) in before.items() if rule == "R1"]
    assert settled.tickets == settled.earlier == len(those) > 3
    assert settled.due == sum(_due(after[key], today) and not _due(before[key], today) for key in those) > 0
    assert settled.later == settled.never == settled.dated == 0
    assert settled.first_due_on == min(due for due in (after[key][1] for key in those) if due)


def _due(stand: tuple[str | None, dt.date | None], today: dt.date) -> bool:
    return stand[1] is not None and stand[1] <= today


def test_the_first_register_gives_dates_and_only_who_may_read_registers_sees_it(ports: Ports) -> None:
    _asked(ports, 10)
    admin = staff(ports, "beheer", "functional_admin")
    with unit_of_work(ports, admin) as unit:
        name = policies.propose(unit, TEXT)
    told = simulate(ports, admin, name)
    assert {due for _, due in _stands(ports).values()} == {None}
    with pytest.raises(NotFound):
        simulate(ports, staff(ports, "adviseur", "advisor"), name)
    with pytest.raises(NotFound):
        simulate(ports, admin, "000000000000")
    with unit_of_work(ports, staff(ports, "tweede", "privacy_officer")) as unit:
        policies.approve(unit, name, load(TEXT).sha256)
    clock.tick(ports)
    assert sum(one.dated for one in told.effects) == sum(due is not None for _, due in _stands(ports).values()) > 0
