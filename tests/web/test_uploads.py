"""Sending a file in pieces over HTTP: what a script is told, and that nobody else is told anything."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.asker import signs_in
from tests.web.visitor import Visitor

OWN, STAFF = "/mijn-bestanden", "/werk/opsturen"
ID, PDF = "a1" * 16, b"%PDF-1.7\n" + b"x" * 300
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def femke(site_ports: Ports, app: Flask) -> Visitor:
    """Somebody who asked something, signed in."""
    receive(site_ports, letter())
    visitor = Visitor(app)
    signs_in(visitor, site_ports)
    return visitor


def token(who: Visitor, where: str = OWN) -> str:
    """The token of the forms of this visitor."""
    page = who.page("/hulp" if where == OWN else "/werk/hulp")
    return next(form.fields["formulier"] for form in page.forms if "formulier" in form.fields)


def begin(who: Visitor, where: str = OWN, **said: str) -> TestResponse:
    given = {"id": ID, "name": "rooster.pdf", "size": str(len(PDF)), "formulier": token(who, where)} | said
    return who.client.post(where, data=given, headers=SAME)


def piece(who: Visitor, offset: int, content: bytes, where: str = OWN, **headers: str) -> TestResponse:
    said = {
        "Upload-Offset": str(offset),
        "X-Formulier": token(who, where),
        "Content-Type": "application/offset+octet-stream",
    }
    return who.client.patch(f"{where}/{ID}", data=content, headers=SAME | said | headers)


def told(answer: TestResponse) -> tuple[int, str | None, str | None]:
    return answer.status_code, answer.headers.get("Upload-Offset"), answer.headers.get("Upload-Complete")


def test_a_script_is_told_where_to_go_on(femke: Visitor) -> None:
    begun = begin(femke)
    assert told(begun) == (201, "0", "?0")
    assert begun.headers["Location"] == f"{OWN}/{ID}"
    assert told(piece(femke, 0, PDF[:100])) == (204, "100", "?0")
    assert told(piece(femke, 0, PDF[:100]))[0] == 409
    where = femke.client.head(f"{OWN}/{ID}")
    assert told(where) == (204, "100", "?0")
    assert where.headers["Cache-Control"] == "no-store"
    assert told(piece(femke, 100, PDF[100:])) == (204, str(len(PDF)), "?1")
    assert told(begin(femke)) == (201, str(len(PDF)), "?1")
    form = femke.page("/mijn-vragen/nieuw").form("/nieuw")
    refused = femke.send(form, text=" ", uploads=ID)
    assert 'name="uploads" value="' + ID in refused.text, "a file that came stays chosen"
    sent = femke.client.post(
        form.action, data=form.fields | {"text": "Zie bijlage", "uploads": ID}, headers=SAME | {"X-Sure": "1"}
    )
    page = femke.page(sent.json["location"].replace("/verstuurd", ""))  # type: ignore[index] # JSON for the script
    file = next(link for link in page.links if "/bestand/" in link)
    assert femke.client.get(file).data == PDF


def test_what_is_refused_says_why(femke: Visitor) -> None:
    assert begin(femke, size="0").json == {
        "problem": "Het bestand rooster.pdf is leeg. Kies het opnieuw, of laat het weg."
    }
    assert begin(femke, size="20000001").status_code == 422
    assert begin(femke, id="kort").status_code == 422
    begin(femke)
    wrong = piece(femke, 0, b"MZ" + PDF[2:])
    assert wrong.status_code == 422
    assert wrong.json is not None
    assert wrong.json["problem"].startswith("Het bestand rooster.pdf moet een pdf")
    assert piece(femke, 0, b"%PDF" + b"x" * 1_100_000).status_code == 413
    assert femke.client.post(f"{OWN}/{ID}/weg", data={"formulier": token(femke)}, headers=SAME).status_code == 204
    assert femke.client.get(f"{OWN}/{ID}").status_code == 404


def test_nobody_else_is_told_that_it_is_there(site_ports: Ports, app: Flask, femke: Visitor, marije: Visitor) -> None:
    begin(femke)
    other = Visitor(app)
    receive(site_ports, letter(sender="Ahmed <ahmed@minbz.example>", message_id="<m9@x.example>"))
    signs_in(other, site_ports, "ahmed@minbz.example")
    for verb, there in (("get", f"{OWN}/{ID}"), ("get", f"{OWN}/{'b' * 32}")):
        assert getattr(other.client, verb)(there).status_code == 404
    assert piece(other, 0, PDF).status_code == 404
    assert piece(femke, 0, PDF, **{"X-Formulier": "x"}).status_code == 403
    assert Visitor(app).client.get(f"{OWN}/{ID}").status_code == 303
    assert marije.client.get(f"{STAFF}/{ID}").status_code == 404
    assert told(begin(marije, STAFF)) == (201, "0", "?0"), "the id of somebody else is free"
    assert told(piece(marije, 0, PDF, STAFF)) == (204, str(len(PDF)), "?1")
    assert told(femke.client.head(f"{OWN}/{ID}")) == (204, "0", "?0")
