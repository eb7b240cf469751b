"""Markup that people send stands on the pages as text, and every page is sound: labels, headings, no inline code."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from helpdesk.models import InboundMail
from helpdesk.ports import Ports
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.web.visitor import Form, Page, Visitor

TICKET = "/werk/w/open/2026-00001"
EVIL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</textarea></title><script>alert(1)</script>",
    "{{ 7 * 7 }} {name} %(x)s",
    "' autofocus onfocus=alert(1) x='",
)


def evil_mail(markup: str) -> bytes:
    return letter(
        f"Tekst {markup}",
        subject=f"Onderwerp {markup}",
        sender=f'"{markup.replace(chr(34), "")}" <femke.devries@minbz.example>',
        Cc=f'"{markup.replace(chr(34), "")}" <ahmed@minbz.example>',
        files=((f"{markup.replace('/', '')}.html", markup.encode()),),
        html=f"<p>Opmaak {markup}</p>",
    )


def parked_mail(ports: Ports, raw: bytes) -> None:
    """A mail that waits for a person."""
    (key,) = ports.blobs.stage([raw])
    ports.blobs.settle([key])
    now = ports.now()
    row = {"source": "imap", "mailbox": "academy", "desk_key": "academy", "arrived_at": now, "received_at": now}
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(
            insert(InboundMail).values(size=len(raw), blob=key, state="parked", reason="fault:ValueError", **row)
        )


def all_pages(visitor: Visitor) -> dict[str, Page]:
    """Every kind of page, filled."""
    pages = {
        path: visitor.page(path)
        for path in (
            "/werk/w/open",
            "/werk/w/alle",
            TICKET,
            "/werk/nieuw",
            "/werk/zoeken",
            "/werk/instellingen",
            "/beheer/geparkeerd",
            "/techniek/gezondheid",
            "/werk/bericht/1/bron",
            "/werk/concepten",
            "/werk/meldingen",
            "/werk/hulp",
            "/werk/instellingen/code",
            "/werk/onbekend",
            f"{TICKET}/wie",
            f"{TICKET}/afdrukken?notities=1",
        )
    }
    found = visitor.send(pages["/werk/zoeken"].form("/zoeken"), q="onderwerp")
    wrong = visitor.send(pages[TICKET].form("/antwoord"), text="Ja", to="<b>geen adres</b>")
    pages |= {"found": Page(found.text), "wrong": Page(wrong.text), "absent": Page(visitor.get("/werk/niets").text)}
    return pages


@pytest.mark.parametrize("markup", EVIL)
def test_markup_is_text_everywhere(site_ports: Ports, marije: Visitor, markup: str) -> None:
    receive(site_ports, evil_mail(markup))
    parked_mail(site_ports, evil_mail(markup))
    clean(site_ports)
    marije.send(marije.page(TICKET).form("/notitie"), text=f"Notitie {markup}")
    marije.send(marije.page(TICKET).form("/antwoord"), text=f"Antwoord {markup}")
    marije.send(marije.page("/werk/zoeken").form("/zoeken"), q=markup)
    pages = all_pages(marije)
    assert {path: page.active for path, page in pages.items() if page.active} == {}
    ticket = pages[TICKET]
    assert f"Onderwerp {markup}" in ticket.text
    assert f"Tekst {markup}" in ticket.text
    assert f"Onderwerp {markup}" in pages["/werk/w/alle"].text
    assert "49" not in ticket.headings[0]


def named(page: Page, control: dict[str, str]) -> bool:
    """Whether a label, or elements of this page, give the control its name (WCAG 4.1.2)."""
    by = control.get("aria-labelledby", "").split()
    return control.get("id") in page.labels or bool(control["inside"]) or (bool(by) and set(by) <= set(page.ids))


def guarded(form: Form) -> bool:
    """A form that changes something carries its proof; one that only asks sends the order of a list, and no words."""
    return "formulier" in form.fields if form.method == "post" else set(form.fields) == {"volgorde"}


def test_every_page_is_sound(site_ports: Ports, marije: Visitor, stranger: Visitor) -> None:
    receive(site_ports, letter(html="<p>x</p>", Cc="ahmed@minbz.example"))
    parked_mail(site_ports, letter())
    clean(site_ports)
    pages = all_pages(marije) | {path: stranger.page(path) for path in ("/inloggen", "/wachtwoord-vergeten")}
    assert len(pages) == 21
    for path, page in pages.items():
        assert page.language == "nl", path
        assert len(page.headings) == 1, (path, page.headings)
        assert len(page.ids) == len(set(page.ids)), (path, page.ids)
        unnamed = [one for one in page.controls if not named(page, one)]
        assert not unnamed, (path, unnamed)
        assert {"#inhoud", "#lijst"} & set(page.links), path
        assert all(guarded(form) for form in page.forms), path


def test_templates_mark_nothing_safe_but_our_own_answers() -> None:
    folder = Path(__file__).parents[2] / "web" / "templates"
    safe = {path.name: path.read_text().count("| safe") for path in folder.rglob("*.html")}
    marked = {"_entry.html": 1, "_parts.html": 1, "article.html": 1, "edit.html": 1, "public_answer.html": 1}
    assert {name: count for name, count in safe.items() if count} == marked
