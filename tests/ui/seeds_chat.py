"""Chats in the academy that is looked at: one that an advisor has, one that waits."""

from __future__ import annotations

from helpdesk.chat import desk, saying
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work

_LONG = "Dit is een lang bericht over de leergang, met alles erin wat iemand nodig zou kunnen hebben. " * 4


def chats(ports: Ports, advisor: Actor) -> dict[str, str]:
    """Begin them; the numbers by name."""
    with unit_of_work(ports, advisor) as unit:
        desk.be(unit, "available", 3)
    numbers: list[str] = []
    for name, text in (("Imane El Amrani", "Kan ik nog meedoen aan de leergang?"), ("يوسف", "هل يمكنني الانضمام؟")):
        address = f"chat{len(numbers)}@minbz.example"
        with unit_of_work(ports, SYSTEM) as unit:
            who = Requester(person_for(unit, address, name).id, address)
        with unit_of_work(ports, Actor(requester=who)) as unit:
            numbers.append(saying.start(unit, "academy", text, f"seed-{len(numbers):06}").number)
        if len(numbers) == 1:
            _talk(ports, advisor, who, numbers[0])
    return {"chat": numbers[0], "chat_waiting": numbers[1]}


def _talk(ports: Ports, advisor: Actor, who: Requester, number: str) -> None:
    with unit_of_work(ports, advisor) as unit:
        desk.pick_up(unit, number)
        saying.answer(unit, number, _LONG, "seed-answer")
    with unit_of_work(ports, Actor(requester=who)) as unit:
        saying.say(unit, number, "Dank je 🙏 https://minbz.example/leergang", "seed-line-2")
