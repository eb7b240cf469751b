"""From a mail to its answer, through the real verbs, on both databases."""

from __future__ import annotations

import hashlib
from email import message_from_bytes, policy
from typing import cast

import pytest

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import Conflict
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.reconcile import reconcile
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.tickets.finding import search_page
from helpdesk.tickets.lists import list_page
from helpdesk.tickets.replying import Answer, add_note, reply
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import ASKER, letter, receive, wait


@pytest.fixture
def advisor(ports: Ports) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "marije@academie.example", "Marije Bos", ["advisor"], "een lang wachtwoord")
    return Actor(account_id, frozenset({"advisor"}))


def numbers(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [row["number"] for row in ticket_list_json(unit)]


def answer(ports: Ports, actor: Actor, number: str, text: str = "Dat **kan**.", client_id: str = "c1") -> int:
    with unit_of_work(ports, actor) as unit:
        version = thread_of(unit, number).ticket.version
        return reply(unit, number, Answer(text, (ASKER,), "waiting_for_asker", version, client_id))


def sent(ports: Ports) -> list[tuple[str, tuple[str, ...], bytes]]:
    deliver_waiting(ports)
    return cast("MemoryMailer", ports.mailer).sent


def test_a_mail_becomes_one_ticket_with_its_bytes(ports: Ports) -> None:
    raw = letter(html="<p>Kan ik <b>verzetten</b>?</p>", files=(("rooster v2.pdf", b"%PDF-1.4 niets"),))
    receive(ports, raw)
    clean(ports)
    assert numbers(ports) == ["2026-00001"]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        shown = ticket_json(unit, "2026-00001")
    entry = shown["entries"][0]
    assert shown["subject"] == "Training verzetten"
    assert entry["raw_sha256"] == hashlib.sha256(raw).hexdigest()
    assert entry["attachments"][0]["name"] == "rooster v2.pdf"
    assert entry["attachments"][0]["sha256"] == hashlib.sha256(b"%PDF-1.4 niets").hexdigest()
    assert entry["html_state"] == "clean"
    assert "<b>verzetten</b>" in entry["html"]
    assert shown["retention"] == {"state": "waiting:register", "due_on": None}
    assert reconcile(ports) == []


def test_the_answer_goes_out_and_its_reply_comes_back_to_the_ticket(ports: Ports, advisor: Actor) -> None:
    receive(ports, letter())
    answer(ports, advisor, "2026-00001")
    mails = sent(ports)
    assert [recipients for _sender, recipients, _raw in mails] == [(ASKER,), (ASKER,)]
    mail = message_from_bytes(mails[-1][2], policy=policy.default)
    assert mail["In-Reply-To"] == "<m1@minbz.example>"
    assert mail["Subject"] == "Re: Training verzetten"
    wait(ports)
    back = letter(
        "Dank je wel!",
        subject="Antw: Training verzetten",
        message_id="<m2@minbz.example>",
        In_Reply_To=str(mail["Message-ID"]),
    )
    receive(ports, back)
    assert numbers(ports) == ["2026-00001"]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        shown = ticket_json(unit, "2026-00001")
    assert [entry["kind"] for entry in shown["entries"]] == ["mail", "answer", "mail"]
    assert shown["status"] == "open"
    assert len(sent(ports)) == 2, "a follow-up gets no receipt"


def test_the_version_check_keeps_a_second_answer_back(ports: Ports, advisor: Actor) -> None:
    receive(ports, letter())
    with unit_of_work(ports, advisor) as unit:
        version = thread_of(unit, "2026-00001").ticket.version
        reply(unit, "2026-00001", Answer("Ja.", (ASKER,), "done", version, "a"))
    with pytest.raises(Conflict), unit_of_work(ports, advisor) as unit:
        reply(unit, "2026-00001", Answer("Nee.", (ASKER,), "done", version, "b"))
    with unit_of_work(ports, advisor) as unit:
        again = reply(unit, "2026-00001", Answer("Ja.", (ASKER,), "done", version, "a"))
        assert [entry.id for entry in thread_of(unit, "2026-00001").entries][-1] == again


def test_words_names_and_numbers_are_found_at_once(ports: Ports, advisor: Actor) -> None:
    receive(ports, letter("De vergaderingen in het café zijn vol.", files=(("factuur_2026.pdf", b"x"),)))
    with unit_of_work(ports, advisor) as unit:
        add_note(unit, "2026-00001", "Overlegd met planning.", "n1")
    for query in ("vergadering", "cafe", "Femke", "vries", "2026-00001", "V-2026-00001", "1", "factuur", "planning"):
        with unit_of_work(ports, advisor, write=False) as unit:
            assert [row.number for row in search_page(unit, query).rows] == ["2026-00001"], query
    with unit_of_work(ports, advisor, write=False) as unit:
        assert search_page(unit, "zonnebloem").rows == []
        assert [row.preview for row in list_page(unit, "open").rows] == ["Overlegd met planning."]
