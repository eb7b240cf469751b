"""A hold is placed with all it needs, keeps what it names, and ends by two people only; nothing goes at once then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotAllowed, NotFound
from helpdesk.models import Hold, Ticket
from helpdesk.people.accounts import set_roles
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding, holds
from helpdesk.privacy.hold_views import hold_view, holds_page
from helpdesk.retention.terms import day_of
from helpdesk.status import check_alarms, status
from helpdesk.tickets.merging import merge
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.holds import asker_of, held, let_terms_end, place, release, states, three, wish
from tests.letters import letter, receive, wait
from tests.retention import staff

ONE, TWO, THREE = "2026-00001", "2026-00002", "2026-00003"


def test_each_scope_keeps_what_it_names(ports: Ports, admin: Actor) -> None:
    three(ports)
    assert held(ports, place(ports, admin, numbers=[TWO]).hold_id) == [TWO]
    assert held(ports, place(ports, admin, person_id=asker_of(ports, ONE)).hold_id) == [ONE, TWO]
    assert held(ports, place(ports, admin, query="Reiskosten").hold_id) == [ONE, THREE]
    assert held(ports, place(ports, admin, query="parijs reiskosten").hold_id) == [THREE]


def test_a_hold_stops_destruction_and_not_the_clock(ports: Ports, admin: Actor) -> None:
    three(ports)
    place(ports, admin, numbers=[ONE])
    assert "blocked:hold" not in states(ports), "the term has not ended"
    let_terms_end(ports)
    assert states(ports) == ["blocked:hold", "due", "due"]
    place(ports, admin, numbers=[TWO])
    assert states(ports) == ["blocked:hold", "blocked:hold", "due"], "reckoned again at the commit"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert len(set(unit.session.scalars(select(Ticket.due_on)))) == 1, "the day stands as without a hold"


def test_a_listed_ticket_leaves_its_list_and_does_not_come_back_to_it(
    ports: Ports, admin: Actor, officer: Actor
) -> None:
    three(ports)
    let_terms_end(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).where(Ticket.number == ONE).values(retention_state="listed"))
    placed = place(ports, admin, numbers=[ONE])
    assert states(ports)[0] == "blocked:hold"
    release(ports, admin, officer, placed.hold_id)
    assert states(ports)[0] == "due", "it waits for the next list (RD-33)"


def test_holds_stack(ports: Ports, admin: Actor, officer: Actor) -> None:
    three(ports)
    let_terms_end(ports)
    first, second = (place(ports, admin, kind, numbers=[ONE]).hold_id for kind in ("woo", "dispute"))
    release(ports, admin, officer, first)
    assert states(ports)[0] == "blocked:hold"
    release(ports, officer, staff(ports, "petra", "privacy_officer"), second)
    assert states(ports)[0] == "due"


def test_a_hold_of_a_merged_ticket_keeps_the_one_its_messages_are_in(ports: Ports, admin: Actor) -> None:
    three(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        merge(unit, TWO, ONE)
    assert held(ports, place(ports, admin, numbers=[TWO]).hold_id) == [ONE, TWO]


def test_a_hold_reaches_the_end_of_a_chain_of_merges_and_lets_go(ports: Ports, admin: Actor, officer: Actor) -> None:
    three(ports)
    for source, target in ((THREE, ONE), (ONE, TWO)):
        with unit_of_work(ports, SYSTEM) as unit:
            merge(unit, source, target)
    let_terms_end(ports)
    placed = place(ports, admin, person_id=asker_of(ports, THREE))
    assert TWO not in held(ports, placed.hold_id), "its asker took no part in it"
    assert states(ports)[1] == "blocked:hold"
    release(ports, admin, officer, placed.hold_id)
    assert states(ports)[1] == "due", "no day would have it looked at again"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "scope"),
        ({"numbers": [ONE], "query": "reiskosten"}, "scope"),
        ({"query": "?!"}, "query"),
        ({"query": "reis " * 200}, "query"),
        ({"numbers": [ONE], "review_on": dt.date(2026, 11, 22)}, "review_on"),
        ({"numbers": [ONE], "review_on": dt.date(2027, 11, 23)}, "review_on"),
        ({"numbers": [ONE], "kind": "because"}, "kind"),
        ({"numbers": [ONE], "reference": " "}, "reference"),
        ({"numbers": [ONE], "reason": ""}, "reason"),
        ({"numbers": [ONE], "owner_id": 999}, "owner"),
    ],
)
def test_what_cannot_be_a_hold(ports: Ports, admin: Actor, said: dict[str, Any], field: str) -> None:
    receive(ports, letter("vraag"))
    whole = {"kind": "woo", "reference": "Woo-1", "reason": "verzoek"} | said
    with pytest.raises(Invalid) as fault, unit_of_work(ports, admin) as unit:
        holds.place(unit, holds.Wish(**whole))
    assert fault.value.field == field
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(Hold.id)) is None


def test_a_hold_has_an_owner_and_is_looked_at_again_in_half_a_year(ports: Ports, admin: Actor, officer: Actor) -> None:
    receive(ports, letter("vraag"))
    mine = place(ports, admin, numbers=[ONE]).hold_id
    theirs = place(ports, admin, numbers=[ONE], owner_id=officer.account_id, review_on=dt.date(2027, 11, 22)).hold_id
    with unit_of_work(ports, officer, write=False) as unit:
        first, second = holds_page(unit)
    assert (first.id, first.owner, first.review_on) == (mine, "Fatima", dt.date(2027, 5, 22))
    assert (second.id, second.owner, second.review_on) == (theirs, "Piet", dt.date(2027, 11, 22))


@pytest.mark.parametrize("roles", [("advisor",), ("technical_admin",), ("auditor",), ("record_manager",)])
def test_who_may_not_place_a_hold(ports: Ports, roles: tuple[str, ...]) -> None:
    receive(ports, letter("vraag"))
    with pytest.raises(NotFound), unit_of_work(ports, staff(ports, "iemand", *roles)) as unit:
        holds.place(unit, wish(numbers=[ONE]))


def test_no_hold_without_a_person(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    with pytest.raises(NotAllowed), unit_of_work(ports, SYSTEM) as unit:
        holds.place(unit, wish(numbers=[ONE]))


def test_unknown_tickets_and_people_are_not_found(ports: Ports, admin: Actor) -> None:
    receive(ports, letter("vraag"))
    elsewhere = Actor(admin.account_id, admin.roles, frozenset({"languages"}))
    for actor, said in (
        (admin, {"numbers": ["2026-99999"]}),
        (admin, {"person_id": 999}),
        (elsewhere, {"numbers": [ONE]}),
    ):
        with pytest.raises(NotFound), unit_of_work(ports, actor) as unit:
            holds.place(unit, wish(**said))


def test_a_ticket_that_is_being_destroyed_makes_the_placer_told_so(ports: Ports, admin: Actor) -> None:
    three(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).where(Ticket.number == ONE).values(retention_state="destroying"))
    with pytest.raises(Conflict, match="too late") as fault, unit_of_work(ports, admin) as unit:
        holds.place(unit, wish(numbers=[ONE]))
    assert (fault.value.code, fault.value.values) == ("destroying", {"numbers": ONE})
    placed = place(ports, admin, numbers=[ONE, TWO])
    assert (placed.held, placed.destroying, held(ports, placed.hold_id)) == (1, (ONE,), [TWO])
    with unit_of_work(ports, admin) as unit:
        hold_id = holds.place(unit, wish(query="reiskosten")).hold_id
    assert hold_finding.find(ports, hold_id).destroying == (ONE,)
    assert held(ports, hold_id) == [THREE]
    assert states(ports)[0] == "destroying"


@pytest.mark.parametrize(
    ("roles", "fault"),
    [
        (("functional_admin",), NotFound),
        (("advisor",), NotFound),
        (("privacy_officer", "functional_admin"), NotAllowed),
        (("privacy_officer", "technical_admin"), NotAllowed),
    ],
)
def test_who_cannot_release(ports: Ports, admin: Actor, roles: tuple[str, ...], fault: type[HelpdeskError]) -> None:
    receive(ports, letter("vraag"))
    hold_id = place(ports, admin, numbers=[ONE]).hold_id
    with unit_of_work(ports, admin) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with pytest.raises(fault), unit_of_work(ports, staff(ports, "tweede", *roles)) as unit:
        holds.release(unit, hold_id)


def test_nobody_releases_what_they_proposed_and_no_fresh_role_does(ports: Ports, officer: Actor) -> None:
    receive(ports, letter("vraag"))
    hold_id = place(ports, officer, numbers=[ONE]).hold_id
    with pytest.raises(Conflict, match="Nobody proposed"), unit_of_work(ports, officer) as unit:
        holds.release(unit, hold_id)
    with unit_of_work(ports, officer) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with pytest.raises(NotAllowed, match="your own"), unit_of_work(ports, officer) as unit:
        holds.release(unit, hold_id)
    fresh = staff(ports, "petra", "advisor")
    with unit_of_work(ports, SYSTEM) as unit:
        set_roles(unit, "petra@academie.example", ["privacy_officer"])
    with (
        pytest.raises(NotAllowed, match="younger"),
        unit_of_work(ports, Actor(fresh.account_id, officer.roles)) as unit,
    ):
        holds.release(unit, hold_id)
    wait(ports, dt.timedelta(days=1))
    with unit_of_work(ports, Actor(fresh.account_id, officer.roles)) as unit:
        assert holds.release(unit, hold_id) == 1


def test_the_database_itself_refuses_one_person_and_half_an_end(ports: Ports, officer: Actor) -> None:
    receive(ports, letter("vraag"))
    hold_id = place(ports, officer, numbers=[ONE]).hold_id
    me = officer.account_id
    for values in (
        {"release_asked_by_id": me, "released_by_id": me, "released_at": ports.now()},
        {"released_at": ports.now()},
        {"release_asked_by_id": me, "released_at": ports.now()},
        {"scope": "person"},
        {"query": "reiskosten"},
    ):
        with pytest.raises(IntegrityError), unit_of_work(ports, SYSTEM) as unit:
            unit.session.execute(update(Hold).where(Hold.id == hold_id).values(**values))


def test_what_was_decided_is_not_decided_again(ports: Ports, admin: Actor, officer: Actor) -> None:
    receive(ports, letter("vraag"))
    hold_id = place(ports, admin, numbers=[ONE]).hold_id
    with unit_of_work(ports, admin) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with pytest.raises(Conflict, match="proposed already"), unit_of_work(ports, officer) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with unit_of_work(ports, officer) as unit:
        holds.release(unit, hold_id)
    with pytest.raises(Conflict, match="released already"), unit_of_work(ports, admin) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with pytest.raises(NotFound), unit_of_work(ports, admin) as unit:
        holds.propose_release(unit, 999, "De zaak is gesloten")


def test_a_new_day_of_review_keeps_the_hold_and_ends_the_proposal(ports: Ports, admin: Actor, officer: Actor) -> None:
    receive(ports, letter("vraag"))
    hold_id = place(ports, admin, numbers=[ONE]).hold_id
    with unit_of_work(ports, admin) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with unit_of_work(ports, officer) as unit:
        assert holds_page(unit)[0].state == "proposed"
        holds.review(unit, hold_id, dt.date(2027, 3, 1))
    with pytest.raises(Conflict, match="Nobody proposed"), unit_of_work(ports, officer) as unit:
        holds.release(unit, hold_id)
    with unit_of_work(ports, officer, write=False) as unit:
        view, numbers = hold_view(unit, hold_id)
    assert (view.state, view.review_on, view.overdue, numbers) == ("standing", dt.date(2027, 3, 1), False, [ONE])


def test_a_passed_day_of_review_raises_an_alarm_and_releases_nothing(ports: Ports, admin: Actor) -> None:
    receive(ports, letter("vraag"))
    hold_id = place(ports, admin, numbers=[ONE], review_on=dt.date(2026, 12, 1)).hold_id
    wait(ports, dt.timedelta(days=9))
    check_alarms(ports)
    assert day_of(ports.now()) == dt.date(2026, 12, 1)
    assert "hold_review" not in [alarm["kind"] for alarm in status(ports)["alarms"]]
    wait(ports, dt.timedelta(days=1))
    check_alarms(ports)
    (alarm,) = (alarm for alarm in status(ports)["alarms"] if alarm["kind"] == "hold_review")
    assert (alarm["subject"], alarm["detail"]) == ("holds", "1")
    with unit_of_work(ports, admin) as unit:
        assert [(row.state, row.overdue) for row in holds_page(unit)] == [("standing", True)]
        holds.review(unit, hold_id, dt.date(2027, 1, 1))
    check_alarms(ports)
    assert "hold_review" not in [alarm["kind"] for alarm in status(ports)["alarms"]]
