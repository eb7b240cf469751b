"""Histories by chance for the reckoning alone: what happens to some people and their tickets, step by step.

Each step ends with a look at one ticket: all that the clock must know of it, and what the model makes of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.histories.amsterdam import clock_changes_on, day_in_amsterdam, midnight_in_amsterdam
from tests.histories.model import List, Person, Row, Ticket, World, gone_from

STEPS = 30
NAMES = {
    "start": "employment.start",
    "end": "employment.end",
    "settled": "dismissal.settled",
    "login": "account.last_login",
}
KEPT = ("blocked:restricted", "blocked:original", "blocked:excepted", "blocked:open")
_DAY = dt.timedelta(days=1)
Facts = tuple[tuple[str, dt.date], ...]


@dataclass(frozen=True)
class Look:
    """What is to be known of a ticket at an instant, and the model's answer: state, day, rule."""

    now: dt.datetime
    opened_at: dt.datetime
    spoken_at: dt.datetime
    askers: tuple[tuple[int, str, str, Facts], ...]
    done: bool
    held: bool
    restricted: bool
    left_in_mailbox: bool
    excepted_from: dt.date | None
    says: tuple[str, dt.date | None, str | None]


class History:
    """One history; `marks` names what it held."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.world, self.marks = World(), set[str]()
        self.at = midnight_in_amsterdam(self._day(dt.date(2024, 1, 1), 4000)) + self._hours()
        self.opened: list[dt.datetime] = []
        self.spoken: list[dt.datetime] = []
        self.rows = 0
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.choice(("unknown", "external", "employee", "employee"))
            processing = "551" if self.random.random() < 0.85 else "M895"
            self.world.people.append(Person(processing, kind))
        for _ in range(self.random.randint(1, 3)):
            self._open()

    @property
    def today(self) -> dt.date:
        """The date in Amsterdam."""
        return day_in_amsterdam(self.at)

    def looks(self) -> Iterator[Look]:
        """Let it happen, with a look at a ticket after each step."""
        names = tuple(_ACTS)
        weights = [weight for _act, weight in _ACTS.values()]
        for name in self.random.choices(names, weights, k=STEPS):
            self._wait()
            number = self.random.randrange(len(self.world.tickets))
            _ACTS[name][0](self, number)
            yield self._look(self._end(number))

    def _hours(self) -> dt.timedelta:
        return self.random.choice(
            (dt.timedelta(), dt.timedelta(hours=1), dt.timedelta(seconds=self.random.randrange(86400)))
        )

    def _day(self, first: dt.date, span: int) -> dt.date:
        """A day by chance, more often one that calendars stumble over."""
        day = first + self.random.randrange(max(span, 1)) * _DAY
        if self.random.random() < 0.3:
            day = self.random.choice(
                (dt.date(day.year // 4 * 4, 2, 29), dt.date(day.year, 2, 28), dt.date(day.year, 8, 31))
            )
        return day

    def _wait(self) -> None:
        """Time passes: often to the very second at which a term ends, or the one before."""
        way = self.random.random()
        if way < 0.35:
            number = self.random.randrange(len(self.world.tickets))
            day = self.world.reckon(number, self.today)[1]
            edge = (
                None
                if day is None
                else midnight_in_amsterdam(day) - self.random.choice((0, 1)) * dt.timedelta(seconds=1)
            )
            self.at = edge if edge is not None and edge > self.at else self.at + _DAY
        else:
            self.at += self.random.choice((0, 0, 1, 14, 60, 200, 600)) * _DAY + self._hours()
        if clock_changes_on(self.today):
            self.marks.add("dst")

    def _end(self, number: int) -> int:
        into = self.world.tickets[number].into
        return number if into is None else self._end(into)

    def _look(self, number: int) -> Look:
        ticket = self.world.tickets[number]
        family = self.world.family(number)
        who = sorted({one for member in family for one in self.world.tickets[member].askers})
        says = self.world.reckon(number, self.today)
        self.marks |= {"held"} if says[0] == "blocked:hold" else set()
        self.marks |= {"blocked"} if says[0] in KEPT else set()
        self.marks |= {"due"} if says[0] == "due" else set()
        if len(who) > 1:
            self.marks.add("co_requester")
        if says[2] == "R13" and "employee" in {self.world.people[one].group() for one in who}:
            self.marks.add("late")
        return Look(
            self.at,
            self.opened[number],
            self.spoken[number],
            tuple(
                (one, self.world.people[one].kind, self.world.people[one].processing, self._facts(one)) for one in who
            ),
            ticket.log[-1:] == [True],
            any(self.world.tickets[one].holds for one in family),
            ticket.restricted,
            ticket.left_in_mailbox,
            max((day for _, day in ticket.excepted), default=None),
            says,
        )

    def _facts(self, who: int) -> Facts:
        """What no later row replaces, in any order (I11)."""
        rows = self.world.people[who].rows
        later = {row.replaces for row in rows}
        found = [(NAMES[row.what], row.day) for row in rows if row.id not in later and not row.taken_back]
        self.random.shuffle(found)
        return tuple(found)

    def _write(self, number: int, what: str, day: dt.date, replaces: int | None = None, *, back: bool = False) -> None:
        who = self._asker(number)
        self.rows += 1
        self.world.people[who].rows.append(Row(self.rows, what, day, replaces, back))
        if (day.month, day.day) == (2, 29):
            self.marks.add("leap_day")

    def _asker(self, number: int) -> int:
        return self.world.tickets[number].askers[0]

    def _open(self) -> None:
        who = self.random.randrange(len(self.world.people))
        self.world.tickets.append(Ticket(self.today, [who], {0: self.today}))
        self.opened.append(self.at)
        self.spoken.append(self.at)


def _opened(history: History, number: int) -> None:
    if len(history.world.tickets) < 6:
        history._open()


def _started(history: History, number: int) -> None:
    spells = history.world.people[history._asker(number)].spells()
    if spells:
        history.marks.add("rehire")
    history._write(number, "start", history._day(history.today - 1500 * _DAY, 1600))


def _left(history: History, number: int) -> None:
    history._write(number, "end", history._day(history.today - 1500 * _DAY, 1700))


def _settled(history: History, number: int) -> None:
    day = min(history._day(history.today - 3000 * _DAY, 3000), history.today)
    history._write(number, "settled", day)


def _signed_in(history: History, number: int) -> None:
    history._write(number, "login", min(history._day(history.today - 300 * _DAY, 300), history.today))


def _standing(history: History, number: int) -> Row | None:
    rows = history.world.people[history._asker(number)].rows
    later = {row.replaces for row in rows}
    found = [row for row in rows if row.id not in later and not row.taken_back]
    return history.random.choice(found) if found else None


def _corrected(history: History, number: int) -> None:
    row = _standing(history, number)
    if row is not None:
        history.marks.add("correction")
        day = history._day(row.day - 400 * _DAY, 800)
        history._write(number, row.what, min(day, history.today) if row.what in ("settled", "login") else day, row.id)


def _taken_back(history: History, number: int) -> None:
    row = _standing(history, number)
    if row is not None:
        history.marks.add("retraction")
        history._write(number, row.what, row.day, row.id, back=True)


def _spoke(history: History, number: int) -> None:
    history.world.tickets[number].contacts[len(history.world.tickets[number].contacts)] = history.today
    history.spoken[number] = max(history.spoken[number], history.at)


def _handled(history: History, number: int) -> None:
    history.world.tickets[number].log.append(history.random.random() < 0.8)


def _held(history: History, number: int) -> None:
    history.world.tickets[number].holds ^= {history.random.randrange(2)}


def _restricted(history: History, number: int) -> None:
    history.world.tickets[number].restricted ^= history.random.random() < 0.5


def _in_mailbox(history: History, number: int) -> None:
    history.world.tickets[number].left_in_mailbox ^= history.random.random() < 0.5


def _excepted(history: History, number: int) -> None:
    executes = gone_from(history.today, 0, 7)
    history.world.tickets[number].excepted.append((List("", "", reviewed=True, executes=executes), executes))


def _merged(history: History, number: int) -> None:
    """Into another one that was not merged itself; or undone."""
    ticket = history.world.tickets[number]
    if ticket.into is not None:
        ticket.into = None
        history.marks.add("split")
        return
    others = [one for one, other in enumerate(history.world.tickets) if one != number and other.into is None]
    if others:
        ticket.into = history.random.choice(others)
        history.world.tickets[ticket.into].took.add(number)
        history.marks.add("merge")


def _named(history: History, number: int) -> None:
    person = history.world.people[history._asker(number)]
    person.kind = history.random.choice(("unknown", "external", "employee"))


def _asked_by_another(history: History, number: int) -> None:
    askers = history.world.tickets[number].askers
    history.world.tickets[number].askers = sorted({*askers, history.random.randrange(len(history.world.people))})


_ACTS: dict[str, tuple[Callable[[History, int], None], int]] = {
    "open": (_opened, 2),
    "start": (_started, 3),
    "end": (_left, 6),
    "settle": (_settled, 9),
    "sign_in": (_signed_in, 3),
    "correct": (_corrected, 4),
    "retract": (_taken_back, 3),
    "speak": (_spoke, 5),
    "handle": (_handled, 8),
    "hold": (_held, 4),
    "restrict": (_restricted, 2),
    "mailbox": (_in_mailbox, 2),
    "except": (_excepted, 2),
    "merge": (_merged, 4),
    "name": (_named, 3),
    "join": (_asked_by_another, 3),
}
