"""Answers as pages: the same for everybody and kept, internal ones not there, a late save given back, texts put in."""

from __future__ import annotations

import gzip
from urllib.parse import quote

import pytest
from flask import Flask

from helpdesk.knowledge.articles import Words
from helpdesk.people.accounts import actor_named
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.knowledge import INTERNAL, MOVING, VISA, VISA_EN, write
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.asker import DOOR, FEMKE, link_in, mailed
from tests.web.browsing import browsing, served
from tests.web.conftest import MARIJE
from tests.web.visitor import Page, Visitor
from workers.demo import answers

ALL, TICKET = "/werk/antwoorden", "/werk/w/alle/2026-00001"
ROOM = 14 * 1024
"""Bytes of a page for everybody, compressed: it fits the first flight of TCP (interface 3.10)."""


@pytest.fixture
def author(site_ports: Ports) -> Actor:
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        return actor_named(unit, MARIJE)


def test_a_page_is_the_same_for_everybody_and_may_be_kept(
    site_ports: Ports, author: Actor, stranger: Visitor, marije: Visitor
) -> None:
    first = answers.write(site_ports, author)[0]
    for path in ("/antwoorden", f"/antwoorden/{first}", f"/antwoorden/{first}?taal=en", "/antwoorden?onderwerp=1"):
        answer, staff = stranger.client.get(path), marije.client.get(path)
        assert answer.data == staff.data
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert "Set-Cookie" not in answer.headers
        assert "Set-Cookie" not in staff.headers
        again = stranger.client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert len(gzip.compress(answer.data)) < ROOM
        assert b"<script" not in answer.data
        assert b'rel="stylesheet"' not in answer.data
        assert Page(answer.text).active == []
    english = stranger.page(f"/antwoorden/{first}?taal=en")
    assert (english.language, english.headings) == ("en", ["Move or cancel a training"])
    assert f"/antwoorden/{first}?taal=en" in stranger.page("/antwoorden?taal=en").links


def test_what_is_internal_reads_as_what_is_not_there(
    site_ports: Ports, author: Actor, stranger: Visitor, marije: Visitor
) -> None:
    write(site_ports, author, VISA)
    hidden = write(site_ports, author, INTERNAL, internal=True)
    draft = write(site_ports, author, Words("Zwaardwalvis", "Zwaardwalvissen"), publish=False)
    for who in (stranger, marije):
        who.client.get("/antwoorden/9")
        nothing = who.client.get("/antwoorden/9")
        for article_id in (hidden, draft):
            answer = who.client.get(f"/antwoorden/{article_id}")
            assert answer.status_code == nothing.status_code == 404
            assert answer.data == nothing.data.replace(b"/antwoorden/9", f"/antwoorden/{article_id}".encode())
            assert dict(answer.headers) == dict(nothing.headers)
            told = who.client.post(f"/antwoorden/{article_id}/hielp", data={"hielp": "ja", "versie": "1"})
            assert told.status_code == 404
    found = stranger.send(stranger.page("/antwoorden").form("/zoeken"), q="zwaardwalvis vrijstelling visum")
    assert VISA.title in found.text
    assert "1 antwoord gevonden" in found.text
    assert not {INTERNAL.title, "Zwaardwalvis"} & set(Page(found.text).text.split("  "))
    assert found.headers["Cache-Control"] == "private, no-cache"
    assert found.request.query_string == b""
    assert INTERNAL.title in marije.page(ALL).text


