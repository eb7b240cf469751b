"""Reads what is there at the end: tickets, intake log, outbox, blobs, mails at the relay. Judges nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, select

from helpdesk.models import Attachment, Content, Entry, InboundMail, OutgoingMail, SearchText, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.unit import SYSTEM, Unit, unit_of_work
from tests.attack.judge import AtSink, Outgoing
from tests.services.relay import Kept


@dataclass(frozen=True)
class Waiting:
    """What has not come to its end yet."""

    received: int
    outgoing: int
    due: int
    """Of `outgoing`, those whose time has come."""


def waiting(ports: Ports) -> Waiting:
    """How much still waits in the two queues."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        count = select(func.count())
        received = unit.session.scalar(count.select_from(InboundMail).where(InboundMail.state == "received"))
        on_its_way = OutgoingMail.state.in_(("queued", "sending"))
        outgoing = unit.session.scalar(count.select_from(OutgoingMail).where(on_its_way))
        due = unit.session.scalar(
            count.select_from(OutgoingMail).where(on_its_way, OutgoingMail.next_try_at <= unit.now)
        )
        return Waiting(received or 0, outgoing or 0, due or 0)


def all_tickets(ports: Ports) -> list[dict[str, Any]]:
    """Every ticket as `ticket show --json` says it, the merged and the done ones too."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [ticket_json(unit, row["number"]) for row in ticket_list_json(unit)]


def intake_states(ports: Ports) -> Counter[str]:
    """Rows of the intake log by state."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(select(InboundMail.state, func.count().label("count")).group_by(InboundMail.state))
        return Counter({row.state: row.count for row in rows})


def duplicate_rows(ports: Ports, tickets: list[dict[str, Any]]) -> Counter[str]:
    """Rows in state duplicate by the SHA-256 of the mail they are duplicates of."""
    sha_of = {
        entry["inbound"]["id"]: entry["raw_sha256"]
        for ticket in tickets
        for entry in ticket["entries"]
        if entry["inbound"]
    }
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        firsts = unit.session.scalars(select(InboundMail.duplicate_of_id).where(InboundMail.state == "duplicate"))
        return Counter(sha_of.get(first or 0, "") for first in firsts)


def outbox_rows(ports: Ports) -> list[Outgoing]:
    """Every row of the outbox."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(select(OutgoingMail.message_id, OutgoingMail.kind, OutgoingMail.state))
        return [Outgoing(row.message_id.strip("<>"), row.kind, row.state) for row in rows]


def at_sink(kept: list[Kept]) -> list[AtSink]:
    """The mails at the relay, decoded by the standard library."""
    return [
        AtSink(
            message_id=mail.message_id.strip("<>"),
            to=mail.recipients[0],
            text=plain_text(mail.raw),
            sha256=hashlib.sha256(mail.raw).hexdigest(),
            at=mail.at,
        )
        for mail in kept
    ]


def plain_text(raw: bytes) -> str:
    """The text part of a mail."""
    message = message_from_bytes(raw, policy=default)
    body = message.get_body(("plain", "html"))
    return str(body.get_content()) if body else ""


def orphan_blobs(ports: Ports, root: Path) -> list[str]:
    """Files under the blob root that belong to no row, and rows whose file is not there, by their path or key."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = {key for key in unit.session.scalars(select(InboundMail.blob)) if key}
        rows |= set(unit.session.scalars(select(Attachment.blob)))
    files = {path.name: path for path in root.rglob("*") if path.is_file()}
    return [str(files[name].relative_to(root)) for name in files.keys() - rows] + sorted(rows - files.keys())


def half_tickets(ports: Ports) -> list[str]:
    """Tickets without an entry, subject or requester; entries without words or index; files without bytes."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(_halves(unit))


def _halves(unit: Unit) -> Iterator[str]:
    session = unit.session
    moved_away = Ticket.merged_into_id.is_not(None)
    parts: dict[str, ColumnElement[bool]] = {
        "entry": select(Entry.id).where(Entry.ticket_id == Ticket.id).exists(),
        "subject": select(Content.id).where(Content.ticket_id == Ticket.id, Content.kind == "subject").exists(),
        "requester": select(TicketPerson.id)
        .where(TicketPerson.ticket_id == Ticket.id, TicketPerson.role == "requester")
        .exists(),
    }
    for part, there in parts.items():
        for number in session.scalars(select(Ticket.number).where(~there, ~moved_away)):
            yield f"ticket {number} has no {part}"
    words = select(Content.id).where(Content.ticket_id == Entry.ticket_id, Content.entry_id == Entry.id).exists()
    index = select(SearchText.entry_id).where(SearchText.entry_id == Entry.id).exists()
    for part, there in {"words": words, "index": index}.items():
        for entry_id in session.scalars(select(Entry.id).where(~there)):
            yield f"entry {entry_id} has no {part}"
    for state in session.scalars(
        select(InboundMail.id).where(InboundMail.state == "filed", InboundMail.blob.is_(None))
    ):
        yield f"mail {state} is filed without its bytes"
