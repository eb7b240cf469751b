"""The people of the demonstration, and the register that two of them put in force."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from workers.demo import accounts, configuration


def test_the_demonstration_counts_from_its_first_start(ports: Ports) -> None:
    assert accounts.make(ports) == [email for email, _name in configuration.STAFF.values()]
    receive(ports, letter("vraag"))
    clock.tick(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert list(in_force(unit.session)) == [accounts.REGISTER]
        assert unit.session.scalar(select(Ticket.retention_state)) == "waiting:match"
    assert accounts.make(ports) == []
