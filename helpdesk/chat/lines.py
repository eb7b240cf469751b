"""The lines of a conversation as its pages show them: what was said, without notes. Reads only.

A page asks for what came after the newest line it has, and says how many lines it has up to there. When that is no
longer right, because a line was moved, destroyed or came in between, it gets all of them anew.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, bindparam, exists, not_, or_, select

from helpdesk.models import Account, Content, Entry, OutgoingMail, Ticket, TicketPerson
from helpdesk.people.access import anybody, named, requester_of
from helpdesk.row_sets import among_ids, ids_given
from helpdesk.text.rendering import without_marks
from helpdesk.tickets.own_questions import theirs
from helpdesk.tickets.thread import file_views
from helpdesk.tickets.views import FileView
from helpdesk.unit import Unit

PAGE = 500
"""Lines on one page; earlier ones stand in the ticket."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `side` is asker or advisor, `by_mail` when it came or went as a mail."""

    id: int
    side: str
    name: str
    at: dt.datetime
    text: str
    by_mail: bool = False
    redacted: bool = False
    files: list[FileView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in order; `whole` when they replace all that the page has, `newest` and `count` for the next question."""

    rows: list[Line]
    whole: bool
    newest: int
    count: int


def own_lines(unit: Unit, ticket: Ticket, after: int = 0, have: int = 0) -> Lines:
    """What is theirs of the own ticket of the actor, who asks: nothing that others wrote or were told."""
    who = requester_of(unit)
    said = named(who) | {"ticket": ticket.id, "now": unit.now}
    return _lines(unit, ticket, list(unit.session.scalars(_own(who.shared), said)), after, have)


@cache
def _own(shared: bool) -> Select[int]:
    """Written once: writing it takes three times as long as answering it, and each line asks."""
    ticket, now = cast("int", bindparam("ticket", type_=BigInteger)), cast("dt.datetime", bindparam("now"))
    which = theirs(anybody(shared=shared), now, [ticket])
    return select(Entry.id).where(Entry.ticket_id == ticket, which).order_by(Entry.id)


def staff_lines(unit: Unit, ticket: Ticket, after: int = 0, have: int = 0) -> Lines:
    """The same for an advisor, who may see the ticket: all that was said, without notes."""
    shown = select(Entry.id).where(Entry.ticket_id == ticket.id, _shown(unit)).order_by(Entry.id)
    return _lines(unit, ticket, list(unit.session.scalars(shown)), after, have)


def _lines(unit: Unit, ticket: Ticket, ids: list[int], after: int, have: int) -> Lines:
    """What was said after the entry with this id; everything when the page does not have `have` lines up to it."""
    known = bisect_right(ids, after)
    whole = after == 0 or known != have
    newest = ids[-PAGE:] if whole else ids[known:][-PAGE:]
    count = len(ids) if whole else known + len(newest)
    return Lines(_rows(unit, ticket, newest), whole, newest[-1] if newest else after, count)


def _shown(unit: Unit) -> ColumnElement[bool]:
    """What both sides may read: lines, mails of people, and answers that can no longer be taken back."""
    waits = exists().where(
        OutgoingMail.entry_id == Entry.id,
        OutgoingMail.state == "queued",
        OutgoingMail.attempts == 0,
        OutgoingMail.send_after > unit.now,
    )
    answers = and_(Entry.kind.in_(("answer", "forward")), Entry.undone_at.is_(None), not_(waits))
    return or_(Entry.kind.in_(("chat", "mail")), answers)


def _rows(unit: Unit, ticket: Ticket, ids: Sequence[int]) -> list[Line]:
    if not ids:
        return []
    dialect = unit.session.get_bind().dialect.name
    given = ids_given(dialect, ids) | {"ticket": ticket.id}
    entries = unit.session.execute(_entries(dialect), given).all()
    texts, names = _texts(unit.session.execute(_words(dialect), given))
    files = _files(unit, ticket.id, ids, names)
    people = _people(unit, ticket.id) if any(entry.account_id is None for entry in entries) else {}
    return [
        Line(
            entry.id,
            "asker" if entry.account_id is None else "advisor",
            people.get(entry.person_id or 0, "") if entry.account_id is None else entry.name or "",
            entry.at,
            texts.get(entry.id, ""),
            entry.kind != "chat",
            entry.redacted is not None,
            files.get(entry.id, []),
        )
        for entry in entries
    ]


@cache
def _entries(dialect: str) -> Select[*tuple[Any, ...]]:
    said = select(Entry.id, Entry.account_id, Entry.person_id, Entry.at, Entry.kind, Entry.redacted, Account.name)
    said = said.outerjoin(Account, Account.id == Entry.account_id).order_by(Entry.id)
    return said.where(Entry.ticket_id == bindparam("ticket"), among_ids(dialect, Entry.id))


@cache
def _words(dialect: str) -> Select[*tuple[Any, ...]]:
    return select(Content.entry_id, Content.kind, Content.text, Content.attachment_id).where(
        Content.ticket_id == bindparam("ticket"),
        among_ids(dialect, Content.entry_id),
        Content.kind.in_(("body", "reply", "markdown", "filename")),
    )


def _people(unit: Unit, ticket_id: int) -> dict[int, str]:
    rows = unit.session.execute(
        select(TicketPerson.person_id, TicketPerson.name, TicketPerson.address)
        .where(TicketPerson.ticket_id == ticket_id)
        .order_by(TicketPerson.id.desc())
    )
    return {row.person_id: row.name or row.address for row in rows}


def _files(unit: Unit, ticket_id: int, ids: Sequence[int], named: Mapping[int, str]) -> dict[int, list[FileView]]:
    """The files of each entry that has any; what the text of a mail shows itself is none."""
    found: dict[int, list[FileView]] = defaultdict(list)
    for entry_id, file in file_views(unit, ticket_id, ids, named) if named else ():
        if not file.inline:
            found[entry_id].append(file)
    return found


def _texts(rows: Iterable[Row[Any]]) -> tuple[dict[int, str], dict[int, str]]:
    """What each entry says, and the names of the files among them, by attachment."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    named: dict[int, str] = {}
    for row in rows:
        if row.kind != "filename":
            found[row.entry_id][row.kind] = row.text
        elif row.attachment_id is not None:
            named[row.attachment_id] = row.text
    return {entry_id: _text(said) for entry_id, said in found.items()}, named


def _text(said: dict[str, str]) -> str:
    if "markdown" in said:
        return without_marks(said["markdown"])
    return said.get("reply") or said.get("body", "")
