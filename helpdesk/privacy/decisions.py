"""The security log as officers look at it: sign-ins refused, rights, rules, holds, lists, requests. Changes nothing.

By person, by day, by kind, or what concerns one ticket; it names accounts and ids, and no content.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import aliased

from helpdesk.models import Account, DisposalItem, Entry, HoldTicket, RequestTicket, SecurityEvent, Ticket
from helpdesk.people.access import require
from helpdesk.security_log import broken
from helpdesk.text.language import N_
from helpdesk.unit import Unit

PAGE, _CHUNK = 100, 1000
KINDS = {
    "sign_in": N_("refused sign-ins"),
    "account": N_("accounts and roles"),
    "policy": N_("registers"),
    "list": N_("lists for destruction"),
    "hold": N_("legal holds"),
    "request": N_("requests about data"),
    "erasure": N_("erasures before the term"),
    "fact": N_("dates of people"),
    "import": N_("imports"),
    "backup": N_("backups"),
    "restore": N_("restores"),
    "entry": N_("destroyed messages"),
    "file": N_("destroyed files"),
    "breach": N_("breaches"),
    "address": N_("shared addresses"),
    "opening": N_("opening hours"),
}
"""Kinds of acts, by the first word of their verbs."""
VERB = {
    "sign_in.wrong_password": N_("sign-in refused: wrong password or no such account"),
    "sign_in.wrong_code": N_("sign-in refused: wrong code"),
    "sign_in.work_account": N_("sign-in refused: work account without an account here"),
    "account.work_account": N_("parted from its work account"),
    "account.roles": N_("roles changed"),
    "account.desks": N_("desks changed"),
    "policy.propose": N_("version of a register proposed"),
    "policy.approve": N_("version of a register put in force"),
    "policy.withdraw": N_("proposal of a register taken back"),
    "list.open": N_("list begun"),
    "list.brake": N_("list stopped by the brake"),
    "list.window": N_("list waits for objections"),
    "list.propose": N_("list proposed"),
    "list.approve": N_("list approved"),
    "list.send_back": N_("list sent back"),
    "list.except": N_("ticket taken off a list"),
    "list.withdraw": N_("list taken back"),
    "list.run": N_("list is being carried out"),
    "list.done": N_("list carried out"),
    "list.clock": N_("clock vouched for"),
    "hold.place": N_("legal hold placed"),
    "hold.follow": N_("legal hold caught a new ticket"),
    "hold.review": N_("legal hold reviewed"),
    "hold.propose": N_("release of a legal hold proposed"),
    "hold.release": N_("legal hold released"),
    "request.open": N_("request recorded"),
    "request.take": N_("request taken on"),
    "request.identify": N_("identity recorded"),
    "request.extend": N_("request extended"),
    "request.propose": N_("decision on a request proposed"),
    "request.release": N_("decision on a request approved"),
    "request.back": N_("decision on a request sent back"),
    "request.close": N_("request answered"),
    "request.lift": N_("restriction ended"),
    "request.forget": N_("request destroyed after its term"),
    "request.export": N_("package made"),
    "request.export_gone": N_("package destroyed"),
    "request.fetch": N_("package fetched"),
    "request.rectify": N_("data put right"),
    "erasure.propose": N_("erasure proposed"),
    "erasure.approve": N_("erasure approved"),
    "breach.look": N_("looked whom a breach concerns"),
    "entry.redact": N_("message destroyed"),
    "file.redact": N_("file destroyed"),
    "fact.add": N_("date recorded"),
    "fact.correct": N_("date corrected"),
    "fact.retract": N_("date taken back"),
    "address.shared": N_("address said to be shared"),
    "opening.hours": N_("opening hours changed"),
    "opening.close": N_("days off set"),
    "opening.reopen": N_("days off taken away"),
    "opening.holiday": N_("hours of a holiday changed"),
    "import.receive": N_("file for an import received"),
    "import.columns": N_("columns of an import chosen"),
    "import.start": N_("import started"),
    "import.allow": N_("import let through"),
    "import.stop": N_("import stopped"),
    "import.done": N_("import done"),
    "backup.make": N_("backup made"),
    "backup.expire": N_("backup removed after its term"),
    "restore.replay": N_("ledger applied after a restore"),
    "restore.open": N_("in service after a restore"),
    "restore.outbox": N_("outgoing mail allowed after a restore"),
    "restore.mailbox": N_("mailbox allowed after a restore"),
    "restore.facts": N_("dates confirmed after a restore"),
}
"""Each verb of the log in words."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: by or about one account (NOBODY: by the system), about one ticket, of one day, of one kind."""

    account_id: int | None = None
    number: str = ""
    day: dt.date | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One line; `who` is empty for the system, `about` the name of the account that it is about."""

    id: int
    at: dt.datetime
    account_id: int | None
    who: str
    verb: str
    object_kind: str
    object_id: int | None
    about: str
    seal: str


_COLUMNS: tuple[Any, ...] = (
    SecurityEvent.id,
    SecurityEvent.at,
    SecurityEvent.account_id,
    SecurityEvent.verb,
    SecurityEvent.object_kind,
    SecurityEvent.object_id,
    SecurityEvent.seal,
)
NOBODY = 0
"""Stands for the system and for whoever is not signed in."""


def decisions_page(unit: Unit, wanted: Wanted, before: int | None = None) -> tuple[list[Decision], int | None]:
    """A page of the lines, newest first, and the `before` of the page after it; none when this is the last."""
    require(unit.actor, "log.read")
    lines = _lines(unit, wanted)
    lines = lines if before is None else lines.where(SecurityEvent.id < before)
    rows = unit.session.execute(lines.order_by(SecurityEvent.id.desc()).limit(PAGE + 1)).all()
    found = [_decision(row) for row in rows[:PAGE]]
    return found, found[-1].id if len(rows) > PAGE else None


def decisions(unit: Unit) -> Iterator[Decision]:
    """Every line with its seal, oldest first, so that the chain can be followed elsewhere."""
    require(unit.actor, "log.read")
    after = 0
    every = _lines(unit, Wanted())
    while rows := unit.session.execute(
        every.where(SecurityEvent.id > after).order_by(SecurityEvent.id).limit(_CHUNK)
    ).all():
        yield from (_decision(row) for row in rows)
        after = rows[-1].id


def chain_broken_at(unit: Unit) -> int | None:
    """The first line that does not follow from the one before it; none while the chain is whole."""
    require(unit.actor, "log.read")
    return broken(unit)


def _lines(unit: Unit, wanted: Wanted) -> Select[Any]:
    by, about = aliased(Account), aliased(Account)
    of_account = and_(SecurityEvent.object_kind == "account", about.id == SecurityEvent.object_id)
    names: tuple[Any, ...] = (by.name.label("who"), about.name.label("about"))
    lines = select(*_COLUMNS, *names).outerjoin(by, by.id == SecurityEvent.account_id).outerjoin(about, of_account)
    return lines.where(*_narrowed(unit, wanted))


def _narrowed(unit: Unit, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.account_id is not None:
        by = SecurityEvent.account_id == (wanted.account_id or None)
        yield or_(by, _about("account", [wanted.account_id])) if wanted.account_id else by
    if wanted.number:
        yield _of_ticket(unit, wanted.number)
    if wanted.day is not None:
        first, last = _hours(unit, wanted.day)
        yield SecurityEvent.at >= first
        yield SecurityEvent.at < last
    if wanted.kind:
        yield SecurityEvent.verb.startswith(f"{wanted.kind}.", autoescape=True)


def _of_ticket(unit: Unit, number: str) -> ColumnElement[bool]:
    """What was done with a ticket's messages, and with the lists, holds and requests it is on."""
    there = select(Ticket.id).where(Ticket.number == number, Ticket.retention_state != "destroying")
    ticket_id = unit.session.scalar(there)
    if ticket_id is None:
        return false()
    on: tuple[tuple[str, Any], ...] = (
        ("entry", select(Entry.id).where(Entry.ticket_id == ticket_id)),
        ("hold", select(HoldTicket.hold_id).where(HoldTicket.ticket_id == ticket_id)),
        ("list", select(DisposalItem.list_id).where(DisposalItem.ticket_id == ticket_id)),
        ("request", select(RequestTicket.request_id).where(RequestTicket.ticket_id == ticket_id)),
    )
    return or_(*(_about(kind, ids) for kind, ids in on))


def _about(kind: str, ids: Any) -> ColumnElement[bool]:
    return and_(SecurityEvent.object_kind == kind, SecurityEvent.object_id.in_(ids))


def _decision(row: Any) -> Decision:
    return Decision(
        id=row.id,
        at=row.at,
        account_id=row.account_id,
        who=row.who or "",
        verb=row.verb,
        object_kind=row.object_kind,
        object_id=row.object_id,
        about=row.about or "",
        seal=row.seal,
    )


def _hours(unit: Unit, day: dt.date) -> list[dt.datetime]:
    zone = ZoneInfo(unit.ports.settings.timezone)
    return [dt.datetime.combine(one, dt.time(), zone) for one in (day, day + dt.timedelta(days=1))]
