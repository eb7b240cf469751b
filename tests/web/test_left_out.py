"""What was left out of a mail stands above it in plain words; long texts are cut, and say so."""

from __future__ import annotations

import ast

import pytest
from sqlalchemy import update

from helpdesk.models import Account, Entry
from helpdesk.ports import Ports
from helpdesk.text.language import translator
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.budget import LIMITS
from tests.house.code_tree import sources
from tests.letters import letter, receive
from tests.web.visitor import Visitor
from web.wording import DEFECT, LEFT_OUT, SHOWN_TEXT


def _codes() -> set[str]:
    """Every code that reading a mail may give: what is said to a budget, and why a mail was not read."""
    found = {code for _limit, code in LIMITS.values()} | {"search_cut"}
    for source in sources("mail_ingest"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
                "say",
                "unread",
                "headers_of",
            }:
                found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
    return found


def test_every_code_has_its_sentence_and_every_sentence_its_code() -> None:
    assert {"too_costly", "too_many_parts", "empty"} <= _codes()
    assert _codes() == DEFECT.keys()
    assert DEFECT.keys() >= LEFT_OUT
    assert {code for _limit, code in LIMITS.values()} - LEFT_OUT == {"bad_header_line"}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("code", sorted(LEFT_OUT))
def test_what_was_left_out_stands_above_the_mail(site_ports: Ports, marije: Visitor, code: str, language: str) -> None:
    receive(site_ports, letter())
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(update(Entry).values(defects=code))
        unit.session.execute(update(Account).values(language=language))
    page = marije.page("/werk/w/open/2026-00001")
    assert ("li", translator(language).gettext(DEFECT[code])) in page.texts


def test_a_long_text_is_cut_and_says_so(site_ports: Ports, marije: Visitor) -> None:
    words = "woord " * (SHOWN_TEXT // 6)
    receive(site_ports, letter(f"Begin {words} slotwoord"), letter("Kort", message_id="<m2@minbz.example>"))
    for address in ("/werk/w/open/2026-00001", "/werk/w/open/2026-00001/afdrukken"):
        answer = marije.get(address)
        assert "Begin woord" in answer.text
        assert "slotwoord" not in answer.text
        assert "alleen het begin staat hier" in answer.text
    assert "alleen het begin staat hier" not in marije.get("/werk/w/open/2026-00002").text
