"""The calendar of Amsterdam by the rule of the law, without a database of zones: for holding that one against."""

from __future__ import annotations

import datetime as dt
from functools import cache


@cache
def _last_sunday(year: int, month: int) -> dt.datetime:
    day = dt.datetime(year, month, 31, 1, tzinfo=dt.UTC)
    while day.weekday() != 6:
        day -= dt.timedelta(days=1)
    return day


def day_in_amsterdam(instant: dt.datetime) -> dt.date:
    """The date there: two hours ahead from the last Sunday of March, 01:00 UTC, to that of October, else one."""
    summer = _last_sunday(instant.year, 3) <= instant < _last_sunday(instant.year, 10)
    return (instant + dt.timedelta(hours=2 if summer else 1)).date()


@cache
def midnight_in_amsterdam(day: dt.date) -> dt.datetime:
    """The instant at which a day begins there."""
    start = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    return next(
        at for at in (start - dt.timedelta(hours=2), start - dt.timedelta(hours=1)) if day_in_amsterdam(at) == day
    )


def clock_changes_on(day: dt.date) -> bool:
    """Whether this is one of the two days on which the clock is moved."""
    return day in {_last_sunday(day.year, 3).date(), _last_sunday(day.year, 10).date()}
