"""Calendar arithmetic of retention terms: from an anchor date and a period to the first day of destruction.

Reckons with dates in the calendar of Amsterdam only; knows no tickets and no clock.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from helpdesk.errors import Invalid, Misconfigured

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?")


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period, ISO 8601 `PnYnMnWnD`: no time part, no sign, no fraction (retention 4.1)."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0

    def __str__(self) -> str:
        parts = zip((self.years, self.months, self.weeks, self.days), "YMWD", strict=True)
        return "P" + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0D")


def period(text: str) -> Period:
    """Read `P7Y`, `P6M`, `P14D`; raises Misconfigured for anything else."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise Misconfigured("'{value}' is not a period such as P7Y or P6M.", value=text)
    return Period(*(int(part or 0) for part in match.groups()))


def last_day(anchor: dt.date, term: Period) -> dt.date:
    """The last day of a term: one calendar addition from the anchor, clamped to the end of its month.

    The day of the event is not counted and the term ends with the last hour of the same date; a date that is missing
    becomes the last of its month; weekends shift nothing (Reg. (EEC) 1182/71 art. 3, Algemene termijnenwet art. 4).
    """
    month0 = anchor.year * 12 + anchor.month - 1 + term.years * 12 + term.months
    year, month = divmod(month0, 12)
    if year > dt.MAXYEAR:
        raise Invalid("This date is too far in the future.")
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return dt.date(year, month + 1, day) + dt.timedelta(weeks=term.weeks, days=term.days)


def due_on(anchor: dt.date, term: Period) -> dt.date:
    """The first day on which destruction is allowed, from 00:00 in Amsterdam: the day after the last day (RD-22)."""
    return last_day(anchor, term) + dt.timedelta(days=1)


def latest_anchor(term: Period, today: dt.date) -> dt.date:
    """The latest day from which a term has wholly passed before `today`."""
    longest = 366 * term.years + 31 * term.months + 7 * term.weeks + term.days + 1
    day = today - dt.timedelta(days=longest)
    while due_on(day + dt.timedelta(days=1), term) <= today:
        day += dt.timedelta(days=1)
    return day


def begins_at(day: dt.date) -> dt.datetime:
    """The instant, in UTC, at which a day begins in Amsterdam."""
    return dt.datetime.combine(day, dt.time(), AMSTERDAM).astimezone(dt.UTC)


def day_of(instant: dt.datetime) -> dt.date:
    """The date in Amsterdam of an aware instant: 2026-06-30T22:30Z is already 1 July."""
    return instant.astimezone(AMSTERDAM).date()
