"""One case among many in a helpdesk: some people with their tickets, and what happens to them, one deed at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from helpdesk.errors import Conflict
from tests.histories.model import Row, Ticket
from tests.histories.office import Office

MOST_TICKETS = 4
_DAY = dt.timedelta(days=1)


class Case:
    """One or two people with their tickets; `marks` names what their history held."""

    def __init__(self, office: Office, random: Random) -> None:
        self.office, self.random, self.marks = office, random, set[str]()
        self.people: dict[str, int] = {}
        self.addresses = [f"{random.getrandbits(40):x}@x.example" for _ in range(random.choice((1, 2, 2)))]
        self.tickets: list[int] = []

    def roots(self) -> list[int]:
        """Its tickets that are there and were not merged away."""
        world = self.office.world
        return [n for n in self.tickets if world.tickets[n].gone is None and world.tickets[n].into is None]

    def asks(self) -> int | None:
        """Who asks something new in this round, if anybody does."""
        if len(self.roots()) >= MOST_TICKETS or (self.roots() and self.random.random() < 0.85):
            return None
        address = self.random.choice(self.addresses)
        who = self.people.get(address)
        if who is None or who in self.office.forgotten:
            self.people[address] = self.office.new_person(address)
        return self.people[address]

    def next(self) -> Deed:
        """What happens now to one of its tickets or to whoever asked it; often to one that is on a list."""
        number = self.random.choice(self.roots())
        listed = [one for one in self.roots() if self.office.world.tickets[one].on]
        if listed and self.random.random() < 0.3:
            return Deed(self, "dates", _correct, listed[0])
        who, act, _weight = self.random.choices(_ACTS, [weight for *_, weight in _ACTS])[0]
        held = bool(self.office.world.tickets[number].holds)
        return Deed(self, "alone" if held and who == "desk" else who, act, number)

    def some_day(self, first: int, last: int) -> dt.date:
        """A day from `first` to `last` days before today, often the last of a February."""
        day = self.office.today - self.random.randint(last, first) * _DAY
        if self.random.random() < 0.2:
            leap = dt.date(day.year // 4 * 4, 2, 29)
            day = leap if leap <= self.office.today else day
        if (day.month, day.day) == (2, 29):
            self.marks.add("leap_day")
        return day

    def leaves_first(self) -> int:
        """The one of its tickets whose term ends first."""
        office = self.office
        return min(self.roots(), key=lambda one: office.world.reckon(one, office.today)[1] or dt.date.max)

    def standing(self, who: int) -> list[Row]:
        """The dates of somebody that nobody corrected or took back."""
        rows = self.office.world.people[who].rows
        later = {row.replaces for row in rows}
        return [row for row in rows if row.id not in later and not row.taken_back]


@dataclass(frozen=True)
class Deed:
    """Something that happens: who does it, what, to which ticket. `alone`: in a unit of its own, for it may fail."""

    case: Case
    who: str
    act: Callable[[Case, int, Ticket], None]
    number: int

    def do(self) -> None:
        """Let it happen, in the helpdesk and in the model."""
        office = self.case.office
        self.act(self.case, self.number, office.world.tickets[self.number])
        office.settle_mailbox(self.case.tickets)
        office.world.look(office.today, self.case.tickets)


def _settle(case: Case, number: int, ticket: Ticket) -> None:
    seven_years = 7 * 366
    first, last = (seven_years, 0) if case.random.random() < 0.5 else (seven_years, seven_years - 400)
    _date(case, ticket, "settled", case.some_day(first, last))


def _leave(case: Case, number: int, ticket: Ticket) -> None:
    _date(case, ticket, "end", case.some_day(600, -100))


def _begin(case: Case, number: int, ticket: Ticket) -> None:
    if case.office.world.people[ticket.askers[0]].spells():
        case.marks.add("rehire")
    _date(case, ticket, "start", case.some_day(900, -30))


def _sign_in(case: Case, number: int, ticket: Ticket) -> None:
    _date(case, ticket, "login", case.some_day(60, 0))


def _date(case: Case, ticket: Ticket, what: str, day: dt.date) -> None:
    who = ticket.askers[0]
    if (what, day) not in {(row.what, row.day) for row in case.standing(who)}:
        case.office.write(who, what, day)


def _correct(case: Case, number: int, ticket: Ticket) -> None:
    rows = case.standing(ticket.askers[0])
    if not rows:
        return
    row = case.random.choice(rows)
    day = case.some_day(900, 0)
    if day != row.day:
        if ticket.on:
            case.marks.add("correction_pending")
        case.office.correct(ticket.askers[0], row, day)


def _take_back(case: Case, number: int, ticket: Ticket) -> None:
    rows = case.standing(ticket.askers[0])
    if rows:
        case.marks.add("retraction")
        case.office.take_back(ticket.askers[0], case.random.choice(rows))


def _answer(case: Case, number: int, ticket: Ticket) -> None:
    case.office.answer(number, case.random.choice(("done", "done", "waiting_for_asker", "open")))


def _handle(case: Case, number: int, ticket: Ticket) -> None:
    status = "done" if case.office.status[number] != "done" or case.random.random() < 0.7 else "open"
    case.office.handle(number, status)


def _call(case: Case, number: int, ticket: Ticket) -> None:
    case.office.call(number, case.random.choice(("external", "external", "trainer", "unknown")))


def _merge(case: Case, number: int, ticket: Ticket) -> None:
    others = [one for one in case.roots() if one != number]
    if not others:
        return
    askers = case.office.world.tickets
    into = case.random.choice([one for one in others if askers[one].askers != ticket.askers] or others)
    if ticket.holds:
        _forbidden(case, lambda: case.office.merge(number, into))
        return
    case.office.merge(number, into)
    case.marks |= {"merge"}
    family = case.office.world.family(into)
    if len({who for one in family for who in case.office.world.tickets[one].askers}) > 1:
        case.marks.add("co_requester")


def _undo(case: Case, number: int, ticket: Ticket) -> None:
    mine = [
        n for n in case.tickets if case.office.world.tickets[n].into == number and n in case.office.world.family(number)
    ]
    if not mine:
        return
    if ticket.holds:
        _forbidden(case, lambda: case.office.undo_merge(mine[0]))
        return
    case.office.undo_merge(case.random.choice(mine))


def _split(case: Case, number: int, ticket: Ticket) -> None:
    if not ticket.contacts or len(case.roots()) >= MOST_TICKETS:
        return
    if ticket.holds:
        _forbidden(case, lambda: case.office.split(number))
        return
    case.office.split(number)
    case.tickets.append(len(case.office.numbers) - 1)
    case.marks.add("split")


def _forbidden(case: Case, act: Callable[[], None]) -> None:
    """A hold forbids it (I3)."""
    try:
        act()
    except Conflict:
        case.office.tally["held_refused"] += 1
        return
    case.office.wrong.append(f"{case.office.today}: something was done to a held ticket")


def _hold(case: Case, number: int, ticket: Ticket) -> None:
    first = case.leaves_first()
    if not case.office.world.tickets[first].holds:
        case.office.hold(first, person=case.random.random() < 0.5)


def _release(case: Case, number: int, ticket: Ticket) -> None:
    if ticket.holds:
        case.office.release(min(ticket.holds))


def _empty(case: Case, number: int, ticket: Ticket) -> None:
    if ticket.left_in_mailbox:
        case.office.mailbox_emptied(number)


_ACTS: tuple[tuple[str, Callable[[Case, int, Ticket], None], int], ...] = (
    ("dates", _settle, 9),
    ("dates", _leave, 5),
    ("dates", _begin, 3),
    ("dates", _sign_in, 2),
    ("dates", _correct, 4),
    ("dates", _take_back, 3),
    ("desk", _answer, 4),
    ("desk", _handle, 9),
    ("desk", _call, 4),
    ("desk", _merge, 5),
    ("desk", _undo, 2),
    ("desk", _split, 3),
    ("holds", _hold, 3),
    ("holds", _release, 3),
    ("alone", _empty, 2),
)
