"""What a hold forbids: kind x scope x operation, each with a sentence that says what to do (RD-30)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk.errors import Conflict
from helpdesk.models import Entry, Hold, Ticket
from helpdesk.models.policy import HOLD_KINDS
from helpdesk.ports import Ports
from helpdesk.retention import holds
from helpdesk.text.language import fault_text
from helpdesk.tickets.handling import add_participant, set_status
from helpdesk.tickets.merging import merge, move_entry, undo_merge
from helpdesk.tickets.show import ticket_json
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work
from tests.holds import asker_of, held, let_terms_end, place, release, states
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

ONE, TWO, THREE = "2026-00001", "2026-00002", "2026-00003"


def _ticket_id(unit: Unit, number: str = ONE) -> int:
    return unit.session.scalars(select(Ticket.id).where(Ticket.number == number)).one()


def _entry_id(unit: Unit, number: str = ONE) -> int:
    own = select(Entry.id).where(Entry.ticket_id == _ticket_id(unit, number))
    return unit.session.scalars(own.order_by(Entry.id)).all()[0]


OPERATIONS: dict[str, tuple[str, Callable[[Unit], object]]] = {
    "merged away": ("merged into another one", lambda unit: merge(unit, ONE, TWO)),
    "a merge undone": ("this merge can't be undone", lambda unit: undo_merge(unit, THREE)),
    "moved out": ("moved out of it", lambda unit: move_entry(unit, _entry_id(unit), TWO)),
    "split off": ("moved out of it", lambda unit: move_entry(unit, _entry_id(unit), None)),
    "rewritten": ("overwritten", lambda unit: holds.refuse_held(unit, holds.REWRITE, _ticket_id(unit))),
}
SCOPES: dict[str, Callable[[Ports], dict[str, Any]]] = {
    "ticket": lambda _ports: {"numbers": [ONE]},
    "person": lambda ports: {"person_id": asker_of(ports, ONE)},
    "query": lambda _ports: {"query": "vergaderen in Parijs"},
}


@pytest.fixture
def advisor(ports: Ports) -> Actor:
    """An advisor, with three tickets of three people of which the third was merged into the first."""
    for number, (name, text) in enumerate((("a", "Vergaderen in Parijs."), ("b", "Een vraag."), ("c", "Nog een."))):
        receive(ports, letter(text, sender=f"{name} <{name}@x.example>", message_id=f"<{number}@x>", subject=text))
    found = staff(ports, "sanne", "advisor")
    with unit_of_work(ports, found) as unit:
        merge(unit, THREE, ONE)
    return found


def _shown(ports: Ports) -> list[dict[str, Any]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [ticket_json(unit, number) for number in (ONE, TWO, THREE)]


def _let_go(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ended = {"release_asked_by_id": 1, "released_by_id": 2, "released_at": unit.now}
        unit.session.execute(update(Hold).where(Hold.released_at.is_(None)).values(**ended))


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_kind_of_hold_lets_its_ticket_be_changed(ports: Ports, advisor: Actor, scope: str, operation: str) -> None:
    said, act = OPERATIONS[operation]
    officer, _second = staff(ports, "piet", "privacy_officer"), staff(ports, "petra", "privacy_officer")
    before = _shown(ports)
    for kind in HOLD_KINDS:
        assert ONE in held(ports, place(ports, officer, kind, **SCOPES[scope](ports)).hold_id)
        with pytest.raises(Conflict) as fault, unit_of_work(ports, advisor) as unit:
            act(unit)
        assert fault.value.code == "held"
        assert said in fault_text(fault.value, "en")
        assert ONE in fault_text(fault.value, "en")
        assert "bewaarplicht" in fault_text(fault.value, "nl")
        _let_go(ports)
    assert [one["entries"] for one in _shown(ports)] == [one["entries"] for one in before]
    with unit_of_work(ports, advisor) as unit:
        act(unit)
    if operation != "rewritten":
        assert [one["entries"] for one in _shown(ports)] != [one["entries"] for one in before]


@pytest.mark.parametrize("scope", SCOPES)
def test_no_kind_of_hold_lets_its_ticket_fall_due(ports: Ports, scope: str) -> None:
    policy_in_force(ports)
    receive(ports, letter("Vergaderen in Parijs."))
    let_terms_end(ports)
    officer, second = staff(ports, "piet", "privacy_officer"), staff(ports, "petra", "privacy_officer")
    for kind in HOLD_KINDS:
        assert states(ports) == ["due"]
        hold_id = place(ports, officer, kind, **SCOPES[scope](ports)).hold_id
        assert states(ports) == ["blocked:hold"]
        release(ports, officer, second, hold_id)
    assert states(ports) == ["due"]


def test_work_goes_on_under_a_hold(ports: Ports, advisor: Actor) -> None:
    place(ports, staff(ports, "piet", "privacy_officer"), numbers=[ONE])
    receive(ports, letter("Nog iets.", sender="a <a@x.example>", message_id="<4@x>", In_Reply_To="<0@x>"))
    with unit_of_work(ports, advisor) as unit:
        set_status(unit, ONE, "done")
        add_participant(unit, ONE, "d@x.example")
        merge(unit, TWO, ONE)
    one, two, _three = _shown(ports)
    assert (len(one["entries"]), two["entries"]) == (4, []), "what comes to a held ticket is kept with it"
    with unit_of_work(ports, advisor, write=False) as unit:
        assert "held" in [event.kind for event in thread_of(unit, ONE).events]


def test_an_operation_that_a_hold_will_catch_is_refused_before_it_is_found(ports: Ports, advisor: Actor) -> None:
    """A hold of a person stands from its commit on, also for tickets that nobody looked at yet."""
    with unit_of_work(ports, staff(ports, "piet", "privacy_officer")) as unit:
        from_now = Hold(
            kind="woo",
            scope="person",
            person_id=asker_of(ports, ONE),
            reference="Woo-1",
            reason="verzoek",
            owner_id=unit.actor.account_id,
            placed_by_id=unit.actor.account_id,
            placed_at=unit.now,
            review_on=unit.now.date(),
        )
        unit.session.add(from_now)
    with pytest.raises(Conflict), unit_of_work(ports, advisor) as unit:
        merge(unit, ONE, TWO)
