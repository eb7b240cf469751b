"""Working days and public holidays in the Netherlands. Pure.

Algemene termijnenwet art. 3. Days that a decree adds for one year are not known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from helpdesk.text.language import N_

_SATURDAY = 5
_ONE = dt.timedelta(days=1)
_FIXED = {
    (1, 1): N_("New Year's Day"),
    (5, 5): N_("Liberation Day"),
    (12, 25): N_("Christmas Day"),
    (12, 26): N_("Second day of Christmas"),
}
_MOVING = {-2: N_("Good Friday"), 1: N_("Easter Monday"), 39: N_("Ascension Day"), 50: N_("Whit Monday")}
"""Holidays by the number of days after Easter."""


def is_working_day(day: dt.date) -> bool:
    """Whether a day is neither a Saturday nor a Sunday nor a public holiday in the Netherlands."""
    return day.weekday() < _SATURDAY and not is_holiday(day)


def is_holiday(day: dt.date) -> bool:
    """Whether a day is a public holiday in the Netherlands."""
    return day in holidays(day.year)


@cache
def holidays(year: int) -> Mapping[dt.date, str]:
    """The public holidays of a year in order, and how each is called, to be translated.

    Algemene termijnenwet art. 3; Good Friday counts as one by its second paragraph.
    """
    easter = easter_sunday(year)
    kings_day = dt.date(year, 4, 27)
    if kings_day.weekday() > _SATURDAY:
        kings_day -= _ONE
    days = {kings_day: N_("King's Day")}
    days |= {dt.date(year, month, day): name for (month, day), name in _FIXED.items()}
    for after, name in _MOVING.items():
        moving = easter + dt.timedelta(days=after)
        days[moving] = days.get(moving, name)
    return MappingProxyType(dict(sorted(days.items())))


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
