"""A guest on the pages: begins, is marked at the desk, signs in and has the conversation in their own name."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from helpdesk.ports import Ports
from tests.chats import Office
from tests.made_app import made_app
from tests.web.asker import link_in, mailed, signs_in
from tests.web.conftest import MARIJE
from tests.web.visitor import Page, Visitor

FORM, WHO, DESK = "/chat/gast", "/chat/koppelen", "/werk/chat"


def test_without_the_setting_there_is_no_such_page(app: Flask, stranger: Visitor) -> None:
    assert stranger.get(FORM).status_code == 404
    form = stranger.page("/mijn-vragen/inloggen").form("/mijn-vragen/taal")
    fields = form.fields | {"text": "Hallo", "client_id": "page-1-line-1"}
    assert stranger.client.post(FORM, data=fields).status_code == 404
    assert Visitor(app).client.get("/chat").status_code == 303


def test_a_guest_chats_and_then_says_who_they_are(site_ports: Ports) -> None:
    ports = replace(site_ports, settings=replace(site_ports.settings, chat_guests=True))
    app = made_app(ports)
    Office(ports).asker()
    bo, marije, ahmed = Visitor(app), Visitor(app), Visitor(app)
    assert "Er is nu niemand om te chatten." in bo.page(FORM).text
    marije.sign_in(MARIJE)
    marije.send(marije.page(DESK).form("/bereikbaar"), state="available", capacity="2")
    wrong = bo.send(bo.page(FORM).form(FORM), text="Wanneer begint het?", email="geen adres")
    assert wrong.status_code == 422
    begun = bo.send(Page(wrong.text).form(FORM), email="", name="Bo")
    room = begun.request.path
    page = Page(begun.text)
    assert "Je chat zonder dat je bent ingelogd." in page.text
    assert [form for form in page.forms if "files" in form.fields or form.action.endswith("/verslag")] == []
    for path in ("/mijn-vragen", "/mijn-gegevens", "/mijn-vragen/2026-00001"):
        assert bo.client.get(path).status_code == 303, "good for the chat alone"
    assert bo.get("/mijn-vragen/inloggen").status_code == 200
    desk = Page(marije.send(marije.page(DESK).form("/volgende")).text)
    assert "Niet geverifieerd – niemand weet wie dit is." in desk.text
    marije.send(desk.form("/bevestigen"))
    marije.send(desk.form("/bevestigen"))
    assert bo.page(room).text.count("https://helpdesk.example/chat/koppelen") == 1
    signs_in(ahmed, ports, "femke.devries@minbz.example")
    assert ahmed.get(room).status_code == 404
    assert ahmed.client.get(WHO).status_code == 303
    sent = bo.send(bo.page(WHO).form("/inloggen"), email="femke.devries@minbz.example")
    assert sent.status_code == 200
    path = link_in(mailed(ports, "femke.devries@minbz.example"))
    there = bo.send(bo.page(path).form(path))
    assert there.request.path == WHO
    bound = bo.send(Page(there.text).form(WHO))
    assert "Het gesprek staat nu op je naam." in bound.text
    assert "Ingelogd als femke.devries@minbz.example" in bound.text
    assert "Wanneer begint het?" in bo.page("/mijn-vragen").text
    assert "Niet geverifieerd" not in marije.page(DESK + "/2026-00001").text
    assert bo.client.get(WHO).status_code == 303
