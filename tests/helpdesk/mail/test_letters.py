"""What a mail is made of, read from the database: its conversation, its words, its files."""

from __future__ import annotations

from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest

from helpdesk.errors import NotFound
from helpdesk.mail.compose import compose
from helpdesk.mail.letters import read_letter, with_files
from helpdesk.mail.outbox import queue_alarm, queue_answer, queue_receipt
from helpdesk.models import Alarm, Attachment, Content, OutgoingMail
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.mail import make
from tests.helpdesk.mail.make import FEMKE


def composed(ports: Ports, outgoing_id: int) -> EmailMessage:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        letter, files = read_letter(unit, unit.session.get_one(OutgoingMail, outgoing_id))
    mail = BytesParser(policy=policy.default).parsebytes(
        compose(with_files(letter, files, ports.blobs), ports.settings)
    )
    assert isinstance(mail, EmailMessage)
    return mail


def answer_to(ports: Ports, said: dict[str, Any] | None) -> EmailMessage:
    """The answer to a mail with these headers."""
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
        question = make.asked(unit, ticket, said=said)
        mail = queue_answer(unit, ticket, make.answered(unit, ticket), [FEMKE], [], question.id)
    return composed(ports, mail.id)


OWN = "<vraag-1@ministerie.example>"


@pytest.mark.parametrize(
    ("said", "in_reply_to", "references"),
    [
        ({}, OWN, OWN),
        ({"references": ["a@x", "b@x"], "in_reply_to": ["b@x"]}, OWN, f"<a@x> <b@x> {OWN}"),
        ({"in_reply_to": ["b@x"]}, OWN, f"<b@x> {OWN}"),
        ({"in_reply_to": ["a@x", "b@x"]}, OWN, OWN),
        ({"message_id": "", "references": ["a@x"]}, None, "<a@x>"),
        ({"message_id": ""}, None, None),
        ({"message_id": None, "references": None, "in_reply_to": None, "date": None, "to": None}, None, None),
        ({"references": ["x y", "a@x", "a@x", 7, "é@x"]}, OWN, f"<a@x> {OWN}"),
    ],
)
def test_an_answer_refers_as_rfc_5322_says(
    ports: Ports, said: dict[str, Any], in_reply_to: str | None, references: str | None
) -> None:
    mail = answer_to(ports, make.headers(**said))
    assert (mail["In-Reply-To"], mail["References"]) == (in_reply_to, references)
    assert mail["Subject"] == "Re: Inschrijven voor een cursus"


def test_long_references_keep_the_first_and_the_newest(ports: Ports) -> None:
    mail = answer_to(ports, make.headers(references=[f"{number}@x" for number in range(49)]))
    found = mail["References"].split()
    assert found == ["<0@x>", *(f"<{number}@x>" for number in range(30, 49)), "<vraag-1@ministerie.example>"]


@pytest.mark.parametrize(
    "said", [{}, {"from": [], "subject": None}, {"from": {"address": 1}, "references": "a@x", "date": "x"}]
)
def test_odd_headers_stop_no_answer(ports: Ports, said: dict[str, Any]) -> None:
    assert answer_to(ports, said)["Subject"] == "Re: Inschrijven voor een cursus"


