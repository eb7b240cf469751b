"""What one cell says: text, an address, a date. Pure; what can't be read is Unreadable, with a fixed word."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from helpdesk.facts.sheets import Cell
from helpdesk.people.addresses import normal
from helpdesk.retention.terms import day_of

NEVER = dt.date(9999, 12, 31)
"""How personnel systems write that there is no such day."""
_ERRORS = frozenset(
    {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!"}
    | {"#n/b", "#verw!", "#waarde!", "#naam?", "#deel/0!", "#getal!", "#leeg!"}
)
"""What spreadsheets write for a formula that failed, in English and Dutch."""
_EMPTY = frozenset({"", "-", "--", "n.v.t.", "nvt", "n/a", "null", "geen", "onbekend"})
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_NAMED = re.compile(r"(\d{1,2})[-/. ]([a-z]{3,10})\.?[-/. ](\d{4})")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_DAY = "ydm"
"""An order in which nobody writes days, but programs that were told the wrong one do."""
_TIME = re.compile(r"[ t]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?(z|[+-]\d{2}:?\d{2}))?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mrt mar maa", "apr", "mei may", "jun", "jul", "aug", "sep", "okt oct", "nov", "dec"), 1
    )
    for name in names.split()
}
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\".]+")


class Unreadable(ValueError):
    """A cell that does not say what its column should; `code` is a fixed word, never one of the cell's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def text(cell: Cell, limit: int) -> str:
    """The words of a cell on one line; an empty word or a dash is nothing.

    Raises Unreadable when it is too long, or when a formula failed there.
    """
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    said = " ".join(unicodedata.normalize("NFC", "" if cell is None else str(cell)).replace("\x00", "").split())
    if said.lower() in _EMPTY:
        return ""
    if said.lower() in _ERRORS:
        raise Unreadable("error_cell")
    if len(said) > limit:
        raise Unreadable("too_long")
    return said


def address(cell: Cell) -> str:
    """A normalised address, or nothing. Raises Unreadable for what is no address."""
    said = text(cell, 320)
    if said and not _ADDRESS.fullmatch(said):
        raise Unreadable("bad_address")
    return normal(said) if said else ""


def date(cell: Cell, order: str) -> dt.date | None:
    """A day, or none. A moment with a zone is the day it is in Amsterdam. Raises Unreadable.

    Days in words or with the year first can't be mistaken; of the others `order` says what comes first.
    """
    if isinstance(cell, dt.datetime):
        return _real(_day_of(cell))
    if isinstance(cell, dt.date):
        return _real(cell)
    if isinstance(cell, bool | float | int | dt.time | dt.timedelta):
        raise Unreadable("bad_date")
    said = text(cell, 100).lower()
    return _real(_written(said, order)) if said else None


def _real(day: dt.date) -> dt.date | None:
    return None if day >= NEVER else day


def _written(said: str, order: str) -> dt.date:
    if "t" in said or "z" in said or "+" in said:
        moment = _moment(said)
        if moment is not None:
            return moment
    said = _TIME.sub("", said)
    if found := _ISO.fullmatch(said):
        year, second, third = found.groups()
        return _day(year, third, second) if order == _YEAR_DAY else _day(year, second, third)
    if found := _NAMED.fullmatch(said):
        month = _MONTHS.get(found[2][:3])
        return _day(found[3], str(month or 0), found[1])
    if found := _NUMBERS.fullmatch(said):
        first, second, year = found.groups()
        return _day(year, first, second) if order == "mdy" else _day(year, second, first)
    raise Unreadable("bad_date")


def _moment(said: str) -> dt.date | None:
    """The day in Amsterdam of an ISO moment with a zone."""
    try:
        moment = dt.datetime.fromisoformat(said.upper())
    except ValueError:
        return None
    return _day_of(moment)


def _day_of(moment: dt.datetime) -> dt.date:
    """The last of all days is a sign, and has no hour in another zone."""
    return day_of(moment) if moment.tzinfo and moment.date() < NEVER else moment.date()


def _day(year: str, month: str, day: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable("bad_date") from None


def only_swapped(cell: Cell, order: str) -> bool:
    """Whether a cell is a day only when day and month are read the other way round, behind the year as well."""
    others = ("dmy" if order == "mdy" else "mdy", _YEAR_DAY)
    return not _is_day(cell, order) and any(_is_day(cell, other) for other in others)


def _is_day(cell: Cell, order: str) -> bool:
    try:
        return date(cell, order) is not None
    except Unreadable:
        return False
