"""`helpdesk disposal`, `helpdesk certificate` and `helpdesk ledger`, as somebody at the shell uses them."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from helpdesk.commands.console import Console
from helpdesk.commands.disposal import disposal
from helpdesk.commands.ledger import certificate, ledger
from helpdesk.errors import Conflict, Invalid, NotAllowed, NotFound
from helpdesk.models import InboundMail, Ticket
from helpdesk.ports import Ports
from helpdesk.retention.ledger import FIRST, Entry, chained
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import due, pass_window
from tests.letters import wait
from tests.retention import staff

FATIMA = ("--as", "fatima@academie.example")
PIET = ("--as", "piet@academie.example")
SANNE = ("--as", "sanne@academie.example")


@pytest.fixture
def console(ports: Ports, tmp_path: Path) -> Console:
    """A console on these ports, with an administrator, a privacy officer and an advisor, and three due tickets."""
    staff(ports, "fatima", "functional_admin")
    staff(ports, "piet", "privacy_officer")
    staff(ports, "sanne", "advisor")
    due(ports, 3)
    environ = {"HELPDESK_LANGUAGE": "en", "HELPDESK_DATA": str(tmp_path)}
    found = Console(environ, lambda _settings: ports, lambda settings: settings.data)
    found.__dict__["ports"] = ports
    return found


def run(console: Console, command: click.Command, *words: str) -> str:
    """What a command prints; what it raises is raised."""
    found = CliRunner().invoke(command, list(words), obj=console)
    if found.exception:
        raise found.exception
    return found.output


def test_a_list_from_being_due_to_its_certificate(console: Console, ports: Ports, tmp_path: Path) -> None:
    assert run(console, disposal, "propose", *FATIMA).endswith("1 list waits.\n")
    (one,) = json.loads(run(console, disposal, "list", "--json", *PIET))
    assert (one["rule"], one["state"], one["listed"], one["second"]) == ("R13", "open", 3, True)
    assert "Somebody else" in run(console, disposal, "propose", "1", *FATIMA)
    shown = run(console, disposal, "show", "1", *PIET)
    assert "2026-00002" in shown
    assert "Onderwerp 2" in shown
    assert len(json.loads(run(console, disposal, "show", "1", "--json", *PIET))["tickets"]) == 3
    assert "Taken off" in run(console, disposal, "except", "1", "V-2026-00003", "--reason", "objection", *FATIMA)
    with pytest.raises(NotFound):
        run(console, disposal, "approve", "1", *FATIMA)
    assert run(console, disposal, "approve", "1", *PIET).startswith("Approved. It runs from 20")
    assert run(console, disposal, "run", *FATIMA) == "0 tickets were destroyed.\n"
    pass_window(ports)
    assert run(console, disposal, "run", *FATIMA) == "2 tickets were destroyed.\n"
    assert run(console, disposal, "list", *PIET) == ""
    (done,) = json.loads(run(console, disposal, "list", "--all", "--json", *PIET))
    assert (done["state"], done["destroyed"], done["excepted"]) == ("done", 2, 1)
    wait(ports, dt.timedelta(days=100))
    assert run(console, certificate, *PIET) == "R13  2028-Q1  2\n"
    paper = tmp_path / "certificate.json"
    paper.write_text(run(console, certificate, "R13", "2028-Q1", *PIET))
    assert "Verklaring van vernietiging" in run(console, certificate, "R13", "2028-Q1", "--format", "html", *PIET)
    said = run(console, ledger, "verify", "--certificate", str(paper), "--database")
    assert said.startswith("The certificate says what the ledger says.\nThe ledger is whole: ")


def test_the_ledger_is_verified_without_database_or_settings(tmp_path: Path) -> None:
    first = chained(Entry("begin", "0" * 32, "2026-11"), 1, FIRST)
    program = (sys.executable, "-m", "helpdesk", "ledger", "verify", "--ledger")
    environ = {"HELPDESK_LANGUAGE": "en", "HELPDESK_CONFIG": "/nowhere/helpdesk.toml", "HELPDESK_DATA": "/nowhere"}
    said = {}
    changed = {
        "changed": first.replace('"ok":true', '"ok":false'),
        "other end": first + "\r",
        "no text": first + "\udcff",
    }
    for name, line in {"whole": first, **changed}.items():
        (tmp_path / name).write_bytes(f"{line}\n".encode("utf-8", "surrogateescape"))
        words = [*program, str(tmp_path / name)]
        done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
        said[name] = (done.returncode, done.stderr)
    assert said.pop("whole") == (0, "")
    assert said == dict.fromkeys(changed, (1, "error: The ledger is broken at line 1.\n"))


def test_a_ledger_that_was_cut_off_is_not_where_the_database_says(
    console: Console, ports: Ports, tmp_path: Path
) -> None:
    run(console, disposal, "propose", *FATIMA)
    run(console, disposal, "propose", "1", *FATIMA)
    run(console, disposal, "approve", "1", *PIET)
    pass_window(ports)
    run(console, disposal, "run", *FATIMA)
    where = tmp_path / "ledger" / "ledger.jsonl"
    whole = where.read_text()
    where.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert "whole" in run(console, ledger, "verify"), "by itself nobody can see that"
    with pytest.raises(Invalid, match="where the database says"):
        run(console, ledger, "verify", "--database")
    for half in (whole[:-1], whole[:-40]):
        where.write_text(half)
        with pytest.raises(Invalid, match="broken at line"):
            run(console, ledger, "verify")


def test_who_may_not(console: Console) -> None:
    for words in (("propose",), ("list",), ("show", "1"), ("withdraw", "1"), ("approve", "1"), ("run",)):
        with pytest.raises(NotFound):
            run(console, disposal, *words, *SANNE)
    with pytest.raises(NotFound):
        run(console, certificate, *SANNE)
    with pytest.raises(NotFound):
        run(console, disposal, "run", "--clock-is-right", *FATIMA)


def test_a_jump_of_the_clock_is_vouched_for(console: Console, ports: Ports) -> None:
    run(console, disposal, "run", *FATIMA)
    wait(ports, dt.timedelta(days=5))
    with pytest.raises(Conflict, match="jumped"):
        run(console, disposal, "run", *FATIMA)
    assert run(console, disposal, "run", "--clock-is-right", *PIET) == "0 tickets were destroyed.\n"


def test_a_withdrawn_list_and_an_own_proposal(console: Console, ports: Ports) -> None:
    run(console, disposal, "propose", *FATIMA)
    staff(ports, "beide", "functional_admin", "privacy_officer")
    run(console, disposal, "propose", "1", "--as", "beide@academie.example")
    with pytest.raises(NotAllowed):
        run(console, disposal, "approve", "1", "--as", "beide@academie.example")
    assert run(console, disposal, "withdraw", "1", *PIET) == "Withdrawn.\n"
    assert "2  R13  open" in run(console, disposal, "propose", *FATIMA)


def test_a_ticket_gone_without_ground_ends_with_1(console: Console, ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(InboundMail))
        unit.session.execute(delete(Ticket).where(Ticket.number == "2026-00001"))
    found = CliRunner().invoke(disposal, ["run", *FATIMA], obj=console)
    assert found.exit_code == 1
    assert "Destroyed without ground: 1." in found.output
