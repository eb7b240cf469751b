"""A restored backup ends where no restore would have: destroyed again, held again, and nothing sent or removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select, update

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import Conflict, HelpdeskError, NotAllowed
from helpdesk.facts import record
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import OutgoingMail, Restore, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, gate, restores
from helpdesk.reconcile import reconcile
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.backups import PROGRAMS, backed_up, put_back, restored, waiting_mails
from tests.conftest import PortsMaker, copied
from tests.disposal import destroy_ids, dump, due, files, ledger, listed, pass_window
from tests.holds import asker_of, place, states
from tests.letters import letter, receive
from tests.retention import staff
from tests.services.postgres import Postgres

OWN = ("restore", "restore_ticket", "security_event", "flag", "lease", "heartbeat", "counter")
"""Tables in which a restore shows, and is meant to."""
DECIDED = ("disposal_list", "disposal_item")
"""Lists are lost with what came after the backup: their tickets are destroyed all the same."""


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest, make_ports: PortsMaker) -> Iterator[Ports]:
    """Ports on a database that nobody else is connected to."""
    if request.param == "sqlite":
        yield make_ports(copied(request.getfixturevalue("sqlite_template"), request.getfixturevalue("sqlite_place")))
        return
    server, template = cast("tuple[Postgres, str]", request.getfixturevalue("postgres_template"))
    url = server.fresh_database(template=server.url(template))
    yield make_ports(url, postgres_programs=PROGRAMS)
    server.drop(url)


@pytest.fixture
def people(own: Ports) -> tuple[Actor, Actor]:
    """An administrator and a privacy officer."""
    return staff(own, "fatima", "functional_admin"), staff(own, "piet", "privacy_officer")


def _mine(ports: Ports) -> dict[str, list[str]]:
    return dump(ports, but=(*OWN, *DECIDED, "ledger_line"))


def test_destroyed_again_and_equal_to_no_restore(own: Ports, people: tuple[Actor, Actor], tmp_path: Path) -> None:
    admin, officer = people
    due(own, 12, files=(("a.txt", b"inhoud"),))
    list_id = listed(own, admin, officer)
    receive(own, letter("Nog een.", sender="later@x.example", message_id="<later@x>"))
    kept = backed_up(own)
    placed = place(own, admin, numbers=("2026-00011", "2026-00012"))
    pass_window(own)
    assert destruction.run(own).destroyed == 10
    gone = {entry.id for entry in ledger(own, "destroyed")}
    before, bytes_before = _mine(own), files(tmp_path / "blobs")
    receive(own, *(letter(f"Nieuw {n}.", sender=f"n{n}@x.example", message_id=f"<n{n}@x>") for n in range(3)))
    lines = len(list(own.ledger.lines()))
    restored(own, kept)
    assert destroy_ids(own, [f"2026-{n:05}" for n in range(1, 20)]).isdisjoint(gone)
    assert states(own)[:2] == ["blocked:hold", "blocked:hold"]
    after = _mine(own)
    for table in ("event", "hold", "hold_ticket", "ticket"):
        assert len(after.pop(table)) == len(before.pop(table)), table
    assert after == before
    assert files(tmp_path / "blobs") == bytes_before
    told = [entry.op for entry in list(ledger(own, "restored"))]
    assert told == ["restored"]
    assert len(list(own.ledger.lines())) == lines + 1, "what the ledger knew is told once"
    assert reconcile(own) == []
    assert placed.held == 2
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Restore.destroyed)).all() == [10]
    assert list_id
