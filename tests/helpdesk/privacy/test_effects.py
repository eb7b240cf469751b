"""What a proposed register would do is kept beside it by workers, a while at a time, and is what `simulate` says."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

from helpdesk.adapters.memory import MemoryJobs
from helpdesk.errors import Conflict, NotFound
from helpdesk.models import Person, Policy, PolicyEffect, Ticket
from helpdesk.ports import POLICY_WAITING, Ports
from helpdesk.privacy import effects, policies
from helpdesk.privacy.effects import Foreseen
from helpdesk.privacy.simulating import simulate
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force, staff
from workers.foreseeing import policy_waiting

TEXT = policies.shipped_text("551")
SHORTER = TEXT.replace(b'period = "P6M"', b'period = "P3M"').replace(b"6 maanden", b"3 maanden")
SHORTER = SHORTER.replace(b"6 months", b"3 months")


def _asked(ports: Ports, count: int) -> None:
    receive(ports, *(letter(f"{n}", message_id=f"<{n}@x>", sender=f"p{n}@elders.example") for n in range(count)))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(kind="external"))
        unit.session.execute(update(Ticket).values(status="done", done_at=unit.now))
        for ticket_id in unit.session.scalars(select(Ticket.id)).all():
            clock.touch(unit, ticket_id)
    clock.tick(ports)


def _proposed(ports: Ports, admin: Actor) -> str:
    with unit_of_work(ports, admin) as unit:
        return policies.propose(unit, SHORTER)


def _foreseen(ports: Ports, actor: Actor, name: str) -> Foreseen:
    with unit_of_work(ports, actor, write=False) as unit:
        return effects.foreseen(unit, name)


def test_workers_keep_what_simulate_says_and_go_on_where_they_stopped(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    _asked(ports, 5)
    wait(ports, dt.timedelta(days=120))
    name = _proposed(ports, admin)
    assert _foreseen(ports, admin, name).done_at is None
    assert effects.reckon_waiting(ports, seconds=-1), "no time: it stops after a chunk, and something is left"
    half = _foreseen(ports, admin, name)
    assert (half.total.tickets, half.done_at) == (5, None)
    assert not effects.reckon_waiting(ports)
    found = _foreseen(ports, admin, name)
    assert found.done_at == ports.now()
    assert list(found.rules) == simulate(ports, admin, name).effects
    assert (found.total.tickets, found.total.earlier, found.total.due, found.total.changed) == (5, 5, 5, 5)
    wait(ports, dt.timedelta(days=1))
    policy_waiting(ports)
    assert _foreseen(ports, admin, name) == found, "what is known is not reckoned again"
    with unit_of_work(ports, admin) as unit:
        effects.ask(unit, name)
    policy_waiting(ports)
    assert _foreseen(ports, admin, name).done_at == ports.now()


def test_nothing_is_reckoned_of_what_is_not_proposed(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    _asked(ports, 1)
    name = _proposed(ports, admin)
    assert isinstance(ports.jobs, MemoryJobs)
    assert POLICY_WAITING in ports.jobs.nudges
    with unit_of_work(ports, admin) as unit:
        policies.withdraw(unit, name)
    assert not effects.reckon_waiting(ports, seconds=-1)
    with pytest.raises(Conflict), unit_of_work(ports, admin) as unit:
        effects.ask(unit, name)
    with pytest.raises(NotFound):
        _foreseen(ports, staff(ports, "adviseur", "advisor"), name)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(PolicyEffect)).all() == []
        assert {row.state for row in unit.session.scalars(select(Policy))} == {"in_force", "withdrawn"}
