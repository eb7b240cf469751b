"""A first look at a whole file: how many rows, which can't be used, who stands in it. Keeps keys, never whole rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from helpdesk.facts.given import Given, Header, Problem, Reader, header_of
from helpdesk.facts.profiles import Profile
from helpdesk.facts.tables import Source, kind_of, lines
from helpdesk.people.addresses import normal
from helpdesk.retention.terms import day_of
from helpdesk.unit import Unit

_END = "employment.end"


@dataclass(frozen=True, slots=True)
class Listed:
    """What a file says of somebody, as far as others need it: the address, and whether they have left by now."""

    address: str
    left_on: dt.date | None


@dataclass
class FileIndex:
    """What the first look found. `people` are those whose rows are used, by key."""

    header: Header
    rows: int = 0
    dated: int = 0
    swapped: int = 0
    problems: list[Problem] = field(default_factory=list)
    people: dict[str, Listed] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    _refused: set[int] = field(default_factory=set)

    def uses(self, line: int) -> bool:
        """Whether the row on this line can be used."""
        return line not in self._refused

    def refuse(self, problem: Problem) -> None:
        """Not to use a row, and why."""
        self.problems.append(problem)
        self._refused.add(problem.line)


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
        index = self.index
        seen: dict[str, tuple[int, int]] = {}
        twice: Counter[str] = Counter()
        at: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for reader, row in self._rows():
            index.rows += 1
            index.dated, index.swapped = reader.dated, reader.swapped
            if isinstance(row, Problem):
                index.refuse(row)
                continue
            content = hash((row.address, tuple(sorted(row.dates.items())), row.name, row.kind, row.department))
            if row.key in seen:
                self._again(row, seen[row.key], content, twice)
                continue
            seen[row.key] = (row.line, content)
            index.people[row.key] = Listed(row.address, row.dates.get(_END))
            if row.number and row.address:
                at[row.address].append((row.key, row.line))
        for key in twice:
            index.refuse(Problem(seen[key][0], "twice"))
            index.people.pop(key, None)
        self._shared(at)
        index.problems.sort(key=lambda problem: problem.line)

    def _again(self, row: Given, first: tuple[int, int], content: int, twice: Counter[str]) -> None:
        """The same person again: the same row is passed over; rows that differ are all left out, for who knows."""
        if first[1] == content:
            self.index.refuse(Problem(row.line, "repeated"))
            return
        twice[row.key] += 1
        self.index.refuse(Problem(row.line, "twice"))

    def _shared(self, at: dict[str, list[tuple[str, int]]]) -> None:
        """Two people with one address: whoever left gave it up; of two who are here nobody gets it."""
        for found in at.values():
            here = [(key, line) for key, line in found if key in self.index.people and not self.left(key)]
            self.index.given_up |= {line for key, line in found if len(found) > 1 and self.left(key)}
            for key, line in here if len(here) > 1 else ():
                self.index.refuse(Problem(line, "address_twice", "address"))
                self.index.people.pop(key, None)

    def left(self, key: str) -> bool:
        """Whether the file says that this person has left by now."""
        listed = self.index.people.get(key)
        return listed is not None and listed.left_on is not None and listed.left_on <= self._today
