"""Whole histories by chance: in one helpdesk many cases live at once, and each does one thing in each round."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from random import Random

from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.ports import Ports
from tests.histories.amsterdam import clock_changes_on
from tests.histories.model import Row, Ticket
from tests.histories.office import Office

ROUNDS = 30
MOST_TICKETS = 4
JUMPS = (1, 3, 9, 20, 45, 90, 180, 300)
MARKS = (
    *("rehire", "retraction", "correction_pending", "merge", "split", "co_requester", "late"),
    *("hold_during_run", "policy_change", "dst", "leap_day"),
)
_DAY = dt.timedelta(days=1)


class Case:
    """One or two people with their tickets; `marks` names what their history held."""

    def __init__(self, office: Office, random: Random) -> None:
        self.office, self.random, self.marks = office, random, set[str]()
        self.people: dict[str, int] = {}
        self.addresses = [f"{random.getrandbits(40):x}@x.example" for _ in range(random.choice((1, 1, 2)))]
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

    def act(self) -> None:
        """Something happens to one of its tickets or to whoever asked it."""
        number = self.random.choice(self.roots())
        act = self.random.choices([one for one, _ in _ACTS], [weight for _, weight in _ACTS])[0]
        act(self, number, self.office.world.tickets[number])

    def some_day(self, first: int, last: int) -> dt.date:
        """A day from `first` to `last` days before today, often the last of a February."""
        day = self.office.today - self.random.randint(last, first) * _DAY
        if self.random.random() < 0.2:
            leap = dt.date(day.year // 4 * 4, 2, 29)
            day = leap if leap <= self.office.today else day
        if (day.month, day.day) == (2, 29):
            self.marks.add("leap_day")
        return day

    def standing(self, who: int) -> list[Row]:
        """The dates of somebody that nobody corrected or took back."""
        rows = self.office.world.people[who].rows
        later = {row.replaces for row in rows}
        return [row for row in rows if row.id not in later and not row.taken_back]


def _settle(case: Case, number: int, ticket: Ticket) -> None:
    _date(case, ticket, "settled", case.some_day(7 * 366, 0))


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
    into = case.random.choice(others)
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
    if not ticket.holds:
        case.office.hold(number, person=case.random.random() < 0.5)


def _release(case: Case, number: int, ticket: Ticket) -> None:
    if ticket.holds:
        case.office.release(min(ticket.holds))


def _empty(case: Case, number: int, ticket: Ticket) -> None:
    if ticket.left_in_mailbox:
        case.office.mailbox_emptied(number)


_ACTS: tuple[tuple[Callable[[Case, int, Ticket], None], int], ...] = (
    (_settle, 9),
    (_leave, 5),
    (_begin, 3),
    (_sign_in, 2),
    (_correct, 4),
    (_take_back, 3),
    (_answer, 4),
    (_handle, 9),
    (_call, 4),
    (_merge, 4),
    (_undo, 2),
    (_split, 3),
    (_hold, 3),
    (_release, 6),
    (_empty, 2),
)


def live(ports: Ports, seed: int, cases: int, rounds: int = ROUNDS) -> tuple[Counter[str], list[str]]:
    """Let so many cases live for so many rounds. Returns what their histories held, and what is wrong."""
    random, office = Random(seed), Office(ports)
    lives = [Case(office, Random(f"{seed}:{number}")) for number in range(cases)]
    for _ in range(rounds):
        try:
            _round(office, lives, random)
        except HelpdeskError as fault:
            office.wrong.append(f"{office.today}: refused: {fault.code} {fault.message}")
            break
        if len(office.wrong) > 20:
            break
    office.compare_ledger()
    tally = Counter(mark for case in lives for mark in case.marks) + office.tally
    tally.update(histories=cases, tickets=len(office.numbers))
    return tally, [f"SEED={seed} {fault}" for fault in office.wrong]


def _round(office: Office, lives: list[Case], random: Random) -> None:
    asking = [(case, who) for case in lives if (who := case.asks()) is not None]
    first = len(office.numbers)
    stay = {first + place for place in range(len(asking)) if random.random() < 0.1}
    office.ask([who for _case, who in asking], stay=stay)
    for place, (case, _who) in enumerate(asking):
        case.tickets.append(first + place)
    office.settle_mailbox()
    for case in lives:
        if case.roots():
            case.act()
            office.settle_mailbox()
            office.world.look(office.today, case.tickets)
    if random.random() < 0.15:
        office.new_text()
        for case in lives:
            case.marks |= {"policy_change"} if case.roots() else set()
        office.world.look(office.today)
    _decide(office, random)
    before = {case: _late(case) for case in lives}
    office.pass_days(random.choice(JUMPS), random)
    for case in lives:
        case.marks |= {"dst"} if clock_changes_on(office.today) and case.roots() else set()
        case.marks |= {"late"} if _late(case) or before[case] else set()


def _late(case: Case) -> bool:
    """Whether somebody who left asks under the rule of people from outside."""
    found = [case.office.world.reckon(number, case.office.today)[2] for number in case.roots()]
    return "R13" in found and any(case.office.world.people[who].group() == "employee" for who in case.people.values())


def _decide(office: Office, random: Random) -> None:
    """People decide on lists: most are proposed and approved, some lose a ticket, a few are taken back."""
    for one in office.world.lists:
        on = office.on(one)
        if one.state == "open" and one.reviewed and on and one.text == office.world.texts[-1] and random.random() < 0.7:
            office.propose(one)
        if one.state in ("open", "window", "approved") and on and random.random() < 0.1:
            office.except_(one, random.choice(on))
        if one.state == "window" and one.reviewed and random.random() < 0.8:
            office.approve(one)
        if one.state in ("open", "window", "approved") and random.random() < 0.04:
            office.withdraw(one)
