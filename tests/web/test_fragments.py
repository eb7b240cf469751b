"""Parts of pages by their name: the same address, only what was asked for, and nothing twice."""

from __future__ import annotations

from urllib.parse import unquote

from werkzeug.test import TestResponse

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.visitor import Form, Page, Visitor

TICKET = "/werk/w/open/2026-00001"


def post(visitor: Visitor, form: Form, **fields: str) -> TestResponse:
    headers = {"Sec-Fetch-Site": "same-origin", "X-Fragment": "ticket"}
    return visitor.client.post(form.action, data=form.fields | fields, headers=headers)


def test_a_part_comes_alone_with_its_tag_and_is_not_sent_twice(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    whole = marije.get(TICKET)
    for name, ids in (("list", {"bel", "tellers", "rijen"}), ("ticket", {"kop", "berichten", "persoon"})):
        part = marije.get(TICKET, X_Fragment=name)
        assert part.headers["X-Fragment"] == name
        assert part.headers["Cache-Control"] == "no-store"
        assert "X-Fragment" in part.headers["Vary"]
        assert ids <= set(Page(part.text).ids) <= set(Page(whole.text).ids)
        assert "<html" not in part.text
        again = marije.get(TICKET, X_Fragment=name, If_None_Match=part.headers["ETag"])
        assert (again.status_code, again.text) == (304, "")
    assert "X-Fragment" in whole.headers["Vary"]
    assert marije.get(TICKET, X_Fragment="nothing").text.startswith("<!doctype html>")


def test_the_tag_changes_with_the_words(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    receive(site_ports, letter())
    tag = marije.get(TICKET, X_Fragment="ticket").headers["ETag"]
    sander.send(sander.page(TICKET).form("/notitie"), text="Gebeld.")
    part = marije.get(TICKET, X_Fragment="ticket", If_None_Match=tag)
    assert part.status_code == 200
    assert "Gebeld." in part.text


def test_an_act_answers_what_changed_and_what_to_say(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    answer = post(marije, marije.page(TICKET).form("/toewijzen"))
    assert answer.status_code == 200
    assert unquote(answer.headers["X-Announce"]) == "De vraag is toegewezen."
    assert "toegewezen aan Marije Bos" in answer.text
    assert "toegewezen aan Marije Bos" in marije.get(TICKET).text
    assert 'class="notice"' not in marije.get(TICKET).text, "said once, by the script"


def test_a_refusal_answers_its_words_only(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    receive(site_ports, letter())
    mine = marije.page(TICKET).form("/antwoord")
    empty = post(marije, mine, text=" ")
    assert empty.status_code == 422
    assert "Schrijf eerst een antwoord" in empty.text
    sander.send(sander.page(TICKET).form("/antwoord"), text="Al geregeld.")
    refused = post(marije, mine, text="Dat kan.")
    assert refused.status_code == 409
    assert "Al geregeld." in refused.text
    assert "Dat kan." not in refused.text, "what was typed stays in the browser"
    assert Page(refused.text).ids[0] == "trouble"


def test_drafts_are_kept_by_script_and_by_button(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    receive(site_ports, letter())
    page = marije.page(TICKET)
    kept = post(marije, page.form("/concept/answer"), text="Half")
    assert kept.get_json()["said"].startswith("Concept opgeslagen om ")
    marije.send(page.form("/concept/note"), text="Ook half")
    again = marije.page(TICKET)
    assert again.form("/antwoord").fields["text"] == "Half"
    assert again.form("/notitie").fields["text"] == "Ook half"
    assert sander.page(TICKET).form("/antwoord").fields["text"] == ""
    marije.send(again.form("/concept/answer/weg"))
    last = marije.page(TICKET)
    assert last.form("/antwoord").fields["text"] == ""
    assert last.form("/notitie").fields["text"] == "Ook half"
    assert post(marije, page.form("/concept/answer"), text=" ").get_json() == {"saved": False, "said": ""}


def test_an_answer_begun_before_somebody_wrote_asks_first_after_a_reload(
    site_ports: Ports, marije: Visitor, sander: Visitor
) -> None:
    receive(site_ports, letter())
    post(marije, marije.page(TICKET).form("/concept/answer"), text="Half")
    marije.send(marije.page(TICKET).form("/toewijzen"))
    mine = marije.page(TICKET).form("/antwoord")
    assert mine.fields["version"] != "1", "one's own acts are no reason to ask"
    sander.send(sander.page(TICKET).form("/notitie"), text="Wacht even.")
    refused = marije.send(marije.page(TICKET).form("/antwoord"))
    assert refused.status_code == 409
    assert "Wacht even." in refused.text
    assert marije.send(Page(refused.text).form("/antwoord")).status_code == 200
