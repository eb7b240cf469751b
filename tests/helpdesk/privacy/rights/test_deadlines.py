"""Deadlines of AVG art. 12(3) against answers worked out by hand (Reg. 1182/71, Algemene termijnenwet)."""

from __future__ import annotations

import datetime as dt

import pytest

from helpdesk.privacy.rights.deadlines import answer_by
from helpdesk.service_levels.days import easter_sunday, is_working_day

WITHIN_A_MONTH = [
    ("2026-11-02", "2026-12-02", "the same date of the next month"),
    ("2026-08-31", "2026-09-30", "there is no 31 September"),
    ("2026-10-31", "2026-11-30", "there is no 31 November; a Monday"),
    ("2028-01-31", "2028-02-29", "a leap year"),
    ("2027-01-31", "2027-03-01", "28 February is a Sunday"),
    ("2026-12-31", "2027-02-01", "31 January is a Sunday"),
    ("2026-10-28", "2026-11-30", "28 November is a Saturday"),
    ("2026-11-25", "2026-12-28", "Christmas on Friday and Saturday, then a Sunday"),
    ("2026-12-01", "2027-01-04", "New Year's Day is a Friday"),
    ("2026-03-03", "2026-04-07", "Good Friday, the weekend and Easter Monday"),
    ("2026-03-05", "2026-04-07", "Easter Sunday and Monday"),
    ("2027-02-28", "2027-03-30", "28 March 2027 is Easter Sunday"),
    ("2027-03-27", "2027-04-28", "King's Day is a Tuesday"),
    ("2027-04-05", "2027-05-07", "Liberation Day, then Ascension Day"),
    ("2027-04-17", "2027-05-18", "Whit Monday"),
]
EXTENDED = [
    ("2026-11-02", "2027-02-02", "three months from the receipt"),
    ("2026-11-30", "2027-03-01", "there is no 30 February, and the 28th is a Sunday"),
    ("2026-09-25", "2026-12-28", "Christmas, Saturday, Sunday"),
    ("2027-02-06", "2027-05-07", "Ascension Day"),
    ("2025-11-30", "2026-03-02", "28 February 2026 is a Saturday"),
]


@pytest.mark.parametrize(("received", "due", "why"), WITHIN_A_MONTH)
def test_a_month(received: str, due: str, why: str) -> None:
    assert answer_by(dt.date.fromisoformat(received)) == dt.date.fromisoformat(due), why


@pytest.mark.parametrize(("received", "due", "why"), EXTENDED)
def test_two_months_more(received: str, due: str, why: str) -> None:
    assert answer_by(dt.date.fromisoformat(received), extended=True) == dt.date.fromisoformat(due), why


@pytest.mark.parametrize("easter", ["2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2038-04-25", "2285-03-22"])
def test_easter(easter: str) -> None:
    day = dt.date.fromisoformat(easter)
    assert easter_sunday(day.year) == day


def test_kings_day_moves_when_it_falls_on_a_sunday() -> None:
    days = ("2025-04-26", "2026-04-27", "2028-04-27")
    assert not any(is_working_day(dt.date.fromisoformat(day)) for day in days)
    assert is_working_day(dt.date(2026, 4, 28))
