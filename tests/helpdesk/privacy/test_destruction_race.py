"""Holds and files that come while a list runs: held and whole, or destroyed and told so; never in between (RD-31)."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from helpdesk.errors import Conflict, NotFound
from helpdesk.models import Attachment, Entry, HoldTicket, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import deciding, destruction, holds
from helpdesk.privacy.finishing import finish
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import destroy_ids, due, dump, files, ledger, listed, pass_window
from tests.holds import wish

MANY, FEWEST = 30, 3


def test_a_hold_placed_while_the_list_runs_wins_or_is_told(
    ports: Ports, admin: Actor, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "BATCH", 2)
    numbers = due(ports, MANY)
    names = {number: destroy_ids(ports, [number]).pop() for number in numbers}
    listed(ports, admin, officer)
    pass_window(ports)
    told: set[str] = set()
    placed: set[str] = set()

    def place_all() -> None:
        for number in reversed(numbers):
            try:
                with unit_of_work(ports, officer) as unit:
                    holds.place(unit, wish(numbers=[number]))
                placed.add(number)
            except (Conflict, NotFound):
                told.add(number)
            time.sleep(0.03)

    placer = threading.Thread(target=place_all)
    placer.start()
    destruction.run(ports)
    placer.join(60)
    destruction.run(ports)
    gone = {number for number, name in names.items() if name in {entry.id for entry in ledger(ports, "destroyed")}}
    assert gone == told
    assert placed == set(numbers) - gone
    assert min(len(gone), len(placed)) >= FEWEST, "both outcomes occur"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        kept = select(Ticket.number, Ticket.retention_state)
        assert {tuple(row) for row in unit.session.execute(kept)} == {(number, "blocked:hold") for number in placed}
        assert len(unit.session.scalars(select(HoldTicket.ticket_id)).all()) == len(placed)
        texts = [row for row in dump(ports)["content"] if '"kind": "subject"' in row]
    assert len(texts) == len(placed)


def test_a_file_that_comes_beside_the_decision_goes_too(
    ports: Ports, admin: Actor, officer: Actor, tmp_path: Path
) -> None:
    due(ports, 1)
    listed(ports, admin, officer)
    pass_window(ports)
    (found,) = destruction.ready(ports)
    batch = deciding.decide(ports, found)
    (key,) = ports.blobs.stage([b"laat"])
    with unit_of_work(ports, SYSTEM) as unit:
        entry_id = unit.session.scalars(select(Entry.id)).one()
        late = {"ticket_id": batch.ids[0], "entry_id": entry_id, "blob": key, "content_type": "text/plain"}
        unit.session.execute(insert(Attachment).values(**late, size=4, inline=False))
    assert finish(ports, batch) == 1
    assert files(tmp_path / "blobs") == set()
    destruction.run(ports)
    assert [entry.id for entry in ledger(ports, "destroyed")] == [batch.tickets[0].destroy_id]
