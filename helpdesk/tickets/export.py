"""A whole conversation to take away: as one mail that holds its mails, and with what a printed page needs. Reads only.

Must not: give internal notes unless they are asked for, or hold more than one mail in memory at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.mail.compose import Letter, compose
from helpdesk.mail.header_fields import CRLF, address_field, text_field
from helpdesk.mail.incoming import Sender
from helpdesk.mail.letters import Enclosure, desk_of, read_letter, with_files
from helpdesk.models import Attachment, Entry, InboundMail, OutgoingMail
from helpdesk.ports import Ports
from helpdesk.read_log import How
from helpdesk.tickets.thread import read_thread
from helpdesk.tickets.views import EntryView, Thread
from helpdesk.unit import Unit

_EVERYTHING = 1_000_000
_PIECE = 1 << 16
_NOTES = ("note",)


@dataclass(frozen=True, slots=True)
class Print:
    """A conversation as a page prints it: SHA-256 of each file by its id, and whether notes are in it."""

    thread: Thread
    checksums: dict[int, str]
    with_notes: bool


@dataclass(frozen=True, slots=True)
class ThreadMail:
    """A conversation as one mail: the name of its file, and its bytes in pieces, to be read when no unit is open."""

    name: str
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class _Item:
    """One part: a mail as it came in, a mail of ours, or words that were never mailed."""

    title: str
    raw: str = ""
    letter: Letter | None = None
    enclosures: tuple[Enclosure, ...] = ()
    text: str = ""


def print_view(unit: Unit, number: str, *, with_notes: bool = False) -> Print:
    """Every entry of a ticket, oldest first; notes only if asked for, and what was taken back never."""
    thread = _whole(unit, number, "print", with_notes)
    wanted = {file.id for entry in thread.entries for file in entry.attachments}
    rows = unit.session.scalars(select(Attachment).where(Attachment.ticket_id == thread.ticket.id))
    checksums = {row.id: _checksum(unit.ports.blobs.open(row.blob)) for row in rows if row.id in wanted}
    return Print(thread, checksums, with_notes)


def thread_mail(unit: Unit, number: str, *, with_notes: bool = False) -> ThreadMail:
    """The conversation as multipart/mixed with a message/rfc822 for each mail (RFC 2046 5.1.3, 5.2.1).

    Received mails are there byte for byte, ours as they were sent; a note is a text of its own.
    """
    thread = _whole(unit, number, "export", with_notes)
    entries = {row.id: row for row in unit.session.scalars(select(Entry).where(Entry.ticket_id == thread.ticket.id))}
    items = [_item(unit, view, entries[view.id]) for view in thread.entries]
    boundary = f"=_{unit.ports.keys.word_digest('export', f'{thread.number} {unit.now.isoformat()}')}"
    head = _head(unit, thread, boundary)
    name = f"V-{thread.number}_{unit.now.astimezone(ZoneInfo(unit.ports.settings.timezone)):%Y-%m-%d}.eml"
    return ThreadMail(name, _pieces(unit.ports, head, boundary, items))


def thread_eml(unit: Unit, number: str, *, with_notes: bool = False) -> bytes:
    """The bytes of `thread_mail` at once; for conversations known to be small."""
    return b"".join(thread_mail(unit, number, with_notes=with_notes).pieces)


def _whole(unit: Unit, number: str, how: How, with_notes: bool) -> Thread:
    thread = read_thread(unit, number, how, size=_EVERYTHING)
    entries = [entry for entry in thread.entries if not entry.undone and (with_notes or entry.kind not in _NOTES)]
    return replace(thread, entries=entries)


def _checksum(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    with stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _item(unit: Unit, view: EntryView, entry: Entry) -> _Item:
    title = f"{view.author or view.address}, {view.at:%Y-%m-%d %H:%M} UTC"
    if view.outgoing_id is not None:
        letter, enclosures = read_letter(unit, unit.session.get_one(OutgoingMail, view.outgoing_id))
        return _Item(title, letter=letter, enclosures=enclosures)
    mail = unit.session.get(InboundMail, entry.inbound_id) if entry.inbound_id is not None else None
    if mail is not None and mail.blob is not None:
        return _Item(title, raw=mail.blob)
    return _Item(title, text="\n\n".join(filter(None, (view.text, view.quoted))))


def _head(unit: Unit, thread: Thread, boundary: str) -> bytes:
    settings = unit.ports.settings
    desk = desk_of(settings, thread.ticket.desk_key)
    fields = (
        f"Date: {format_datetime(unit.now.astimezone(ZoneInfo(settings.timezone)))}{CRLF}",
        address_field("From", [Sender(desk.address, desk.name_nl)]),
        text_field("Subject", f"V-{thread.number} {thread.subject}"),
        f'MIME-Version: 1.0{CRLF}Content-Type: multipart/mixed; boundary="{boundary}"{CRLF}',
        f"Content-Transfer-Encoding: 8bit{CRLF}{CRLF}",
    )
    return "".join(fields).encode("ascii")


def _pieces(ports: Ports, head: bytes, boundary: str, items: list[_Item]) -> Iterator[bytes]:
    """Whatever a part holds, its end is ours: nobody outside can know the boundary, which is a keyed digest."""
    yield head
    for item in items:
        yield f"{CRLF}--{boundary}{CRLF}".encode()
        kind = "message/rfc822" if item.raw or item.letter else "text/plain; charset=utf-8"
        title = text_field("Content-Description", item.title)
        yield f"Content-Type: {kind}{CRLF}{title}Content-Transfer-Encoding: 8bit{CRLF}{CRLF}".encode("ascii")
        yield from _body(ports, item)
    yield f"{CRLF}--{boundary}--{CRLF}".encode()


def _body(ports: Ports, item: _Item) -> Iterator[bytes]:
    if item.raw:
        with ports.blobs.open(item.raw) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    elif item.letter is not None:
        yield compose(with_files(item.letter, item.enclosures, ports.blobs), ports.settings)
    else:
        yield "\r\n".join(item.text.splitlines()).encode()
