"""The inbox by its forms, without scripts: read, answer, note, hand over, find."""

from __future__ import annotations

import datetime as dt
import io
from typing import cast

import pytest
from flask import Flask

from helpdesk.adapters.memory import MemoryMailer, SetClock
from helpdesk.errors import PermanentRefusal
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.ports import Ports
from tests.conftest import PortsMaker
from tests.letters import ASKER, letter, receive, wait
from tests.made_app import made_app
from tests.web.conftest import MARIJE, people
from tests.web.visitor import Page, Visitor

TICKET = "/werk/w/open/2026-00001"


def sent(ports: Ports) -> list[tuple[str, ...]]:
    """Recipients of every mail handed to the relay, receipts aside."""
    wait(ports, dt.timedelta(seconds=30))
    deliver_waiting(ports)
    return [
        recipients for _sender, recipients, raw in cast("MemoryMailer", ports.mailer).sent if b"auto-replied" not in raw
    ]


@pytest.mark.usefixtures("site_ports")
def test_an_empty_list_says_so(marije: Visitor) -> None:
    page = marije.page("/werk/w/open")
    assert "Er is niets te doen in deze weergave." in page.text


def test_on_both_databases_a_mail_is_read_answered_and_done(make_ports: PortsMaker, database_url: str) -> None:
    ports = make_ports(database_url, secure_cookies=False)
    people(ports)
    receive(ports, letter(files=(("rooster v2.pdf", b"%PDF-1.4 niets"),)))
    visitor = Visitor(made_app(ports))
    page = Page(visitor.sign_in(MARIJE).text)
    assert TICKET in page.links
    form = visitor.page(TICKET).form("/antwoord")
    assert form.fields["to"] == ASKER
    answer = visitor.send(form, text="Dat **kan**.\r\n\r\nGroet", status="done")
    assert answer.request.path == TICKET
    assert "<strong>kan</strong>" in answer.text
    assert "Afgehandeld" in Page(answer.text).text
    note = visitor.send(visitor.page(TICKET).form("/notitie"), text="Planning gebeld")
    assert "Interne notitie – Marije Bos" in note.text
    assert sent(ports) == [(ASKER,)]
    again = visitor.send(visitor.page("/werk/w/open").form("/zoeken"), q="rooster")
    assert "1 vraag gevonden" in again.text


def test_sending_the_same_form_twice_answers_once(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    page = marije.page(TICKET)
    for _ in range(2):
        assert marije.send(page.form("/antwoord"), text="Dat kan.").status_code == 200
        assert marije.send(page.form("/notitie"), text="Gebeld.").status_code == 200
    shown = marije.page(TICKET).text
    assert shown.count("Antwoord – Marije Bos") == 1
    assert shown.count("Interne notitie – Marije Bos") == 1
    assert sent(site_ports) == [(ASKER,)]


def test_who_comes_second_sees_what_the_first_wrote_and_keeps_the_text(
    site_ports: Ports, marije: Visitor, sander: Visitor
) -> None:
    receive(site_ports, letter())
    mine, his = marije.page(TICKET).form("/antwoord"), sander.page(TICKET).form("/antwoord")
    sander.send(his, text="Ik heb het al geregeld.")
    refused = marije.send(mine, text="Dat kan <b>niet</b>.", status="done", cc="")
    assert refused.status_code == 409
    page = Page(refused.text)
    assert "Er is iets bijgekomen sinds je begon" in page.text
    assert "Ik heb het al geregeld." in page.text
    kept = page.form("/antwoord")
    assert kept.fields["text"] == "Dat kan <b>niet</b>."
    assert kept.fields["status"] == "done"
    assert sent(site_ports) == [(ASKER,)]
    assert marije.send(kept).status_code == 200
    assert sent(site_ports) == [(ASKER,), (ASKER,)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": " "}, "Schrijf eerst een antwoord"),
        ({"text": "Ja", "to": ""}, "naar wie het antwoord gaat"),
        ({"text": "Ja", "to": "geen adres"}, "is geen e-mailadres"),
        ({"text": "Ja", "status": "weg"}, "Kies wat er met de vraag gebeurt"),
    ],
)
def test_an_answer_that_cannot_be_sent_comes_back_as_typed(
    site_ports: Ports, marije: Visitor, changed: dict[str, str], said: str
) -> None:
    receive(site_ports, letter())
    answer = marije.send(marije.page(TICKET).form("/antwoord"), fields=changed)
    assert answer.status_code == 422
    assert said in answer.text
    assert Page(answer.text).form("/antwoord").fields["text"] == changed["text"]
    assert "<title>Fout:" in answer.text
    assert sent(site_ports) == []


