"""Working days and public holidays in the Netherlands. Pure.

Algemene termijnenwet art. 3. Days that a decree adds for one year are not known here.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

_SATURDAY = 5
_ONE = dt.timedelta(days=1)


def is_working_day(day: dt.date) -> bool:
    """Whether a day is neither a Saturday nor a Sunday nor a public holiday in the Netherlands."""
    return day.weekday() < _SATURDAY and not is_holiday(day)


def is_holiday(day: dt.date) -> bool:
    """Whether a day is a public holiday in the Netherlands."""
    return day in _holidays(day.year)


@cache
def _holidays(year: int) -> frozenset[dt.date]:
    """Algemene termijnenwet art. 3; Good Friday counts as one by its second paragraph."""
    easter = easter_sunday(year)
    moving = (-2, 1, 39, 50)
    kings_day = dt.date(year, 4, 27)
    if kings_day.weekday() > _SATURDAY:
        kings_day -= _ONE
    fixed = ((1, 1), (5, 5), (12, 25), (12, 26))
    return frozenset(
        {kings_day}
        | {dt.date(year, month, day) for month, day in fixed}
        | {easter + dt.timedelta(days=days) for days in moving}
    )


def easter_sunday(year: int) -> dt.date:
    """Easter of a year in the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 19 * m) // 433
    month = (h + m - 7 * n + 90) // 25
    return dt.date(year, month, (h + m - 7 * n + 33 * month + 19) % 32)
