"""Tickets that wait for too long raise an alarm on the day, for who can do something, and it closes when it is done."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import NotFound
from helpdesk.facts.record import add
from helpdesk.models import InboundMail, Person, Ticket
from helpdesk.people.access import VERBS
from helpdesk.ports import Ports
from helpdesk.privacy.policies import shipped_text
from helpdesk.retention import ages, clock
from helpdesk.retention.reckoning import BLOCKED, WAITING
from helpdesk.retention.register.load import load
from helpdesk.retention.terms import Period, day_of, last_day, latest_anchor
from helpdesk.status import open_alarms, own_alarms
from helpdesk.text.alarms import ALARM
from helpdesk.tickets import endings, handling, merging, requesters, states
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from workers.upkeep import check_ages

SETTLED = ["Personeelsnummer", "Datum afhandeling"]


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


def later(ports: Ports, day: dt.date) -> None:
    """It is noon on this day, and the workers have had their turn."""
    assert isinstance(ports.now, SetClock)
    ports.now.move(dt.datetime.combine(day, dt.time(12), dt.UTC) - ports.now())
    clock.tick(ports)
    check_ages(ports)


def alarms(ports: Ports, *roles: str) -> dict[str, str]:
    """The open alarms of these roles, or all, with their numbers."""
    actor = Actor(1, frozenset(roles)) if roles else SYSTEM
    with unit_of_work(ports, actor, write=False) as unit:
        return {one.kind: one.detail for one in (own_alarms(unit) if roles else open_alarms(unit))}


def test_a_missing_register_is_told_after_a_fortnight_and_to_more_after_a_month(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    later(ports, dt.date(2026, 12, 6))
    assert alarms(ports) == {}
    later(ports, dt.date(2026, 12, 7))
    assert alarms(ports) == {"register_missing": "1"}
    assert alarms(ports, "functional_admin") == {"register_missing": "1"}
    assert alarms(ports, "privacy_officer") == {}
    later(ports, dt.date(2026, 12, 23))
    assert alarms(ports, "privacy_officer") == {"register_missing_late": "1"}
    policy_in_force(ports)
    check_ages(ports)
    assert "register_missing" not in alarms(ports)
    assert "register_missing_late" not in alarms(ports)


def test_a_settlement_that_is_missing_is_told_three_and_six_months_after_the_end(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    receive(ports, letter("een", sender="a@x.example"), letter("twee", sender="a@x.example", message_id="<2@x>"))
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example", "30-11-2026")])
    later(ports, dt.date(2027, 2, 28))
    assert alarms(ports) == {}, "30 November and three months is 28 February, whole"
    later(ports, dt.date(2027, 3, 1))
    assert alarms(ports, "functional_admin") == {"settlement_missing": "2"}
    assert alarms(ports, "privacy_officer", "advisor", "technical_admin") == {}
    later(ports, dt.date(2027, 5, 31))
    assert alarms(ports, "privacy_officer") == {"settlement_missing_late": "2"}
    bring_in(ports, admin, "settlements", [SETTLED, ["1", "01-03-2027"]])
    check_ages(ports)
    assert alarms(ports) == {}


def test_a_merged_ticket_counts_with_the_one_it_went_to(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example", "30-11-2026"), row("2", "b@x.example", "30-11-2026")])
    receive(ports, letter("een", sender="a@x.example"), letter("twee", sender="b@x.example", message_id="<2@x>"))
    with unit_of_work(ports, staff(ports, "sanne", "advisor")) as unit:
        merging.merge(unit, "2026-00001", "2026-00002")
    bring_in(ports, admin, "settlements", [SETTLED, ["2", "01-11-2026"]])
    later(ports, dt.date(2027, 3, 1))
    assert alarms(ports) == {"settlement_missing": "1"}


def test_an_asker_nobody_named_is_told_to_advisors_until_somebody_says_who_it_is(ports: Ports) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag"))
    later(ports, dt.date(2026, 12, 6))
    assert alarms(ports) == {}
    later(ports, dt.date(2026, 12, 7))
    assert alarms(ports, "advisor") == {"asker_unknown": "1"}
    assert alarms(ports, "privacy_officer") == {}
    with unit_of_work(ports, staff(ports, "sanne", "advisor")) as unit:
        requesters.call_requester(unit, "2026-00001", "external")
    check_ages(ports)
    assert alarms(ports) == {}


def test_a_ticket_that_is_open_when_due_and_one_that_is_left(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag", sender="a@x.example"))
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example", "30-11-2026")])
    with unit_of_work(ports, admin) as unit:
        person_id = unit.session.scalars(select(Person.id).where(Person.personnel_no == "1")).one()
        add(unit, person_id, "dismissal.settled", dt.date(2026, 11, 1), "brief")
    with unit_of_work(ports, SYSTEM) as unit:
        one = unit.session.scalars(select(Ticket)).one()
        due = one.due_on
    assert due == dt.date(2033, 11, 2)
    later(ports, dt.date(2034, 2, 2))
    assert alarms(ports, "technical_admin") == {"original_left": "1"}, "nobody saw the mail go from its mailbox"
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
        clock.touch(unit, one.id)
    check_ages(ports)
    assert alarms(ports) == {}, "due on 2 November, so three months are over at the end of 2 February"
    later(ports, dt.date(2034, 2, 3))
    assert alarms(ports, "advisor") == {"open_when_due": "1"}
    with unit_of_work(ports, staff(ports, "sanne", "advisor")) as unit:
        handling.set_status(unit, "2026-00001", "done")
    later(ports, dt.date(2034, 2, 4))
    assert alarms(ports, "functional_admin") == {"due_left": "1", "due_left_late": "1"}
    assert alarms(ports, "privacy_officer") == {"due_left_late": "1"}


def test_the_ages_are_those_of_the_register_in_force(ports: Ports) -> None:
    text = shipped_text("551").replace(b'employment_after = "P5Y"', b'employment_after = "P2D"')
    policy_in_force(ports, text)
    receive(ports, letter("vraag"))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(kind="employee"))
        clock.touch_people(unit, list(unit.session.scalars(select(Person.id))))
    later(ports, dt.date(2026, 11, 25))
    assert alarms(ports) == {"employment_long": "1"}
    assert load(text).ages.employment_after == Period(days=2)


def test_every_waiting_reason_has_an_age_and_every_alarm_a_role_and_words() -> None:
    own = {"waiting:merged", "blocked:hold", "blocked:excepted"}
    told = {
        "waiting:register": "register_missing",
        "waiting:employment": "employment_long",
        "waiting:settlement": "settlement_missing",
        "waiting:match": "asker_unknown",
        "blocked:open": "open_when_due",
        "blocked:original": "original_left",
        "blocked:restricted": "restricted_long",
    }
    assert {*WAITING, *BLOCKED} == set(told) | own
    assert set(told.values()) <= set(ages.TOLD)
    assert set(ages.TOLD) <= set(ALARM)
    assert all(roles for roles in ages.TOLD.values())
    assert {*WAITING, *BLOCKED} <= set(states.STATE)


def test_states_sum_to_all_tickets_and_are_for_who_watches_over_them(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    mails = [letter(f"{n}", sender=f"p{n}@x.example", message_id=f"<{n}@x>") for n in range(6)]
    receive(ports, *mails)
    bring_in(ports, admin, "m250", [M250, row("1", "p1@x.example"), row("2", "p2@x.example", "30-10-2026")])
    bring_in(ports, admin, "settlements", [SETTLED, ["2", "31-10-2019"]])
    with unit_of_work(ports, staff(ports, "sanne", "advisor")) as unit:
        merging.merge(unit, "2026-00005", "2026-00006")
    with unit_of_work(ports, admin, write=False) as unit:
        found = states.counts(unit)
        assert sum(found.values()) == unit.session.scalar(select(func.count()).select_from(Ticket)) == 6
        assert found == {"waiting:match": 3, "waiting:employment": 1, "waiting:merged": 1, "dated": 1}
        ends = endings.endings(unit)
        assert (len(ends), ends[0].first, ends[1].first) == (27, None, dt.date(2026, 11, 1))
        assert {month.key: month.count for month in ends if month.count} == {"2027-05": 1, endings.UNDATED: 5}
        assert [one.number for one in states.tickets_in(unit, "waiting:match")] == [
            "2026-00001",
            "2026-00004",
            "2026-00006",
        ]
        with pytest.raises(NotFound):
            states.tickets_in(unit, "femke")
    for role in ("advisor", "technical_admin", "cfb"):
        with unit_of_work(ports, Actor(1, frozenset({role})), write=False) as unit:
            for ask in (endings.endings, lambda unit: states.tickets_in(unit, "dated")):
                with pytest.raises(NotFound):
                    ask(unit)
    assert "advisor" not in VERBS["retention.read"]


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)), st.integers(0, 9), st.integers(0, 30), st.integers(0, 90))
def test_the_latest_day_of_which_a_term_has_passed(today: dt.date, years: int, months: int, days: int) -> None:
    term = Period(years=years, months=months, days=days)
    found = latest_anchor(term, today)
    assert last_day(found, term) < today
    assert last_day(found + dt.timedelta(days=1), term) >= today
    assert day_of(dt.datetime.combine(today, dt.time(12), dt.UTC)) == today
