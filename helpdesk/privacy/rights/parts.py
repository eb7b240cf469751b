"""What an export holds, ticket by ticket and some messages at a time, with others masked. Only reads, writes no file.

Pages for review ask the same, so that what is looked at is what goes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select

from helpdesk.models import Attachment, Content, Entry, Event, RequestEntry, RequestTicket, RightsRequest, Ticket
from helpdesk.privacy.rights import belonging
from helpdesk.privacy.rights.masking import Directory, Masker
from helpdesk.privacy.rights.others import masker_for
from helpdesk.retention.why import Kept, kept
from helpdesk.unit import Unit
from helpdesk.uploads import scanning

CHUNK = 20
_TOLD = frozenset({"opened", "status", "replied", "redacted", "file_redacted", "merged_from", "merged_into"})
"""What of the timeline concerns who asked; who of the colleagues did what does not."""
_BY_US = ("answer", "forward", "note")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file: the key of its bytes, or why it is left out."""

    id: int
    name: str
    content_type: str
    size: int
    blob: str
    withheld: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPart:
    """A message as who asked gets it; `author` is own, desk or other. `withheld` says why it is left out, if it is."""

    id: int
    kind: str
    at: dt.datetime
    author: str
    text: str = ""
    files: tuple[FilePart, ...] = ()
    withheld: str | None = None
    redacted: str | None = None
    files_redacted: int = 0


@dataclass(frozen=True, slots=True)
class TicketPart:
    """A ticket as who asked gets it, without its messages: they are asked for by `entries_of`."""

    id: int
    number: str
    subject: str
    status: str
    channel: str
    opened_at: dt.datetime
    done_at: dt.datetime | None
    whole: bool
    kept: dict[str, Kept]
    events: tuple[tuple[dt.datetime, str], ...]
    masker: Masker


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A ticket that is left out as a whole, and why."""

    number: str
    reason: str


def accepted(unit: Unit, found: RightsRequest) -> list[int]:
    """The tickets of a request that go along, oldest first; none that was restricted for somebody else meanwhile."""
    rows = (
        select(RequestTicket.ticket_id)
        .join(Ticket, Ticket.id == RequestTicket.ticket_id)
        .where(RequestTicket.request_id == found.id, RequestTicket.state == "accepted")
        .where(Ticket.retention_state != "destroying")
    )
    ids = list(unit.session.scalars(rows.order_by(Ticket.id)))
    hidden = belonging.restricted_for_others(unit.session, found.person_id or 0, ids)
    return [ticket_id for ticket_id in ids if ticket_id not in hidden]


def left_out(unit: Unit, found: RightsRequest) -> list[LeftOut]:
    """The tickets that are left out, with the reason; none that is not theirs."""
    given = set(accepted(unit, found))
    rows = (
        select(Ticket.id, Ticket.number, RequestTicket.reason)
        .join(Ticket, Ticket.id == RequestTicket.ticket_id)
        .where(RequestTicket.request_id == found.id, RequestTicket.state.in_(("accepted", "withheld")))
        .order_by(Ticket.id)
    )
    return [
        LeftOut(number, reason or "restricted")
        for ticket_id, number, reason in unit.session.execute(rows)
        if ticket_id not in given
    ]


def ticket_part(
    unit: Unit, found: RightsRequest, ticket_id: int, known: Directory, languages: Sequence[str]
) -> TicketPart:
    """One ticket; until when it is kept is said in each of the languages, by the very sentence of `retention why`."""
    ticket = unit.session.get_one(Ticket, ticket_id)
    masker = masker_for(unit, found, ticket_id, known)
    subject = select(Content.text).where(
        Content.ticket_id == ticket_id, Content.entry_id.is_(None), Content.kind == "subject"
    )
    whole = belonging.tickets_of(unit.session, found.person_id or 0).get(ticket_id, False)
    events = select(Event.at, Event.kind).where(Event.ticket_id == ticket_id, Event.kind.in_(_TOLD)).order_by(Event.id)
    return TicketPart(
        id=ticket.id,
        number=ticket.number,
        subject=masker.mask(unit.session.scalar(subject.limit(1)) or "") if whole else "",
        status=ticket.status,
        channel=ticket.channel,
        opened_at=ticket.opened_at,
        done_at=ticket.done_at,
        whole=whole,
        kept={language: kept(unit, ticket, language, found.person_id) for language in languages},
        events=tuple((at, kind) for at, kind in unit.session.execute(events)) if whole else (),
        masker=masker,
    )


def entries_of(unit: Unit, found: RightsRequest, part: TicketPart, after: int = 0) -> list[EntryPart]:
    """The next messages of a ticket behind the one with this id; none when there are no more.

    Of a ticket that is not wholly theirs only the messages that are; those left out stand there without their words.
    """
    wanted = select(Entry).where(Entry.ticket_id == part.id, Entry.id > after).order_by(Entry.id)
    while rows := unit.session.scalars(wanted.limit(CHUNK)).all():
        shown = [row for row in rows if row.undone_at is None]
        if not part.whole:
            theirs = belonging.named_in(unit, part.id, shown, found.person_id or 0)
            shown = [row for row in shown if row.id in theirs]
        if shown:
            return _parts(unit, found, part, shown)
        wanted = wanted.where(Entry.id > rows[-1].id)
    return []


def every_entry(unit: Unit, found: RightsRequest, part: TicketPart) -> Iterator[EntryPart]:
    """All messages of a ticket, some at a time."""
    after = 0
    while some := entries_of(unit, found, part, after):
        yield from some
        after = some[-1].id
        unit.session.expunge_all()


def _parts(unit: Unit, found: RightsRequest, part: TicketPart, rows: Sequence[Entry]) -> list[EntryPart]:
    ids = [row.id for row in rows]
    texts = _texts(unit, part.id, ids)
    why = select(RequestEntry.entry_id, RequestEntry.reason).where(
        RequestEntry.request_id == found.id, RequestEntry.entry_id.in_(ids)
    )
    withheld = dict(unit.session.execute(why).all())
    files = _files(unit, part, ids)
    made = []
    for row in rows:
        author = _author(row, found.person_id)
        if row.id in withheld:
            made.append(EntryPart(row.id, row.kind, row.at, author, withheld=withheld[row.id]))
            continue
        given = tuple(_judged(file, row, author) for file in files.get(row.id, ()))
        text = part.masker.mask(texts.get(row.id, ""))
        made.append(
            EntryPart(
                *(row.id, row.kind, row.at, author, text, given),
                redacted=row.redacted,
                files_redacted=row.files_redacted,
            )
        )
    return made


def _author(row: Entry, person_id: int | None) -> str:
    if row.kind in _BY_US or row.account_id is not None:
        return "desk"
    return "own" if row.person_id == person_id else "other"


def _judged(file: FilePart, row: Entry, author: str) -> FilePart:
    """Bytes can't be masked: files go along that they sent, or that we sent them; others wait for a decision."""
    if file.withheld or author == "own" or row.kind == "answer":
        return file
    return FilePart(file.id, file.name, file.content_type, file.size, "", "third_party")


