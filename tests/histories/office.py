"""The rest of the house: holds, lists, the daily turn; and whether product and model say the same."""

from __future__ import annotations

import datetime as dt
import json
from random import Random
from typing import Any, cast

from sqlalchemy import select

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import Conflict, NotAllowed
from helpdesk.models import DisposalList
from helpdesk.models import Person as PersonRow
from helpdesk.models import Ticket as TicketRow
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, hold_finding, holds, listing, lists
from helpdesk.privacy.balance import balance
from helpdesk.privacy.deciding import decide
from helpdesk.privacy.holds import Wish
from helpdesk.retention import clock
from helpdesk.tickets.show import ticket_json
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import ledger
from tests.histories.house import House
from tests.histories.model import List, gone_from
from tests.retention import staff


class Office(House):
    """A house with holds and lists; `wrong` is what product and model do not agree on."""

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports)
        self.wrong: list[str] = []
        self.destroy_ids: dict[str, str] = {}
        self.forgotten = set[int]()
        self.leaving: list[int] = []
        self.moving: list[int] = []
        self.told_too_late = set[int]()
        self.turns = 0
        self.held, self.blocked = set[int](), set[int]()
        self.second = staff(ports, "mila", "privacy_officer")

    def hold(self, number: int, *, person: bool) -> None:
        """An officer holds a ticket, or all of the person who asked it; `settle_holds` finds which these are."""
        who = self.world.tickets[number].askers[0]
        scope: dict[str, Any] = {"person_id": self.person_ids[who]} if person else {"numbers": [self.numbers[number]]}
        with self.by(self.officer) as unit:
            placed = holds.place(unit, Wish("woo", "W-1", "verzoek", **scope))
        self.moving.append(placed.hold_id)
        self.world.tickets[number].holds.add(placed.hold_id)
        if person:
            self.people_held[placed.hold_id] = who
            self.catch(range(len(self.numbers)))

    def release(self, hold_id: int) -> None:
        """An officer wants a hold to go; the second person, in `settle_holds`, lets it go."""
        with self.by(self.officer) as unit:
            holds.propose_release(unit, hold_id, "afgehandeld")
        self.leaving.append(hold_id)

    def settle_holds(self) -> None:
        """What was proposed is released by another person, since one alone can't (I13); and tickets are found."""
        if self.leaving:
            with self.at_once(self.second), self.by(self.second) as unit:
                for hold_id in self.leaving:
                    holds.release(unit, hold_id)
        for hold_id in self.leaving:
            self.people_held.pop(hold_id, None)
            for ticket in self.world.tickets:
                ticket.holds.discard(hold_id)
        for hold_id in self.moving + self.leaving:
            hold_finding.find(self.ports, hold_id)
        self.moving, self.leaving = [], []

    def _list_id(self, one: List) -> int:
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            ids = unit.session.scalars(select(DisposalList.id).order_by(DisposalList.id)).all()
        return ids[self.world.lists.index(one)]

    def on(self, one: List) -> list[int]:
        """The tickets on a list."""
        return [number for number, ticket in enumerate(self.world.tickets) if ticket.on and ticket.on[0] is one]

    def propose(self, one: List) -> None:
        """An administrator proposes a list, and can't approve it (I13)."""
        with self.by(self.admin) as unit:
            lists.propose(unit, self._list_id(one))
        one.state, one.executes = "window", gone_from(self.today, 0, 7)

    def approve(self, one: List) -> None:
        """A record manager approves a proposed list."""
        with self.by(self.archivist) as unit:
            lists.approve(unit, self._list_id(one))
        one.state = "approved"

    def except_(self, one: List, number: int) -> None:
        """An officer takes a ticket off a list, and can't approve what is left of it (I13)."""
        with self.by(self.officer) as unit:
            lists.except_(unit, self._list_id(one), self.numbers[number], "objection")
        ticket = self.world.tickets[number]
        ticket.on = None
        ticket.excepted.append((one, max(one.executes, self.today)))
        if one.state != "open":
            one.state, one.reviewed = "window", True
            try:
                with self.by(self.officer) as unit:
                    lists.approve(unit, self._list_id(one))
                self.wrong.append(f"{self.today}: one person approved what they took a ticket off")
            except NotAllowed:
                self.tally["alone_refused"] += 1

    def withdraw(self, one: List) -> None:
        """An officer takes a list back."""
        with self.by(self.officer) as unit:
            lists.withdraw(unit, self._list_id(one))
        one.state = "withdrawn"

    def pass_days(self, days: int, random: Random) -> None:
        """Time passes: a turn that may open windows, one at whose end they are over, or still open."""
        left = random.choice((8, 3)) if days > 8 else 0
        for span in (days - left, left) if left else (days,):
            self._move(span)
            self.turn(random)

    def _move(self, days: int) -> None:
        """On by so many days; by one more where winter time begins and it is the same date still: one turn a day."""
        before = self.today
        while self.today == before:
            cast("SetClock", self.ports.now).move(dt.timedelta(days=days or 1))
            days = 1

    def turn(self, random: Random) -> None:
        """What the workers do once a day, here and in the model, and then both are compared."""
        self.turns += 1
        with self.by(self.archivist) as unit:
            destruction.vouch_for_clock(unit)
        clock.tick(self.ports)
        listing.propose_daily(self.ports)
        self._hold_during_run(random)
        before = self._shown(random)
        destruction.run(self.ports)
        self.world.turn(self.today)
        for number, shown in before.items():
            if self.world.tickets[number].gone is None and self._show(number) != shown:
                more = f"{shown} and then {self._show(number)}"
                self.wrong.append(f"{self.today}: {self.numbers[number]} is another than before the run: {more}")
        self._look_for_people()
        self.compare()

    def _shown(self, random: Random) -> dict[int, str]:
        """Some of those that stay, as they are (I7)."""
        tickets = self.world.tickets
        going = {one for number, ticket in enumerate(tickets) if ticket.on for one in self.world.family(number)}
        here = [number for number, ticket in enumerate(tickets) if ticket.gone is None and number not in going]
        return {number: self._show(number) for number in random.sample(here, min(2, len(here)))}

    def _show(self, number: int) -> str:
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            return json.dumps(ticket_json(unit, self.numbers[number]), sort_keys=True, default=str)

    def _hold_during_run(self, random: Random) -> None:
        """Between the decision and the end somebody wants to hold some of them, and is told that it is too late."""
        ready = destruction.ready(self.ports)
        if not ready or random.random() < 0.5:
            return
        batch = decide(self.ports, ready[0])
        if not batch.tickets:
            return
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            ids = [one.id for one in batch.tickets]
            going = unit.session.scalars(select(TicketRow.number).where(TicketRow.id.in_(ids))).all()
        for number in random.sample(going, min(5, len(going))):
            try:
                with self.by(self.officer) as unit:
                    holds.place(unit, Wish("audit", "A-1", "onderzoek", numbers=(number,)))
                self.wrong.append(f"{self.today}: {number} was held although it is being destroyed")
            except Conflict:
                self.told_too_late.add(self.numbers.index(number))

    def _look_for_people(self) -> None:
        """Nobody goes before their last ticket; the model takes it from the product who does then."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            there = set(unit.session.scalars(select(PersonRow.id)))
        for who, person_id in enumerate(self.person_ids):
            if person_id is not None and person_id not in there:
                self.person_ids[who] = None
                self.forgotten.add(who)
                if any(who in self.with_them[n] for n, one in enumerate(self.world.tickets) if one.gone is None):
                    self.wrong.append(f"{self.today}: person {who} is gone before their last ticket")

    def compare(self) -> None:
        """Whether each ticket is there or gone as in the model, in the same state, under the same rule and text."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            rows = unit.session.execute(select(TicketRow.__table__)).all()
            made = unit.session.scalars(select(DisposalList).order_by(DisposalList.id)).all()
        found = {row.number: (row.retention_state, row.due_on, row.rule) for row in rows}
        self.destroy_ids |= {row.number: row.destroy_id for row in rows}
        all_say = self.world.look(self.today)
        for number, says in all_say.items():
            here = found.pop(self.numbers[number], None)
            if here != says:
                self.wrong.append(f"{self.today}: {self.numbers[number]} is {here} and not {says}")
        self.wrong += [f"{self.today}: {number} should be gone, and is {said}" for number, said in found.items()]
        self.held |= {number for number, (state, *_) in all_say.items() if state == "blocked:hold"}
        self.blocked |= {number for number, (state, *_) in all_say.items() if state.startswith("blocked:")} - self.held
        ours = [(one.rule, one.text, one.state, one.executes) for one in self.world.lists]
        theirs = [(one.rule, one.policy_version, one.state, one.executes_on) for one in made]
        if ours != theirs:
            self.wrong.append(f"{self.today}: lists are {theirs[-5:]} and not {ours[-5:]}")

    def compare_ledger(self) -> None:
        """Whether the ledger names what is gone, each once, and nothing else (I4), and nothing is missing (I6)."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            if (missing := balance(unit).missing) != 0:
                self.wrong.append(f"{self.today}: {missing} tickets are missing")
        gone = [self.destroy_ids[self.numbers[n]] for n, one in enumerate(self.world.tickets) if one.gone is not None]
        for op in ("intent", "destroyed"):
            if sorted(gone) != sorted(entry.id for entry in ledger(self.ports, op)):
                self.wrong.append(f"the ledger does not say {op} of exactly those that are gone")

    def count(self) -> None:
        """How many tickets were destroyed, held and kept by something else, into the tally."""
        gone = [one for one in self.world.tickets if one.gone is not None]
        self.tally.update(destroyed=len(gone), held=len(self.held), blocked=len(self.blocked))
