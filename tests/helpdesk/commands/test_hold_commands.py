"""`helpdesk hold`, as somebody at the shell uses it."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import update

from helpdesk.commands.console import Console
from helpdesk.commands.hold import hold
from helpdesk.errors import Conflict, HelpdeskError, NotAllowed, NotFound
from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive, wait
from tests.retention import staff

FATIMA = ("--as", "fatima@academie.example")
PIET = ("--as", "piet@academie.example")
WOO = ("woo", "--reference", "Woo-2026-14", "--reason", "verzoek")


@pytest.fixture
def console(ports: Ports) -> Console:
    """A console on these ports, with an administrator, a privacy officer and an advisor, and two tickets."""
    staff(ports, "fatima", "functional_admin")
    staff(ports, "piet", "privacy_officer")
    staff(ports, "sanne", "advisor")
    receive(ports, letter("Over reiskosten.", message_id="<1@x>"))
    receive(ports, letter("Iets anders.", message_id="<2@x>", sender="b@x.example", subject="Anders"))
    return _console(ports, "en")


def _console(ports: Ports, language: str) -> Console:
    found = Console({"HELPDESK_LANGUAGE": language}, lambda _settings: ports, lambda settings: settings.data)
    found.__dict__["ports"] = ports
    return found


def run(console: Console, command: click.Command, *words: str) -> str:
    """What a command prints; what it raises is raised."""
    found = CliRunner().invoke(command, list(words), obj=console)
    if found.exception:
        raise found.exception
    return found.output


def test_a_hold_from_placing_to_release(console: Console) -> None:
    placed = run(console, hold, "place", *WOO, "--query", "reiskosten", "--owner", "piet@academie.example", *FATIMA)
    assert placed == "Hold 1 is placed.\nIt keeps 1 ticket.\n"
    (one,) = json.loads(run(console, hold, "list", "--json", *PIET))
    assert (one["kind"], one["scope"], one["state"], one["owner"]) == ("woo", "query", "standing", "Piet")
    assert (one["review_on"], one["tickets"], one["overdue"]) == ("2027-05-22", 1, False)
    shown = json.loads(run(console, hold, "show", "1", "--json", *FATIMA))
    assert (shown["numbers"], shown["query"], shown["reason"]) == (["2026-00001"], "reiskosten", "verzoek")
    assert "Woo-2026-14" in run(console, hold, "show", "1", *FATIMA)
    assert run(console, hold, "review", "1", "2027-01-31", *FATIMA) == "Recorded.\n"
    with pytest.raises(Conflict):
        run(console, hold, "release", "1", *PIET)
    assert "Somebody else" in run(console, hold, "release-propose", "1", "--reason", "De zaak is gesloten", *FATIMA)
    with pytest.raises(NotFound):
        run(console, hold, "release", "1", *FATIMA)
    assert run(console, hold, "release", "1", *PIET) == "Released; it kept 1 ticket.\n"
    assert run(console, hold, "list", *PIET) == ""
    (gone,) = json.loads(run(console, hold, "list", "--all", "--json", *PIET))
    assert (gone["state"], gone["release_asked_by"], gone["released_by"]) == ("released", "Fatima", "Piet")


def test_tickets_by_number_and_one_that_is_too_late(console: Console, ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        late = update(Ticket).where(Ticket.number == "2026-00002").values(retention_state="destroying")
        unit.session.execute(late)
    both = ("--ticket", "V-2026-00001", "--ticket", "2026-00002")
    assert run(_console(ports, "nl"), hold, "place", *WOO, *both, *FATIMA) == (
        "Bewaarplicht 1 staat erop.\nEr valt 1 vraag onder.\nTe laat voor 2026-00002: die wordt al vernietigd.\n"
    )
    with pytest.raises(Conflict, match="too late"):
        run(console, hold, "place", *WOO, "--ticket", "2026-00002", *FATIMA)


def test_an_overdue_review_is_said_in_the_list(console: Console, ports: Ports) -> None:
    run(console, hold, "place", *WOO, "--ticket", "2026-00001", "--review-on", "2026-12-01", *FATIMA)
    assert "review day" not in run(console, hold, "list", *FATIMA)
    wait(ports, ports.now() - ports.now().replace(month=10))
    listed = run(console, hold, "list", *FATIMA)
    assert "2026-12-01" in listed
    assert "Its review day has passed." in listed


@pytest.mark.parametrize("words", [("list",), ("show", "1"), ("place", *WOO, "--ticket", "2026-00001")])
def test_an_advisor_has_nothing_to_do_with_holds(console: Console, words: tuple[str, ...]) -> None:
    with pytest.raises(NotFound):
        run(console, hold, *words, "--as", "sanne@academie.example")


def test_nobody_is_their_own_second_person(console: Console) -> None:
    run(console, hold, "place", *WOO, "--ticket", "2026-00001", *PIET)
    run(console, hold, "release-propose", "1", "--reason", "De zaak is gesloten", *PIET)
    with pytest.raises(NotAllowed):
        run(console, hold, "release", "1", *PIET)
    with pytest.raises(HelpdeskError, match="tickets, or a person, or a query"):
        run(console, hold, "place", *WOO, *PIET)
