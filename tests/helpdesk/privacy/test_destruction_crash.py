"""A run that is killed at any step is finished by the next one: once in the ledger, nothing half-way, nothing left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.errors import NotFound, Unavailable
from helpdesk.models import InboundMail, LedgerLine, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.ports import Ports
from helpdesk.privacy import deciding, destruction
from helpdesk.reconcile import reconcile
from helpdesk.retention.ledger_writing import flush
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import destroy_ids, files, ledger, listed, pass_window
from tests.dying import run_killed_at
from tests.holds import let_terms_end, states
from tests.letters import letter, receive
from tests.retention import policy_in_force

STEPS = {"sqlite": range(1, 60), "postgresql": range(2, 16, 2)}
"""Steps at which it is killed. SQLite: all there are. PostgreSQL: every other one, up to the commit of the rows."""


def _due(ports: Ports, turn: int) -> None:
    mails = (
        letter(f"Vraag {turn}{n}.", sender=f"{n}@x.example", message_id=f"<{turn}{n}@x>", files=(("a.txt", b"inhoud"),))
        for n in "ab"
    )
    receive(ports, *mails)
    let_terms_end(ports)


def _unseen(ports: Ports, names: set[str]) -> None:
    """Nobody sees a ticket any more whose intent is in the ledger."""
    told = {entry.id for entry in ledger(ports, "intent")} & names if ports.ledger.exists() else set()
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        numbers = unit.session.scalars(select(Ticket.number).where(Ticket.destroy_id.in_(told))).all()
        for number in numbers:
            with pytest.raises(NotFound):
                ticket_for(unit, number, "ticket.read")


def _untold(ports: Ports) -> list[str]:
    """What the ledger was not told."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(LedgerLine.op)))


def test_a_run_killed_at_any_step_is_finished_by_the_next(
    ports: Ports, admin: Actor, officer: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destruction, "LINES", 1)
    policy_in_force(ports)
    all_names: list[str] = []
    for step in STEPS[ports.engine.dialect.name]:
        _due(ports, step)
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            names = set(unit.session.scalars(select(Ticket.destroy_id)))
        assert len(names) == 2
        all_names += names
        listed(ports, admin, officer)
        pass_window(ports)
        killed = run_killed_at(ports, step)
        _unseen(ports, names)
        destruction.run(ports)
        assert _untold(ports) == [], f"killed at step {step}"
        assert states(ports) == []
        assert files(tmp_path / "blobs") == set()
        if not killed:
            break
    else:
        assert ports.engine.dialect.name == "postgresql", "there are more steps than were tried"
    assert step >= 14
    for op in ("intent", "destroyed"):
        assert sorted(entry.id for entry in ledger(ports, op)) == sorted(all_names)
    assert reconcile(ports) == []


class _FullDisk(DiskLedger):
    """A ledger on a disk that takes nothing."""

    def append(self, lines: Sequence[str], month: str) -> None:
        raise Unavailable(f"{len(lines)} lines can't be written in {month}.")


def test_nothing_is_destroyed_before_its_intent_is_in_the_ledger(
    ports: Ports, admin: Actor, officer: Actor, tmp_path: Path
) -> None:
    policy_in_force(ports)
    _due(ports, 1)
    names = destroy_ids(ports, ["2026-00001", "2026-00002"])
    listed(ports, admin, officer)
    pass_window(ports)
    there = files(tmp_path / "blobs")
    flush(ports)
    full = replace(ports, ledger=_FullDisk(tmp_path / "ledger"))
    with pytest.raises(Unavailable):
        destruction.run(full)
    assert states(ports) == ["destroying", "destroying"]
    assert files(tmp_path / "blobs") == there
    assert destruction.run(ports).destroyed == 2
    assert {entry.id for entry in ledger(ports, "destroyed")} == names


class _Watched:
    """Blobs that note, whenever some go, what the ledger was told by then and which tickets are in the database."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.seen: list[tuple[int, int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ports.blobs, name)

    def destroy(self, keys: Iterable[str]) -> None:
        """As the real ones."""
        gone = list(keys)
        with unit_of_work(self._ports, SYSTEM, write=False) as unit:
            there = unit.session.scalars(select(InboundMail.blob).where(InboundMail.blob.in_(gone))).all()
        self.seen.append((len(ledger(self._ports, "intent")), len(there), len(gone)))
        self._ports.blobs.destroy(gone)


def test_files_go_beside_the_rows_of_the_batch_before_and_never_before_their_own_intent(
    ports: Ports, admin: Actor, officer: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "BATCH", 1)
    policy_in_force(ports)
    for turn in range(2):
        _due(ports, turn)
    listed(ports, admin, officer)
    pass_window(ports)
    blobs = _Watched(ports)
    assert destruction.run(replace(ports, blobs=blobs)).destroyed == 4
    assert [told >= turn for turn, (told, _there, _gone) in enumerate(blobs.seen, 1)] == [True] * 4
    assert [(there, gone) for _told, there, gone in blobs.seen] == [(1, 2)] * 4, "a mail and a file, and its row"
    assert files(tmp_path / "blobs") == set()
    assert len(ledger(ports, "destroyed")) == 4
