"""`helpdesk register` and `helpdesk retention`, as somebody at the shell reads them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from helpdesk.__main__ import helpdesk
from helpdesk.adapters.memory import SetClock
from helpdesk.commands.console import Console
from helpdesk.commands.register import register
from helpdesk.commands.retention import retention
from helpdesk.errors import Conflict, Misconfigured, NotFound
from helpdesk.models import Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.policies import shipped_text
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff


def _register(*words: str) -> str:
    found = CliRunner().invoke(helpdesk, ["register", *words])
    assert found.exit_code == 0, found.output
    return found.output


def test_both_registers_are_exported_by_default_and_one_by_its_number() -> None:
    both = _register("export")
    one, other = _register("export", "551"), _register("export", "M895")
    assert both == one + other
    assert "Verwerkingsnummer 551" in one
    assert "Referentienummer\tM895" in other


def test_json_and_html_are_what_they_say() -> None:
    assert set(json.loads(_register("export", "M895", "--format", "json"))["rules"]) == {"R15", "R16", "R17"}
    page = _register("export", "551", "--format", "html")
    assert page.startswith('<!DOCTYPE html>\n<html lang="nl"><head><meta charset="utf-8">'), "it is opened from a disk"
    assert page.count("<title>551 Leeromgeving") == 1


def test_an_unknown_processing_is_refused() -> None:
    found = CliRunner().invoke(helpdesk, ["register", "export", "552"])
    assert isinstance(found.exception, NotFound)


def test_a_changed_copy_is_exported_and_its_tensions_are_said(tmp_path: Path) -> None:
    """What one changed is read before anybody proposes it; what does not add up is refused."""
    copy = tmp_path / "ours.toml"
    copy.write_text(shipped_text("551").decode().replace("is 7 jaar na", "is 9 jaar na", 1))
    found = CliRunner().invoke(helpdesk, ["register", "export", str(copy)])
    assert isinstance(found.exception, Misconfigured)
    copy.write_text(copy.read_text().replace('period = "P7Y"', 'period = "P9Y"'))
    ours, own = _register("export", str(copy)).splitlines(), _register("export", "551").splitlines()
    apart = [(one, other) for one, other in zip(ours, own, strict=True) if one != other]
    assert [one.replace("9 jaar", "7 jaar") for one, _other in apart[:1]] == [apart[0][1]]
    assert [one.partition(" ")[0] for one, _other in apart[1:]] == ["Versie"], "its hash is another one"
    assert json.loads(_register("export", str(copy), "--format", "json"))["rules"]["R1"]["terms"][1]["period"] == "P9Y"
    more = set(_register("lint", str(copy)).splitlines()) - set(_register("lint", "551").splitlines())
    assert [one[:12] for one in more] == ["551 X15 R1: "], "the English of R1 still says 7 years"


def test_tensions_are_said_in_both_languages() -> None:
    dutch, english = _register("lint", "551"), _register("lint", "551", "--language", "en")
    assert "551 X8 R6: Het doel van deze rij staat niet bij" in dutch
    assert "551 X8 R6: The purpose of this row is not among" in english
    assert {row["code"] for row in json.loads(_register("lint", "--json"))} == {f"X{n}" for n in range(1, 15)}


def _run(ports: Ports, command: click.Command, *words: str) -> str:
    console = Console({"HELPDESK_LANGUAGE": "en"}, lambda _settings: ports, lambda settings: settings.data)
    console.__dict__["ports"] = ports
    found = CliRunner().invoke(command, list(words), obj=console)
    if found.exception:
        raise found.exception
    return found.output


def _retention(ports: Ports, *words: str) -> str:
    return _run(ports, retention, *words)


def test_a_register_from_its_proposal_to_its_force(ports: Ports) -> None:
    fatima, piet = ("--as", "fatima@academie.example"), ("--as", "piet@academie.example")
    staff(ports, "fatima", "functional_admin")
    staff(ports, "piet", "privacy_officer")
    receive(ports, letter("vraag"))
    processing, version, sha256 = _run(ports, register, "propose", "551", *fatima).splitlines()[0].split()
    assert processing == "551"
    assert _run(ports, register, "simulate", version, *piet).startswith("-: 1 tickets; 0 due earlier")
    (effect,) = json.loads(_run(ports, register, "simulate", version, "--json", *piet))["effects"]
    assert (effect["tickets"], effect["dated"], effect["first_due_on"]) == (1, 0, None)
    with pytest.raises(NotFound):
        _run(ports, register, "approve", version, "--sha256", sha256, *fatima)
    with pytest.raises(Conflict):
        _run(ports, register, "approve", version, "--sha256", "0" * 64, *piet)
    assert "In force" in _run(ports, register, "approve", version, "--sha256", sha256, *piet)
    assert f"{version} in_force  Fatima + Piet  {sha256}" in _run(ports, register, "versions", *piet)
    second = _run(ports, register, "propose", "M895", *fatima).split()[1]
    assert _run(ports, register, "withdraw", second, *fatima) == "The proposal is withdrawn.\n"
    states = [one["state"] for one in json.loads(_run(ports, register, "versions", "--json", *fatima))]
    assert states == ["withdrawn", "in_force"]


def test_a_text_that_is_not_there_is_refused(ports: Ports) -> None:
    staff(ports, "fatima", "functional_admin")
    with pytest.raises(NotFound):
        _run(ports, register, "propose", "nowhere.toml", "--as", "fatima@academie.example")


def test_why_says_the_arithmetic_and_no_name(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        number = unit.session.scalars(select(Ticket.number)).one()
    assert "nog geen register" in _retention(ports, "why", number)
    policy_in_force(ports)
    waits = [line for line in _retention(ports, "why", number).splitlines() if "afzender" in line]
    assert len(waits) == 2
    assert all("afzender is nog niet bekend. Vanaf maandag 7 december 2026" in line for line in waits)
    with unit_of_work(ports, SYSTEM) as unit:
        person = unit.session.scalars(select(Person)).one()
        person.kind = "external"
        clock.touch_people(unit, [person.id])
    said = _retention(ports, "why", f"V-{number}", "--language", "en")
    assert said.splitlines() == [
        "It is kept until and including Saturday 22 May 2027.",
        (
            "Rule R13: 6 months after the last message on Sunday 22 November 2026, "
            "so until and including Saturday 22 May 2027."
        ),
        "  Known: nothing yet.",
    ]
    found = json.loads(_retention(ports, "why", number, "--json"))
    assert (found["state"], found["rule"], found["due_on"]) == ("dated", "R13", "2027-05-23")
    assert "Femke" not in json.dumps(found)


def test_counts_add_up(ports: Ports) -> None:
    receive(ports, *(letter(f"{n}", message_id=f"<{n}@x>") for n in range(3)))
    assert json.loads(_retention(ports, "counts", "--json")) == {"waiting:register": 3}


def test_what_waits_too_long_is_told_in_numbers(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    assert set(json.loads(_retention(ports, "late", "--json")).values()) == {0}
    assert isinstance(ports.now, SetClock)
    ports.now.move(dt.timedelta(days=15))
    assert json.loads(_retention(ports, "late", "--json"))["register_missing"] == 1


def test_why_of_no_ticket_is_not_found(ports: Ports) -> None:
    with pytest.raises(NotFound):
        _retention(ports, "why", "2026-99999")
