"""Unknown senders: found by exact address only, a worklist with a last day, matched by hand, and undone."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from sqlalchemy import select

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.facts.record import add
from helpdesk.models import Address, Entry, KnownName, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.tickets import requesters
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

_NUMBERS = itertools.count()
FIRST, SECOND, THIRD = "2026-00001", "2026-00002", "2026-00003"


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


@pytest.fixture
def advisor(ports: Ports) -> Actor:
    """A learning advisor."""
    return staff(ports, "sanne", "advisor")


def _mail(ports: Ports, *senders: str) -> None:
    for sender in senders:
        number = next(_NUMBERS)
        receive(ports, letter(f"vraag {number}", sender=f"Femke <{sender}>", message_id=f"<{number}@x>"))


def _askers(ports: Ports) -> list[tuple[str | None, str]]:
    """Personnel number and state, ticket by ticket."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = (
            select(Person.personnel_no, Ticket.retention_state)
            .join(TicketPerson, TicketPerson.person_id == Person.id)
            .join(Ticket, Ticket.id == TicketPerson.ticket_id)
            .where(TicketPerson.role == "requester")
            .order_by(Ticket.id)
        )
        return [(each.personnel_no, each.retention_state) for each in unit.session.execute(found)]


def test_a_later_import_claims_unknown_senders_by_exact_address_only(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    _mail(ports, "femke.devries@x.example", "femke.de.vries@x.example", "femke.devries+werk@x.example")
    assert _askers(ports) == [(None, "waiting:match")] * 3
    rows = [M250, row("1", "Femke.deVries@X.example"), row("2", "f.devries@x.example")]
    assert bring_in(ports, admin, "m250", rows).counts["people_claimed"] == 1
    assert _askers(ports) == [("1", "waiting:employment"), (None, "waiting:match"), (None, "waiting:match")]


def test_an_address_that_a_known_person_gets_brings_its_sender_along(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "old@x.example")])
    _mail(ports, "old@x.example", "new@x.example")
    assert bring_in(ports, admin, "m250", [M250, row("1", "new@x.example")]).counts["people_claimed"] == 1
    assert _askers(ports) == [("1", "waiting:employment")] * 2
    _mail(ports, "old@x.example")
    assert _askers(ports)[2][0] == "1"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        (person_id,) = unit.session.scalars(select(Person.id).where(Person.personnel_no == "1"))
        for column in (TicketPerson.person_id, Entry.person_id, KnownName.person_id, Address.person_id):
            assert set(unit.session.scalars(select(column))) <= {person_id, None}


def test_an_address_in_use_is_not_given_to_somebody_else(ports: Ports, admin: Actor) -> None:
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    assert bring_in(ports, admin, "m250", [M250, row("2", "a@x.example")]).counts == {"problems": 1}
    moved = [M250, row("2", "a@x.example"), row("1", "b@x.example")]
    assert bring_in(ports, admin, "m250", moved).counts == {
        "people_new": 1,
        "addresses_moved": 1,
        "addresses_new": 1,
        "problems": 0,
    }


