"""Rows for the tests of outgoing mail: a ticket, what was asked, what was answered."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from helpdesk.adapters.memory import MemoryJobs, MemoryMailer, SetClock
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import queue_answer
from helpdesk.models import Account, Content, Entry, Event, OutgoingMail, OutgoingRecipient, Ticket
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Unit, unit_of_work

FEMKE = Sender("femke@ministerie.example", "Femke de Vries")
ASKED = "Beste academie,\n\nKan ik me nog inschrijven?\n\n> eerder\n> gevraagd"


def clock(ports: Ports) -> SetClock:
    """The clock of the test ports."""
    assert isinstance(ports.now, SetClock)
    return ports.now


def mailer(ports: Ports) -> MemoryMailer:
    """The mailer of the test ports."""
    assert isinstance(ports.mailer, MemoryMailer)
    return ports.mailer


def nudges(ports: Ports) -> list[str]:
    """The nudges so far."""
    assert isinstance(ports.jobs, MemoryJobs)
    return ports.jobs.nudges


def account(unit: Unit, signature: str | None = None) -> int:
    """An advisor."""
    row = Account(email="marije@academie.example", name="Marije", signature=signature, created_at=unit.now)
    unit.session.add(row)
    unit.session.flush()
    return row.id


def ticket(unit: Unit, number: str = "2026-01342", language: str | None = "nl", desk: str = "academy") -> Ticket:
    """A ticket with its subject."""
    row = Ticket(
        number=number,
        desk_key=desk,
        language=language,
        opened_at=unit.now,
        waiting_since=unit.now,
        changed_at=unit.now,
    )
    unit.session.add(row)
    unit.session.flush()
    unit.session.add(Content(ticket_id=row.id, kind="subject", text="Inschrijven voor een cursus"))
    return row


def headers(**said: Any) -> dict[str, Any]:
    """What filing keeps of a header."""
    return {
        "message_id": "vraag-1@ministerie.example",
        "references": [],
        "in_reply_to": [],
        "from": {"address": FEMKE.address, "name": FEMKE.name},
        "to": [{"address": "academy@academie.example", "name": "Leeradvies"}],
        "cc": [],
        "reply_to": [],
        "date": "2026-11-22T09:42:00+01:00",
        "subject": "Inschrijven voor een cursus",
        **said,
    }


def asked(unit: Unit, of: Ticket, text: str = ASKED, said: dict[str, Any] | None = None) -> Entry:
    """A mail of the requester."""
    row = Entry(ticket_id=of.id, kind="mail", at=unit.now)
    unit.session.add(row)
    unit.session.flush()
    block = json.dumps(headers() if said is None else said)
    for kind, words in (("body", text), ("headers", block)):
        unit.session.add(Content(ticket_id=of.id, entry_id=row.id, kind=kind, text=words))
    return row


def answered(unit: Unit, of: Ticket, markdown: str = "Dat kan **nog**.", account_id: int | None = None) -> Entry:
    """An advisor's answer, not yet in the outbox."""
    row = Entry(ticket_id=of.id, kind="answer", at=unit.now, account_id=account_id)
    unit.session.add(row)
    unit.session.flush()
    unit.session.add(Content(ticket_id=of.id, entry_id=row.id, kind="markdown", text=markdown))
    unit.session.flush()
    return row


def queued(
    ports: Ports, to: Sequence[Sender] = (FEMKE,), cc: Sequence[Sender] = (), number: str = "2026-01342"
) -> tuple[int, int, int]:
    """A ticket with a question and a queued answer; ids of ticket, answer and mail."""
    with unit_of_work(ports, SYSTEM) as unit:
        of = ticket(unit, number)
        question = asked(unit, of)
        answer = answered(unit, of)
        mail = queue_answer(unit, of, answer, to, cc, question.id)
        return of.id, answer.id, mail.id


def stored(ports: Ports, outgoing_id: int) -> OutgoingMail:
    """The mail as it stands in the database."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.get_one(OutgoingMail, outgoing_id)


def recipients(ports: Ports, outgoing_id: int) -> dict[str, tuple[str, str | None]]:
    """Address -> state and status code."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.query(OutgoingRecipient).filter_by(outgoing_id=outgoing_id).order_by(OutgoingRecipient.id)
        return {row.address: (row.state, row.status_code) for row in rows}


def events(ports: Ports, ticket_id: int) -> list[tuple[str, str | None]]:
    """Kind and `after` of what happened to a ticket."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.query(Event).filter_by(ticket_id=ticket_id).order_by(Event.id)
        return [(row.kind, row.after) for row in rows]


HOUR = dt.timedelta(hours=1)
