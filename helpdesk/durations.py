"""Spans of time as settings write them, in ISO 8601."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from helpdesk.errors import Misconfigured

_DURATION = re.compile(r"^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")
Offset = timedelta
"""The kind of a setting that moves the clock: its years and months are those of the calendar."""


def duration(text: str) -> timedelta:
    """An ISO 8601 duration such as PT15M or P60D; a year counts 365 days and a month 30 (never used for retention)."""
    sign, (years, months, weeks, days, *rest) = _parts(text)
    return sign * _span(years * 365 + months * 30 + weeks * 7 + days, *rest)


def offset(text: str, today: date) -> Offset:
    """How far P7Y1D is from today: the same date seven years on, or the last of its month, and a day."""
    sign, (years, months, weeks, days, *rest) = _parts(text)
    year, month0 = divmod(today.year * 12 + today.month - 1 + sign * (years * 12 + months), 12)
    try:
        there = date(year, month0 + 1, min(today.day, calendar.monthrange(year, month0 + 1)[1]))
    except ValueError as fault:
        raise Misconfigured("'{value}' is not a duration such as PT15M or P60D.", value=text) from fault
    return (there - today) + sign * _span(weeks * 7 + days, *rest)


def _parts(text: str) -> tuple[int, list[int]]:
    match = _DURATION.match(text)
    if match is None or not any(match.groups()[1:]):
        raise Misconfigured("'{value}' is not a duration such as PT15M or P60D.", value=text)
    return -1 if match.group(1) else 1, [int(part or 0) for part in match.groups()[1:]]


def _span(days: int, hours: int, minutes: int, seconds: int) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
