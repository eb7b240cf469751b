"""Chats for tests: people who ask, advisors who are there, and lines, each in a unit of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count
from typing import cast

from helpdesk.adapters.memory import MemoryBus, SetClock
from helpdesk.chat import desk, presence, rules, saying
from helpdesk.chat.lines import Lines, own_lines
from helpdesk.chat.rooms import own_room
from helpdesk.chat.saying import Said
from helpdesk.models import Address
from helpdesk.people.access import ticket_for
from helpdesk.people.accounts import create_account
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work

MONDAY = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
"""Ten o'clock in Amsterdam, in the hours of the chat."""
MINUTE = dt.timedelta(minutes=1)
_IDS = count(1)


def client_id() -> str:
    """An id as a page draws one for each line."""
    return f"line-{next(_IDS):08}"


@dataclass
class Office:
    """The ports with what a chat needs, and verbs as a page or a worker does them."""

    ports: Ports

    def __post_init__(self) -> None:
        self.clock = cast("SetClock", self.ports.now)
        self.clock.at = MONDAY
        self.bus = cast("MemoryBus", self.ports.bus)

    def asker(self, name: str = "Femke de Vries", address: str = "femke.devries@minbz.example") -> Actor:
        """Somebody who signed in by their address."""
        with unit_of_work(self.ports, SYSTEM) as unit:
            person = person_for(unit, address, name)
            unit.session.flush()
            unit.session.query(Address).filter_by(value=address).update({"verified_at": unit.now})
            return Actor(requester=Requester(person.id, address))

    def advisor(self, name: str = "Marije Visser", state: str = "available", capacity: int | None = None) -> Actor:
        """An advisor, there in this way."""
        email = f"{name.split(' ')[0].lower()}@academie.example"
        with unit_of_work(self.ports, SYSTEM) as unit:
            actor = Actor(create_account(unit, email, name, ["advisor"], None), frozenset({"advisor"}))
        if state:
            with unit_of_work(self.ports, actor) as unit:
                desk.be(unit, state, capacity)
        return actor

    def start(self, asker: Actor, text: str = "Kan ik de training verzetten?", given: str = "") -> Said:
        """Say the first line."""
        with unit_of_work(self.ports, asker) as unit:
            return saying.start(unit, "academy", text, given or client_id())

    def say(self, asker: Actor, number: str, text: str, given: str = "") -> Said:
        """Say a line as who asks."""
        with unit_of_work(self.ports, asker) as unit:
            return saying.say(unit, number, text, given or client_id())

    def answer(self, actor: Actor, number: str, text: str, given: str = "") -> Said:
        """Say a line as an advisor."""
        with unit_of_work(self.ports, actor) as unit:
            return saying.answer(unit, number, text, given or client_id())

    def pick_up(self, actor: Actor, number: str) -> None:
        """Take a chat."""
        with unit_of_work(self.ports, actor) as unit:
            desk.pick_up(unit, number)

    def chat(self) -> tuple[Actor, Actor, str]:
        """A chat that an advisor picked up."""
        asker, actor = self.asker(), self.advisor()
        number = self.start(asker).number
        self.pick_up(actor, number)
        return asker, actor, number

    def lines(self, asker: Actor, number: str, after: int = 0, have: int = 0) -> Lines:
        """What the page of who asks shows."""
        with unit_of_work(self.ports, asker, write=False) as unit:
            return own_lines(unit, own_room(unit, number).ticket, after, have)

    def texts(self, asker: Actor, number: str) -> list[str]:
        """The words of these lines."""
        return [line.text for line in self.lines(asker, number).rows]

    def there(self, number: str) -> str:
        """The note of who began this chat."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            return presence.asker_name(ticket_for(unit, number, "chat.answer").id)

    def pass_time(self, span: dt.timedelta, *there: str) -> None:
        """Let time pass, with these people still connected at the end, and let the worker look."""
        self.clock.move(span)
        self.here(*there)
        rules.tick(self.ports)

    def here(self, *names: str) -> None:
        """These are connected now."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            for name in names:
                presence.note_here(unit, name)
