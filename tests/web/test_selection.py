"""What is unread, and several tickets at once: by form and in a browser, with boxes and keys."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.tickets import handling, replying
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import as_advisor, browsing, served, signed_in
from tests.web.conftest import SANDER
from tests.web.visitor import Page, Visitor

LIST = "/werk/w/open"


def three(ports: Ports) -> None:
    receive(ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(3)))


def states(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.status).order_by(Ticket.id)))


def unread(visitor: Visitor) -> int:
    return visitor.page(LIST).text.count("ongelezen,")


def test_opening_a_page_reads_it_and_a_part_alone_does_not(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    three(site_ports)
    assert unread(marije) == 3
    marije.get(LIST + "/2026-00001", X_Fragment="reader")
    assert unread(marije) == 3, "it was only asked for ahead"
    page = marije.page(LIST + "/2026-00001")
    assert (unread(marije), unread(sander)) == (2, 3)
    back = marije.send(page.form("/selectie"), fields={"nr": "2026-00001:1", "act": "unread"})
    assert "1 vraag gemarkeerd als ongelezen." in Page(back.text).text
    assert unread(marije) == 3


def test_who_was_first_is_told_in_words_and_the_rest_is_undone_by_form(
    site_ports: Ports, marije: Visitor, sander: Visitor
) -> None:
    three(site_ports)
    page = marije.page(LIST)
    picks = [box["value"] for box in page.controls if box.get("name") == "nr"]
    sander.send(sander.page(LIST + "/2026-00002").form("/toewijzen"))
    sent = page.form("/selectie")
    answer = marije.client.post(
        sent.action,
        data=sent.fields | {"nr": picks, "act": "done"},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    assert "2 afgehandeld. 1 niet: iemand was je voor." in Page(answer.text).text
    assert states(site_ports) == ["done", "open", "done"]
    assert "2 afgehandeld." not in marije.page(LIST).text, "told once"
    undo = Page(answer.text).form("/ongedaan")
    answer = marije.client.post(
        undo.action,
        data=undo.fields | {"nr": ["2026-00001", "2026-00003"]},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    assert "2 ongedaan gemaakt." in Page(answer.text).text
    assert states(site_ports) == ["new", "open", "new"]


def test_nothing_chosen_is_said_on_the_list(site_ports: Ports, marije: Visitor) -> None:
    three(site_ports)
    answer = marije.send(marije.page(LIST).form("/selectie"), act="done")
    assert answer.status_code == 422
    assert "Kies eerst een of meer vragen." in answer.text
    marije.client.set_cookie("keuze", "done.x.1.2.3")
    assert marije.get(LIST).status_code == 200, "a cookie that nobody of us wrote says nothing"


def test_boxes_without_scripts(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    three(site_ports)
    with served(app) as address, browsing(chromium, address, scripts=False) as context:
        page = signed_in(context)
        expect(page.get_by_role("checkbox")).to_have_count(0)
        page.get_by_text("Selecteren", exact=True).first.click()
        page.get_by_role("checkbox", name="Vraag 0").check()
        page.get_by_role("checkbox", name="Vraag 2").check()
        page.locator("#selectie").get_by_role("button", name="Afhandelen").click()
        expect(page.locator("#uitkomst")).to_contain_text("2 afgehandeld.")
        page.get_by_role("button", name="Ongedaan maken").click()
        expect(page.locator("#uitkomst")).to_contain_text("2 ongedaan gemaakt.")
    assert states(site_ports) == ["new", "new", "new"]


def test_keys_choose_act_and_undo(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    three(site_ports)
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        page.evaluate("window.sameDocument = true")
        page.keyboard.press("j")
        page.keyboard.press("Shift+ArrowDown")
        expect(page.locator("#gekozen")).to_have_text("2 vragen gekozen")
        expect(page.get_by_role("checkbox", name="Vraag 1")).to_be_checked()
        with unit_of_work(site_ports, as_advisor(site_ports, SANDER)) as unit:
            handling.assign(unit, "2026-00002", unit.actor.account_id)
        page.keyboard.press("e")
        expect(page.locator("#uitkomst")).to_contain_text("1 afgehandeld. 1 niet: iemand was je voor.")
        expect(page.locator("#v-2026-00001")).to_have_class("row unread ghost")
        assert states(site_ports) == ["done", "open", "new"]
        page.keyboard.press("z")
        expect(page.locator("#uitkomst")).to_contain_text("1 ongedaan gemaakt.")
        assert states(site_ports) == ["new", "open", "new"]
        page.locator("#v-2026-00003 a").focus()
        page.keyboard.press("x")
        expect(page.locator("#gekozen")).to_have_text("1 vraag gekozen")
        page.keyboard.press("Escape")
        expect(page.locator("#selecteren")).not_to_have_attribute("open", "")
        assert page.evaluate("window.sameDocument === true")


def test_opening_reads_and_shift_u_gives_back(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    three(site_ports)
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        expect(page.locator(".row.unread")).to_have_count(3)
        page.locator("#v-2026-00001 a").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".row.unread")).to_have_count(2)
        page.keyboard.press("Shift+U")
        expect(page.locator("#v-2026-00001 a")).to_be_focused()
        expect(page.locator(".row.unread")).to_have_count(3)
        page.keyboard.press("Enter")
        expect(page.locator(".row.unread")).to_have_count(2)
        with unit_of_work(site_ports, as_advisor(site_ports, SANDER)) as unit:
            replying.add_note(unit, "2026-00001", "Gebeld", "c1")
        page.keyboard.press("Escape")
        expect(page.locator("#v-2026-00001 a")).to_be_focused()
        page.goto(LIST)
        expect(page.locator("#v-2026-00001")).to_have_class("row unread")
