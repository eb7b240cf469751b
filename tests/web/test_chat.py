"""A chat without any script, from both sides: what is said, how it stands, and that it is nobody else's."""

from __future__ import annotations

from typing import cast

import pytest
from flask import Flask

from helpdesk.adapters.memory import MemoryBus, SetClock
from helpdesk.ports import Ports
from tests.chats import MINUTE, Office
from tests.web.asker import signs_in
from tests.web.conftest import MARIJE
from tests.web.visitor import Page, Visitor
from web import live

DESK = "/werk/chat"


@pytest.fixture
def femke(site_ports: Ports, app: Flask) -> Visitor:
    """Somebody who asks, signed in, in the hours of the chat."""
    Office(site_ports).asker()
    visitor = Visitor(app)
    signs_in(visitor, site_ports)
    return visitor


@pytest.fixture
def marije(femke: Visitor, app: Flask) -> Visitor:
    """An advisor who is there."""
    visitor = Visitor(app)
    visitor.sign_in(MARIJE)
    visitor.send(visitor.page(DESK).form("/bereikbaar"), state="available", capacity="2")
    return visitor


def begin(femke: Visitor, text: str = "Kan ik de training verzetten?") -> str:
    """The address of a new chat."""
    answer = femke.send(femke.page("/chat").form("/chat"), text=text)
    assert answer.status_code == 200
    return answer.request.path


def said(page: Page) -> list[str]:
    return [text for tag, text in page.texts if tag == "div"]


def test_a_chat_without_scripts(femke: Visitor, marije: Visitor, site_ports: Ports) -> None:
    for place in ("/", "/chat"):
        assert "Bereikbaar – meestal antwoord binnen 3 minuten. Vandaag tot 17:00" in femke.page(place).text
    room = begin(femke)
    page = femke.page(room)
    assert "Je vraagnummer is V-2026-00001." in page.text
    assert "Je bent aan de beurt." in page.text
    assert "Stand van 10:00" in page.text
    desk = marije.page(DESK)
    assert "1 wacht" in desk.text
    assert "Kan ik de training verzetten?" in desk.text
    open_chat = Page(marije.send(desk.form("/volgende")).text)
    marije.send(open_chat.form(DESK + "/2026-00001"), text="Dat kan, <b>welke</b> dag?")
    form = femke.page(room).form(room)
    for _ in range(2):
        femke.send(form, text="Dinsdag")
    page = femke.page(room)
    assert [text for text in said(page) if text] == [
        "Kan ik de training verzetten?",
        "Dat kan, <b>welke</b> dag?",
        "Dinsdag",
    ]
    assert "Je chat met Marije Bos." in page.text
    marije.send(marije.page(DESK + "/2026-00001").form("/afronden"), status="done", transcript="1")
    assert "Deze chat is beëindigd." in femke.page(room).text
    own = femke.page("/mijn-vragen/2026-00001")
    assert "Dinsdag" in own.text
    assert "Dat kan, <b>welke</b> dag?" in own.text
    cast("SetClock", site_ports.now).move(MINUTE)
    answer = femke.send(femke.page(room).form("/verslag"))
    assert "onderweg naar je e-mail" in answer.text


def test_a_full_desk_says_why_nothing_is_taken(femke: Visitor, marije: Visitor, app: Flask, site_ports: Ports) -> None:
    marije.send(marije.page(DESK).form("/bereikbaar"), state="available", capacity="1")
    begin(femke)
    Office(site_ports).start(Office(site_ports).asker("Ahmed", "ahmed@minbz.example"), "Nog een")
    marije.send(marije.page(DESK).form("/volgende"))
    full = marije.send(marije.page(DESK).form("/volgende"))
    assert (full.status_code, "Je hebt al zoveel chats als kunnen." in full.text) == (409, True)


