"""The log of reads as officers look at it: newest first, by person, ticket or day. Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.models import AccessLog, Account, Ticket
from helpdesk.people.access import require
from helpdesk.read_log import How
from helpdesk.text.language import N_
from helpdesk.unit import Unit

PAGE = 100
HOW: dict[How, str] = {
    "page": N_("opened the ticket"),
    "part": N_("loaded the ticket anew"),
    "search": N_("saw its first words in search results"),
    "file": N_("opened an attachment"),
    "source": N_("looked at the mail as it came in"),
    "html": N_("saw a mail in its own layout"),
    "print": N_("printed the conversation"),
    "export": N_("took the conversation away as a file"),
    "list": N_("saw its subject on a list for destruction"),
    "shell": N_("read it on the command line"),
}
"""How a ticket was read, in words."""
NOBODY = 0
"""Stands for the command line, where nobody signs in."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of one account (NOBODY: the command line), of one ticket by its number, of one day, of one way."""

    account_id: int | None = None
    number: str = ""
    day: dt.date | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One line; `who` is empty for the command line."""

    id: int
    at: dt.datetime
    who: str
    number: str
    how: str


def reads_page(unit: Unit, wanted: Wanted, before: int | None = None) -> tuple[list[Read], int | None]:
    """A page of the lines, newest first, and the `before` of the page after it; none when this is the last.

    A day is one of the zone of the settings. A ticket that is being destroyed is not there any more.
    """
    require(unit.actor, "log.read")
    lines = (
        select(AccessLog.id, AccessLog.at, AccessLog.verb, Account.name, Ticket.number)
        .join(Ticket, Ticket.id == AccessLog.ticket_id)
        .outerjoin(Account, Account.id == AccessLog.account_id)
        .where(Ticket.retention_state != "destroying")
    )
    if wanted.account_id is not None:
        lines = lines.where(AccessLog.account_id == (wanted.account_id or None))
    if wanted.number:
        lines = lines.where(Ticket.number == wanted.number)
    if wanted.day is not None:
        first, last = _hours(unit, wanted.day)
        lines = lines.where(AccessLog.at >= first, AccessLog.at < last)
    if wanted.how:
        lines = lines.where(AccessLog.verb == wanted.how)
    if before is not None:
        lines = lines.where(AccessLog.id < before)
    rows = unit.session.execute(lines.order_by(AccessLog.id.desc()).limit(PAGE + 1)).all()
    found = [Read(row.id, row.at, row.name or "", row.number, row.verb) for row in rows[:PAGE]]
    return found, found[-1].id if len(rows) > PAGE else None


def _hours(unit: Unit, day: dt.date) -> Sequence[dt.datetime]:
    zone = ZoneInfo(unit.ports.settings.timezone)
    return [dt.datetime.combine(one, dt.time(), zone) for one in (day, day + dt.timedelta(days=1))]
