"""A hold and a destruction at one moment: a ticket is held, or destroyed and the placer told; never both (RD-31)."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk.errors import Conflict
from helpdesk.models import HoldTicket, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding, holds
from helpdesk.retention.holds import catch
from helpdesk.tickets.merging import merge
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.holds import asker_of, held, let_terms_end, wish
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

MANY, FEWEST = 60, 10
_STEP = 0.002


def _destroy(ports: Ports, number: str) -> bool:
    """What decides a destruction: the claim under the row lock, and holds asked for once more (RD-42)."""
    with unit_of_work(ports, SYSTEM) as unit:
        claimed = unit.session.execute(
            update(Ticket)
            .where(Ticket.number == number, Ticket.retention_state.in_(("due", "listed")))
            .values(retention_state="destroying")
            .returning(Ticket.id)
        ).scalar()
        if claimed is not None and claimed in catch(unit, [claimed]):
            unit.session.execute(update(Ticket).where(Ticket.id == claimed).values(retention_state="blocked:hold"))
            return False
    return claimed is not None


class _Race:
    """Two threads that begin with one ticket after the other; who was first waits longer before the next."""

    def __init__(self, ports: Ports, actor: Actor, scope: str) -> None:
        self._ports, self._actor, self._scope = ports, actor, scope
        self._start = threading.Barrier(2)
        self._lead = 0.0
        self.destroyed: set[str] = set()
        self.told: set[str] = set()
        self.hold_ids: list[int] = []

    def run(self, numbers: list[str]) -> None:
        destroyer = threading.Thread(target=self._destroy_all, args=(numbers,))
        destroyer.start()
        for number in numbers:
            said = {"numbers": [number]} if self._scope == "ticket" else {"person_id": asker_of(self._ports, number)}
            self._start.wait(60)
            time.sleep(max(0.0, -self._lead))
            self._place(said)
        destroyer.join(60)

    def _place(self, said: dict[str, Any]) -> None:
        try:
            with unit_of_work(self._ports, self._actor) as unit:
                placed = holds.place(unit, wish(**said))
        except Conflict as fault:
            self.told.add(f"{fault.values['numbers']}")
            return
        self.hold_ids.append(placed.hold_id)
        self.told.update(placed.destroying, hold_finding.find(self._ports, placed.hold_id).destroying)

    def _destroy_all(self, numbers: list[str]) -> None:
        for number in numbers:
            self._start.wait(60)
            time.sleep(max(0.0, self._lead))
            won = _destroy(self._ports, number)
            self.destroyed |= {number} if won else set()
            self._lead += _STEP if won else -_STEP


def test_a_hold_of_a_ticket_that_is_being_merged_keeps_its_messages(ports: Ports) -> None:
    """Whoever places waits for the merge, and follows it; a hold that is first refuses it (test_holds_forbid)."""
    receive(ports, letter("Een.", message_id="<1@x>"))
    receive(ports, letter("Twee.", message_id="<2@x>", sender="b@x.example", subject="Twee"))
    officer, ids = staff(ports, "piet", "privacy_officer"), list[int]()

    def placing() -> None:
        with unit_of_work(ports, officer) as unit:
            ids.append(holds.place(unit, wish(numbers=["2026-00001"])).hold_id)

    thread = threading.Thread(target=placing)
    with unit_of_work(ports, SYSTEM) as unit:
        merge(unit, "2026-00001", "2026-00002")
        thread.start()
        thread.join(0.4)
        assert thread.is_alive(), "it waits for the lock of the ticket"
    thread.join(20)
    assert held(ports, ids[0]) == ["2026-00001", "2026-00002"]


def _outcome(ports: Ports) -> tuple[dict[str, str], set[str]]:
    """The state of every ticket by number, and which stand under a hold."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(select(Ticket.number, Ticket.retention_state)).all()
        under = select(Ticket.number).join(HoldTicket, HoldTicket.ticket_id == Ticket.id)
        return {row.number: row.retention_state for row in rows}, set(unit.session.scalars(under))


@pytest.mark.parametrize("scope", ["ticket", "person"])
def test_a_ticket_is_held_or_destroyed_and_the_placer_told(ports: Ports, scope: str) -> None:
    policy_in_force(ports)
    mails = (
        letter(f"Vraag {n}.", subject=f"Vraag {n}", sender=f"a{n}@x.example", message_id=f"<{n}@x>")
        for n in range(MANY)
    )
    receive(ports, *mails)
    let_terms_end(ports)
    race = _Race(ports, staff(ports, "piet", "privacy_officer"), scope)
    race.run([f"2026-{n:05}" for n in range(1, MANY + 1)])
    states, under = _outcome(ports)
    destroying = {number for number, state in states.items() if state == "destroying"}
    assert destroying == race.destroyed == race.told
    assert under == states.keys() - destroying
    assert {states[number] for number in under} == {"blocked:hold"}
    assert min(len(destroying), len(under)) >= FEWEST, "both outcomes occur"