def test_it_helped_or_leads_on_to_a_question(
    site_ports: Ports, author: Actor, stranger: Visitor, marije: Visitor
) -> None:
    visa = write(site_ports, author, VISA, VISA_EN)
    form = stranger.page(f"/antwoorden/{visa}?taal=en").form("/hielp")
    assert "Thank you" in stranger.send(form, hielp="ja").text
    asked = stranger.send(form, follow=False, hielp="nee")
    assert (asked.status_code, asked.location) == (303, f"/mijn-vragen/nieuw?antwoord={visa}&taal=en")
    assert stranger.send(form, hielp="misschien").status_code == 422
    elsewhere = stranger.client.post(
        form.action, data={"hielp": "ja", "versie": "1"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert elsewhere.status_code == 403
    assert "1 van 2" in marije.page(f"{ALL}/{visa}").text


def test_who_must_sign_in_first_still_asks_about_the_answer_and_in_its_language(
    site_ports: Ports, author: Actor, stranger: Visitor
) -> None:
    receive(site_ports, letter())
    visa = write(site_ports, author, VISA, VISA_EN)
    door = Page(stranger.send(stranger.page(f"/antwoorden/{visa}?taal=en").form("/hielp"), hielp="nee").text)
    assert door.headings == ["Sign in to My questions"]
    stranger.send(door.form(DOOR), email=FEMKE)
    link = link_in(mailed(site_ports, FEMKE))
    there = Page(stranger.send(stranger.page(link).form(link)).text)
    assert VISA_EN.title in there.text
    assert there.form("/nieuw").fields["antwoord"] == str(visa)
    dutch = Page(stranger.send(there.form("/mijn-vragen/taal"), taal="nl").text)
    assert VISA.title in dutch.text
    for elsewhere in ("//elders.example", "/mijn-vragen/nieuw?antwoord=1#x", "/mijn-vragen?a=https://x", "/werk"):
        went = stranger.get(f"{DOOR}?naar={quote(elsewhere)}").request
        assert (went.path, went.query_string) == ("/mijn-vragen", b""), elsewhere


def test_a_late_save_is_refused_with_its_text_and_a_preview_keeps_nothing(
    site_ports: Ports, author: Actor, marije: Visitor, sander: Visitor
) -> None:
    visa = write(site_ports, author, VISA)
    place = f"{ALL}/{visa}/bewerken"
    early, late = marije.page(place).form("/bewerken"), sander.page(place).form("/bewerken")
    seen = marije.send(early, act="preview", body_nl="Eerst *dit*.\n\n<script>alert(1)</script>")
    assert "<em>dit</em>" in seen.text
    assert "<script>alert" not in seen.text
    assert marije.send(early, act="publish", body_nl="Twaalf weken.").request.path == f"{ALL}/{visa}"
    refused = sander.send(late, act="publish", body_nl="Veertien weken, dacht Sander.")
    assert refused.status_code == 409
    again = Page(refused.text).form("/bewerken")
    assert again.fields["body_nl"] == "Veertien weken, dacht Sander."
    assert "Twaalf weken." in marije.page(f"/antwoorden/{visa}").text
    sander.send(again, act="publish")
    assert "Veertien weken" in marije.page(f"/antwoorden/{visa}").text
    changes = marije.get(f"{ALL}/{visa}/versies?van=2&naar=3").text
    assert "<del>Twaalf</del><ins>Veertien</ins>" in changes
    first = Page(marije.get(f"{ALL}/{visa}/versies").text).forms
    restore = next(form for form in first if form.fields.get("number") == "1")
    assert "acht weken" in marije.send(restore).text
    assert "Veertien weken" in marije.page(f"/antwoorden/{visa}").text


def test_without_scripts_a_text_goes_below_the_draft(site_ports: Ports, author: Actor, marije: Visitor) -> None:
    receive(site_ports, letter(subject="Training verzetten"))
    write(site_ports, author, MOVING)
    begun = marije.send(marije.page(TICKET).form("/invoegen"), text="Beste Femke,", to="anders@minbz.example")
    assert begun.request.path == f"{TICKET}/invoegen"
    texts = [form for form in Page(begun.text).forms if form.fields.get("kind") in ("text", "link")]
    assert [form.fields["kind"] for form in texts] == ["text", "link"]
    for form in texts:
        there = marije.send(form)
    answer = Page(there.text).form("/antwoord")
    assert answer.fields["to"] == "anders@minbz.example"
    link = f"[{MOVING.title}](https://helpdesk.example/antwoorden/1?taal=nl)"
    assert answer.fields["text"] == f"Beste Femke,\n\n{MOVING.body}\n\n{link}"
    refused = marije.send(answer, text="Op [[datum?]] om {tijd}.")
    assert refused.status_code == 422
    assert "Vul eerst in, of haal weg: datum, tijd." in refused.text
    assert Page(refused.text).form("/antwoord").fields["text"] == "Op [[datum?]] om {tijd}."


def test_by_keys_alone_a_text_goes_where_the_caret_is(
    app: Flask, site_ports: Ports, author: Actor, marije: Visitor, chromium: Chromium
) -> None:
    receive(site_ports, letter())
    answers.write(site_ports, author)
    cookie = marije.client.get_cookie("helpdesk")
    assert cookie is not None
    with served(app) as address, browsing(chromium, address) as context:
        context.add_cookies([{"name": "helpdesk", "value": cookie.value, "url": address}])
        page = context.new_page()
        page.goto(TICKET)
        page.wait_for_function("() => document.documentElement.classList.contains('js')")
        page.keyboard.press("r")
        page.keyboard.type("Voor.")
        page.keyboard.press("Enter")
        page.keyboard.type("Achter.")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("End")
        page.keyboard.press("Control+;")
        page.wait_for_selector("dialog #zoek-stuk:focus")
        page.keyboard.type("ernaar")
        page.wait_for_function("() => document.querySelectorAll('dialog #stukken li').length === 1")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog", state="detached")
        area = page.locator("#antwoord-tekst")
        page.keyboard.type("vrijdag")
        said = area.input_value()
        assert said.startswith("Voor.\n\nDag Femke,\n\nDank voor je bericht over Training verzetten.")
        assert "uiterlijk vrijdag van ons" in said
        assert said.endswith("Marije Bos\nAchter.")
