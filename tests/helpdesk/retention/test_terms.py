"""Calendar arithmetic: the table of retention 4.1, and an oracle that counts days one by one."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.errors import Invalid, Misconfigured
from helpdesk.retention.terms import Period, begins_at, day_of, due_on, last_day, period


@pytest.mark.parametrize(
    ("anchor", "term", "last", "instant"),
    [
        ("2020-02-29", "P7Y", "2027-02-28", "2027-02-28T23:00Z"),
        ("2020-02-28", "P7Y", "2027-02-28", "2027-02-28T23:00Z"),
        ("2020-02-29", "P8Y", "2028-02-29", "2028-02-29T23:00Z"),
        ("2019-03-31", "P7Y", "2026-03-31", "2026-03-31T22:00Z"),
        ("2026-08-31", "P6M", "2027-02-28", "2027-02-28T23:00Z"),
        ("2027-08-31", "P6M", "2028-02-29", "2028-02-29T23:00Z"),
        ("2026-12-31", "P6M", "2027-06-30", "2027-06-30T22:00Z"),
        ("2026-10-25", "P6M", "2027-04-25", "2027-04-25T22:00Z"),
        ("2024-02-29", "P7Y6M", "2031-08-29", "2031-08-29T22:00Z"),
        ("2093-02-28", "P7Y", "2100-02-28", "2100-02-28T23:00Z"),
        ("2096-02-29", "P4Y", "2100-02-28", "2100-02-28T23:00Z"),
        ("2026-11-22", "P14D", "2026-12-06", "2026-12-06T23:00Z"),
        ("2026-11-22", "P2W", "2026-12-06", "2026-12-06T23:00Z"),
        ("2026-11-22", "P0D", "2026-11-22", "2026-11-22T23:00Z"),
    ],
)
def test_the_table(anchor: str, term: str, last: str, instant: str) -> None:
    start = dt.date.fromisoformat(anchor)
    assert last_day(start, period(term)) == dt.date.fromisoformat(last)
    assert begins_at(due_on(start, period(term))) == dt.datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    "word", ["", "P", "7Y", "P7", "P-7Y", "P1.5Y", "PT1H", "P1YT1H", "p7y", "P7Y ", "P1D1Y", "+P1Y"]
)
def test_anything_else_is_no_period(word: str) -> None:
    with pytest.raises(Misconfigured, match="is not a period"):
        period(word)


@pytest.mark.parametrize("word", ["P7Y", "P6M", "P7Y6M", "P2W", "P14D", "P1Y2M3W4D", "P0D"])
def test_a_period_is_written_as_it_was_read(word: str) -> None:
    assert str(period(word)) == word


def test_after_the_year_9999_there_is_no_term() -> None:
    with pytest.raises(Invalid, match="too far"):
        last_day(dt.date(9993, 1, 1), period("P7Y"))


def _walked(anchor: dt.date, months: int) -> dt.date:
    """The same day of a later month, found by walking the calendar; a missing day is the month's last."""
    day = anchor
    while months:
        day += dt.timedelta(days=1)
        if day.day == 1:
            months -= 1
    if (day.year, day.month) == (anchor.year, anchor.month):
        return anchor
    return day.replace(day=min(anchor.day, calendar.monthrange(day.year, day.month)[1]))


days = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))


@given(days, st.integers(0, 10), st.integers(0, 30))
def test_an_oracle_finds_the_same_day(anchor: dt.date, years: int, months: int) -> None:
    assert last_day(anchor, Period(years=years, months=months)) == _walked(anchor, years * 12 + months)


@given(days, days, st.integers(0, 9), st.integers(0, 20))
def test_later_anchors_never_end_earlier(one: dt.date, other: dt.date, years: int, months: int) -> None:
    term = Period(years=years, months=months)
    early, late = sorted((one, other))
    assert early < due_on(early, term) <= due_on(late, term)


def test_the_day_is_that_of_amsterdam() -> None:
    assert day_of(dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)) == dt.date(2026, 7, 1)
    assert day_of(dt.datetime(2026, 12, 31, 22, 59, tzinfo=dt.UTC)) == dt.date(2026, 12, 31)
