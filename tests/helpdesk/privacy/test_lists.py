"""Lists: what comes on them, who decides, and that nobody decides alone."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict, Invalid, NotAllowed, NotFound
from helpdesk.models import AccountRole, Counter, DisposalItem, DisposalList, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, listing, lists
from helpdesk.privacy.list_items import items
from helpdesk.privacy.list_views import list_view, lists_page
from helpdesk.privacy.listing import too_many
from helpdesk.privacy.policies import shipped_text
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.retention.terms import Period, begins_at, day_of, due_on
from helpdesk.retention.why import kept
from helpdesk.status import check_alarms, open_alarms
from helpdesk.text.language import day_text
from helpdesk.tickets.handling import set_status
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import due, list_state, listed, pass_window
from tests.holds import let_terms_end, nothing_keeps, place, release, states
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force, staff

AUTO = shipped_text("551").replace(b'mode = "review"\nco_requester', b'mode = "auto"\nco_requester')
"""The register with R13 as a rule that needs no second person."""


def _automatic(ports: Ports, count: int = 2) -> int:
    policy_in_force(ports, AUTO)
    mails = (letter(f"Vraag {n}.", sender=f"a{n}@x.example", message_id=f"<{n}@x>") for n in range(count))
    receive(ports, *mails)
    let_terms_end(ports)
    (list_id,) = listing.propose(ports)
    return list_id


def test_a_rule_that_runs_by_itself_waits_for_its_window_only(ports: Ports) -> None:
    list_id = _automatic(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.get_one(DisposalList, list_id)
        assert (found.state, found.executes_on) == ("window", ports.now().date() + dt.timedelta(days=8))
    wait(ports, dt.timedelta(days=7))
    assert destruction.run(ports).destroyed == 0
    wait(ports, dt.timedelta(days=1))
    assert destruction.run(ports).destroyed == 2


def test_a_rule_with_review_waits_for_two_people(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 2)
    list_id = listed(ports, admin)
    pass_window(ports)
    assert destruction.run(ports).destroyed == 0
    with unit_of_work(ports, officer) as unit:
        lists.approve(unit, list_id)
    assert destruction.run(ports).destroyed == 2


def test_an_open_list_takes_up_what_falls_due_until_it_is_proposed(ports: Ports, admin: Actor) -> None:
    due(ports, 2)
    (first,) = listing.propose(ports)
    receive(ports, letter("Later.", sender="b@x.example", message_id="<l@x>", subject="Later"))
    let_terms_end(ports)
    assert listing.propose(ports) == [first]
    with unit_of_work(ports, admin) as unit:
        assert list_view(unit, first).listed == 3
        lists.propose(unit, first)
    receive(ports, letter("Nog later.", sender="c@x.example", message_id="<m@x>", subject="Nog later"))
    let_terms_end(ports)
    assert listing.propose(ports) != [first]


def test_what_falls_due_is_on_its_list_that_very_day(ports: Ports) -> None:
    """The job that makes lists may come before the one that looks whose day has come."""
    policy_in_force(ports)
    receive(ports, letter())
    nothing_keeps(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        day = unit.session.scalars(select(Ticket.due_on)).one()
    assert day is not None
    wait(ports, begins_at(day) - ports.now() - dt.timedelta(seconds=1))
    assert listing.propose_daily(ports) == []
    wait(ports, dt.timedelta(seconds=1))
    (list_id,) = listing.propose_daily(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert [one.number for one in items(unit, list_id, subjects=False)] == ["2026-00001"]


@pytest.mark.parametrize("who", ["proposer", "both", "young", "technical", "advisor", "system"])
def test_who_can_not_be_the_second_person(ports: Ports, admin: Actor, who: str) -> None:
    due(ports, 1)
    list_id = listed(ports, admin)
    actors = {
        "proposer": lambda: Actor(admin.account_id, frozenset({"privacy_officer"})),
        "both": lambda: staff(ports, "beide", "functional_admin", "record_manager"),
        "young": lambda: staff(ports, "jong", "privacy_officer"),
        "technical": lambda: staff(ports, "techniek", "technical_admin", "privacy_officer"),
        "advisor": lambda: staff(ports, "sanne", "advisor"),
        "system": lambda: SYSTEM,
    }
    actor = actors[who]()
    if who == "young":
        with unit_of_work(ports, SYSTEM) as unit:
            granted = update(AccountRole).where(AccountRole.account_id == actor.account_id)
            unit.session.execute(granted.values(granted_at=unit.now - dt.timedelta(hours=23)))
    with pytest.raises((NotAllowed, NotFound)), unit_of_work(ports, actor) as unit:
        lists.approve(unit, list_id)
    assert list_state(ports, list_id) == "window"


@pytest.mark.parametrize("said", ["approved_by_id = proposed_by_id", "proposed_by_id = NULL", "state = 'approved'"])
def test_the_database_itself_wants_two_people(ports: Ports, admin: Actor, officer: Actor, said: str) -> None:
    due(ports, 1)
    list_id = listed(ports, admin, None if "state" in said else officer)
    with pytest.raises(IntegrityError), unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(text(f"UPDATE disposal_list SET {said} WHERE id = {list_id}"))  # noqa: S608 - constants


def test_a_list_that_was_not_proposed_can_not_be_approved(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 1)
    (list_id,) = listing.propose(ports)
    with pytest.raises(Conflict), unit_of_work(ports, officer) as unit:
        lists.approve(unit, list_id)
    with pytest.raises(NotFound), unit_of_work(ports, officer) as unit:
        lists.propose(unit, list_id)
    with pytest.raises(NotFound), unit_of_work(ports, admin) as unit:
        lists.propose(unit, list_id + 1)


def test_an_exception_keeps_a_ticket_for_three_months_and_needs_somebody_else(
    ports: Ports, admin: Actor, officer: Actor
) -> None:
    list_id = _automatic(ports)
    with unit_of_work(ports, officer) as unit:
        lists.except_(unit, list_id, "2026-00001", "objection")
    for status in ("open", "done"):
        with unit_of_work(ports, staff(ports, f"sanne-{status}", "advisor")) as unit:
            set_status(unit, "2026-00001", status)
        assert states(ports) == ["blocked:excepted", "listed"]
    pass_window(ports)
    assert destruction.run(ports).destroyed == 0, "the list does not run by itself any more"
    with pytest.raises(NotAllowed), unit_of_work(ports, officer) as unit:
        lists.approve(unit, list_id)
    with unit_of_work(ports, staff(ports, "rik", "record_manager")) as unit:
        lists.approve(unit, list_id)
    assert destruction.run(ports).destroyed == 1
    assert listing.propose(ports) == []
    wait(ports, dt.timedelta(days=95))
    clock.tick(ports)
    assert states(ports) == ["due"]


def test_the_three_months_begin_where_people_waited_and_no_later_day_of_the_list_moves_them(
    ports: Ports, admin: Actor, officer: Actor
) -> None:
    """A list lies for half a year, loses a ticket and is proposed: that ticket is back on the first day it may be."""
    due(ports, 2)
    (list_id,) = listing.propose(ports)
    wait(ports, dt.timedelta(days=180))
    with unit_of_work(ports, officer) as unit:
        lists.except_(unit, list_id, "2026-00001", "objection")
    back = due_on(day_of(ports.now()), Period(months=3))
    with unit_of_work(ports, officer, write=False) as unit:
        taken_off = unit.session.scalars(select(Ticket).where(Ticket.number == "2026-00001")).one()
        said = kept(unit, taken_off, "en").sentence
    assert said.endswith(f"but it was taken off the list for destruction until {day_text(back, 'en')}.")
    assert (listing.propose(ports), states(ports)) == ([], ["blocked:excepted", "listed"])
    wait(ports, back - day_of(ports.now()) - dt.timedelta(days=1))
    with unit_of_work(ports, admin) as unit:
        lists.propose(unit, list_id)
    clock.tick(ports)
    assert states(ports) == ["blocked:excepted", "listed"]
    wait(ports, dt.timedelta(days=1))
    clock.tick(ports)
    assert states(ports) == ["due", "listed"]


def test_an_exception_takes_an_approval_back(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 2)
    list_id = listed(ports, admin, officer)
    rik = staff(ports, "rik", "record_manager")
    with unit_of_work(ports, rik) as unit:
        lists.except_(unit, list_id, "2026-00002", "archive")
    assert list_state(ports, list_id) == "window"
    with pytest.raises(NotAllowed), unit_of_work(ports, rik) as unit:
        lists.approve(unit, list_id)
    with pytest.raises(Invalid), unit_of_work(ports, officer) as unit:
        lists.except_(unit, list_id, "2026-00001", "because")
    with pytest.raises(NotFound), unit_of_work(ports, officer) as unit:
        lists.except_(unit, list_id, "2026-00002", "archive")


def test_tickets_of_a_withdrawn_list_come_on_the_next(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 2)
    list_id = listed(ports, admin, officer)
    with unit_of_work(ports, officer) as unit:
        lists.withdraw(unit, list_id)
    pass_window(ports)
    assert destruction.run(ports).destroyed == 0
    assert listing.propose(ports) == [list_id + 1]
    assert states(ports) == ["listed", "listed"]
    with unit_of_work(ports, admin, write=False) as unit:
        assert [row.reason for row in items(unit, list_id)] == ["list", "list"]
        assert [row.id for row in lists_page(unit)] == [list_id + 1]
        assert [row.id for row in lists_page(unit, ended=True)] == [list_id, list_id + 1]


def test_a_released_ticket_waits_for_the_next_list(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 2)
    list_id = listed(ports, admin, officer)
    placed = place(ports, officer, numbers=["2026-00001"])
    assert states(ports) == ["blocked:hold", "listed"]
    release(ports, admin, officer, placed.hold_id)
    assert states(ports) == ["due", "listed"]
    pass_window(ports)
    assert destruction.run(ports).destroyed == 1
    assert listing.propose(ports) == [list_id + 1]


def test_too_many_at_once_stop_for_two_people_and_a_reason(ports: Ports, admin: Actor, officer: Actor) -> None:
    text_ = AUTO.replace(b"count = 500", b"count = 3").replace(b"share = 0.02", b"share = 0.5")
    policy_in_force(ports, text_)
    mails = (letter(f"Vraag {n}.", sender=f"a{n}@x.example", message_id=f"<{n}@x>") for n in range(4))
    receive(ports, *mails)
    let_terms_end(ports)
    (list_id,) = listing.propose(ports)
    check_alarms(ports)
    with unit_of_work(ports, admin) as unit:
        view = list_view(unit, list_id)
        assert (view.mode, view.state, view.braked, view.second, view.listed) == ("auto", "open", True, True, 4)
        assert "list_braked" in {row.kind for row in open_alarms(unit)}
        lists.propose(unit, list_id)
    with pytest.raises(Invalid, match="so many"), unit_of_work(ports, officer) as unit:
        lists.approve(unit, list_id)
    with unit_of_work(ports, officer) as unit:
        lists.approve(unit, list_id, "checked with HR")
    pass_window(ports)
    assert destruction.run(ports).destroyed == 4


@pytest.mark.parametrize(
    ("tickets", "due_now", "stops"), [(100_000, 499, False), (100_000, 2001, True), (9, 501, True)]
)
def test_the_brake_is_500_and_two_percent(ports: Ports, tickets: int, due_now: int, stops: bool) -> None:
    policy_in_force(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(Counter(name="tickets_created", value=tickets))
        unit.session.flush()
        assert too_many(unit, due_now, in_force(unit.session)) is stops


def test_lists_are_made_once_a_day(ports: Ports) -> None:
    due(ports, 1)
    assert len(listing.propose_daily(ports)) == 1
    receive(ports, letter("Later.", sender="b@x.example", message_id="<l@x>", subject="Later"))
    assert listing.propose_daily(ports) == []
    let_terms_end(ports)
    assert len(listing.propose_daily(ports)) == 1


def test_what_is_on_a_list_is_shown_with_its_day(ports: Ports, admin: Actor) -> None:
    due(ports, 2)
    list_id = listed(ports, admin)
    with unit_of_work(ports, admin, write=False) as unit:
        assert {row.subject for row in items(unit, list_id)} == {""}, "who can't approve reads no content"
    with unit_of_work(ports, staff(ports, "piet", "privacy_officer"), write=False) as unit:
        shown = list(items(unit, list_id))
        kept = unit.session.scalars(select(DisposalItem.state)).all()
    assert [(row.number, row.subject, row.state) for row in shown] == [
        ("2026-00001", "Onderwerp 1", "listed"),
        ("2026-00002", "Onderwerp 2", "listed"),
    ]
    assert all(row.due_on is not None for row in shown)
    assert kept == ["listed", "listed"]
