"""What is unread is so for one person: news of others, what one never opened and waits, what one marked oneself."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, event, func, select

from helpdesk.models import Account, AccountRole, Event, Seen, Ticket
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.handling import set_status
from helpdesk.tickets.lists import list_page
from helpdesk.tickets.replying import add_note
from helpdesk.tickets.seen import mark_read, mark_unread, newest_unseen
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive

ONE, TWO = "2026-00001", "2026-00002"


def advisor(ports: Ports, email: str) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        return Actor(create_account(unit, email, email[0].upper(), ["advisor"], None), frozenset({"advisor"}))


@pytest.fixture
def marije(ports: Ports) -> Actor:
    receive(ports, letter(), letter(subject="Certificaat", message_id="<m2@x>"))
    return advisor(ports, "marije@academie.example")


@pytest.fixture
def sander(ports: Ports, marije: Actor) -> Actor:
    return advisor(ports, "sander@academie.example")


def unread(ports: Ports, actor: Actor) -> set[str]:
    with unit_of_work(ports, actor, write=False) as unit:
        return {row.number for row in list_page(unit, "all").rows if row.unread}


def read(ports: Ports, actor: Actor, number: str) -> None:
    with unit_of_work(ports, actor) as unit:
        mark_read(unit, number)


def note(ports: Ports, actor: Actor, text: str) -> None:
    with unit_of_work(ports, actor) as unit:
        add_note(unit, ONE, text, text)


def test_each_reads_for_himself(ports: Ports, marije: Actor, sander: Actor) -> None:
    assert unread(ports, marije) == unread(ports, sander) == {ONE, TWO}
    read(ports, marije, ONE)
    assert unread(ports, marije) == {TWO}
    assert unread(ports, sander) == {ONE, TWO}
    note(ports, sander, "Gebeld")
    assert unread(ports, marije) == {ONE, TWO}
    read(ports, marije, ONE)
    note(ports, marije, "Zelf geschreven")
    assert unread(ports, marije) == {TWO}, "what one wrote oneself is no news"


def test_what_came_while_the_page_was_under_way_stays_unread(ports: Ports, marije: Actor, sander: Actor) -> None:
    with unit_of_work(ports, marije, write=False) as unit:
        shown = newest_unseen(unit, ONE)
    note(ports, sander, "Gebeld")
    with unit_of_work(ports, marije) as unit:
        mark_read(unit, ONE, shown)
    assert unread(ports, marije) == {ONE, TWO}
    read(ports, marije, ONE)
    with unit_of_work(ports, marije) as unit:
        mark_read(unit, ONE, shown)
    assert unread(ports, marije) == {TWO}, "an older page takes nothing back"


def test_what_others_finished_before_i_looked_is_not_unread(ports: Ports, marije: Actor, sander: Actor) -> None:
    with unit_of_work(ports, sander) as unit:
        set_status(unit, ONE, "done")
    assert unread(ports, marije) == {TWO}
    with unit_of_work(ports, marije) as unit:
        mark_unread(unit, ONE)
    assert unread(ports, marije) == {ONE, TWO}
    read(ports, marije, ONE)
    assert unread(ports, marije) == {TWO}


def test_reading_again_writes_nothing_and_is_no_act(ports: Ports, marije: Actor) -> None:
    read(ports, marije, ONE)
    with unit_of_work(ports, marije, write=False) as unit:
        assert newest_unseen(unit, ONE) == 0
        assert newest_unseen(unit, TWO) > 0
        events = unit.session.scalar(select(func.count()).select_from(Event))
        version = unit.session.scalar(select(Ticket.version).where(Ticket.number == ONE))
    said: list[str] = []
    event.listen(ports.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    read(ports, marije, ONE)
    assert [line for line in said if not line.startswith(("SELECT", "BEGIN", "COMMIT"))] == []
    assert sum(line.startswith("SELECT") for line in said) >= 2
    with unit_of_work(ports, marije, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Event)) == events
        assert unit.session.scalar(select(Ticket.version).where(Ticket.number == ONE)) == version


def test_it_goes_with_the_ticket_and_with_the_account(ports: Ports, marije: Actor, sander: Actor) -> None:
    for actor in (marije, sander):
        read(ports, actor, ONE)
        read(ports, actor, TWO)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(AccountRole).where(AccountRole.account_id == sander.account_id))
        unit.session.execute(delete(Account).where(Account.id == sander.account_id))
        assert unit.session.scalar(select(func.count()).select_from(Seen)) == 2
        unit.session.execute(delete(Ticket).where(Ticket.number == ONE))
        assert unit.session.scalar(select(func.count()).select_from(Seen)) == 1
