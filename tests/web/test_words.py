"""No word of ours escapes translation: in the pseudo-language every visible word wears its brackets."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from helpdesk.ports import Ports
from helpdesk.status import raise_alarm
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import letter, receive
from tests.web.conftest import MARIJE
from tests.web.test_inert import all_pages, parked_mail
from tests.web.visitor import PASSWORD, Page, Visitor
from web.app import create_app

TICKET = "/werk/w/open/2026-00001"
OF_PEOPLE = (
    "Femke de Vries femke.devries@minbz.example Training verzetten Kan ik de training Onderhandelen verzetten naar "
    "januari? Marije Bos marije@academie.example Sander Kok ahmed@minbz.example academy auth_failed Nederlands English "
    "Planning Dat kan rooster pdf fault ValueError minbz example onderwerp geen adres Leeradvies Talen Languages "
    "Learning advice Technicus techniek Tess Re Ja"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")


def naked(page: Page) -> set[str]:
    """Words on a page that stand outside the brackets and that no person wrote."""
    known = set(_WORD.findall(OF_PEOPLE.lower()))
    found: set[str] = set()
    for tag, text in page.texts:
        if tag in {"pre", "strong", "b", "kbd", "code"}:
            continue
        bare = text
        while _BRACKETED.search(bare):
            bare = _BRACKETED.sub(" ", bare)
        found |= {word for word in _WORD.findall(bare.lower()) if word not in known}
    return found


@pytest.fixture
def pseudo(make_ports: PortsMaker, site_ports: Ports) -> Ports:
    return make_ports(site_ports.settings.database, secure_cookies=False, language="xx", undo_seconds=10)


def test_every_word_on_every_page_was_given_to_be_translated(pseudo: Ports) -> None:
    receive(pseudo, letter(html="<p>x</p>", Cc="ahmed@minbz.example", files=(("rooster.pdf", b"%PDF-1.4"),)))
    receive(pseudo, letter("Planning", subject="Re: Training verzetten", message_id="<m2@minbz.example>"))
    parked_mail(pseudo, letter())
    clean(pseudo)
    with unit_of_work(pseudo, SYSTEM) as unit:
        raise_alarm(unit, "mailbox_error", "academy", "auth_failed")
    visitor = Visitor(create_app(pseudo.settings, pseudo))
    pages = {"/inloggen": visitor.page("/inloggen")}
    pages["refused"] = Page(visitor.sign_in(MARIJE, "x").text)
    visitor.sign_in(MARIJE, PASSWORD)
    pages["answered"] = Page(visitor.send(visitor.page(TICKET).form("/antwoord"), text="Dat kan").text)
    pages |= all_pages(visitor) | {"hinted": visitor.page("/werk/w/alle/2026-00002")}
    assert {path: words for path, page in pages.items() if (words := naked(page))} == {}
    assert all("⟦" in page.text for page in pages.values())


def test_a_word_that_was_not_given_is_seen(app: Flask) -> None:
    assert naked(Page("<p>⟦Öþéñ⟧ naked</p>")) == {"naked"}
    assert app.jinja_env.autoescape is not False
