"""No word of a mail of ours escapes translation: every kind, composed and handed over in the pseudo-language."""

from __future__ import annotations

import shutil
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.chat import saying
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import queue_alarm, queue_lines, queue_notice, queue_password_link, queue_sign_in
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.mail.quoted import Quote, quoted_html, quoted_text
from helpdesk.mail.texts import MAILS
from helpdesk.people.access import ticket_for
from helpdesk.people.accounts import create_account
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.settings import DeskSettings
from helpdesk.status import raise_alarm
from helpdesk.text.alarms import ALARM
from helpdesk.text.language import AMSTERDAM, PSEUDO_LANGUAGE
from helpdesk.tickets import replying
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import letter, receive, wait
from tests.naked import Search

DESK = DeskSettings(
    *("academy", "a@academie.example", "Σχολή", "Σχολή"),
    signature_nl="Γεια",
    signature_en="Γεια",
    answer_within_nl="δύο ημέρες",
    answer_within_en="δύο ημέρες",
)
ASKER, NUMBER = Sender("femke@minbz.example", "Φένια"), "2026-00001"
KNOWN = frozenset({"re"})
"""The prefix of an answer's subject is part of the format (RFC 5322 3.6.5)."""


@pytest.fixture
def pseudo(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> Ports:
    shutil.copy(sqlite_template, tmp_path / "helpdesk.sqlite3")
    url = f"sqlite:///{tmp_path / 'helpdesk.sqlite3'}"
    return make_ports(url, language=PSEUDO_LANGUAGE, desks=(DESK,), public_url="https://helpdesk.example")


def look(search: Search, mail: EmailMessage) -> None:
    """Subject, names and both bodies."""
    place = str(mail["Subject"])
    for name in ("Subject", "From", "To", "Reply-To"):
        search.look(f"{place} {name}", str(mail[name] or ""))
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        (search.look if kind == "plain" else search.look_in_html)(f"{place} {kind}", body.get_content())


def every_kind(ports: Ports) -> None:
    """One mail of each kind, and an alarm of each kind."""
    receive(ports, letter("Μπορώ να έρθω;", subject="Μετάθεση", sender="Φένια <femke@minbz.example>", to=DESK.address))
    with unit_of_work(ports, SYSTEM) as unit:
        account = create_account(unit, "m@academie.example", "Μαρίνα", ["advisor"], None)
        queue_password_link(unit, "m@academie.example", "Μαρίνα", "nl", unit.now.replace(year=2030))
        for kind in ALARM:
            raise_alarm(unit, kind, "1", "2")
        assert queue_alarm(unit, "tech@academie.example")
        queue_notice(unit, ticket_for(unit, NUMBER, "ticket.read"), Sender("m@academie.example", "Μαρίνα"), "en")
    with unit_of_work(ports, Actor(account, frozenset({"advisor"}))) as unit:
        version = thread_of(unit, NUMBER).ticket.version
        replying.reply(unit, NUMBER, replying.Answer("Ναι", (ASKER.address,), "done", version, "a"))
    _chatted(ports, account)
    wait(ports)
    deliver_waiting(ports)


def _chatted(ports: Ports, account: int) -> None:
    """A chat whose lines are mailed, a part and the whole; and the mail of a sign-in."""
    with unit_of_work(ports, SYSTEM) as unit:
        queue_sign_in(unit, ASKER.address, "nl", unit.now.replace(year=2030), wanted=True)
        asker = Actor(requester=Requester(person_for(unit, ASKER.address).id, ASKER.address))
    with unit_of_work(ports, asker) as unit:
        said = saying.start(unit, "academy", "Μπορώ;", "pseudo-line-1")
    with unit_of_work(ports, Actor(account, frozenset({"advisor"}))) as unit:
        answer = saying.answer(unit, said.number, "Ναι", "pseudo-line-2")
        ticket = ticket_for(unit, said.number, "ticket.read")
        queue_lines(unit, ticket, "chat", answer.entry_id, answer.entry_id, ASKER)
        queue_lines(unit, ticket, "transcript", said.entry_id, answer.entry_id, ASKER)


def test_every_word_of_every_mail_was_given_to_be_translated(pseudo: Ports) -> None:
    every_kind(pseudo)
    mailer = cast("MemoryMailer", pseudo.mailer)
    sent = [message_from_bytes(raw, policy=policy.default) for _from, _to, raw in mailer.sent]
    assert len(sent) == len(MAILS) + 1, "the first line of a chat outside its hours has a receipt of its own"
    search = Search(KNOWN)
    for mail in sent:
        assert mail["Content-Language"] == PSEUDO_LANGUAGE
        look(search, mail)
    undated = Quote(ASKER, "Ναι", "Μετάθεση", None, (ASKER,))
    search.look("undated", quoted_text(undated, PSEUDO_LANGUAGE, AMSTERDAM))
    search.look_in_html("undated", quoted_html(undated, PSEUDO_LANGUAGE, AMSTERDAM))
    assert search.found == {}
    sys.stdout.write(f"\nRESULT mails kinds={len(sent)} texts={search.texts} words={search.words} untranslated=0\n")
    assert search.words > 150


def test_a_word_planted_in_a_mail_is_seen() -> None:
    search = Search(KNOWN)
    mail = EmailMessage()
    mail["Subject"] = "⟦Ñéŵş⟧ 2026-00001"
    mail.set_content("⟦Ñéŵş⟧ Γεια")
    mail.add_alternative("<p style='color: red'>⟦Ñéŵş⟧</p><p>News</p>", subtype="html")
    look(search, mail)
    assert set().union(*search.found.values()) == {"News"}
