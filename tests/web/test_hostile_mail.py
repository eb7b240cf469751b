"""Every bomb in small through the whole product in this process: kept, filed, cleaned, shown, found, and said."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from helpdesk.confined import Confined
from helpdesk.models import Entry, InboundMail
from helpdesk.ports import Ports
from helpdesk.text.language import translator
from helpdesk.tickets import cleaning
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.attack.hostile_bombs import KINDS, Bomb, bombs, sentence, single
from tests.letters import letter, put
from tests.web.visitor import Visitor
from web.wording import DEFECT, HTML_REASON, LEFT_OUT

SEED = 11
SMALLER = {"body-25mb": 0.2, "mail-50mb": 0.1, "zip": 0.1, "short-lines": 0.8, "data-uri": 0.3}
"""Factors of those that are only large; the others come in their usual size."""
SAID: dict[str, set[str]] = {
    "subject": {"headers_too_large", "subject_too_long"},
    "recipients": {"headers_too_large", "too_many_recipients"},
    "recipient-fields": {"headers_too_large", "too_many_recipients"},
    "header-continuation": {"headers_too_large", "subject_too_long"},
    "references": {"headers_too_large"},
    "encoded-words": {"headers_too_large", "subject_too_long"},
    "encoded-charsets": {"headers_too_large", "subject_too_long"},
    "comments-and-quotes": {"too_many_recipients"},
    "bad-header-lines": {"headers_too_large", "bad_header_line"},
    "rfc2231-continuations": {"name_too_long"},
    "authentication-results": {"headers_too_large"},
    "bidi": {"name_too_long", "subject_too_long"},
    "nested-parts": {"too_deep"},
    "attachments": {"too_many_parts"},
    "empty-parts": {"too_many_parts"},
    "mails-in-mails": {"mails_unread"},
    "mails-beside-mails": {"mails_unread", "too_many_parts"},
    "base64-in-base64": {"mails_unread"},
    "zip": set(),
    "tnef": {"text_simplified"},
    "calendar": {"calendar_unread"},
    "uuencode": {"search_cut", "too_many_lines"},
    "quoted-printable": {"search_cut"},
    "smime-nest": set(),
    "html-parts": {"html_too_large", "text_simplified"},
    "body-25mb": {"search_cut", "text_too_large"},
    "short-lines": {"text_too_large", "too_many_lines"},
    "mail-50mb": set(),
    "nested-tags": {"html_too_deep"},
    "unclosed-tags": {"html_too_deep"},
    "reopened-tags": {"html_too_deep"},
    "attributes": set(),
    "style-brackets": set(),
    "css-declarations": set(),
    "entities": {"html_too_many_entities"},
    "nested-tables": {"html_too_deep"},
    "wide-cells": {"html_too_large"},
    "paragraphs": {"html_too_many_entities"},
    "comment": {"html_too_large"},
    "less-than": {"html_too_many_entities"},
    "data-uri": {"html_too_large"},
    "nested-quotes": {"html_too_deep"},
    "links": {"text_too_large"},
    "long-word": {"text_too_large", "search_cut"},
    "long-line": {"text_too_large", "search_cut"},
    "zalgo": {"subject_too_long", "text_too_large"},
    "charset": {"bad_charset", "text_too_large"},
    "flowed": {"text_too_large"},
    "quote-bait": {"text_too_large"},
    "signatures": {"too_many_lines"},
    "bounce": {"search_cut"},
}
"""What must be said of each. Empty: the mail is within every limit, and costs little all the same."""
TICKET = "/werk/w/alle/2026-00001"


@pytest.fixture(scope="module")
def confined() -> Iterator[Confined]:
    with Confined(1) as found:
        yield found


def _through(ports: Ports, confined: Confined, bomb: Bomb) -> tuple[set[str], str | None]:
    """Take it in with a plain mail behind it, file and clean; returns the codes of what was left out."""
    put(ports, bomb.raw, letter("Gewone vraag."))
    drain(ports, Readers(confined=confined))
    cleaning.drain(ports, confined)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        states = list(unit.session.scalars(select(InboundMail.state).order_by(InboundMail.id)))
        assert states == ["machine" if bomb.name == "bounce" else "filed", "filed"]
        entry, other = unit.session.scalars(select(Entry).order_by(Entry.id))
        assert (other.defects, other.html_state) == (None, "none")
        return set((entry.defects or "").split()), entry.html_reason


def _served(marije: Visitor, bomb: Bomb, codes: set[str], html_reason: str | None) -> None:
    page = marije.get(TICKET)
    shown = html.unescape(page.text)
    said = [translator("nl").gettext(DEFECT[code]) for code in codes & LEFT_OUT]
    said += [translator("nl").gettext(HTML_REASON[html_reason])] if html_reason else []
    assert page.status_code == 200
    assert all(each in shown for each in said)
    assert said or sentence(bomb.word).decode() in shown
    assert "2026-00001" in marije.get("/werk/w/alle").text
    assert bomb.word in marije.get("/werk/bericht/1/bron").text
    assert hashlib.sha256(marije.get("/werk/bericht/1/bron.eml").data).digest() == hashlib.sha256(bomb.raw).digest()
    found = marije.send(marije.page("/werk/zoeken").form("/werk/zoeken"), q=bomb.word)
    assert "2026-00001" in found.text


@pytest.mark.parametrize("name", KINDS)
def test_a_bomb_is_a_ticket_with_its_bytes_and_says_what_was_left_out(
    site_ports: Ports, marije: Visitor, confined: Confined, name: str
) -> None:
    bomb = single(name, SEED, 1, SMALLER.get(name, 1.0))
    codes, html_reason = _through(site_ports, confined, bomb)
    assert SAID[name] <= codes | {html_reason}
    _served(marije, bomb, codes, html_reason)


def test_pairs_of_a_seed_are_tickets_too(site_ports: Ports, marije: Visitor, confined: Confined) -> None:
    bomb = next(bombs(SEED, ["pairs"]))
    codes, html_reason = _through(site_ports, confined, bomb)
    _served(marije, bomb, codes, html_reason)