def test_a_chain_of_answers_to_and_fro_stays_one_conversation(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
    before: list[str] = []
    for turn in range(6):
        with unit_of_work(ports, SYSTEM) as unit:
            said = make.headers(message_id=f"vraag-{turn}@x", references=before[-1:], in_reply_to=before[-1:])
            question = make.asked(unit, ticket, said=said)
            mail = queue_answer(unit, ticket, make.answered(unit, ticket), [FEMKE], [], question.id)
        sent = composed(ports, mail.id)
        assert sent["References"].split() == [f"<{item}>" for item in (*before[-1:], f"vraag-{turn}@x")]
        assert sent["Subject"] == "Re: Inschrijven voor een cursus"
        before.append(mail.message_id)


def test_a_second_answer_in_a_row_refers_to_the_first(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
        question = make.asked(unit, ticket)
        first = make.answered(unit, ticket, "Eerste antwoord")
        sent = queue_answer(unit, ticket, first, [FEMKE], [], question.id)
        second = queue_answer(unit, ticket, make.answered(unit, ticket), [FEMKE], [], first.id)
    mail = composed(ports, second.id)
    assert mail["In-Reply-To"] == f"<{sent.message_id}>"
    assert mail["References"].split() == ["<vraag-1@ministerie.example>", f"<{sent.message_id}>"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "> Eerste antwoord" in body.get_content()


def test_an_answer_carries_quote_and_both_signatures(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
        question = make.asked(unit, ticket)
        answer = make.answered(unit, ticket, account_id=make.account(unit, "Marije de Boer\nma-do"))
        mail = queue_answer(unit, ticket, answer, [FEMKE], [], question.id)
    body = composed(ports, mail.id).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == (
        "Dat kan **nog**.\n\nVraag V-2026-01342\n\nMarije de Boer\nma-do\n\nMet vriendelijke groet,\nde Academie\n\n"
        "Op zondag 22 november 2026, 09:42 schreef Femke de Vries:\n"
        "> Beste academie,\n>\n> Kan ik me nog inschrijven?\n>\n>> eerder\n>> gevraagd\n"
    )


def test_the_same_row_gives_the_same_bytes_later_and_after_a_retry(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    first = composed(ports, mail_id).as_bytes()
    make.clock(ports).move(make.HOUR * 50)
    with unit_of_work(ports, SYSTEM) as unit:
        mail = unit.session.get_one(OutgoingMail, mail_id)
        mail.attempts, mail.state = 7, "failed"
    assert composed(ports, mail_id).as_bytes() == first


def test_files_go_along_and_a_lost_one_is_no_half_mail(ports: Ports) -> None:
    ticket_id, entry_id, mail_id = make.queued(ports)
    (blob,) = ports.blobs.stage([b"%PDF-1.7"])
    with unit_of_work(ports, SYSTEM) as unit:
        file = Attachment(ticket_id=ticket_id, entry_id=entry_id, blob=blob, content_type="application/pdf", size=8)
        unit.session.add(file)
        unit.session.flush()
        unit.session.add(
            Content(ticket_id=ticket_id, entry_id=entry_id, attachment_id=file.id, kind="filename", text="rooster.pdf")
        )
    (part,) = composed(ports, mail_id).iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("rooster.pdf", b"%PDF-1.7")
    ports.blobs.destroy([blob])
    with pytest.raises(NotFound):
        composed(ports, mail_id)


def test_a_receipt_answers_the_question_without_quoting_it(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
        mail = queue_receipt(unit, ticket, make.asked(unit, ticket), FEMKE, "nl")
    assert mail is not None
    found = composed(ports, mail.id)
    assert found["In-Reply-To"] == "<vraag-1@ministerie.example>"
    assert found["Subject"] == "Ontvangen: Inschrijven voor een cursus"
    assert "Kan ik me nog" not in found.as_string()


def test_an_alarm_mail_tells_what_was_wrong_when_it_was_made(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(Alarm(kind="disk", subject="data", detail="12", open_key="disk", raised_at=unit.now))
        unit.session.flush()
        mail = queue_alarm(unit, "beheer@academie.example")
    assert mail is not None
    first = composed(ports, mail.id).as_bytes()
    make.clock(ports).move(make.HOUR)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.query(Alarm).one().closed_at = unit.now
        unit.session.add(Alarm(kind="mailbox_error", subject="x", open_key="x", raised_at=unit.now))
    assert composed(ports, mail.id).as_bytes() == first
    assert b"De schijf is bijna vol: data (12)" in first


def test_a_desk_that_is_gone_from_the_settings_stops_no_mail(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    fewer = replace(ports, settings=replace(ports.settings, desks=ports.settings.desks[1:]))
    assert composed(fewer, mail_id)["From"] == "Talen <talen@academie.example>"
