"""Moving, merging and undoing give back exactly what was there."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.finding import search_page
from helpdesk.tickets.handling import add_participant, assign, mark_spam, not_spam, set_status
from helpdesk.tickets.merging import merge, move_entry, undo_merge
from helpdesk.tickets.show import ticket_json
from helpdesk.unit import NOBODY, SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive

ONE, TWO, THREE = "2026-00001", "2026-00002", "2026-00003"


@pytest.fixture
def actor(ports: Ports) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "m@academie.example", "M", ["advisor"], None)
    return Actor(account_id, frozenset({"advisor"}))


def show(ports: Ports, number: str) -> dict[str, Any]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return ticket_json(unit, number)


def two(ports: Ports) -> None:
    receive(ports, letter("Eerste vraag over vergaderen.", message_id="<a@x>", files=(("a.txt", b"a"),)))
    receive(ports, letter("Tweede vraag.", message_id="<b@x>", sender="Ahmed <ahmed@minbz.example>", html="<p>x</p>"))


def test_a_merge_and_its_undo_give_back_both_tickets(ports: Ports, actor: Actor) -> None:
    two(ports)
    with unit_of_work(ports, actor) as unit:
        set_status(unit, ONE, "done")
    before = show(ports, ONE), show(ports, TWO)
    with unit_of_work(ports, actor) as unit:
        merge(unit, TWO, ONE)
    merged = show(ports, ONE)
    assert [entry["kind"] for entry in merged["entries"]] == ["mail", "mail"]
    assert merged["status"] == "open"
    assert {person["address"] for person in merged["people"]} >= {"ahmed@minbz.example"}
    with unit_of_work(ports, actor, write=False) as unit:
        assert [row.number for row in search_page(unit, "tweede").rows] == [ONE]
    with unit_of_work(ports, actor) as unit:
        undo_merge(unit, TWO)
    assert (show(ports, ONE), show(ports, TWO)) == before


@pytest.mark.parametrize("first", [TWO, THREE])
def test_two_merges_into_one_ticket_are_undone_in_any_order(ports: Ports, actor: Actor, first: str) -> None:
    two(ports)
    receive(ports, letter("Derde vraag.", message_id="<d@x>", sender="Ahmed <ahmed@minbz.example>", subject="Iets"))
    with unit_of_work(ports, actor) as unit:
        set_status(unit, ONE, "done")
    before = [show(ports, number) for number in (ONE, TWO, THREE)]
    with unit_of_work(ports, actor) as unit:
        merge(unit, TWO, ONE)
        merge(unit, THREE, ONE)
    with unit_of_work(ports, actor) as unit:
        undo_merge(unit, first)
    between = show(ports, ONE)
    assert between["status"] == "open"
    assert [person["address"] for person in between["people"]].count("ahmed@minbz.example") == 1
    with unit_of_work(ports, actor) as unit:
        undo_merge(unit, THREE if first == TWO else TWO)
    assert [show(ports, number) for number in (ONE, TWO, THREE)] == before


def test_a_chain_of_merges_is_undone_from_its_end(ports: Ports, actor: Actor) -> None:
    two(ports)
    receive(ports, letter("Derde vraag.", message_id="<d@x>", sender="Ahmed <ahmed@minbz.example>", subject="Iets"))
    before = [show(ports, number) for number in (ONE, TWO, THREE)]
    with unit_of_work(ports, actor) as unit:
        merge(unit, THREE, TWO)
        merge(unit, TWO, ONE)
    with pytest.raises(Conflict), unit_of_work(ports, actor) as unit:
        undo_merge(unit, THREE)
    with pytest.raises(Invalid), unit_of_work(ports, actor) as unit:
        move_entry(unit, before[0]["entries"][0]["id"], TWO)
    with unit_of_work(ports, actor) as unit:
        undo_merge(unit, TWO)
        undo_merge(unit, THREE)
    assert [show(ports, number) for number in (ONE, TWO, THREE)] == before


def test_moving_an_entry_and_back_changes_nothing(ports: Ports, actor: Actor) -> None:
    two(ports)
    before = show(ports, ONE), show(ports, TWO)
    entry_id = before[1]["entries"][0]["id"]
    with unit_of_work(ports, actor) as unit:
        assert move_entry(unit, entry_id, ONE) == ONE
    assert show(ports, TWO)["entries"] == []
    with unit_of_work(ports, actor) as unit:
        move_entry(unit, entry_id, TWO)
    assert (show(ports, ONE), show(ports, TWO)) == before


def test_an_entry_can_become_a_ticket_of_its_own(ports: Ports, actor: Actor) -> None:
    two(ports)
    entry_id = show(ports, TWO)["entries"][0]["id"]
    with unit_of_work(ports, actor) as unit:
        number = move_entry(unit, entry_id, None)
    fresh = show(ports, number)
    assert fresh["people"][0]["address"] == "ahmed@minbz.example"
    assert fresh["entries"][0]["id"] == entry_id


def test_a_ticket_is_not_merged_with_itself_or_twice(ports: Ports, actor: Actor) -> None:
    two(ports)
    with pytest.raises(Invalid), unit_of_work(ports, actor) as unit:
        merge(unit, ONE, ONE)
    with pytest.raises(Conflict), unit_of_work(ports, actor) as unit:
        undo_merge(unit, ONE)


def test_spam_is_put_away_and_can_come_back(ports: Ports, actor: Actor) -> None:
    two(ports)
    with unit_of_work(ports, actor) as unit:
        mark_spam(unit, ONE, block=True)
    assert show(ports, ONE)["spam"] is True
    receive(ports, letter("Nog eens.", message_id="<c@x>"))
    with pytest.raises(NotFound):
        show(ports, "2026-00003")
    with unit_of_work(ports, actor) as unit:
        not_spam(unit, ONE)
    assert (show(ports, ONE)["spam"], show(ports, ONE)["status"]) == (False, "open")


def test_a_participant_an_advisor_added_joins(ports: Ports, actor: Actor) -> None:
    two(ports)
    with unit_of_work(ports, actor) as unit:
        add_participant(unit, ONE, "Sofie@Minbz.example")
        assign(unit, ONE, actor.account_id)
    receive(ports, letter("Ik ook.", message_id="<s@x>", sender="sofie@minbz.example", In_Reply_To="<a@x>"))
    assert len(show(ports, ONE)["entries"]) == 2


def test_who_may_not_see_a_ticket_is_told_it_is_not_there(ports: Ports, actor: Actor) -> None:
    two(ports)
    for somebody in (
        NOBODY,
        Actor(actor.account_id, frozenset({"technical_admin"})),
        Actor(1, actor.roles, frozenset({"languages"})),
    ):
        with pytest.raises(NotFound), unit_of_work(ports, somebody) as unit:
            assign(unit, ONE, None)
