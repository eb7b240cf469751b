"""A first look at a whole file: how many rows, which can't be used, who stands in it. Keeps keys, never whole rows."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

from helpdesk.errors import Invalid
from helpdesk.facts.given import Given, Header, Problem, Reader, header_of
from helpdesk.facts.profiles import Profile
from helpdesk.facts.tables import Source, kind_of, lines
from helpdesk.people.addresses import normal
from helpdesk.retention.terms import day_of
from helpdesk.unit import Unit

_END = "employment.end"
MOST_ROWS = 500_000
"""Rows of one file: keys and errors are kept of each, and no personnel system of ours has so many people."""
NO_ADDRESS = 0


def sign_of(address: str) -> int:
    """A number that stands for an address in this process: 64 bits, so that no two of a file share one by chance."""
    return hash(address) if address else NO_ADDRESS


@dataclass(frozen=True, slots=True)
class Listed:
    """What a file says of somebody, as far as others need it: the sign of the address, and the day they leave."""

    address: int
    left_on: dt.date | None


class _Rows:
    """The first row of each person, in columns of numbers: as objects, a hundred thousand take five times as much."""

    def __init__(self) -> None:
        self.place: dict[str, int] = {}
        self.lines, self.contents = array("L"), array("q")
        self.addresses, self.left = array("q"), array("l")

    def add(self, row: Given, content: int) -> None:
        """Keep what others need of a row."""
        self.place[row.key] = len(self.lines)
        self.lines.append(row.line)
        self.contents.append(content)
        self.addresses.append(sign_of(row.address))
        end = row.dates.get(_END)
        self.left.append(end.toordinal() if end is not None else 0)

    def sharing(self) -> Iterator[list[int]]:
        """The places of those who share an address, in sets of two and more."""
        by_address = sorted(range(len(self.addresses)), key=self.addresses.__getitem__)
        for sign, places in groupby(by_address, key=self.addresses.__getitem__):
            if sign != NO_ADDRESS and len(found := list(places)) > 1:
                yield found


@dataclass
class FileIndex:
    """What the first look found: how many rows and days, which rows can't be used, and who stands in the others."""

    header: Header
    rows: int = 0
    dated: int = 0
    swapped: int = 0
    problems: list[Problem] = field(default_factory=list)
    given_up: set[int] = field(default_factory=set)
    people: _Rows = field(default_factory=_Rows)
    _refused: set[int] = field(default_factory=set)

    def uses(self, line: int) -> bool:
        """Whether the row on this line can be used."""
        return line not in self._refused

    def refuse(self, problem: Problem) -> None:
        """Not to use a row, and why."""
        self.problems.append(problem)
        self._refused.add(problem.line)

    def listed(self, key: str) -> Listed | None:
        """What the file says of somebody whose row is used."""
        place = self.people.place.get(key)
        if place is None or not self.uses(self.people.lines[place]):
            return None
        left = self.people.left[place]
        return Listed(self.people.addresses[place], dt.date.fromordinal(left) if left else None)


class ImportFile:
    """One file under one profile: looked at once as a whole, and then read row by row as often as wanted."""

    def __init__(self, unit: Unit, source: Source, profile: Profile) -> None:
        self._source, self.profile = source, profile
        desks = unit.ports.settings.desks
        self._own = frozenset(normal(address) for desk in desks for address in (desk.address, *desk.aliases))
        self._today = day_of(unit.now)
        self.kind = kind_of(source)
        self.index = FileIndex(header_of(lines(source), profile))
        self._look()

    def _rows(self) -> Iterator[tuple[Reader, Given | Problem]]:
        reader = Reader(self.profile, self.index.header, self._today, self._own)
        for line in lines(self._source):
            if line[0] > self.index.header.line:
                yield reader, reader.row(line)

    def rows(self, skip: int = 0) -> Iterator[Given | None]:
        """Every row behind the headings, from the one after the first `skip`; none for one that can't be used."""
        for count, (_reader, row) in enumerate(self._rows()):
            if count < skip:
                continue
            if not isinstance(row, Given) or not self.index.uses(row.line):
                yield None
            else:
                yield replace(row, address="") if row.line in self.index.given_up else row

    def _look(self) -> None:
        index, people = self.index, self.index.people
        for reader, row in self._rows():
            index.rows += 1
            if index.rows > MOST_ROWS:
                raise Invalid(
                    "This file has more than {most} rows. Divide it.",
                    field="file",
                    code="too_many_rows",
                    most=MOST_ROWS,
                )
            index.dated, index.swapped = reader.dated, reader.swapped
            if isinstance(row, Problem):
                index.refuse(row)
                continue
            content = hash((row.address, tuple(sorted(row.dates.items())), row.name, row.kind, row.department))
            if row.key in people.place:
                self._again(row, people.place[row.key], content)
            else:
                people.add(row, content)
        if "personnel_no" in index.header.places:
            self._shared()
        index.problems.sort(key=lambda problem: problem.line)

    def _again(self, row: Given, first: int, content: int) -> None:
        """The same person again: the same row is passed over; rows that differ are all left out, for who knows."""
        people = self.index.people
        if people.contents[first] == content:
            self.index.refuse(Problem(row.line, "repeated"))
            return
        self.index.refuse(Problem(row.line, "twice"))
        if self.index.uses(people.lines[first]):
            self.index.refuse(Problem(people.lines[first], "twice"))

    def _shared(self) -> None:
        """Two people with one address: whoever left gave it up; of two who are here nobody gets it."""
        today, people = self._today.toordinal(), self.index.people
        for found in people.sharing():
            there = [place for place in found if self.index.uses(people.lines[place])]
            gone = {place for place in there if 0 < people.left[place] <= today}
            here = [place for place in there if place not in gone]
            self.index.given_up |= {people.lines[place] for place in gone}
            for place in here if len(here) > 1 else ():
                self.index.refuse(Problem(people.lines[place], "address_twice", "address"))
