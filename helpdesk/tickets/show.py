"""A ticket as JSON for the command line and for checks: everything it holds, with digests of its bytes. Reads only."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from helpdesk.models import Attachment, Content, Entry, InboundMail, SearchText, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.tickets.drafts import drafts_on
from helpdesk.tickets.thread import read_thread
from helpdesk.tickets.views import EntryView
from helpdesk.unit import Unit


def ticket_list_json(unit: Unit, *, after: int = 0, limit: int = 100_000) -> list[dict[str, Any]]:
    """Every ticket with its number, states and times, oldest first."""
    rows = unit.session.scalars(select(Ticket).where(Ticket.id > after).order_by(Ticket.id).limit(limit))
    return [
        {
            "number": row.number,
            "status": row.status,
            "retention_state": row.retention_state,
            "desk": row.desk_key,
            "channel": row.channel,
            "opened_at": row.opened_at.isoformat(),
            "changed_at": row.changed_at.isoformat(),
            "spam": row.spam,
        }
        for row in rows
    ]


def ticket_json(unit: Unit, number: str) -> dict[str, Any]:
    """One ticket with entries, texts, files, people, states, thread and timeline; bytes as SHA-256 in hex."""
    ticket = ticket_for(unit, number, "ticket.read")
    thread = read_thread(unit, number, "shell", size=100_000)
    texts = _texts(unit, ticket.id)
    entries = {entry.id: entry for entry in unit.session.scalars(select(Entry).where(Entry.ticket_id == ticket.id))}
    indexed = set(unit.session.scalars(select(SearchText.entry_id).where(SearchText.ticket_id == ticket.id)))
    digests = _file_digests(unit, ticket.id)
    return {
        "number": ticket.number,
        "subject": thread.subject,
        "status": ticket.status,
        "assignee": thread.assignee,
        "desk": ticket.desk_key,
        "channel": ticket.channel,
        "language": ticket.language,
        "spam": ticket.spam,
        "retention": {"state": ticket.retention_state, "due_on": ticket.due_on and ticket.due_on.isoformat()},
        "opened_at": ticket.opened_at.isoformat(),
        "waiting_since": ticket.waiting_since.isoformat(),
        "done_at": ticket.done_at and ticket.done_at.isoformat(),
        "hint": thread.hint and {"number": thread.hint.number, "reason": thread.hint.reason},
        "merged_into": thread.merged_into,
        "merged_from": sorted(thread.merged_from),
        "previous": thread.previous,
        "people": sorted(
            ({"role": p.role, "name": p.name, "address": p.address} for p in thread.people),
            key=lambda p: (p["role"], p["address"]),
        ),
        "drafts": [{"kind": kind, "saved_at": at.isoformat()} for kind, at in drafts_on(unit, ticket.id)],
        "entries": [
            _entry(unit, view, entries[view.id], texts.get(view.id, {}), digests, view.id in indexed)
            for view in thread.entries
        ],
    }


def _texts(unit: Unit, ticket_id: int) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in unit.session.execute(
        select(Content.entry_id, Content.kind, Content.text).where(
            Content.ticket_id == ticket_id, Content.entry_id.is_not(None), Content.kind != "filename"
        )
    ):
        found.setdefault(row.entry_id, {})[row.kind] = row.text
    return found


def _digest(unit: Unit, blob: str) -> str:
    digest = hashlib.sha256()
    with unit.ports.blobs.open(blob) as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _file_digests(unit: Unit, ticket_id: int) -> dict[int, str]:
    rows = unit.session.scalars(select(Attachment).where(Attachment.ticket_id == ticket_id))
    return {row.id: _digest(unit, row.blob) for row in rows}


def _inbound(unit: Unit, entry: Entry) -> dict[str, Any] | None:
    row = unit.session.get(InboundMail, entry.inbound_id) if entry.inbound_id else None
    if row is None:
        return None
    return {
        "id": row.id,
        "source": row.source,
        "mailbox": row.mailbox,
        "uidvalidity": row.uidvalidity,
        "uid": row.uid,
        "state": row.state,
        "size": row.size,
        "same_message_id": row.same_message_id,
        "raw_sha256": _digest(unit, row.blob) if row.blob else None,
    }


def _entry(
    unit: Unit, view: EntryView, entry: Entry, texts: dict[str, str], digests: dict[int, str], indexed: bool
) -> dict[str, Any]:
    inbound = _inbound(unit, entry)
    return {
        "id": view.id,
        "kind": view.kind,
        "at": view.at.isoformat(),
        "author": view.author,
        "address": view.address,
        "raw_sha256": inbound["raw_sha256"] if inbound else None,
        "inbound": inbound,
        "headers": json.loads(texts["headers"]) if "headers" in texts else None,
        "text": texts.get("body", texts.get("markdown", "")),
        "reply_text": texts.get("reply", texts.get("body", texts.get("markdown", ""))),
        "html": texts.get("html", texts.get("html_source", "")),
        "html_state": view.html_state,
        "html_reason": view.html_reason,
        "verdict": view.verdict,
        "defects": view.defects,
        "indexed": indexed,
        "undone": view.undone,
        "attachments": [
            {
                "name": file.name,
                "size": file.size,
                "content_type": file.content_type,
                "inline": file.inline,
                "sha256": digests[file.id],
            }
            for file in view.attachments
        ],
        "outgoing": view.outgoing_state
        and {
            "state": view.outgoing_state,
            "recipients": [{"address": r.address, "state": r.state, "code": r.status_code} for r in view.recipients],
        },
    }
