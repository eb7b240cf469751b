"""What is on a list for destruction, as commands and pages show it: by ticket, by lot, and in sums. Only reads."""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, select

from helpdesk.models import Account, Attachment, Content, DisposalItem, Entry, InboundMail, Ticket, TicketPerson
from helpdesk.people.access import can, require
from helpdesk.read_log import note_reads
from helpdesk.unit import Unit

_CHUNK, PAGE, SAMPLE = 500, 100, 10


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which of the tickets on a list: those in one state, the one with this number, only those with files."""

    state: str = ""
    number: str = ""
    with_files: bool = False


@dataclass(frozen=True, slots=True)
class ItemView:
    """A ticket on a list: why it is there (rule, version and day), or why it is not any more.

    `subject` is for those who may approve lists; `by` took it off; `files` is the number of its attachments.
    """

    number: str
    subject: str
    opened_at: dt.datetime
    due_on: dt.date | None
    state: str
    reason: str
    by: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """What the tickets that are still on a list consist of: numbers, bytes, and the days the first and last came."""

    tickets: int
    entries: int
    files: int
    size: int
    askers: int
    first: dt.datetime | None
    last: dt.datetime | None


def items(unit: Unit, list_id: int, *, subjects: bool = True) -> Iterator[ItemView]:
    """Everything on a list, by ticket, read in chunks: a list of any length is shown whole (RD-41)."""
    require(unit.actor, "list.read")
    after = 0
    while rows := _rows(unit, _on(list_id).where(DisposalItem.ticket_id > after).limit(_CHUNK), subjects=subjects):
        yield from (view for _ticket_id, view in rows)
        after = rows[-1][0]


def items_page(unit: Unit, list_id: int, narrow: Narrow, skip: int = 0) -> list[ItemView]:
    """A page of what is on a list, by ticket."""
    require(unit.actor, "list.read")
    return [view for _ticket_id, view in _rows(unit, _narrowed(list_id, narrow).limit(PAGE).offset(skip))]


def items_count(unit: Unit, list_id: int, narrow: Narrow) -> int:
    """How many there are on all of its pages."""
    require(unit.actor, "list.read")
    return unit.session.scalar(select(func.count()).select_from(_narrowed(list_id, narrow).subquery())) or 0


def sample(unit: Unit, list_id: int, seed: int, size: int = SAMPLE) -> list[ItemView]:
    """Some of the tickets that would go, drawn by lot: whoever has the seed draws the same ones from the same list."""
    require(unit.actor, "list.read")
    on = select(DisposalItem.ticket_id).where(DisposalItem.list_id == list_id, DisposalItem.state == "listed")
    lots = {one: hashlib.sha256(f"{seed}:{one}".encode()).digest() for one in unit.session.scalars(on)}
    drawn = heapq.nsmallest(size, lots, key=lots.__getitem__)
    return [view for _ticket_id, view in _rows(unit, _on(list_id).where(DisposalItem.ticket_id.in_(drawn)))]


def _narrowed(list_id: int, narrow: Narrow) -> Select[Any]:
    wanted = _on(list_id)
    wanted = wanted.where(DisposalItem.state == narrow.state) if narrow.state else wanted
    if narrow.with_files:
        wanted = wanted.where(exists().where(Attachment.ticket_id == DisposalItem.ticket_id))
    return wanted.where(Ticket.number == narrow.number) if narrow.number else wanted


def _on(list_id: int) -> Select[Any]:
    return (
        select(DisposalItem.ticket_id, DisposalItem.state, DisposalItem.reason, Account.name)
        .add_columns(Ticket.number, Ticket.opened_at, Ticket.due_on)
        .join(Ticket, Ticket.id == DisposalItem.ticket_id)
        .outerjoin(Account, Account.id == DisposalItem.changed_by_id)
        .where(DisposalItem.list_id == list_id)
        .where(Ticket.retention_state != "destroying")
        .order_by(DisposalItem.ticket_id)
    )


def _rows(unit: Unit, wanted: Select[Any], *, subjects: bool = True) -> list[tuple[int, ItemView]]:
    """The lines; what tickets are about only for those who decide on lists, and then it is a read."""
    rows = unit.session.execute(wanted).all()
    ids = [row.ticket_id for row in rows]
    about: dict[int, str] = {}
    if subjects and can(unit.actor, "list.approve"):
        said = select(Content.ticket_id, Content.text).where(Content.ticket_id.in_(ids), Content.kind == "subject")
        about = {row.ticket_id: row.text for row in unit.session.execute(said)}
        note_reads(unit, ids, "list")
    with_files = select(Attachment.ticket_id, func.count()).where(Attachment.ticket_id.in_(ids))
    files = dict(unit.session.execute(with_files.group_by(Attachment.ticket_id)).all())
    return [
        (
            row.ticket_id,
            ItemView(
                number=row.number,
                subject=about.get(row.ticket_id, ""),
                opened_at=row.opened_at,
                due_on=row.due_on,
                state=row.state,
                reason=row.reason or "",
                by=row.name or "",
                files=files.get(row.ticket_id, 0),
            ),
        )
        for row in rows
    ]


def sums(unit: Unit, list_id: int) -> Sums:
    """What would go with this list."""
    require(unit.actor, "list.read")
    on = select(DisposalItem.ticket_id).where(DisposalItem.list_id == list_id, DisposalItem.state == "listed")
    count = select(func.count()).select_from

    def parts(model: type[Attachment | InboundMail]) -> Any:
        mine = select(func.count().label("n"), func.coalesce(func.sum(model.size), 0).label("size"))
        return unit.session.execute(mine.where(model.ticket_id.in_(on))).one()

    files, mails = parts(Attachment), parts(InboundMail)
    who = select(TicketPerson.address).where(TicketPerson.ticket_id.in_(on), TicketPerson.role == "requester")
    times = select(func.count(), func.min(Ticket.opened_at), func.max(Ticket.opened_at)).where(Ticket.id.in_(on))
    tickets, first, last = unit.session.execute(times).one()
    return Sums(
        tickets=tickets,
        entries=unit.session.scalar(count(Entry).where(Entry.ticket_id.in_(on))) or 0,
        files=files.n,
        size=int(files.size + mails.size),
        askers=unit.session.scalar(count(who.distinct().subquery())) or 0,
        first=first,
        last=last,
    )
