"""A conversation to take away: mails byte for byte, answers as sent, notes only when asked for."""

from __future__ import annotations

import hashlib
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import NotFound
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.export import print_view, thread_eml, thread_mail
from helpdesk.tickets.replying import Answer, add_note, reply
from helpdesk.tickets.thread import thread_of
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import NOBODY, SYSTEM, Actor, unit_of_work
from tests.letters import ASKER, letter, receive

ONE = "2026-00001"
RAW = letter(
    "Kan het ook in Genève?\n\n--=_raad\n", subject="Verzetten – één dag", files=(("rooster.pdf", b"%PDF-1.4 x"),)
)


@pytest.fixture
def told(ports: Ports) -> bytes:
    """A ticket with a mail, an answer and a note; returns the answer as it was sent."""
    receive(ports, RAW)
    deliver_waiting(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "m@academie.example", "Marije Bos", ["advisor"], None)
    with unit_of_work(ports, Actor(account_id, frozenset({"advisor"}))) as unit:
        version = thread_of(unit, ONE).ticket.version
        files = (FileDraft("plan.txt", "text/plain", b"plan"),)
        reply(unit, ONE, Answer("Dat **kan**.", (ASKER,), "done", version, "c", files=files))
        add_note(unit, ONE, "Geheim: budget is op", "n")
    mailer = cast("MemoryMailer", ports.mailer)
    mailer.sent.clear()
    deliver_waiting(ports)
    return mailer.sent[0][2]


def exported(ports: Ports, *, with_notes: bool = False) -> tuple[bytes, EmailMessage]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        raw = thread_eml(unit, ONE, with_notes=with_notes)
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return raw, mail


def test_the_mail_holds_every_mail_as_it_was(ports: Ports, told: bytes) -> None:
    raw, mail = exported(ports)
    assert mail["Subject"] == "V-2026-00001 Verzetten – één dag"
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["message/rfc822", "message/rfc822"]
    assert RAW in raw
    assert told in raw
    first, second = (part.get_content() for part in mail.iter_parts())
    assert first["Message-ID"] == "<m1@minbz.example>"
    assert [file.get_filename() for file in second.iter_attachments()] == ["plan.txt"]
    assert not mail.defects
    assert b"Geheim" not in raw


def test_notes_are_in_it_only_when_asked_for(ports: Ports, told: bytes) -> None:
    raw, mail = exported(ports, with_notes=True)
    note = list(mail.iter_parts())[2]
    assert note.get_content_type() == "text/plain"
    assert note.get_content().strip() == "Geheim: budget is op"
    assert str(note["Content-Description"]).startswith("Marije Bos, 2026-11-22")
    assert b"budget" in raw


def test_it_is_read_when_no_unit_is_open(ports: Ports, told: bytes) -> None:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        mail = thread_mail(unit, ONE)
    assert mail.name == "V-2026-00001_2026-11-22.eml"
    assert RAW in b"".join(mail.pieces)


def test_the_print_has_checksums_and_leaves_out_notes(ports: Ports, told: bytes) -> None:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        plain, full = print_view(unit, ONE), print_view(unit, ONE, with_notes=True)
    assert [entry.kind for entry in plain.thread.entries] == ["mail", "answer"]
    assert [entry.kind for entry in full.thread.entries] == ["mail", "answer", "note"]
    names = {file.name: plain.checksums[file.id] for entry in plain.thread.entries for file in entry.attachments}
    assert names == {
        "rooster.pdf": hashlib.sha256(b"%PDF-1.4 x").hexdigest(),
        "plan.txt": hashlib.sha256(b"plan").hexdigest(),
    }
    assert not plain.with_notes


def test_who_may_not_read_the_ticket_gets_nothing(ports: Ports, told: bytes) -> None:
    for make in (print_view, thread_mail):
        with unit_of_work(ports, NOBODY, write=False) as unit, pytest.raises(NotFound):
            make(unit, ONE)
