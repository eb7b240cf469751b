"""`helpdesk request`, as somebody at the shell uses it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import insert

from helpdesk.commands.console import Console
from helpdesk.commands.rights import request
from helpdesk.errors import NotFound
from helpdesk.models import AccessLog
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.commands.test_hold_commands import console as _console
from tests.helpdesk.commands.test_hold_commands import run
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

console = _console
"""The same console as for holds."""
PIET, PETRA = ("--as", "piet@academie.example"), ("--as", "petra@academie.example")
OPEN = ("open", "access", "--received", "2026-11-02", "--wish", "wat weet u?", "--ticket", "V-2026-00001")


def test_a_request_from_recording_to_the_answer(console: Console, ports: Ports, tmp_path: Path) -> None:
    staff(ports, "petra", "privacy_officer")
    assert run(console, request, *OPEN, *PIET) == "Request 1 is recorded.\n"
    (row,) = json.loads(run(console, request, "list", "--json", *PIET))
    assert (row["kind"], row["due_on"], row["handler"]) == ("access", "2026-12-02", "Piet")
    for words in (
        ("identify", "1", "known_address"),
        ("extend", "1", "--because", "veel te zoeken"),
        ("propose", "1", "granted", "--reasons", "alles"),
    ):
        assert run(console, request, *words, *PIET) == "Recorded.\n"
    run(console, request, "release", "1", *PETRA)
    target = tmp_path / "AVG-1.zip"
    run(console, request, "package", "1", str(target), *PIET)
    with ZipFile(target) as package:
        assert "2026-00001" in package.read("data.json").decode()
    run(console, request, "answered", "1", *PIET)
    shown = json.loads(run(console, request, "show", "1", "--json", *PIET))
    assert (shown["state"], shown["decision"], shown["second"]) == ("closed", "granted", "Petra")
    with pytest.raises(NotFound):
        run(console, request, "show", "1", "--as", "sanne@academie.example")


def test_whom_a_breach_concerned(console: Console, ports: Ports) -> None:
    policy_in_force(ports)
    receive(ports, letter("Drie.", sender="c@x.example", message_id="<3@x>"))
    seen = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    with unit_of_work(ports, SYSTEM) as unit:
        rows = [{"ticket_id": 1, "at": seen}, {"ticket_id": 2, "at": seen + dt.timedelta(hours=3)}]
        account = {"account_id": 3, "verb": "ticket.read"}
        unit.session.execute(insert(AccessLog), [row | account for row in rows])
    asked = ("breach", "sanne@academie.example", "2026-11-20T09:00", "2026-11-20T13:00", "--json")
    found = json.loads(run(console, request, *asked, *PIET))
    assert found["tickets"] == ["2026-00001"]
    assert [one["address"] for one in found["people"]] == ["femke.devries@minbz.example"]
