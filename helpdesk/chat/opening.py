"""Changing when the desks can be reached: hours of the week, closed days, holidays. By functional administrators.

The settings hold until the first change; with it they become rows, and the settings say nothing any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import Conflict, Invalid
from helpdesk.models import Flag, OpeningDay, OpeningSpell
from helpdesk.people.access import require
from helpdesk.security_log import note
from helpdesk.service_levels.days import holidays
from helpdesk.service_levels.hours import Opening, of_settings
from helpdesk.service_levels.opening import FLAG, opening_of, version_of
from helpdesk.text.rendering import tidy
from helpdesk.unit import Unit

SPELLS = 2
"""Spells of hours that one day may have: before and after a break."""
_LONGEST = 366
_REASON = 200
_AHEAD = dt.timedelta(days=366)

Times = tuple[str, str]
"""The beginning and the end of a spell as somebody wrote them; both are empty for none."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the desks are closed; without an id while the settings say so."""

    id: int | None
    first: dt.date
    last: dt.date
    reason_nl: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Hours:
    """By weekday the spells, the closures that are not over, and the holidays of a year with whether it is open."""

    version: int
    week: list[list[Times]]
    closures: list[Closure]
    holidays: list[tuple[dt.date, str, bool]]


def shown(unit: Unit) -> Hours:
    """The hours as whoever may change them sees them."""
    require(unit.actor, "hours.change")
    opening, today = opening_of(unit), _today(unit)
    coming = {
        day: name for year in (today.year, today.year + 1) for day, name in holidays(year).items() if day >= today
    }
    return Hours(
        version_of(unit) or 0,
        _week(opening),
        _closures(unit, opening, today),
        [(day, name, day in opening.open_holidays) for day, name in coming.items() if day - today < _AHEAD],
    )


def _today(unit: Unit) -> dt.date:
    return unit.now.astimezone(ZoneInfo(unit.ports.settings.timezone)).date()


def _week(opening: Opening) -> list[list[Times]]:
    found: list[list[Times]] = [[] for _day in range(7)]
    for spell in sorted(opening.spells, key=lambda one: one.since):
        for day in spell.days:
            found[day].append((f"{spell.since:%H:%M}", f"{spell.until:%H:%M}"))
    return found


def _closures(unit: Unit, opening: Opening, today: dt.date) -> list[Closure]:
    if version_of(unit) is None:
        return [one for one in _runs(opening) if one.last >= today]
    rows = select(OpeningDay).where(OpeningDay.is_open.is_(False), OpeningDay.last >= today)
    return [
        Closure(row.id, row.first, row.last, row.reason_nl, row.reason_en)
        for row in unit.session.scalars(rows.order_by(OpeningDay.first, OpeningDay.id))
    ]


def _runs(opening: Opening) -> list[Closure]:
    """Closed days of the settings, those in a row with one reason as one."""
    found: list[Closure] = []
    for day, reason in sorted(opening.closed.items()):
        before = found[-1] if found else None
        follows = before is not None and before.last + dt.timedelta(days=1) == day and before.reason_nl == reason.nl
        first = found.pop().first if follows else day
        found.append(Closure(None, first, day, reason.nl, reason.en))
    return found


def set_hours(unit: Unit, version: int, week: Mapping[int, Sequence[Times]]) -> None:
    """Replace the hours of the week, by weekday (Monday is 0); a day without any is closed.

    Raises Invalid, with the field as day-spell, and Conflict when somebody changed the hours since this version.
    """
    require(unit.actor, "hours.change")
    said = [(day, *spell) for day, times in sorted(week.items()) for spell in _spells_of(day, times)]
    _begin(unit, version)
    unit.session.execute(delete(OpeningSpell))
    unit.session.add_all(OpeningSpell(weekday=day, since=since, until=until) for day, since, until in said)
    note(unit, "opening.hours")


def _spells_of(day: int, times: Sequence[Times]) -> list[tuple[dt.time, dt.time]]:
    found: list[tuple[dt.time, dt.time]] = []
    for place, (since, until) in enumerate(times):
        field = f"{day}-{place}"
        if not since.strip() and not until.strip():
            continue
        first, last = _time(since, field), _time(until, field)
        if first >= last:
            raise Invalid("The end must be later than the beginning.", field=field)
        if any(first < other[1] and other[0] < last for other in found):
            raise Invalid("These hours overlap with the other ones of that day.", field=field)
        found.append((first, last))
    return found


