"""When the chat is open: hours by day of the week, public holidays, and days on which it is closed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from zoneinfo import ZoneInfo

from helpdesk.errors import Misconfigured
from helpdesk.service_levels.days import is_holiday
from helpdesk.settings import CLOSURE, HOURS, WEEKDAYS, Settings

_LOOK_AHEAD = 60
_ONE = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """Hours on some days of the week, Monday is 0; `until` is the first minute after them."""

    days: frozenset[int]
    since: dt.time
    until: dt.time


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a day is closed, in both languages."""

    nl: str = ""
    en: str = ""

    def said(self, language: str) -> str:
        """It in this language."""
        return self.nl if language == "nl" else self.en


@dataclass(frozen=True, slots=True)
class Opening:
    """When the desks can be reached: hours of the week, days that are closed, holidays that are not."""

    spells: tuple[Spell, ...]
    closed: Mapping[dt.date, Reason] = field(default_factory=dict)
    open_holidays: frozenset[dt.date] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the hours stand at a moment: open until `until`, or shut until `opens_at`, where that is within two months.

    `reason` is what people read about a day that is closed.
    """

    is_open: bool
    closed_day: bool = False
    reason: Reason = Reason()
    until: dt.datetime | None = None
    opens_at: dt.datetime | None = None


@cache
def spells(lines: tuple[str, ...]) -> tuple[Spell, ...]:
    """Hours such as `mon-fri 09:00-17:00` or `sat 10:00-12:30`. Raises Misconfigured."""
    return tuple(_spell(line) for line in lines)


def _spell(line: str) -> Spell:
    found = HOURS.fullmatch(line.strip())
    if found is None:
        raise _wrong(line)
    first, last, since, until = found.groups()
    days = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    made = Spell(frozenset(days), _time(since, line), _time(until, line))
    if not made.days or made.since >= made.until:
        raise _wrong(line)
    return made


def _time(said: str, line: str) -> dt.time:
    try:
        return dt.time.fromisoformat(said)
    except ValueError as fault:
        raise _wrong(line) from fault


@cache
def closures(lines: tuple[str, ...]) -> dict[dt.date, str]:
    """Closed days with their reasons, from lines such as `2026-11-27 Study day` or `2026-12-24/2027-01-01 Winter`."""
    found: dict[dt.date, str] = {}
    for line in lines:
        match = CLOSURE.fullmatch(line.strip())
        if match is None:
            raise _wrong(line)
        try:
            first = dt.date.fromisoformat(match[1])
            last = dt.date.fromisoformat(match[2] or match[1])
        except ValueError as fault:
            raise _wrong(line) from fault
        for days in range((last - first).days + 1):
            found[first + days * _ONE] = (match[3] or "").strip()
    return found


def _wrong(line: str) -> Misconfigured:
    return Misconfigured(
        "chat.hours or chat.closures can't be '{value}': write mon-fri 09:00-17:00, or 2026-11-27 Study day.",
        value=line,
    )


def of_settings(settings: Settings) -> Opening:
    """What the settings say, which holds until somebody changes it on the page of the hours."""
    closed = {day: Reason(reason, reason) for day, reason in closures(settings.chat_closures).items()}
    return Opening(spells(settings.chat_hours), closed)


def standing(opening: Opening, now: dt.datetime, zone: ZoneInfo) -> Standing:
    """How the hours stand now."""
    here = now.astimezone(zone)
    for since, until in _open_on(opening, here.date(), zone):
        if since <= here < until:
            return Standing(True, until=until)
    reason = opening.closed.get(here.date())
    return Standing(False, reason is not None, reason or Reason(), opens_at=_next(opening, here, zone))


def _next(opening: Opening, here: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    for days in range(_LOOK_AHEAD):
        for since, _until in _open_on(opening, here.date() + days * _ONE, zone):
            if since > here:
                return since
    return None


def _open_on(opening: Opening, day: dt.date, zone: ZoneInfo) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The hours of a day, in order; none on a day that is closed, or a holiday unless it is said to be open."""
    if day in opening.closed or (is_holiday(day) and day not in opening.open_holidays):
        return
    for spell in sorted(opening.spells, key=lambda one: one.since):
        if day.weekday() in spell.days:
            yield dt.datetime.combine(day, spell.since, zone), dt.datetime.combine(day, spell.until, zone)
