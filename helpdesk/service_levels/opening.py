"""When the desks can be reached, as the database says; until anybody changed it, the settings. Reads only."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.models import Flag, OpeningDay, OpeningSpell
from helpdesk.service_levels.hours import Opening, Reason, Spell, Standing, of_settings, standing
from helpdesk.unit import Unit

FLAG = "opening"
"""The flag that says that the rows hold, and counts their changes."""
_ONE = dt.timedelta(days=1)


def version_of(unit: Unit) -> int | None:
    """How often the hours were changed; none while the settings say them."""
    value = unit.session.scalar(select(Flag.value).where(Flag.name == FLAG))
    return None if value is None else int(value)


def opening_of(unit: Unit) -> Opening:
    """The hours, closures and holidays that hold. The one source for whatever depends on them."""
    return unit.once(("opening", ""), lambda: _opening(unit))


def standing_now(unit: Unit) -> Standing:
    """Whether the desks can be reached now, and until or from when."""
    return standing(opening_of(unit), unit.now, ZoneInfo(unit.ports.settings.timezone))


def _opening(unit: Unit) -> Opening:
    if version_of(unit) is None:
        return of_settings(unit.ports.settings)
    spells = [
        Spell(frozenset({row.weekday}), row.since, row.until) for row in unit.session.scalars(select(OpeningSpell))
    ]
    closed: dict[dt.date, Reason] = {}
    holidays: set[dt.date] = set()
    coming = select(OpeningDay).where(OpeningDay.last >= unit.now.date() - _ONE)
    for row in unit.session.scalars(coming):
        days = [row.first + number * _ONE for number in range((row.last - row.first).days + 1)]
        if row.is_open:
            holidays.update(days)
        else:
            closed.update(dict.fromkeys(days, Reason(row.reason_nl, row.reason_en)))
    return Opening(tuple(spells), closed, frozenset(holidays))
