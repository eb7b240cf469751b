"""When the chat is open: hours, holidays and closures, against moments worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from helpdesk.errors import Misconfigured
from helpdesk.service_levels.days import holidays
from helpdesk.service_levels.hours import Opening, closures, of_settings, spells, standing
from helpdesk.settings import Settings

HOURS = ("mon-thu 09:00-17:00", "fri 09:00-12:00", "fri 13:00-16:30")
ZONE = ZoneInfo("Europe/Amsterdam")
CLOSED = ("2026-11-27 Studiedag", "2026-12-28/2026-12-31 Kerstsluiting")

MOMENTS = [
    ("2026-11-23T09:00", True, "", "2026-11-23T17:00", "the first minute"),
    ("2026-11-23T08:59", False, "", "2026-11-23T09:00", "the minute before"),
    ("2026-11-23T17:00", False, "", "2026-11-24T09:00", "the minute after"),
    ("2026-11-20T12:30", False, "", "2026-11-20T13:00", "between two spells of a day"),
    ("2026-11-27T10:00", False, "Studiedag", "2026-11-30T09:00", "a closed day, and a weekend behind it"),
    ("2026-12-24T18:00", False, "", "2027-01-04T09:00", "Christmas, closure, New Year on a Friday, weekend"),
    ("2026-12-29T10:00", False, "Kerstsluiting", "2027-01-04T09:00", "within a closure of days"),
    ("2027-03-26T10:00", False, "", "2027-03-30T09:00", "Good Friday; Easter Monday, and the clock goes forward"),
]


@pytest.mark.parametrize(("at", "is_open", "reason", "turns", "why"), MOMENTS)
def test_hours_at_a_moment(at: str, is_open: bool, reason: str, turns: str, why: str) -> None:
    opening = of_settings(Settings(chat_hours=HOURS, chat_closures=CLOSED))
    here = dt.datetime.fromisoformat(at).replace(tzinfo=dt.timezone(dt.timedelta(hours=1)))
    found = standing(opening, here.astimezone(dt.UTC), ZONE)
    said = found.until if found.is_open else found.opens_at
    assert said is not None, why
    assert (found.is_open, found.reason.said("nl"), f"{said:%Y-%m-%dT%H:%M}") == (is_open, reason, turns), why


def test_without_hours_it_never_opens() -> None:
    assert standing(Opening(()), dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), ZONE).opens_at is None


def test_a_holiday_may_be_open() -> None:
    good_friday = dt.date(2027, 3, 26)
    assert holidays(2027)[good_friday] == "Good Friday"
    at = dt.datetime(2027, 3, 26, 10, tzinfo=dt.UTC)
    opening = of_settings(Settings(chat_hours=HOURS))
    assert not standing(opening, at, ZONE).is_open
    assert standing(replace(opening, open_holidays=frozenset({good_friday})), at, ZONE).is_open


@pytest.mark.parametrize("line", ["mon-fri", "fri-mon 09:00-17:00", "mon 17:00-09:00", "mon 25:00-26:00"])
def test_wrong_hours_are_named(line: str) -> None:
    with pytest.raises(Misconfigured) as fault:
        spells((line,))
    assert fault.value.values["value"] == line


def test_a_wrong_day_is_named() -> None:
    with pytest.raises(Misconfigured) as fault:
        closures(("2026-02-30 Niets",))
    assert fault.value.values["value"] == "2026-02-30 Niets"
