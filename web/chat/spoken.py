"""Opening hours and moments close by as people say them, for whoever asks. Filters of templates; reads nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from flask import Blueprint

from helpdesk.service_levels.hours import Spell
from web.filters import _, day, minute_time, now, weekday
from web.unit import ports

_WORKING_DAYS = (0, 1, 2, 3, 4)


def hours_said(spells: Sequence[Spell]) -> str:
    """Hours of the week in a few words: "op werkdagen van 09:00 tot 17:00"; empty where there are none."""
    by_times: dict[tuple[dt.time, dt.time], set[int]] = {}
    for spell in sorted(spells, key=lambda one: (min(one.days), one.since)):
        by_times.setdefault((spell.since, spell.until), set()).update(spell.days)
    return ", ".join(
        _("{days} from {since} to {until}", days=_days(days), since=f"{since:%H:%M}", until=f"{until:%H:%M}")
        for (since, until), days in by_times.items()
    )


def _days(days: Iterable[int]) -> str:
    row = tuple(sorted(days))
    if row == _WORKING_DAYS:
        return _("on working days")
    if len(row) == 7:
        return _("every day")
    if len(row) > 2 and row[-1] - row[0] == len(row) - 1:
        return _("from {first} through {last}", first=weekday(row[0]), last=weekday(row[-1]))
    return _("on {days}", days=" + ".join(weekday(one) for one in row))


def day_and_time(at: dt.datetime) -> str:
    """When something is: "vandaag om 13:00", "morgen om 09:00", else with the day in full."""
    here = ZoneInfo(ports().settings.timezone)
    when = at.astimezone(here).date()
    away = (when - now().astimezone(here).date()).days
    if away == 0:
        return _("today at {time}", time=minute_time(at))
    if away == 1:
        return _("tomorrow at {time}", time=minute_time(at))
    return _("{day} at {time}", day=day(when), time=minute_time(at))


def install(blueprint: Blueprint) -> None:
    """Give the templates these words."""
    blueprint.add_app_template_filter(hours_said)
    blueprint.add_app_template_filter(day_and_time)