def _time(said: str, field: str) -> dt.time:
    try:
        return dt.datetime.strptime(said.strip().replace(".", ":"), "%H:%M").time()  # noqa: DTZ007 - a time of any day
    except ValueError as fault:
        raise Invalid("Write both times as 09:00, or leave both empty.", field=field) from fault


def close(unit: Unit, first: dt.date, last: dt.date, reason_nl: str, reason_en: str) -> int:
    """Close from the first day to the last; people read the reason. Returns its id. Raises Invalid."""
    require(unit.actor, "hours.change")
    if last < first:
        raise Invalid("The last day must not be before the first.", field="last")
    if last < _today(unit):
        raise Invalid("These days are over. Choose days that come.", field="last")
    if (last - first).days >= _LONGEST:
        raise Invalid("Close at most {count} days at once.", field="last", count=_LONGEST)
    reasons = {"reason_nl": tidy(reason_nl).strip(), "reason_en": tidy(reason_en).strip()}
    for field, reason in reasons.items():
        if not reason:
            raise Invalid("Write the reason in both languages; people read it.", field=field)
        if len(reason) > _REASON:
            raise Invalid("A reason has at most {count} characters.", field=field, count=_REASON)
    _begin(unit)
    there = select(OpeningDay.id).where(
        OpeningDay.is_open.is_(False), OpeningDay.first <= last, OpeningDay.last >= first
    )
    if unit.session.scalar(there.limit(1)) is not None:
        raise Invalid("One of these days is a day off already. Take that away first.", field="first")
    row = OpeningDay(first=first, last=last, is_open=False, **reasons)
    unit.session.add(row)
    unit.session.flush()
    note(unit, "opening.close", "opening", row.id)
    return row.id


def reopen(unit: Unit, first: dt.date) -> None:
    """Take away the closure that begins on this day. Raises Conflict when it is gone already."""
    require(unit.actor, "hours.change")
    _begin(unit)
    gone = delete(OpeningDay).where(OpeningDay.is_open.is_(False), OpeningDay.first == first).returning(OpeningDay.id)
    row_id = unit.session.scalar(gone)
    if row_id is None:
        raise Conflict("This closure is gone already.", code="no_closure")
    note(unit, "opening.reopen", "opening", row_id)


def set_holiday(unit: Unit, day: dt.date, *, is_open: bool) -> None:
    """Let a public holiday have the hours of any day, or none again. Raises Invalid for a day that is no holiday."""
    require(unit.actor, "hours.change")
    if day not in holidays(day.year):
        raise Invalid("This is no public holiday.", field="day")
    _begin(unit)
    unit.session.execute(delete(OpeningDay).where(OpeningDay.is_open.is_(True), OpeningDay.first == day))
    if is_open:
        unit.session.add(OpeningDay(first=day, last=day, is_open=True))
    note(unit, "opening.holiday")


def _begin(unit: Unit, version: int | None = None) -> None:
    """Lock the hours, and make rows of the settings before the first change. Raises Conflict on another version."""
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(Flag).values(name=FLAG, value="0").on_conflict_do_nothing()
    is_first = connection.execute(fresh.returning(Flag.name)).first() is not None
    locked = update(Flag).where(Flag.name == FLAG).values(value=Flag.value).returning(Flag.value)
    here = int(connection.execute(locked).scalar_one())
    if version is not None and version != here:
        raise Conflict("Somebody changed the hours since you opened this page. Look at them, and save again.")
    connection.execute(update(Flag).where(Flag.name == FLAG).values(value=str(here + 1)))
    if is_first:
        _keep_settings(unit)


def _keep_settings(unit: Unit) -> None:
    said = of_settings(unit.ports.settings)
    spells = [(day, spell.since, spell.until) for spell in said.spells for day in spell.days]
    unit.session.add_all(OpeningSpell(weekday=day, since=since, until=until) for day, since, until in spells)
    for one in _runs(said):
        reasons = {"reason_nl": one.reason_nl, "reason_en": one.reason_en}
        unit.session.add(OpeningDay(first=one.first, last=one.last, is_open=False, **reasons))
    unit.session.flush()
