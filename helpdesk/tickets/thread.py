"""A ticket as its page shows it. Reads only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.models import (
    Attachment,
    Content,
    Entry,
    Event,
    InboundMail,
    OutgoingMail,
    OutgoingRecipient,
    Ticket,
    TicketPerson,
)
from helpdesk.people.access import ticket_for
from helpdesk.people.accounts import account_names
from helpdesk.read_log import How, note_reads
from helpdesk.text.rendering import render_answer
from helpdesk.tickets.views import EntryView, EventView, FileView, HintView, PersonView, RecipientView, Thread
from helpdesk.unit import Unit
from helpdesk.uploads.scanning import held_back

_KINDS = ("body", "reply", "markdown", "headers", "filename", "remote_hosts")


def thread_of(
    unit: Unit, number: str, *, before: int | None = None, size: int = 20, verb: str = "ticket.read"
) -> Thread:
    """The newest entries of a ticket, oldest first, and everything its page shows; `before` pages backwards."""
    ticket = ticket_for(unit, number, verb)
    statement = select(Entry).where(Entry.ticket_id == ticket.id)
    if before is not None:
        statement = statement.where(Entry.id < before)
    newest = list(unit.session.scalars(statement.order_by(Entry.id.desc()).limit(size + 1)))
    entries = sorted(newest[:size], key=lambda entry: (entry.at, entry.id))
    names = account_names(unit)
    thread = Thread(
        ticket=ticket,
        number=ticket.number,
        subject=_subject(unit, ticket.id),
        people=_people(unit, ticket.id),
        entries=entry_views(unit, ticket.id, entries, names),
        events=_events(unit, ticket.id, names),
        assignee=names.get(ticket.assignee_id) if ticket.assignee_id else None,
        earlier=min(entry.id for entry in entries) if len(newest) > size else None,
    )
    _links(unit, thread)
    return thread


def read_thread(
    unit: Unit, number: str, how: How, *, before: int | None = None, size: int = 20, verb: str = "ticket.read"
) -> Thread:
    """The same for somebody who reads it; the log of reads says that and how."""
    thread = thread_of(unit, number, before=before, size=size, verb=verb)
    note_reads(unit, [thread.ticket.id], how)
    return thread


def people_of(unit: Unit, number: str) -> list[PersonView]:
    """Who is on a ticket."""
    return _people(unit, ticket_for(unit, number, "ticket.read").id)


def merged_into(unit: Unit, number: str) -> str | None:
    """The number of the ticket to which this one's messages went, if they did."""
    return _number(unit, ticket_for(unit, number, "ticket.read").merged_into_id)


def entry_alone(unit: Unit, entry_id: int, verb: str) -> tuple[str, EntryView]:
    """The number of a ticket and one of its entries. Raises NotFound."""
    entry = unit.session.get(Entry, entry_id)
    if entry is None:
        raise NotFound("There is no such message.")
    ticket = ticket_for(unit, entry.ticket_id, verb)
    note_reads(unit, [ticket.id], "part")
    return ticket.number, entry_views(unit, ticket.id, [entry], account_names(unit))[0]


def _subject(unit: Unit, ticket_id: int) -> str:
    found = select(Content.text).where(
        Content.ticket_id == ticket_id, Content.entry_id.is_(None), Content.kind == "subject"
    )
    return unit.session.scalar(found.limit(1)) or ""


def _people(unit: Unit, ticket_id: int) -> list[PersonView]:
    rows = unit.session.execute(
        select(TicketPerson.name, TicketPerson.address, TicketPerson.person_id, TicketPerson.role)
        .where(TicketPerson.ticket_id == ticket_id)
        .order_by(TicketPerson.id)
    )
    return [PersonView(row.name, row.address, row.person_id, row.role) for row in rows]


def _number(unit: Unit, ticket_id: int | None, *, but_restricted: bool = False) -> str | None:
    found = select(Ticket.number).where(Ticket.id == ticket_id)
    if but_restricted:
        found = found.where(Ticket.restricted.is_(False))
    return unit.session.scalar(found) if ticket_id else None


def _links(unit: Unit, thread: Thread) -> None:
    ticket = thread.ticket
    hinted = _number(unit, ticket.hint_ticket_id, but_restricted=True)
    if hinted is not None and ticket.hint_ticket_id is not None and ticket.merged_into_id is None:
        thread.hint = HintView(hinted, _subject(unit, ticket.hint_ticket_id), ticket.hint_reason or "subject")
    thread.merged_into = _number(unit, ticket.merged_into_id)
    thread.previous = _number(unit, ticket.previous_ticket_id)
    thread.merged_from = list(unit.session.scalars(select(Ticket.number).where(Ticket.merged_into_id == ticket.id)))


def _events(unit: Unit, ticket_id: int, names: dict[int, str]) -> list[EventView]:
    rows = unit.session.execute(
        select(Event.at, Event.kind, Event.account_id, Event.entry_id, Event.before, Event.after)
        .where(Event.ticket_id == ticket_id, Event.kind != "chat_line")
        .order_by(Event.id.desc())
        .limit(200)
    )
    return [
        EventView(
            row.at, row.kind, names.get(row.account_id) if row.account_id else None, row.entry_id, row.before, row.after
        )
        for row in rows
    ]


