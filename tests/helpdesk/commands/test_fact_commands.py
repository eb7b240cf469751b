"""`helpdesk fact`, `import`, `imports` and `person`, as somebody at the shell uses them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from helpdesk.commands.console import Console
from helpdesk.commands.fact import fact
from helpdesk.commands.importing import group, import_file
from helpdesk.commands.person import person
from helpdesk.commands.retention import retention
from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.ports import Ports
from tests.helpdesk.facts.sheets import as_csv
from tests.imports import M250, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

ADMIN = ("--as", "fatima@academie.example")
SETTLED = ["Personeelsnummer", "Datum afhandeling"]


@pytest.fixture
def console(ports: Ports) -> Console:
    """A console on these ports, with an administrator, an advisor and a privacy officer."""
    staff(ports, "fatima", "functional_admin")
    staff(ports, "sanne", "advisor")
    staff(ports, "piet", "privacy_officer")
    found = Console({"HELPDESK_LANGUAGE": "en"}, lambda _settings: ports, lambda settings: settings.data)
    found.__dict__["ports"] = ports
    return found


def run(console: Console, command: click.Command, *words: str) -> str:
    """What a command prints; what it raises is raised."""
    found = CliRunner().invoke(command, list(words), obj=console)
    if found.exception:
        raise found.exception
    return found.output


def _file(folder: Path, rows: list[list[str]]) -> str:
    path = folder / "export.csv"
    path.write_bytes(as_csv(rows))
    return str(path)


def test_a_file_is_looked_at_and_brought_in(console: Console, tmp_path: Path) -> None:
    file = _file(tmp_path, [M250, row("12", "a@x.example", "01-02-2027"), row("13", "geen adres")])
    looked = run(console, import_file, "m250", file, *ADMIN)
    assert "2 rows." in looked
    assert "Known columns that are not kept: Pinsnummer." in looked
    assert "Line 2: 12: end of employment on Monday 1 February 2027" in looked
    assert "Line 3: The e-mail address is no e-mail address." in looked
    assert run(console, import_file, "m250", file, "--dry-run", "--apply", *ADMIN) == looked
    assert json.loads(run(console, group, "list", "--json", *ADMIN)) == []
    assert "Import 1: done, 2 of 2 rows." in run(console, import_file, "m250", file, "--apply", "--remove", *ADMIN)
    assert not Path(file).exists()
    (one,) = json.loads(run(console, group, "list", "--json", *ADMIN))
    assert (one["state"], one["counts"]) == ("done", one["foreseen"])
    assert "Line 3" in run(console, group, "problems", "1", *ADMIN)


def test_what_the_brake_stops_a_second_person_lets_through(console: Console, tmp_path: Path) -> None:
    run(console, import_file, "m250", _file(tmp_path, [M250, row("1", "a@x.example")]), "--apply", *ADMIN)
    file = _file(tmp_path, [SETTLED, ["1", "03-25-2020"]])
    assert "other way round" in run(console, import_file, "settlements", file, "--apply", *ADMIN)
    with pytest.raises(NotFound):
        run(console, group, "allow", "2", "--reason", "klopt", *ADMIN)
    allowed = run(console, group, "allow", "2", "--reason", "klopt", "--as", "piet@academie.example")
    assert "Import 2: done, 1 of 1 rows." in allowed


def test_a_stopped_import_lets_the_next_one_begin(console: Console, tmp_path: Path) -> None:
    file = _file(tmp_path, [SETTLED, ["1", "03-25-2020"]])
    run(console, import_file, "settlements", file, "--apply", *ADMIN)
    with pytest.raises(HelpdeskError, match="not finished"):
        run(console, import_file, "settlements", file, "--apply", *ADMIN)
    assert run(console, group, "stop", "1", *ADMIN) == "Import 1 is stopped.\n"
    with pytest.raises(HelpdeskError, match="not started"):
        run(console, group, "continue", "1", *ADMIN)
    assert "done" in run(console, import_file, "settlements", file, "--dates", "mdy", "--apply", *ADMIN)


def test_facts_by_hand_and_why_a_ticket_is_kept(console: Console, ports: Ports, tmp_path: Path) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag", sender="Femke <a@x.example>"))
    run(console, import_file, "m250", _file(tmp_path, [M250, row("12", "a@x.example")]), "--apply", *ADMIN)
    words = ("add", "12", "dismissal.settled", "2020-02-29", "--reference", "brief", "--reason", "transfer", *ADMIN)
    assert run(console, fact, *words) == "Recorded as fact 1.\n"
    why = run(console, retention, "why", "V-2026-00001", "--language", "en")
    assert why == (
        "It is kept until and including Sunday 28 February 2027.\n"
        "Rule R1: 7 years after the administrative settlement of the dismissal on Saturday 29 February 2020, so until "
        "and including Sunday 28 February 2027.\n"
        "  Known: settlement of the dismissal on Saturday 29 February 2020.\n"
    )
    run(console, fact, "correct", "1", "2021-03-01", "--reference", "brief 2", *ADMIN)
    found = json.loads(run(console, retention, "why", "2026-00001", "--json"))
    assert (found["state"], found["rule"], found["due_on"]) == ("dated", "R1", "2028-03-02")
    run(console, fact, "retract", "2", "--reference", "uitspraak", *ADMIN)
    assert "Known: nothing yet." in run(console, retention, "why", "2026-00001", "--language", "en")
    rows = json.loads(run(console, fact, "list", "a@x.example", "--json", *ADMIN))
    assert [one["state"] for one in rows] == ["corrected", "retracted", "retraction"]
    assert "uitspraak" in run(console, fact, "list", "12", *ADMIN)
    system = ("add", "system", "system.lms.end_of_life", "2026-01-01", "--reference", "besluit", *ADMIN)
    assert run(console, fact, *system) == "Recorded as fact 4.\n"


def test_unknown_senders_are_matched_at_the_shell(console: Console, ports: Ports, tmp_path: Path) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag", sender="Femke <thuis@x.example>"))
    run(console, import_file, "m250", _file(tmp_path, [M250, row("12", "a@x.example")]), "--apply", *ADMIN)
    sanne = ("--as", "sanne@academie.example")
    (one,) = json.loads(run(console, person, "unmatched", "--json", *sanne))
    assert one == {"number": "2026-00001", "address": "thuis@x.example", "until": "2026-12-06", "days_left": 14}
    run(console, person, "match", "V-2026-00001", "12", *sanne)
    assert run(console, person, "unmatched", *sanne) == ""
    run(console, person, "undo", "2026-00001", *sanne)
    assert "thuis@x.example" in run(console, person, "unmatched", *sanne)
    run(console, person, "kind", "2026-00001", "external", *sanne)
    assert run(console, person, "unmatched", *sanne) == ""
    with pytest.raises(NotFound):
        run(console, fact, "list", "12", *sanne)
    with pytest.raises(NotFound):
        run(console, person, "unmatched", "--as", "nobody@academie.example")
