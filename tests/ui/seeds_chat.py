"""Chats in the academy that is looked at: one that an advisor has, one that waits, one that has ended."""

from __future__ import annotations

from helpdesk.chat import desk, saying
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from tests.letters import ASKER

_LONG = "Dit is een lang bericht over de leergang, met alles erin wat iemand nodig zou kunnen hebben. " * 4
_PEOPLE = {
    "chat_own": ("", ASKER, "Kan ik de training verzetten?"),
    "chat": ("Imane El Amrani", "imane@minbz.example", "Kan ik nog meedoen aan de leergang?"),
    "chat_waiting": ("يوسف", "yusuf@minbz.example", "هل يمكنني الانضمام؟"),
}


def chats(ports: Ports, advisor: Actor) -> dict[str, str]:
    """Begin them; the numbers by name."""
    with unit_of_work(ports, advisor) as unit:
        desk.be(unit, "available", 3)
    numbers = {}
    for what, (name, address, text) in _PEOPLE.items():
        with unit_of_work(ports, SYSTEM) as unit:
            who = Requester(person_for(unit, address, name).id, address)
        with unit_of_work(ports, Actor(requester=who)) as unit:
            numbers[what] = saying.start(unit, "academy", text, f"seed-{what}").number
        if what != "chat_waiting":
            _talk(ports, advisor, who, numbers[what])
    with unit_of_work(ports, advisor) as unit:
        desk.end(unit, numbers["chat_own"], "open", transcript=False)
    return numbers


def _talk(ports: Ports, advisor: Actor, who: Requester, number: str) -> None:
    with unit_of_work(ports, advisor) as unit:
        desk.pick_up(unit, number)
        saying.answer(unit, number, _LONG, "seed-answer")
    with unit_of_work(ports, Actor(requester=who)) as unit:
        saying.say(unit, number, "Dank je 🙏 https://minbz.example/leergang", "seed-line-2")
