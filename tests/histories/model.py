"""A second way to know what becomes of a ticket, for holding the first against; imports nothing of ours.

Keeps all that happened in lists, asks the whole of it anew each time, and finds days by walking the calendar.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache

DAY = dt.timedelta(days=1)
ORDER = ("waiting:employment", "waiting:settlement", "waiting:match")
OWN = {"551": ("R1", "settled", 84), "M895": ("R16", "end", 60)}
SHARED = dict.fromkeys(("external", "trainer"), ("R13", "login", 6)) | {"unknown": ("U", "contact", 6)}


@cache
def gone_from(anchor: dt.date, months: int, days: int = 0) -> dt.date:
    """The day after the last day of a term: first its months pass, then what is left to the same date, then days."""
    day = anchor
    while months:
        day += DAY
        months -= day.day == 1
    while day.day < anchor.day and (day + DAY).day > 1:
        day += DAY
    for _ in range(days + 1):
        day += DAY
    return day


@dataclass
class Row:
    """A date that was written down; `replaces` is the row it corrects or takes back."""

    id: int
    what: str
    day: dt.date
    replaces: int | None = None
    taken_back: bool = False


@dataclass
class Person:
    """Somebody, with all that was ever written down."""

    processing: str = "551"
    kind: str = "unknown"
    rows: list[Row] = field(default_factory=list)

    def dates(self) -> list[tuple[dt.date, str]]:
        """What holds now, each once, by the calendar; on one day a start comes first and a settlement last."""
        standing: dict[int, Row] = {}
        for row in sorted(self.rows, key=lambda one: one.id):
            standing.pop(row.replaces or 0, None)
            if not row.taken_back:
                standing[row.id] = row
        order = ["start", "end", "settled", "login"]
        return sorted({(one.day, one.what) for one in standing.values()}, key=lambda one: (one[0], order.index(one[1])))

    def group(self) -> str:
        """Which rules are theirs."""
        return "employee" if any(what != "login" for _, what in self.dates()) else self.kind

    def anchor(self, wants: str, contact: dt.date, today: dt.date) -> dt.date | str:
        """The day a term counts from, or what is waited for."""
        if wants == "contact":
            return contact
        if wants == "login":
            return max((day for day, what in self.dates() if what == "login"), default=contact)
        spells = self.spells()
        if not spells:
            return "waiting:employment"
        left, settled = spells[-1]
        if wants == "end":
            return left or "waiting:employment"
        again = len(spells) > 1
        counts = [day for day in settled if not again or (left is not None and day >= left)]
        if counts:
            return counts[-1]
        return "waiting:settlement" if left is not None and left <= today else "waiting:employment"

    def spells(self) -> list[tuple[dt.date | None, list[dt.date]]]:
        """The times somebody was employed: when it ended, and the settlements written down since it began."""
        found: list[tuple[dt.date | None, list[dt.date]]] = []
        for day, what in [one for one in self.dates() if one[1] != "login"]:
            left, settled = (None, []) if what == "start" or not found else found.pop()
            found.append((day if what == "end" else left, settled + [day] * (what == "settled")))
        return found


@dataclass
class Ticket:
    """A question; `log`: done or opened again; `took`: whatever was ever merged into it; `on`: its list and why."""

    opened: dt.date
    askers: list[int]
    contacts: dict[int, dt.date] = field(default_factory=dict)
    log: list[bool] = field(default_factory=list)
    took: set[int] = field(default_factory=set)
    holds: set[int] = field(default_factory=set)
    into: int | None = None
    restricted: bool = False
    left_in_mailbox: bool = False
    excepted: list[tuple[List, dt.date]] = field(default_factory=list)
    on: tuple[List, dt.date] | None = None
    gone: dt.date | None = None


@dataclass(eq=False)
class List:
    """Tickets that fell due under one rule and text."""

    rule: str
    text: str
    reviewed: bool
    executes: dt.date
    state: str = "open"


@dataclass
class World:
    """Everything there is; `texts` are the registers that were in force, the newest last, by processing."""

    people: list[Person] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    lists: list[List] = field(default_factory=list)
    texts: list[str] = field(default_factory=lambda: ["first"])

    def family(self, number: int) -> list[int]:
        """A ticket and whatever was merged into it."""
        took = ((one, self.tickets[one]) for one in sorted(self.tickets[number].took))
        mine = [one for one, ticket in took if ticket.into == number and ticket.gone is None]
        return [number, *(deeper for one in mine for deeper in self.family(one))]

    def term(self, number: int, person: Person, today: dt.date) -> tuple[dt.date, str] | str:
        """For one asker: the first day of destruction and its rule, or what is waited for."""
        ticket = self.tickets[number]
        contact = max(ticket.contacts.values(), default=ticket.opened)
        rule, wants, months = SHARED.get(person.group(), OWN[person.processing])
        found = person.anchor(wants, contact, today)
        if isinstance(found, str):
            return found
        if rule == "U" and today < gone_from(ticket.opened, 0, 14):
            return "waiting:match"
        day = gone_from(found, months)
        return (day, rule) if ticket.opened < day else (gone_from(contact, 6), "R13")

    def reckon(self, number: int, today: dt.date) -> tuple[str, dt.date | None, str | None]:
        """State, first day of destruction and rule."""
        if self.tickets[number].into is not None:
            return "waiting:merged", None, None
        family = self.family(number)
        who = sorted({one for member in family for one in self.tickets[member].askers})
        terms = [self.term(number, one, today) for one in [self.people[one] for one in who] or [Person()]]
        waits = [term for term in terms if isinstance(term, str)]
        if waits:
            return min(waits, key=ORDER.index), None, None
        days = [term for term in terms if not isinstance(term, str)]
        day, rule = next(term for term in days if term[0] == max(days)[0])
        ticket, first = self.tickets[number], max((day for _, day in self.tickets[number].excepted), default=None)
        keeps = {
            "dated": today < day,
            "blocked:hold": any(self.tickets[one].holds for one in family),
            "blocked:restricted": ticket.restricted,
            "blocked:original": ticket.left_in_mailbox,
            "blocked:excepted": first is not None and today < gone_from(first, 3),
            "blocked:open": ticket.log[-1:] != [True],
        }
        return next((state for state, so in keeps.items() if so), "due"), day, rule

    def look(self, today: dt.date, some: list[int] | None = None) -> dict[int, tuple[str, dt.date | None, str | None]]:
        """State, day and rule of every ticket there is, or of some; what changed is off its list."""
        found = {}
        for number in range(len(self.tickets)) if some is None else some:
            if (ticket := self.tickets[number]).gone is None:
                state, day, rule = self.reckon(number, today)
                same = ticket.on and (day, rule, self.texts[-1]) == (ticket.on[1], ticket.on[0].rule, ticket.on[0].text)
                ticket.on = ticket.on if same and state == "due" else None
                found[number] = ("listed" if ticket.on else state, day, rule)
        return found

    def turn(self, today: dt.date) -> None:
        """A turn: lets go of withdrawn lists, gathers what is due, destroys what may be."""
        for ticket in self.tickets:
            ticket.on = None if ticket.on and ticket.on[0].state == "withdrawn" else ticket.on
        due = {number: found for number, found in self.look(today).items() if found[0] == "due"}
        for rule in sorted({str(found[2]) for found in due.values()}):
            same = [one for one in self.lists if (one.rule, one.text, one.state) == (rule, self.texts[-1], "open")]
            into = same[0] if same else List(rule, self.texts[-1], rule in {"R13", "U"}, gone_from(today, 0, 7))
            self.lists += [] if same else [into]
            for ticket, day in ((self.tickets[n], day) for n, (_state, day, mine) in due.items() if mine == rule):
                ticket.on, ticket.excepted = (into, day or today), [one for one in ticket.excepted if one[0] != into]
            into.state = "open" if into.reviewed else "window"
        for one in self.lists:
            if one.executes <= today and (one.state == "approved" or (one.state == "window" and not one.reviewed)):
                one.state = "done"
                for number in [n for n, ticket in enumerate(self.tickets) if ticket.on and ticket.on[0] is one]:
                    for member in self.family(number) if self.tickets[number].gone is None else []:
                        self.tickets[member].gone, self.tickets[member].on = today, None
