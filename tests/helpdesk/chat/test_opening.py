"""The hours of the desks as rows: from the settings at first, changed by one role, and what they are read for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select

from helpdesk.chat import availability, opening
from helpdesk.chat.opening import Times
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import SecurityEvent
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.chats import MONDAY, Office

ADMIN = Actor(1, frozenset({"functional_admin"}))
OFFICE_HOURS: dict[int, list[Times]] = {day: [("09:00", "12:00"), ("13.00", "17:00")] for day in range(5)}
TODAY = MONDAY.date()


@pytest.fixture
def office(ports: Ports) -> Office:
    closed = ("2026-12-28/2026-12-30 Winter", "2027-01-05 Studiedag")
    office = Office(replace(ports, settings=replace(ports.settings, chat_closures=closed)))
    office.advisor("Fenna Beheer", state="")
    return office


def state(office: Office) -> tuple[str, str]:
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        found = availability.availability(unit, "academy")
    return found.state, found.reason.said("en")


def test_the_settings_hold_until_somebody_changes_the_hours(office: Office) -> None:
    with unit_of_work(office.ports, ADMIN, write=False) as unit:
        before = opening.shown(unit)
    assert (before.version, before.week[0], before.week[5]) == (0, [("09:00", "17:00")], [])
    assert [(one.first.day, one.last.day, one.reason_nl) for one in before.closures] == [
        (28, 30, "Winter"),
        (5, 5, "Studiedag"),
    ]
    assert state(office) == ("away", "")
    with unit_of_work(office.ports, ADMIN) as unit:
        opening.set_hours(unit, 0, OFFICE_HOURS)
    with unit_of_work(office.ports, ADMIN, write=False) as unit:
        after = opening.shown(unit)
    assert after.week[0] == [("09:00", "12:00"), ("13:00", "17:00")]
    assert [(one.first, one.last) for one in after.closures] == [(one.first, one.last) for one in before.closures]
    office.clock.move(dt.timedelta(hours=2, minutes=30))
    assert state(office) == ("outside", "")
    other = Office(replace(office.ports, settings=replace(office.ports.settings, chat_hours=())))
    assert state(other) == ("away", ""), "the settings say nothing any more"
    with pytest.raises(Conflict), unit_of_work(office.ports, ADMIN) as unit:
        opening.set_hours(unit, 0, {})


def test_a_closed_day_says_why_in_both_languages_and_goes_again(office: Office) -> None:
    with unit_of_work(office.ports, ADMIN) as unit:
        closure = opening.close(unit, TODAY, TODAY, "Studiedag", "Study day")
    assert state(office) == ("closed", "Study day")
    with pytest.raises(Invalid), unit_of_work(office.ports, ADMIN) as unit:
        opening.close(unit, TODAY, TODAY, "Nog eens", "Again")
    with unit_of_work(office.ports, ADMIN) as unit:
        opening.reopen(unit, TODAY)
    assert state(office) == ("away", "")
    with pytest.raises(Conflict), unit_of_work(office.ports, ADMIN) as unit:
        opening.reopen(unit, TODAY)
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        told = unit.session.execute(select(SecurityEvent.verb, SecurityEvent.object_id)).all()
    assert [tuple(row) for row in told][-2:] == [("opening.close", closure), ("opening.reopen", closure)]


def test_a_holiday_has_the_hours_of_any_day_when_that_is_said(office: Office) -> None:
    christmas = dt.datetime(2026, 12, 25, 9, 30, tzinfo=dt.UTC)
    office.clock.at = christmas
    assert state(office)[0] == "outside"
    with unit_of_work(office.ports, ADMIN) as unit:
        opening.set_holiday(unit, christmas.date(), is_open=True)
    assert state(office)[0] == "away"
    with unit_of_work(office.ports, ADMIN, write=False) as unit:
        assert (christmas.date(), "Christmas Day", True) in opening.shown(unit).holidays
    with unit_of_work(office.ports, ADMIN) as unit:
        opening.set_holiday(unit, christmas.date(), is_open=False)
    assert state(office)[0] == "outside"
    with pytest.raises(Invalid), unit_of_work(office.ports, ADMIN) as unit:
        opening.set_holiday(unit, dt.date(2026, 12, 24), is_open=True)


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ([("17:00", "09:00")], "0-0"),
        ([("09:00", "")], "0-0"),
        ([("25:00", "26:00")], "0-0"),
        ([("09:00", "12:00"), ("11:00", "17:00")], "0-1"),
    ],
)
def test_wrong_hours_say_where(office: Office, times: list[Times], field: str) -> None:
    with pytest.raises(Invalid) as fault, unit_of_work(office.ports, ADMIN) as unit:
        opening.set_hours(unit, 0, {0: times})
    assert fault.value.field == field


def test_wrong_days_say_where_and_nobody_else_may(office: Office) -> None:
    day = dt.timedelta(days=1)
    wrong = (
        ((TODAY, TODAY - day, "a", "b"), "last"),
        ((TODAY - 2 * day, TODAY - day, "a", "b"), "last"),
        ((TODAY, TODAY + 400 * day, "a", "b"), "last"),
        ((TODAY, TODAY, "Studiedag", " "), "reason_en"),
        ((TODAY, TODAY, "x" * 201, "b"), "reason_nl"),
    )
    for said, field in wrong:
        with pytest.raises(Invalid) as fault, unit_of_work(office.ports, ADMIN) as unit:
            opening.close(unit, *said)
        assert fault.value.field == field
    advisor = Actor(1, frozenset({"advisor"}))
    for act in (opening.shown, lambda unit: opening.set_hours(unit, 0, {}), lambda unit: opening.reopen(unit, TODAY)):
        with pytest.raises(NotFound), unit_of_work(office.ports, advisor) as unit:
            act(unit)
