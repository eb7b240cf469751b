"""Files, raw mails and cleaned HTML of an entry, each looked up and checked in one step. Reads only.

Each read leaves its line in the log of reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.models import Attachment, Content, Entry, InboundMail, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.read_log import How, note_reads
from helpdesk.unit import Unit
from helpdesk.uploads.scanning import require_open


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file to serve: its name, declared type, size in bytes and a stream the caller closes."""

    name: str
    content_type: str
    size: int
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """The cleaned HTML of a mail, and its language as far as it could be told."""

    html: str
    language: str | None


def attachment(unit: Unit, attachment_id: int, verb: str = "ticket.read") -> FileBytes:
    """An attachment of a ticket the actor may read. Raises Invalid for one that is given to nobody."""
    row = unit.session.get(Attachment, attachment_id)
    if row is None:
        raise NotFound("There is no such file.")
    ticket_for(unit, row.ticket_id, verb)
    require_open(unit.ports.settings, row.scan)
    note_reads(unit, [row.ticket_id], "file")
    name = unit.session.scalar(
        select(Content.text).where(Content.ticket_id == row.ticket_id, Content.attachment_id == row.id)
    )
    return FileBytes(name or "file", row.content_type, row.size, unit.ports.blobs.open(row.blob))


def _entry(unit: Unit, entry_id: int, how: How) -> tuple[Entry, Ticket]:
    entry = unit.session.get(Entry, entry_id)
    if entry is None:
        raise NotFound("There is no such message.")
    ticket = ticket_for(unit, entry.ticket_id, "ticket.read")
    note_reads(unit, [ticket.id], how)
    return entry, ticket


def raw_mail(unit: Unit, entry_id: int) -> FileBytes:
    """The mail as it came in, byte for byte."""
    entry, _ticket = _entry(unit, entry_id, "source")
    blob = unit.session.scalar(select(InboundMail.blob).where(InboundMail.id == entry.inbound_id))
    if blob is None:
        raise NotFound("There is no raw mail for this message.")
    return FileBytes(f"{entry_id}.eml", "message/rfc822", unit.ports.blobs.size(blob), unit.ports.blobs.open(blob))


def clean_html(unit: Unit, entry_id: int) -> CleanHtml:
    """The cleaned HTML of a mail, for its own sandboxed frame only (never for the page)."""
    entry, ticket = _entry(unit, entry_id, "html")
    found = unit.session.scalar(
        select(Content.text).where(
            Content.ticket_id == entry.ticket_id, Content.entry_id == entry.id, Content.kind == "html"
        )
    )
    if found is None or entry.html_state != "clean":
        raise NotFound("There is no HTML for this message.")
    return CleanHtml(found, ticket.language)
