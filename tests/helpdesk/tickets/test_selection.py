"""Several tickets at once: each checked by itself, nobody's work overwritten, and all of it taken back."""

from __future__ import annotations

import pytest

from helpdesk.errors import Invalid
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.handling import assign
from helpdesk.tickets.lists import list_page
from helpdesk.tickets.selection import MOST, Outcome, Pick, act_on, undo
from helpdesk.tickets.views import Row
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive, wait

ONE, TWO, THREE = NUMBERS = ("2026-00001", "2026-00002", "2026-00003")


def advisor(ports: Ports, email: str) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        return Actor(create_account(unit, email, email[0].upper(), ["advisor"], None), frozenset({"advisor"}))


@pytest.fixture
def marije(ports: Ports) -> Actor:
    receive(ports, *(letter(subject=f"Vraag {n}", message_id=f"<m{n}@x>") for n in range(3)))
    return advisor(ports, "marije@academie.example")


@pytest.fixture
def sander(ports: Ports, marije: Actor) -> Actor:
    return advisor(ports, "sander@academie.example")


def rows(ports: Ports, actor: Actor) -> dict[str, Row]:
    with unit_of_work(ports, actor, write=False) as unit:
        return {row.number: row for row in list_page(unit, "all").rows}


def picks(ports: Ports, actor: Actor) -> list[Pick]:
    return [Pick(row.number, row.version) for row in rows(ports, actor).values()]


def do(ports: Ports, actor: Actor, chosen: list[Pick], act: str, account_id: int | None = None) -> Outcome:
    with unit_of_work(ports, actor) as unit:
        return act_on(unit, chosen, act, account_id)


def test_who_was_first_keeps_his_ticket_and_the_others_are_done(ports: Ports, marije: Actor, sander: Actor) -> None:
    chosen = [*picks(ports, marije), Pick("2026-09999", 1)]
    with unit_of_work(ports, sander) as unit:
        assign(unit, TWO, sander.account_id)
    assert do(ports, marije, chosen, "take") == Outcome((ONE, THREE), (TWO, "2026-09999"))
    assert [rows(ports, marije)[number].assignee for number in NUMBERS] == ["M", "S", "M"]
    assert do(ports, marije, picks(ports, marije), "assign", sander.account_id).missed == ()
    assert {row.assignee for row in rows(ports, marije).values()} == {"S"}
    assert do(ports, marije, picks(ports, marije), "assign").missed == ()
    assert {row.assignee for row in rows(ports, marije).values()} == {None}
    assert do(ports, marije, chosen[:3], "unread").missed == (), "this concerns nobody else"
    assert all(row.unread for row in rows(ports, marije).values())
    do(ports, marije, chosen[:3], "read")
    assert not any(row.unread for row in rows(ports, marije).values())


def test_all_of_it_is_taken_back_but_what_was_handled_since(ports: Ports, marije: Actor, sander: Actor) -> None:
    before = rows(ports, marije)
    at = ports.now()
    do(ports, marije, picks(ports, marije), "take")
    wait(ports)
    later = ports.now()
    do(ports, marije, picks(ports, marije), "done")
    assert {row.status for row in rows(ports, marije).values()} == {"done"}
    wait(ports)
    with unit_of_work(ports, sander) as unit:
        assign(unit, TWO, sander.account_id)
    with unit_of_work(ports, marije) as unit:
        assert undo(unit, NUMBERS, later) == Outcome((ONE, THREE), (TWO,))
    after = rows(ports, marije)
    assert [(after[n].status, after[n].assignee) for n in NUMBERS] == [("open", "M"), ("done", "S"), ("open", "M")]
    assert after[ONE].waiting_since == before[ONE].waiting_since, "it stands where it stood"
    with unit_of_work(ports, sander) as unit:
        assert undo(unit, [ONE], at).missed == (ONE,), "one takes back what one did oneself"


def test_undo_of_taking_gives_back_the_state_as_well(ports: Ports, marije: Actor) -> None:
    at = ports.now()
    do(ports, marije, picks(ports, marije), "take")
    with unit_of_work(ports, marije) as unit:
        assert undo(unit, NUMBERS, at).missed == ()
    assert {(row.status, row.assignee) for row in rows(ports, marije).values()} == {("new", None)}


@pytest.mark.parametrize(
    ("chosen", "act"),
    [([], "done"), ([Pick(ONE, 1)], "destroy"), ([Pick(ONE, 1)] * (MOST + 1), "done"), ([Pick(ONE, 1)], "assign")],
)
def test_what_cannot_be_is_said(ports: Ports, marije: Actor, chosen: list[Pick], act: str) -> None:
    with pytest.raises(Invalid):
        do(ports, marije, chosen, act, 999)
    assert {row.status for row in rows(ports, marije).values()} == {"new"}