def test_a_script_gets_what_it_lacks_and_stays_in_its_room(femke: Visitor, marije: Visitor, site_ports: Ports) -> None:
    room = begin(femke)
    first = femke.get(room + "/regels").text
    newest = int(first.partition('data-newest="')[2].partition('"')[0])
    script = {"X-Chat": "1"}
    form = femke.page(room).form(room)
    fields = form.fields | {"text": "Nog iets", "client_id": "page-1-line-1"}
    answers = [femke.client.post(room, data=fields, headers=script).get_json() for _ in range(2)]
    assert answers[0] == answers[1]
    more = femke.get(f"{room}/regels?after={newest}&have=1").text
    assert "Nog iets" in more
    assert "training" not in more
    assert "training" in femke.get(f"{room}/regels?after={newest}&have=7").text
    refused = femke.client.post(room, data=fields | {"text": " ", "client_id": "page-1-line-2"}, headers=script)
    assert (refused.status_code, refused.get_json()) == (422, {"problem": "Schrijf eerst een bericht."})
    token = femke.get(room + "/stroom").get_json()["token"]
    topics = live.topics_of(site_ports.keys.session, token)
    assert {one.partition(":")[0] for one in topics} == {"room", "here", "until", "session"}
    staff = live.topics_of(site_ports.keys.session, marije.get(DESK + "/stroom").get_json()["token"])
    assert {one.partition(":")[0] for one in staff} == {"ticket", "here", "session", "account", "until"}


def test_signs_are_notes_on_the_bus_and_no_rows(femke: Visitor, marije: Visitor, site_ports: Ports) -> None:
    room = begin(femke)
    marije.send(marije.page(DESK).form("/volgende"))
    femke.send(femke.page(room).form("/gelezen"))
    token = {"form": ""} | femke.page(room).form(room).fields
    assert femke.client.post(room + "/tekens", data=token, headers={"X-Chat": "1"}).status_code == 204
    assert "Femke de Vries typt…" in marije.page(DESK + "/2026-00001").text or "typt…" in marije.page(DESK).text
    femke.send(femke.page(room).form(room), text="Dinsdag")
    assert "typt…" not in marije.page(DESK).text, "it is said"
    newest = femke.get(room + "/regels").text.partition('data-newest="')[2].partition('"')[0]
    staff = marije.page(DESK + "/2026-00001").form(DESK + "/2026-00001").fields | {"read": newest}
    marije.client.post(DESK + "/2026-00001/tekens", data=staff, headers={"X-Chat": "1"})
    assert "Gelezen om 10:00" in femke.page(room).text
    notes = cast("MemoryBus", site_ports.bus).notes
    assert all(word.replace(" ", "").isdecimal() for word in notes.values()), "times and ids"
    assert not [hint for hint in cast("MemoryBus", site_ports.bus).hints if "Kan" in str(hint)]


def test_a_strangers_chat_reads_like_one_that_is_not_there(femke: Visitor, app: Flask, site_ports: Ports) -> None:
    room = begin(femke)
    Office(site_ports).asker("Ahmed", "ahmed@minbz.example")
    ahmed = Visitor(app)
    signs_in(ahmed, site_ports, "ahmed@minbz.example")
    for path in (room, room + "/regels", room + "/stroom"):
        theirs, nobodys = ahmed.get(path), ahmed.get(path.replace("00001", "00009"))
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert theirs.data.replace(b"00001", b"00009") == nobodys.data, "but for the address itself"
    fields = ahmed.page("/chat").form("/chat").fields | {"text": "Hallo"}
    assert ahmed.client.post(room, data=fields).status_code == 404
    assert Visitor(app).client.get(room).status_code == 303


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "Op dit moment is niemand bereikbaar voor chat"),
        (8, "De chat is open op werkdagen van 09:00 tot 17:00 (Nederlandse tijd)."),
    ],
)
def test_the_states_in_which_it_is_a_question(site_ports: Ports, app: Flask, hours: int, words: str) -> None:
    Office(site_ports).asker()
    cast("SetClock", site_ports.now).move(hours * 60 * MINUTE)
    femke = Visitor(app)
    signs_in(femke, site_ports)
    assert words in femke.page("/").text
    assert words in femke.page("/chat").text
    room = begin(femke)
    assert "Je krijgt antwoord per e-mail op femke.devries@minbz.example." in femke.page(room).text
