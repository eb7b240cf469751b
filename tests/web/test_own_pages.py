"""Pages about oneself and about whole conversations: bell, drafts, help, print and mail."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from html import unescape

import pytest

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.visitor import Page, Visitor
from web.keys import KEYS, PLACES, keys_json

TICKET = "/werk/w/open/2026-00001"


@pytest.fixture
def told(site_ports: Ports, marije: Visitor, sander: Visitor) -> Visitor:
    """A ticket with an answer and a note, which Sander gave to Marije."""
    receive(site_ports, letter(files=(("rooster.pdf", b"%PDF-1.4"),)))
    sander.send(sander.page(TICKET).form("/antwoord"), text="Dat **kan**.", status="open")
    sander.send(sander.page(TICKET).form("/notitie"), text="Geheim: budget")
    sander.send(sander.page(TICKET).form("/toewijzen"), account="1")
    return marije


def test_the_bell_counts_leads_and_falls_silent(told: Visitor, sander: Visitor) -> None:
    page = told.page("/werk/w/open")
    assert "/werk/meldingen" in page.links
    assert "1 ongelezen" in page.text
    bell = told.page("/werk/meldingen")
    assert "aan jou toegewezen (door Sander Kok)" in re.sub(r"\s+", " ", bell.text)
    opened = told.send(next(form for form in bell.forms if form.fields.get("number")))
    assert opened.request.path == "/werk/w/alle/2026-00001"
    assert "1 ongelezen" not in told.page("/werk/w/open").text
    assert told.page("/werk/meldingen").headings == ["Meldingen"]
    assert "Er zijn geen meldingen." in sander.page("/werk/meldingen").text


def test_all_notices_are_marked_at_once(told: Visitor) -> None:
    done = told.send(told.page("/werk/meldingen").form("/gelezen"))
    assert "Alle meldingen zijn gelezen." in done.text
    assert "Ongelezen" not in done.text


def test_drafts_are_listed_and_thrown_away(told: Visitor, sander: Visitor) -> None:
    told.send(told.page(TICKET).form("/concept/answer"), text="Een half antwoord")
    page = told.page("/werk/concepten")
    assert "Een half antwoord" in page.text
    assert any("2026-00001" in link and link.endswith("#antwoord") for link in page.links)
    assert "Een half antwoord" not in sander.page("/werk/concepten").text
    told.send(page.form("/weg"))
    assert "Je hebt geen concepten." in told.page("/werk/concepten").text


def test_the_print_leaves_out_notes_unless_asked(told: Visitor) -> None:
    plain = told.page(f"{TICKET}/afdrukken")
    assert "Dat" in plain.text
    assert "Geheim" not in plain.text
    assert "Bevat interne notities" not in plain.text
    assert "Marije Bos" in plain.text
    assert re.search(r"sha256:[0-9a-f]{64}\b", plain.text)
    (link,) = [link for link in plain.links if "notities=1" in link]
    full = told.page(link)
    assert "Geheim: budget" in full.text
    assert "Bevat interne notities" in full.text


def test_the_mail_is_a_download_without_notes(told: Visitor) -> None:
    answer = told.client.get(f"{TICKET}/gesprek.eml")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="V-2026-00001_2026-11-22.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    mail = message_from_bytes(answer.data, policy=policy.default)
    assert mail.get_content_type() == "multipart/mixed"
    assert b"Geheim" not in answer.data
    assert b"Geheim" in told.client.get(f"{TICKET}/gesprek.eml?notities=1").data


@pytest.mark.parametrize("path", ["/afdrukken", "/gesprek.eml"])
def test_papers_of_a_ticket_that_is_not_there(told: Visitor, tess: Visitor, path: str) -> None:
    assert told.get(f"/werk/w/open/2026-00009{path}").status_code == 404
    assert told.get(f"/werk/w/nergens/2026-00001{path}").status_code == 404
    assert tess.get(f"{TICKET}{path}").status_code == 404


def test_help_shows_every_key_and_scripts_read_the_same_ones(marije: Visitor, tess: Visitor) -> None:
    text = marije.page("/werk/hulp").text
    for key in KEYS:
        assert key.place in PLACES
        for stroke in key.keys.split(" "):
            assert stroke.replace("Control", "Ctrl").replace("Escape", "Esc") in text
    assert json.loads(keys_json(str.upper)) == [[key.keys, key.place, key.action, key.words.upper()] for key in KEYS]
    assert len({(key.keys, key.place) for key in KEYS}) == len(KEYS)
    assert len({key.action for key in KEYS}) == len(KEYS)
    assert tess.page("/werk/hulp").headings == ["Hulp"]


def test_no_key_hides_another_where_both_count() -> None:
    """A key of one place may not begin a sequence of the same place, except `y`, whose second stroke adds to it."""
    for place in PLACES:
        own = [key.keys for key in KEYS if key.place in {place, "everywhere"}]
        hidden = {keys for keys in own for other in own if other.startswith(keys + " ")}
        assert hidden <= {"y"}, place


def test_choices_are_kept_and_used(told: Visitor) -> None:
    form = told.page("/werk/instellingen").form("/voorkeuren")
    saved = told.send(form, theme="dark", shortcuts="ctrl", undo_seconds="30", notify_mail="1")
    assert "Je keuzes zijn opgeslagen." in saved.text
    assert 'data-theme="dark"' in saved.text
    again = Page(saved.text).form("/voorkeuren").fields
    assert (again["theme"], again["shortcuts"], again["undo_seconds"]) == ("dark", "ctrl", "30")
    assert again["notify_mail"] == "1"
    assert "werken samen met Ctrl" in told.page("/werk/hulp").text
    wrong = told.send(form, theme="roze")
    assert wrong.status_code == 422
    assert "Kies een van de kleuren." in unescape(wrong.text)
    sent = told.send(told.page(TICKET).form("/antwoord"), text="Nog iets")
    assert "12:00:30" in sent.text or "13:00:30" in sent.text