def test_a_used_again_address_divides_its_tickets_by_the_day_the_first_owner_left(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    _mail(ports, "a@x.example", "a@x.example")
    with unit_of_work(ports, SYSTEM) as unit:
        first = unit.session.scalars(select(Ticket).order_by(Ticket.id)).all()[0]
        first.opened_at = dt.datetime(2026, 3, 31, 21, 59, tzinfo=dt.UTC)
        unit.session.scalars(select(Ticket).order_by(Ticket.id)).all()[1].opened_at = first.opened_at + dt.timedelta(
            minutes=1
        )
    rows = [M250, row("2", "a@x.example"), row("1", "a@x.example", "31-03-2026")]
    assert bring_in(ports, admin, "m250", rows).counts["addresses_moved"] == 1
    assert _askers(ports) == [("1", "waiting:settlement"), ("2", "waiting:employment")]
    _mail(ports, "a@x.example")
    assert _askers(ports)[2][0] == "2"


def test_two_people_of_one_name_stay_two(ports: Ports, admin: Actor) -> None:
    rows = [M250, row("1", "a@x.example"), row("2", "b@x.example")]
    bring_in(ports, admin, "m250", rows)
    _mail(ports, "a@x.example", "b@x.example", "c@x.example")
    assert [number for number, _state in _askers(ports)] == ["1", "2", None]


def test_the_worklist_counts_down_and_rule_u_counts_then(ports: Ports, admin: Actor, advisor: Actor) -> None:
    policy_in_force(ports)
    _mail(ports, "a@x.example")
    with unit_of_work(ports, advisor, write=False) as unit:
        (one,) = requesters.unmatched(unit)
    assert (one.number, one.subject, one.last_day, one.days_left) == (
        FIRST,
        "Training verzetten",
        dt.date(2026, 12, 6),
        14,
    )
    with unit_of_work(ports, admin, write=False) as unit:
        assert [(one.number, one.subject) for one in requesters.unmatched(unit)] == [(FIRST, "")]
        assert unit.session.scalar(select(requesters.unmatched_counted(unit))) == 1
    assert isinstance(ports.now, SetClock)
    ports.now.move(dt.timedelta(days=15))
    clock.tick(ports)
    assert _askers(ports) == [(None, "dated")]
    with unit_of_work(ports, advisor, write=False) as unit:
        assert [one.days_left for one in requesters.unmatched(unit)] == [-1]
    with unit_of_work(ports, advisor) as unit:
        requesters.call_requester(unit, FIRST, "external")
    with unit_of_work(ports, advisor, write=False) as unit:
        assert requesters.unmatched(unit) == []


def test_an_advisor_matches_an_alias_and_takes_it_back(ports: Ports, admin: Actor, advisor: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    _mail(ports, "thuis@home.example", "a@x.example", "thuis@home.example")
    before = _askers(ports)
    with unit_of_work(ports, advisor) as unit:
        requesters.match_requester(unit, FIRST, "1")
    assert _askers(ports) == [("1", "waiting:employment")] * 3
    _mail(ports, "thuis@home.example")
    assert _askers(ports)[3] == ("1", "waiting:employment")
    with unit_of_work(ports, advisor) as unit, pytest.raises(Conflict, match="known already"):
        requesters.match_requester(unit, FIRST, "1")
    with unit_of_work(ports, advisor) as unit:
        requesters.undo_match(unit, THIRD)
    assert _askers(ports) == [*before, (None, "waiting:match")]
    for number in (FIRST, SECOND):
        with unit_of_work(ports, advisor) as unit, pytest.raises(Conflict):
            requesters.undo_match(unit, number)
    with unit_of_work(ports, advisor) as unit:
        requesters.match_requester(unit, FIRST, "a@x.example")
    assert _askers(ports) == [("1", "waiting:employment")] * 4


def test_a_shared_address_is_said_of_one_ticket_only(ports: Ports, admin: Actor, advisor: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    _mail(ports, "secretariaat@x.example", "secretariaat@x.example")
    with unit_of_work(ports, advisor) as unit:
        requesters.share_address(unit, "Secretariaat@X.example", shared=True)
    assert bring_in(ports, admin, "m250", [M250, row("2", "secretariaat@x.example")]).counts == {"problems": 1}
    with unit_of_work(ports, advisor) as unit:
        requesters.match_requester(unit, FIRST, "1")
    assert _askers(ports) == [("1", "waiting:employment"), (None, "waiting:match")]
    with unit_of_work(ports, advisor) as unit:
        requesters.undo_match(unit, FIRST)
    assert _askers(ports) == [(None, "waiting:match")] * 2


def test_an_address_said_to_be_shared_no_longer_dates_its_tickets(ports: Ports, admin: Actor, advisor: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    _mail(ports, "a@x.example")
    for shared, state in ((True, "waiting:match"), (False, "waiting:employment")):
        with unit_of_work(ports, advisor) as unit:
            requesters.share_address(unit, "a@x.example", shared=shared)
        assert _askers(ports) == [("1", state)]
        with unit_of_work(ports, advisor, write=False) as unit:
            assert [one.number for one in requesters.unmatched(unit)] == [FIRST] * shared
    with unit_of_work(ports, advisor) as unit, pytest.raises(NotFound):
        requesters.share_address(unit, "nobody@x.example", shared=True)


def test_what_was_imported_is_not_undone_by_hand_and_facts_stay_with_whom_they_were_told_of(
    ports: Ports, admin: Actor, advisor: Actor
) -> None:
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    _mail(ports, "b@x.example", "c@x.example")
    bring_in(ports, admin, "m250", [M250, row("1", "b@x.example")])
    with unit_of_work(ports, advisor) as unit, pytest.raises(Conflict):
        requesters.undo_match(unit, FIRST)
    with unit_of_work(ports, admin) as unit:
        sender = unit.session.scalars(
            select(Person.id).where(Person.kind == "unknown").order_by(Person.id.desc())
        ).first()
        add(unit, sender or 0, "employment.end", dt.date(2020, 1, 1), "brief")
    with unit_of_work(ports, advisor) as unit, pytest.raises(Conflict, match="by hand"):
        requesters.match_requester(unit, SECOND, "1")
    view = bring_in(ports, admin, "m250", [M250, row("1", "c@x.example")])
    assert view.counts == {"problems": 1}


def test_nobody_else_matches_and_nobody_unknown_is_matched_to(ports: Ports, advisor: Actor) -> None:
    _mail(ports, "a@x.example")
    for who in ("99", "a@x.example", ""):
        with unit_of_work(ports, advisor) as unit, pytest.raises(NotFound):
            requesters.match_requester(unit, FIRST, who)
    with unit_of_work(ports, advisor) as unit, pytest.raises(Invalid):
        requesters.call_requester(unit, FIRST, "employee")
    outsider = staff(ports, "piet", "privacy_officer")
    with unit_of_work(ports, outsider) as unit, pytest.raises(NotFound):
        requesters.match_requester(unit, FIRST, "1")