def entry_views(unit: Unit, ticket_id: int, entries: Sequence[Entry], names: dict[int, str]) -> list[EntryView]:
    """These entries of a ticket; whoever asks has made sure that they may be read. `names` are accounts by id."""
    ids = [entry.id for entry in entries]
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    filenames: dict[int, str] = {}
    for row in unit.session.execute(
        select(Content.entry_id, Content.attachment_id, Content.kind, Content.text).where(
            Content.ticket_id == ticket_id, Content.entry_id.in_(ids), Content.kind.in_(_KINDS)
        )
    ):
        if row.kind == "filename":
            filenames[row.attachment_id] = row.text
        else:
            texts[row.entry_id][row.kind] = row.text
    views = {entry.id: _view(entry, texts[entry.id], names) for entry in entries}
    for entry_id, file in file_views(unit, ticket_id, ids, filenames):
        views[entry_id].attachments.append(file)
    _chatted(unit, ticket_id, entries, views)
    _outgoing(unit, views)
    _raw(unit, entries, views)
    return [views[entry.id] for entry in entries]


def file_views(
    unit: Unit, ticket_id: int, entry_ids: Sequence[int], names: Mapping[int, str]
) -> list[tuple[int, FileView]]:
    """The files of these entries with the entry of each; `names` are theirs by id."""
    found = select(Attachment).where(Attachment.ticket_id == ticket_id, Attachment.entry_id.in_(entry_ids))
    settings = unit.ports.settings
    return [
        (
            file.entry_id,
            FileView(
                *(file.id, names.get(file.id, ""), file.size, file.content_type, file.inline, file.scan),
                held=held_back(settings, file.scan),
            ),
        )
        for file in unit.session.scalars(found.order_by(Attachment.id))
    ]


def _chatted(unit: Unit, ticket_id: int, entries: Sequence[Entry], views: dict[int, EntryView]) -> None:
    """A line of a chat has no header that names who wrote it; who asked is named on the ticket."""
    theirs = [entry for entry in entries if entry.kind == "chat" and entry.person_id is not None]
    people = {person.person_id: person for person in _people(unit, ticket_id)} if theirs else {}
    for entry in theirs:
        person = people.get(entry.person_id or 0)
        if person is not None:
            views[entry.id].author, views[entry.id].address = person.name or person.address, person.address


def _view(entry: Entry, texts: dict[str, str], names: dict[int, str]) -> EntryView:
    headers = json.loads(texts["headers"]) if "headers" in texts else {}
    sender = headers.get("from") or {}
    body, reply = texts.get("body", ""), texts.get("reply")
    view = EntryView(
        id=entry.id,
        kind=entry.kind,
        at=entry.at,
        author=names.get(entry.account_id, "") if entry.account_id else sender.get("name") or sender.get("address", ""),
        address=sender.get("address", ""),
        via=str(headers.get("via") or ""),
        text=body if reply is None else reply,
        quoted=_rest(body, reply),
        html_state=entry.html_state,
        html_reason=entry.html_reason,
        remote_images=entry.remote_images,
        remote_hosts=texts.get("remote_hosts", "").split(),
        to=[item["address"] for item in headers.get("to", ())],
        cc=[item["address"] for item in headers.get("cc", ())],
        verdict=entry.verdict,
        defects=(entry.defects or "").split(),
        undone=entry.undone_at is not None,
        redacted=entry.redacted,
        files_redacted=entry.files_redacted,
    )
    if "markdown" in texts:
        view.html = render_answer(texts["markdown"]).html
        view.text = texts["markdown"]
    return view


def _rest(body: str, reply: str | None) -> str:
    """What of the whole text is not in the reply: shown folded."""
    if reply is None or not body:
        return ""
    at = body.find(reply)
    return (body[:at] + body[at + len(reply) :]).strip() if at >= 0 else body


def _outgoing(unit: Unit, views: dict[int, EntryView]) -> None:
    mails = list(
        unit.session.scalars(
            select(OutgoingMail).where(OutgoingMail.entry_id.in_(views), OutgoingMail.kind == "answer")
        )
    )
    by_id = {mail.id: views[mail.entry_id] for mail in mails if mail.entry_id is not None}
    for mail in mails:
        view = by_id[mail.id]
        view.outgoing_id, view.outgoing_state = mail.id, mail.state
        if mail.state == "queued" and mail.attempts == 0 and mail.send_after > unit.now:
            view.undo_until = mail.send_after
    recipients = (
        select(OutgoingRecipient).where(OutgoingRecipient.outgoing_id.in_(by_id)).order_by(OutgoingRecipient.id)
    )
    for row in unit.session.scalars(recipients) if by_id else ():
        by_id[row.outgoing_id].recipients.append(
            RecipientView(row.address, row.name, row.role, row.state, row.status_code)
        )


def _raw(unit: Unit, entries: Sequence[Entry], views: dict[int, EntryView]) -> None:
    by_inbound = {entry.inbound_id: entry.id for entry in entries if entry.inbound_id is not None}
    kept = select(InboundMail.id).where(InboundMail.id.in_(by_inbound), InboundMail.blob.is_not(None))
    for inbound_id in unit.session.scalars(kept):
        views[by_inbound[inbound_id]].has_raw = True
