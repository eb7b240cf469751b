"""Whole histories by chance: in one helpdesk many cases live at once, and each does one thing in each round."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

from helpdesk.errors import HelpdeskError
from helpdesk.ports import Ports
from tests.histories.amsterdam import clock_changes_on
from tests.histories.cases import Case, Deed
from tests.histories.office import Office

ROUNDS = 30
JUMPS = (1, 6, 20, 60, 120, 240, 420, 600)
MARKS = (
    *("rehire", "retraction", "correction_pending", "merge", "split", "co_requester", "late"),
    *("hold_during_run", "policy_change", "dst", "leap_day"),
)
COUNTED = ("destroyed", "held", "blocked")
_DAY = dt.timedelta(days=1)


def live(ports: Ports, seed: int, cases: int, rounds: int = ROUNDS) -> tuple[Counter[str], list[str]]:
    """Let so many cases live for so many rounds. Returns what their histories held, and what is wrong."""
    random, office = Random(seed), Office(ports)
    lives = [Case(office, Random(f"{seed}:{number}")) for number in range(cases)]
    for number in range(rounds):
        try:
            _round(office, lives, random, number)
            if number % 5 == 0:
                office.compare_ledger()
        except HelpdeskError as fault:
            office.wrong.append(f"{office.today}: refused: {fault.code} {fault.message}")
        if office.wrong:
            break
    office.compare_ledger()
    office.count()
    for case in lives:
        case.marks |= {"hold_during_run"} if office.told_too_late & set(case.tickets) else set()
    tally = Counter(mark for case in lives for mark in case.marks) + office.tally
    tally.update(histories=cases, tickets=len(office.numbers))
    tally["turns"] = office.turns
    return tally, [f"SEED={seed} {fault}" for fault in office.wrong]


def too_few(tally: Counter[str]) -> list[str]:
    """What happened in less than one of twenty histories, or to less than one of twenty tickets."""
    rare = [name for name in MARKS if tally[name] * 20 < tally["histories"]]
    return rare + [name for name in COUNTED if tally[name] * 20 < tally["tickets"]]


def _round(office: Office, lives: list[Case], random: Random, number: int) -> None:
    """Everybody does one thing, some decide, time passes; now and then under a new register, or to a long night."""
    asking = [(case, who) for case in lives if (who := case.asks()) is not None]
    first = len(office.numbers)
    stay = {first + place for place in range(len(asking)) if random.random() < 0.1}
    office.ask([who for _case, who in asking], stay=stay)
    for place, (case, _who) in enumerate(asking):
        case.tickets.append(first + place)
        office.settle_mailbox(case.tickets)
    _act(office, [case.next() for case in lives if case.roots()])
    if number % 6 == 5:
        office.new_text()
        for case in lives:
            case.marks |= {"policy_change"} if case.roots() else set()
        office.world.look(office.today)
    _decide(office, random)
    before = {case: _late(case) for case in lives}
    office.pass_days(_to_the_next_change(office.today) if number % 4 == 3 else random.choice(JUMPS), random)
    for case in lives:
        case.marks |= {"dst"} if clock_changes_on(office.today) and case.roots() else set()
        case.marks |= {"late"} if _late(case) or before[case] else set()


def _act(office: Office, deeds: list[Deed]) -> None:
    """Whoever does several things does them in one unit, as an import would; each case does one, so none meet."""
    for who, actor in (("dates", office.admin), ("desk", office.advisor), ("holds", office.officer)):
        with office.at_once(actor):
            for deed in deeds:
                if deed.who == who:
                    deed.do()
    office.settle_holds()
    office.world.look(office.today, [number for deed in deeds if deed.who == "holds" for number in deed.case.tickets])
    for deed in deeds:
        if deed.who == "alone":
            deed.do()


def _to_the_next_change(today: dt.date) -> int:
    """The days until the clock is moved."""
    return next(days for days in range(1, 230) if clock_changes_on(today + days * _DAY))


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