def test_an_answer_is_taken_back_into_the_form(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    answer = marije.send(marije.page(TICKET).form("/antwoord"), text="Te *vroeg* verstuurd", status="done")
    undo = Page(answer.text).form("/ongedaan")
    back = marije.send(undo)
    assert "Het antwoord is niet verstuurd" in back.text
    assert Page(back.text).form("/antwoord").fields["text"] == "Te *vroeg* verstuurd"
    assert "Ingetrokken, nooit verstuurd" in back.text
    assert sent(site_ports) == []


def test_too_late_an_undo_is_refused_in_words(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    answer = marije.send(marije.page(TICKET).form("/antwoord"), text="Verstuurd", status="done")
    undo = Page(answer.text).form("/ongedaan")
    assert sent(site_ports) == [(ASKER,)]
    late = marije.send(undo)
    assert late.status_code == 409
    assert "Het is te laat" in late.text


def test_a_failed_delivery_is_shown_and_sent_once_more(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    mailer = cast("MemoryMailer", site_ports.mailer)
    marije.send(marije.page(TICKET).form("/antwoord"), text="Dat kan.")

    def refuse(_recipients: object) -> None:
        raise PermanentRefusal("no", code="550")

    mailer.refuse = refuse
    assert sent(site_ports) == []
    page = marije.page(TICKET)
    assert "Niet bezorgd" in page.text
    mailer.refuse = None
    again = marije.send(page.form("/opnieuw"))
    assert "opnieuw verstuurd" in again.text
    assert sent(site_ports) == [(ASKER,)]


def test_files_go_along_with_an_answer(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/antwoord")
    data = form.fields | {"text": "Zie bijlage", "files": (io.BytesIO(b"%PDF-1.7 inhoud"), "geheim/programma é.pdf")}
    other = form.fields | {"text": "Zie bijlage", "files": (io.BytesIO(b"inhoud"), "programma.pdf")}
    refused = marije.client.post(form.action, data=other, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "programma.pdf moet een pdf" in refused.text
    assert "Zie bijlage" in refused.text
    answer = marije.client.post(form.action, data=data, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == 200
    assert "programma é.pdf" in answer.text
    assert "geheim" not in answer.text
    assert sent(site_ports) == [(ASKER,)]


def test_a_file_that_may_not_be_kept_hides_no_conflict(site_ports: Ports, marije: Visitor) -> None:
    """Twenty files are kept with the draft; the answer comes too late, with one more: its words and why are shown."""
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/antwoord")
    files = [(io.BytesIO(b"%PDF-1.7 inhoud"), f"{nth}.pdf") for nth in range(20)]
    kept = marije.client.post(f"{TICKET}/concept/answer", data=form.fields | {"text": "Eerst", "files": files})
    assert kept.status_code == 303
    late = form.fields | {"version": "0", "text": "Te laat gezegd", "files": (io.BytesIO(b"%PDF-1.7"), "meer.pdf")}
    answer = marije.client.post(form.action, data=late, content_type="multipart/form-data")
    assert answer.status_code == 409
    assert "Te laat gezegd" in answer.text


def test_cc_of_the_asker_is_off_until_ticked(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter(Cc="Ahmed <ahmed@minbz.example>"))
    page = marije.page(TICKET)
    assert any(control.get("value") == "ahmed@minbz.example" for control in page.controls)
    assert "cc" not in page.form("/antwoord").fields
    marije.send(page.form("/antwoord"), text="Dat kan.", cc="ahmed@minbz.example")
    assert sent(site_ports) == [(ASKER, "ahmed@minbz.example")]


def test_a_stranger_outside_the_organisation_is_asked_about_once(make_ports: PortsMaker, site_ports: Ports) -> None:
    ports = make_ports(site_ports.settings.database, secure_cookies=False, organisation_domains=("minbz.example",))
    receive(ports, letter())
    visitor = Visitor(made_app(ports))
    visitor.sign_in(MARIJE)
    form = visitor.page(TICKET).form("/antwoord")
    asked = visitor.send(form, text="Ja", to=f"{ASKER}, iemand@elders.example")
    assert asked.status_code == 422
    assert "buiten de organisatie" in asked.text
    again = Page(asked.text).form("/antwoord")
    assert again.fields["to"] == f"{ASKER}, iemand@elders.example"
    assert visitor.send(again, confirmed="iemand@elders.example").status_code == 200
    assert sent(ports) == [(ASKER, "iemand@elders.example")]


def test_taking_assigning_and_setting_the_state(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    taken = marije.send(marije.page(TICKET).form("/toewijzen"))
    assert "toegewezen aan Marije Bos" in taken.text
    assert "2026-00001" in marije.get("/werk/w/mijn").text
    nobody = marije.send(marije.page(TICKET).form("/toewijzen"), account="")
    assert "niet toegewezen" in nobody.text
    done = marije.send(marije.page(TICKET).form("/status"))
    assert "De vraag is afgehandeld." in done.text
    reopened = marije.send(Page(done.text).form("/status"))
    assert "De vraag is open." in reopened.text
    assert marije.send(marije.page(TICKET).form("/toewijzen"), account="99").status_code == 422


def test_spam_goes_out_of_sight_and_comes_back(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    put_away = marije.send(marije.page(TICKET).form("/spam"), block="1")
    assert "wordt geparkeerd" in put_away.text
    receive(site_ports, letter("Nog een", message_id="<m2@minbz.example>"))
    assert "De afzender is geblokkeerd als spam." in marije.page("/beheer/geparkeerd").text
    back = marije.send(Page(put_away.text).form("/geen-spam"))
    assert "niet geblokkeerd" in back.text


def test_people_are_put_on_a_ticket_and_taken_off(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    added = marije.send(marije.page(TICKET).form("/deelnemer"), address="collega@minbz.example", name="Coen")
    assert "collega@minbz.example" in added.text
    removed = marije.send(Page(added.text).form("/deelnemer-eraf"))
    assert "collega@minbz.example" not in Page(removed.text).form("/antwoord").fields.values()
    wrong = marije.send(marije.page(TICKET).form("/deelnemer"), address="geen adres")
    assert wrong.status_code == 422


def test_a_hint_merges_with_one_press_and_one_press_undoes_it(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    receive(site_ports, letter("Nog iets", subject="Re: Training verzetten", message_id="<m2@minbz.example>"))
    hinted = marije.page("/werk/w/open/2026-00002")
    assert "Dit lijkt een vervolg op V-2026-00001" in hinted.text
    merged = marije.send(next(form for form in hinted.forms if form.fields.get("into") == "2026-00001"))
    assert merged.request.path == TICKET
    assert "Nog iets" in merged.text
    assert marije.get("/werk/w/open/2026-00002").request.path == TICKET
    undone = marije.send(Page(merged.text).form("/samenvoegen-ongedaan"))
    assert "Het samenvoegen is ongedaan gemaakt." in undone.text
    assert "Nog iets" not in undone.text.partition('id="berichten"')[2]
    alone = marije.page("/werk/w/open/2026-00002")
    dismissed = marije.send(alone.form("/hint-weg"))
    assert "Dit lijkt een vervolg" not in dismissed.text
    events = marije.page(TICKET).text
    assert "andere vraag in deze samengevoegd" in events
    assert "samenvoegen ongedaan gemaakt" in events


def test_the_sender_of_a_hint_is_put_on_the_other_ticket(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    other = letter(
        "V-2026-00001?", subject="Over V-2026-00001", sender="Coen <coen@elders.example>", message_id="<m2@x>"
    )
    receive(site_ports, other)
    hinted = marije.page("/werk/w/open/2026-00002")
    form = next(form for form in hinted.forms if form.action == TICKET + "/deelnemer")
    assert "coen@elders.example" in marije.send(form).text
    assert "coen@elders.example" in marije.page(TICKET).text


def test_a_message_moves_to_a_new_ticket_and_back(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    note = marije.send(marije.page(TICKET).form("/notitie"), text="Dit hoort elders")
    forms = [form for form in Page(note.text).forms if form.action.endswith("/verplaatsen")]
    moved = marije.send(forms[-1])
    assert moved.request.path == "/werk/w/open/2026-00002"
    assert "Dit hoort elders" in moved.text
    back = marije.send(next(form for form in Page(moved.text).forms if form.fields.get("into") == "2026-00001"))
    assert back.request.path == TICKET
    assert "Dit hoort elders" in back.text
    assert marije.send(forms[-1], into="2026-99999").status_code == 404


def test_search_keeps_the_words_out_of_the_address(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    receive(site_ports, letter())
    found = marije.send(marije.page("/werk/zoeken").form("/zoeken"), q="Femke onderhandelen")
    assert found.request.path.startswith("/werk/zoeken/")
    assert "emke" not in found.request.full_path
    by_number = marije.send(marije.page("/werk/zoeken").form("/zoeken"), q="V-2026-00001")
    assert "Training verzetten" in by_number.text
    nothing = marije.send(marije.page("/werk/zoeken").form("/zoeken"), q='"<xyzzy> OR')
    assert 'Niets gevonden voor ""<xyzzy> OR"' in Page(nothing.text).text
    assert sander.get(found.request.path).status_code == 404
    assert marije.send(marije.page("/werk/zoeken").form("/zoeken"), q="x" * 10_000).status_code == 200


def test_a_ticket_by_hand(site_ports: Ports, marije: Visitor) -> None:
    form = marije.page("/werk/nieuw").form("/nieuw")
    wrong = marije.send(form, subject="Vraag aan de balie", address="", text="Hij wil **verzetten**")
    assert wrong.status_code == 422
    again = Page(wrong.text).form("/nieuw")
    assert again.fields["text"] == "Hij wil **verzetten**"
    made = marije.send(again, address="coen@minbz.example", name="Coen", channel="phone", desk="languages")
    assert made.request.path == "/werk/w/mijn/2026-00001"
    assert "Telefoon" in made.text
    assert sent(site_ports) == []


def test_fifty_stand_on_a_page_and_the_next_page_follows(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(53)))
    first = marije.page("/werk/w/open")
    onward = next(link for link in first.links if "?na=" in link)
    second = marije.page(onward)
    shown = [link for page in (first, second) for link in page.links if link.startswith("/werk/w/open/")]
    assert (len(shown), len(set(shown))) == (53, 53)
    assert marije.get("/werk/w/open?na=onzin").status_code == 422


def test_a_long_thread_comes_in_parts(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    for number in range(24):
        marije.send(marije.page(TICKET).form("/notitie"), text=f"Notitie nummer {number}.")
    page = marije.page(TICKET)
    assert "Notitie nummer 23." in page.text
    assert "Notitie nummer 2." not in page.text
    earlier = marije.page(next(link for link in page.links if "?voor=" in link))
    assert "Notitie nummer 2." in earlier.text


@pytest.mark.parametrize("path", ["/v/2026-00001", "/v/V-2026-00001", "/v/v-2026-00001"])
def test_the_short_address_leads_to_the_ticket(site_ports: Ports, marije: Visitor, path: str) -> None:
    receive(site_ports, letter())
    assert marije.get(path).request.path == "/werk/w/alle/2026-00001"


@pytest.mark.parametrize("path", ["/werk/w/weg", "/werk/w/weg/2026-00001", "/werk/w/open/2026-00009", "/v/niets"])
def test_what_is_not_there_is_not_there(site_ports: Ports, marije: Visitor, path: str) -> None:
    receive(site_ports, letter())
    answer = marije.get(path)
    assert answer.status_code == 404
    assert 'href="/werk/w/mijn"' in answer.text, "the views stand beside it: there is a way on"


def test_a_time_is_shown_in_the_zone_of_the_desk(app: Flask, site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    assert cast("SetClock", site_ports.now).at.hour == 12
    assert "zondag 22 november 2026, 12:59" in marije.get(TICKET).text
