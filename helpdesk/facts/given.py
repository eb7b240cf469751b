"""What one row of a file says, by our fields, or what is wrong with it. Reads listed columns only; asks no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from helpdesk.errors import Invalid
from helpdesk.facts import cells
from helpdesk.facts.profiles import FACT_OF, Profile, folded
from helpdesk.facts.record import date_fault
from helpdesk.facts.sheets import Cell, Line, holds

_HEAD = 20
"""Lines in which the headings must stand: above them a title may."""
_LIMITS = {"personnel_no": 50, "department": 100, "account_status": 32, "reference": 200}
_NAME = 300
_SHOWN_HEADINGS = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is not used: its line, a fixed word, and our name of the column."""

    line: int
    code: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A row that can be used. `dates` holds every fact that the file has a column for; none is an empty cell."""

    line: int
    number: str
    address: str
    dates: Mapping[str, dt.date | None]
    name: str = ""
    kind: str = ""
    department: str = ""
    account_status: str = ""
    reason: str | None = None
    reference: str = ""

    @property
    def key(self) -> str:
        """What the row is about: a number, or an address where the file has no numbers."""
        return self.number or self.address


@dataclass(frozen=True)
class Header:
    """Where the headings stand, how many cells they take, and which column is which field."""

    line: int
    width: int
    places: Mapping[str, int]
    not_kept: tuple[str, ...] = ()
    unlisted: int = 0


def header_of(lines: Iterable[Line], profile: Profile) -> Header:
    """Find the headings among the first lines. Raises Invalid when there is none, or a field has no column, or two."""
    first = list(islice(lines, _HEAD))
    if not first:
        raise Invalid("There is nothing in this file.", field="file", code="empty_file")
    line_no, found = _best_line(first, profile) or (0, [])
    places = _places(found, profile)
    missing = [name for name in profile.required if name not in places]
    if not any(name in places for name in profile.keys):
        missing.append(profile.keys[0])
    if missing:
        raise Invalid(
            "There is no column for {fields}. The headings are: {headings}.",
            field="file",
            code="no_column",
            fields=", ".join(missing),
            headings=", ".join(str(cell)[:40] for cell in found[:_SHOWN_HEADINGS] if cell) or "-",
        )
    _refuse_twice(found, places)
    return Header(line_no, len(found), places, *_others(found, profile, places))


def _refuse_twice(found: list[Cell], places: Mapping[str, int]) -> None:
    """Of two columns with one heading nobody knows which is meant."""
    known = [folded(cell) if isinstance(cell, str) else "" for cell in found]
    for name, place in places.items():
        if known.count(known[place]) > 1:
            raise Invalid(
                "Two columns of the file are the field {name}. Leave one of them out, or give it another heading.",
                field="file",
                code="column_twice",
                name=name,
            )


def headings(lines: Iterable[Line], profile: Profile) -> list[str]:
    """The words of the line that looks most like headings, so that somebody can say which is which."""
    first = list(islice(lines, _HEAD))
    wordiest = max(
        first, key=lambda line: sum(isinstance(cell, str) and bool(cell) for cell in line[1]), default=(0, [])
    )
    _line, found = _best_line(first, profile) or wordiest
    return list(dict.fromkeys(cell[:_NAME] for cell in found if isinstance(cell, str) and cell.strip()))


def _best_line(first: list[Line], profile: Profile) -> Line | None:
    """The line with most known headings, the first of several; none when no line has any."""
    best = max(first, key=lambda line: len(_places(line[1], profile)), default=None)
    return best if best is not None and _places(best[1], profile) else None


def _places(found: Iterable[Cell], profile: Profile) -> dict[str, int]:
    by_heading = {folded(heading): name for name, headings in profile.columns.items() for heading in headings}
    places: dict[str, int] = {}
    for place, cell in enumerate(found):
        name = by_heading.get(folded(str(cell))) if isinstance(cell, str) else None
        if name is None:
            continue
        if name in places and _rank(profile, name, cell) >= _rank(profile, name, list(found)[places[name]]):
            continue
        places[name] = place
    return places


def _rank(profile: Profile, name: str, heading: Cell) -> int:
    """Where a heading stands among those of a field: of two columns that fit, the earlier named one is meant."""
    named = [folded(each) for each in profile.columns[name]]
    return named.index(folded(str(heading)))


def _others(found: Iterable[Cell], profile: Profile, places: Mapping[str, int]) -> tuple[tuple[str, ...], int]:
    """Columns that the profile knows and does not keep, and how many there are that it does not list."""
    rest = [str(cell) for place, cell in enumerate(found) if place not in places.values() and cell not in (None, "")]
    left_out = tuple(heading for heading in rest if folded(heading) in profile.not_kept)
    return left_out, len(rest) - len(left_out)


@dataclass
class Reader:
    """Reads rows by one header; `dated` and `swapped` count days, and those that are some only the other way round."""

    profile: Profile
    header: Header
    today: dt.date
    own_addresses: frozenset[str] = frozenset()
    dated: int = 0
    swapped: int = 0
    _kinds: dict[str, str] = field(default_factory=dict)

    def row(self, line: Line) -> Given | Problem:
        """What a line says, or the first thing that is wrong with it."""
        number, found = line
        name = ""
        if any(map(holds, found[self.header.width :])):
            return Problem(number, "too_wide")
        try:
            said: dict[str, str] = {}
            for name in self.header.places:
                if name not in FACT_OF:
                    said[name] = self._said(name, found)
            dates = {}
            for name in self.header.places:
                if name in FACT_OF:
                    dates[FACT_OF[name]] = self._date(name, found)
            return self._given(number, said, dates)
        except _Fault as fault:
            return Problem(number, fault.code, fault.field)
        except cells.Unreadable as fault:
            return Problem(number, fault.code, name)

    def _cell(self, name: str, found: list[Cell]) -> Cell:
        place = self.header.places[name]
        return found[place] if place < len(found) else None

    def _said(self, name: str, found: list[Cell]) -> str:
        cell = self._cell(name, found)
        if name == "address":
            return cells.address(cell)
        return cells.text(cell, _LIMITS.get(name, _NAME))

    def _date(self, name: str, found: list[Cell]) -> dt.date | None:
        cell = self._cell(name, found)
        if cell not in (None, ""):
            self.dated += 1
            self.swapped += cells.only_swapped(cell, self.profile.date_order)
        day = cells.date(cell, self.profile.date_order)
        if day is not None and (fault := date_fault(FACT_OF[name], day, self.today)) is not None:
            raise _Fault(fault, name)
        if day is None and name in ("settled_on", "last_login_on"):
            raise _Fault("missing", name)
        return day

    def _given(self, line: int, said: Mapping[str, str], dates: Mapping[str, dt.date | None]) -> Given:
        number = said.get("personnel_no", "")
        address = said.get("address", "")
        by = "personnel_no" if "personnel_no" in self.header.places else "address"
        if not (number if by == "personnel_no" else address):
            raise _Fault("missing", by)
        if address in self.own_addresses:
            raise _Fault("own_address", "address")
        start, end = dates.get("employment.start"), dates.get("employment.end")
        if start is not None and end is not None and end < start:
            raise _Fault("end_before_start", "ended_on")
        return Given(
            line=line,
            number=self.profile.number(number) if number else "",
            address=address,
            dates=dates,
            name=_name(said),
            kind=self._word("kind", said.get("kind", ""), self.profile.kinds) or self.profile.kind,
            department=said.get("department", ""),
            account_status=said.get("account_status", ""),
            reason=self._word("reason", said.get("reason", ""), self.profile.reasons),
            reference=said.get("reference", ""),
        )

    def _word(self, name: str, word: str, meanings: Mapping[str, str]) -> str | None:
        if not word:
            return None
        meaning = meanings.get(folded(word))
        if meaning is None:
            raise _Fault("unknown_word", name)
        return meaning


class _Fault(Exception):
    def __init__(self, code: str, name: str) -> None:
        super().__init__(code)
        self.code, self.field = code, name


def _name(said: Mapping[str, str]) -> str:
    if said.get("name"):
        return said["name"]
    first = said.get("first_name") or said.get("initials", "")
    return " ".join(part for part in (first, said.get("prefix", ""), said.get("last_name", "")) if part)[:_NAME]
