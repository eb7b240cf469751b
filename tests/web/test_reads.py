"""Whoever is given the content of a ticket leaves one line in the log of reads; the line goes with the ticket."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from helpdesk.errors import NotFound
from helpdesk.models import AccessLog, Account, Attachment, Entry, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.reads import HOW, Wanted, reads_page
from helpdesk.read_log import HOWS
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.tickets.show import ticket_json
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import destroyed, due
from tests.house.code_tree import Source, sources
from tests.letters import letter, receive
from tests.retention import staff
from tests.web.conftest import MARIJE
from tests.web.visitor import Visitor

TICKET = "/werk/w/open/2026-00001"
PLACE = "/privacybeheer/logboek"
Line = tuple[str, str, str]


def lines(ports: Ports) -> list[Line]:
    """Who (empty: nobody signed in), the number and how, oldest first."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = (
            select(Account.email, Ticket.number, AccessLog.verb)
            .select_from(AccessLog)
            .join(Ticket, Ticket.id == AccessLog.ticket_id)
            .outerjoin(Account, Account.id == AccessLog.account_id)
        )
        return [(row.email or "", row.number, row.verb) for row in unit.session.execute(found.order_by(AccessLog.id))]


@pytest.fixture
def mailed(site_ports: Ports) -> dict[str, int]:
    """A mail with a layout and a file, and another; the ids of its message and its file."""
    files = (("rooster.pdf", b"%PDF-1.4"),)
    receive(site_ports, letter("Kan dat?", html="<p>Kan <b>dat</b>?</p>", files=files))
    receive(site_ports, letter("Iets anders.", subject="Zaal", message_id="<m2@x>", sender="b@x.example"))
    clean(site_ports)
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        ticket = select(Ticket.id).where(Ticket.number == "2026-00001").scalar_subquery()
        entry = unit.session.scalar(select(Entry.id).where(Entry.ticket_id == ticket)) or 0
        return {"entry": entry, "file": unit.session.scalar(select(Attachment.id)) or 0}


WAYS: dict[str, tuple[str, Callable[[Visitor, str], object]]] = {
    "page": (TICKET, Visitor.get),
    "part": (TICKET, lambda who, path: who.get(path, X_Fragment="ticket")),
    "part of a reader": (TICKET, lambda who, path: who.get(path, X_Fragment="reader")),
    "print": (TICKET + "/afdrukken", Visitor.get),
    "export": (TICKET + "/gesprek.eml", Visitor.get),
    "file": ("/werk/bestand/{file}", Visitor.get),
    "file in its place": ("/werk/bestand/{file}/inline", Visitor.get),
    "source": ("/werk/bericht/{entry}/bron", Visitor.get),
    "source to keep": ("/werk/bericht/{entry}/bron.eml", Visitor.get),
    "html": ("/werk/bericht/{entry}/html", Visitor.get),
    "search": ("/werk/zoeken", lambda who, path: who.send(who.page(path).form(path), q="Femke")),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_reading_leaves_one_line(
    site_ports: Ports, marije: Visitor, mailed: dict[str, int], way: str
) -> None:
    path, read = WAYS[way]
    assert lines(site_ports) == []
    read(marije, path.format(**mailed))
    assert lines(site_ports) == [(MARIJE, "2026-00001", way.split()[0])]


def test_nobody_reads_a_line_into_being_and_lists_leave_none(
    site_ports: Ports, marije: Visitor, tess: Visitor, stranger: Visitor, mailed: dict[str, int]
) -> None:
    for who in (tess, stranger):
        for path, _read in WAYS.values():
            who.get(path.format(**mailed))
    marije.page("/werk/w/open")
    marije.get("/werk/w/open/2026-00099")
    assert lines(site_ports) == []


def test_the_command_line_leaves_a_line_of_nobody(ports: Ports) -> None:
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ticket_json(unit, "2026-00001")
    assert lines(ports) == [("", "2026-00001", "shell")]


def test_what_can_t_be_written_down_is_not_given_out(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter("Geheim woord."))
    with site_ports.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE access_log RENAME TO away")
    answer = marije.get(TICKET)
    assert answer.status_code == 503
    assert "Geheim woord" not in answer.text


def test_an_officer_finds_lines_by_person_ticket_and_day(
    site_ports: Ports, marije: Visitor, sander: Visitor, priya: Visitor
) -> None:
    receive(site_ports, letter(), letter("Iets anders.", message_id="<m2@x>", sender="b@x.example"))
    assert "Er is nog niets gelezen." in priya.page(PLACE).text
    marije.page(TICKET)
    sander.page("/werk/w/open/2026-00002")
    for _ in range(100):
        marije.get(TICKET, X_Fragment="ticket")
    page = priya.page(PLACE)
    assert priya.get(PLACE).text.count("<td>Laadde de vraag opnieuw</td>") == 100
    older = next(link for link in page.links if "voor=" in link)
    rest = priya.get(older).text
    assert "<td>Sander Kok</td>" in rest
    assert rest.count("<td>Opende de vraag</td>") == 2
    by_ticket = priya.get(f"{PLACE}?vraag=V-2026-2&dag=22+nov+2026").text
    assert "<td>Sander Kok</td>" in by_ticket
    assert "<td>Laadde" not in by_ticket
    assert priya.get(f"{PLACE}?hoe=page").text.count("<td>Opende de vraag</td>") == 2
    assert "past" in priya.page(f"{PLACE}?hoe=file").text
    assert "past" in priya.page(f"{PLACE}?wie=0").text
    assert "past" in priya.page(f"{PLACE}?dag=21-11-2026").text
    wrong = priya.page(f"{PLACE}?dag=gisteren&vraag=x").text
    assert "Schrijf de dag als 31-12-2026." in wrong
    assert "Schrijf het nummer als V-2026-01342." in wrong


def test_the_log_goes_with_the_ticket(ports: Ports) -> None:
    admin, officer = staff(ports, "fatima", "functional_admin"), staff(ports, "piet", "privacy_officer")
    numbers = due(ports, 2)
    receive(ports, letter("Blijft.", sender="c@x.example", message_id="<blijft@x>"))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        kept = unit.session.scalar(select(Ticket.number).where(Ticket.retention_state != "due")) or ""
        for number in (*numbers, kept):
            ticket_json(unit, number)
    assert len(lines(ports)) == 3
    destroyed(ports, admin, officer)
    with unit_of_work(ports, officer, write=False) as unit:
        found, _after = reads_page(unit, Wanted())
        assert {line.number for line in found} == {kept}
        assert unit.session.scalar(select(func.count()).select_from(AccessLog)) == 1
    with unit_of_work(ports, admin, write=False) as unit, pytest.raises(NotFound):
        reads_page(unit, Wanted())


def _imported(source: Source) -> set[str]:
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom)]
    return {one.name for node in nodes for one in node.names}


def test_every_way_has_words_and_nobody_reads_a_thread_past_the_log() -> None:
    assert set(HOW) == set(HOWS)
    shown = [source for source in sources("web", "helpdesk") if re.match(r"web\.|helpdesk\.commands", source.module)]
    assert [source.path for source in shown if "thread_of" in _imported(source)] == []
    assert any("read_thread" in _imported(source) for source in shown)