def _held_back(unit: Unit, state: str) -> str | None:
    """An export gives nobody what a page would not."""
    if not scanning.held_back(unit.ports.settings, state):
        return None
    return state if state == "quarantined" else "not_scanned"


def _texts(unit: Unit, ticket_id: int, ids: Sequence[int]) -> dict[int, str]:
    """What each message says: as it was written, quoted older mail and all."""
    kinds = ("markdown", "body", "reply")
    rows = unit.session.execute(
        select(Content.entry_id, Content.kind, Content.text).where(
            Content.ticket_id == ticket_id, Content.entry_id.in_(ids), Content.kind.in_(kinds)
        )
    ).all()
    found: dict[int, str] = {}
    for entry_id, _kind, text in sorted(rows, key=lambda row: kinds.index(row[1])):
        found.setdefault(entry_id or 0, text)
    return found


def _files(unit: Unit, part: TicketPart, ids: Iterable[int]) -> dict[int, list[FilePart]]:
    rows = unit.session.execute(
        select(Attachment, Content.text)
        .outerjoin(Content, (Content.ticket_id == Attachment.ticket_id) & (Content.attachment_id == Attachment.id))
        .where(Attachment.ticket_id == part.id, Attachment.entry_id.in_(list(ids)))
        .order_by(Attachment.entry_id, Attachment.id)
    ).all()
    return {
        entry_id: [
            FilePart(
                *(file.id, part.masker.mask(name or ""), file.content_type, file.size, file.blob),
                withheld=_held_back(unit, file.scan),
            )
            for file, name in some
        ]
        for entry_id, some in groupby(rows, key=lambda row: row[0].entry_id)
    }
