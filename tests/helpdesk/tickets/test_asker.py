"""The panel of who asks: their other tickets, as far as the reader may see them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from helpdesk.errors import NotFound
from helpdesk.models import Person, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.asker import AskerView, asker_of
from helpdesk.tickets.merging import merge
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive

ONE = "2026-00001"


@pytest.fixture
def marije(ports: Ports) -> Actor:
    receive(ports, *(letter(subject=f"Vraag {n}", message_id=f"<m{n}@x>") for n in range(8)))
    receive(ports, letter(sender="Ahmed <ahmed@x.example>", message_id="<a@x>"))
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "marije@academie.example", "Marije Bos", ["advisor"], None)
    return Actor(account_id, frozenset({"advisor"}))


def asker(ports: Ports, actor: Actor) -> AskerView:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        requester = thread_of(unit, ONE).requester
        ticket_id = ticket_for(unit, ONE, "ticket.read").id
    assert requester is not None
    with unit_of_work(ports, actor, write=False) as unit:
        return asker_of(unit, requester.person_id, ticket_id)


def test_the_newest_five_others_and_how_many_in_all(ports: Ports, marije: Actor) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(dept_code="DAF", language="en"))
    found = asker(ports, marije)
    assert [ticket.number for ticket in found.earlier] == [f"2026-{n:05}" for n in (8, 7, 6, 5, 4)]
    assert (found.earlier[0].subject, found.earlier[0].status) == ("Vraag 7", "new")
    assert (found.count, found.department, found.language) == (8, "DAF", "en")


def test_what_the_reader_may_not_see_and_what_was_merged_is_not_there(ports: Ports, marije: Actor) -> None:
    with unit_of_work(ports, marije) as unit:
        merge(unit, "2026-00008", "2026-00009")
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).where(Ticket.number == "2026-00007").values(retention_state="destroying"))
        unit.session.execute(update(Ticket).where(Ticket.number == "2026-00006").values(desk_key="languages"))
    assert [ticket.number[-1] for ticket in asker(ports, marije).earlier] == ["6", "5", "4", "3", "2"]
    found = asker(ports, replace(marije, desks=frozenset({"academy"})))
    assert [ticket.number[-1] for ticket in found.earlier] == ["5", "4", "3", "2"]
    assert found.count == 5
    with pytest.raises(NotFound):
        asker(ports, Actor(marije.account_id, frozenset({"technical_admin"})))
