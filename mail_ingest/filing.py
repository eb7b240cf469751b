"""Turns received rows into tickets, in order, a batch per commit; the table is the queue and the row is the job."""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import DBAPIError

from helpdesk.errors import NotFound, Unavailable
from helpdesk.leases import hold, release
from helpdesk.mail.incoming import IncomingMail
from helpdesk.models import InboundMail
from helpdesk.people.addresses import normal
from helpdesk.ports import CLEAN_WAITING, DELIVER_WAITING, FILE_WAITING, Ports
from helpdesk.tickets.handling import blocked_senders
from helpdesk.tickets.receiving import Arrival, receive_mails
from helpdesk.unit import SYSTEM, Unit, database_gone, unit_of_work
from mail_ingest.authentication import verdict as sender_verdict
from mail_ingest.reading import Readers, unread
from mail_ingest.rules.order import judge
from mail_ingest.verdict import Park, World

log = logging.getLogger(__name__)
LEASE_SECONDS = 120
DRAIN_SECONDS = 20
FAULTS = 3
_WAIT_FOR_PARENT = dt.timedelta(minutes=10)
_LONGEST_BACK_OFF = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the filer needs of a row before it opens its unit."""

    id: int
    blob: str
    size: int
    message_id_digest: str | None
    parent_digests: tuple[str, ...]
    arrived_at: dt.datetime


def mailboxes_waiting(ports: Ports) -> list[str]:
    """Names of mailboxes and doors with mail that may be filed now."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ready = select(InboundMail.mailbox).where(InboundMail.state == "received", _due(unit)).distinct()
        return list(unit.session.scalars(ready))


def drain(ports: Ports, readers: Readers) -> int:
    """File what waits, mailbox by mailbox, for at most 20 s; nudges again when more is left. Returns how many."""
    filed, until = 0, time.monotonic() + DRAIN_SECONDS
    for mailbox in mailboxes_waiting(ports):
        while time.monotonic() < until:
            lease = f"filing:{mailbox}"
            if not hold(ports, lease, LEASE_SECONDS):
                break
            try:
                count = file_batch(ports, readers, mailbox)
            finally:
                release(ports, lease)
            filed += count
            if count == 0:
                break
    if filed:
        ports.jobs.nudge(DELIVER_WAITING)
        ports.jobs.nudge(CLEAN_WAITING)
        if mailboxes_waiting(ports):
            ports.jobs.nudge(FILE_WAITING)
    return filed


def file_batch(ports: Ports, readers: Readers, mailbox: str) -> int:
    """File the oldest rows of a mailbox that may go now; the caller holds its lease. Returns how many went.

    All together, in sets; when that fails, each by itself, so that a fault of one hurts no neighbour.
    """
    rows = _next_rows(ports, mailbox)
    if not rows:
        return 0
    mails = _read(ports, readers, rows)
    try:
        with unit_of_work(ports, SYSTEM) as unit:
            world = _world(unit)
            read = [(row.id, mail) for row, mail in zip(rows, mails, strict=True)]
            try:
                with unit.savepoint():
                    return _file(unit, read, world)
            except Exception as fault:
                _not_ours(fault)
                log.warning("filing one by one", extra={"fault": type(fault).__name__})
            return sum(_file_alone(unit, inbound_id, mail, world) for inbound_id, mail in read)
    except Unavailable:
        _back_off(ports, [row.id for row in rows])
        raise


def _not_ours(fault: Exception) -> None:
    """Raise a fault again that no mail is guilty of: the database or the disk is gone."""
    if isinstance(fault, Unavailable) or (isinstance(fault, DBAPIError) and database_gone(fault)):
        raise fault


def _due(unit: Unit) -> ColumnElement[bool]:
    return or_(InboundMail.next_try_at.is_(None), InboundMail.next_try_at <= unit.now)


def _next_rows(ports: Ports, mailbox: str) -> list[Waiting]:
    """The oldest rows by arrival whose parents are not still waiting themselves, bounded by count and bytes."""
    limit = ports.settings.batch_mails
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.execute(
            select(
                InboundMail.id,
                InboundMail.blob,
                InboundMail.size,
                InboundMail.message_id_digest,
                InboundMail.parent_digests,
                InboundMail.arrived_at,
            )
            .where(InboundMail.state == "received", InboundMail.mailbox == mailbox, _due(unit))
            .order_by(InboundMail.arrived_at, InboundMail.id)
            .limit(limit)
        ).all()
        rows = [
            Waiting(r.id, r.blob, r.size, r.message_id_digest, tuple((r.parent_digests or "").split()), r.arrived_at)
            for r in found
        ]
        waiting = _waiting_parents(unit, rows)
        now = unit.now
    rows = _parents_first(rows, waiting, now)
    chosen: list[Waiting] = []
    total = 0
    for row in rows:
        total += row.size
        if chosen and total > ports.settings.batch_bytes * 2:
            break
        chosen.append(row)
    return chosen


def _waiting_parents(unit: Unit, rows: list[Waiting]) -> dict[str, int]:
    """Message-ID digests named by these rows that belong to rows still waiting, in any mailbox."""
    named = {digest for row in rows for digest in row.parent_digests}
    if not named:
        return {}
    found = unit.session.execute(
        select(InboundMail.message_id_digest, InboundMail.id).where(
            InboundMail.state == "received", InboundMail.message_id_digest.in_(named)
        )
    )
    return {digest: inbound_id for digest, inbound_id in found if digest}


def _parents_first(rows: list[Waiting], waiting: dict[str, int], now: dt.datetime) -> list[Waiting]:
    """Rows in an order in which no answer comes before the mail it answers; one whose parent waits elsewhere stays.

    A parent that does not come within ten minutes (parked by a fault, or part of a ring) is waited for no longer.
    """
    here = {row.id: row for row in rows}
    placed: dict[int, Waiting] = {}
    on_the_way: set[int] = set()

    def place(row: Waiting) -> bool:
        if row.id in placed:
            return True
        on_the_way.add(row.id)
        for digest in row.parent_digests:
            parent = waiting.get(digest)
            if parent is None or parent in placed or parent in on_the_way:
                continue
            if (parent not in here or not place(here[parent])) and now - row.arrived_at < _WAIT_FOR_PARENT:
                on_the_way.discard(row.id)
                return False
        placed[row.id] = row
        return True

    for row in rows:
        place(row)
    return list(placed.values())


def _read(ports: Ports, readers: Readers, rows: list[Waiting]) -> list[IncomingMail]:
    """Parse the rows' bytes; a mail over the limit is read as far as its header, in parse itself."""
    limit = ports.settings.raw_limit
    raws = []
    for row in rows:
        try:
            raws.append(ports.blobs.read(row.blob, limit + 1 if row.size > limit else None))
        except NotFound:
            raws.append(b"")
    return [
        mail if raw or not row.size else unread("bytes_missing")
        for row, raw, mail in zip(rows, raws, readers.read(raws), strict=True)
    ]


def _world(unit: Unit) -> World:
    desks = unit.ports.settings.desks
    own = {normal(address) for desk in desks for address in (desk.address, *desk.aliases)}
    return World(frozenset(own), frozenset(blocked_senders(unit)), unit.ports.settings.mail_domain)


def _file_alone(unit: Unit, inbound_id: int, mail: IncomingMail, world: World) -> int:
    """File one mail in its savepoint; a fault of its own is recorded and hurts no neighbour."""
    try:
        with unit.savepoint():
            return _file(unit, [(inbound_id, mail)], world)
    except Exception as fault:
        _not_ours(fault)
        log.error("filing", extra={"fault": type(fault).__name__, "inbound": inbound_id})
        _faulted(unit, inbound_id, fault)
        return 0


def _file(unit: Unit, read: list[tuple[int, IncomingMail]], world: World) -> int:
    """Judge and file mails that still wait, in order; returns how many they were."""
    wanted = select(InboundMail).where(InboundMail.id.in_([inbound_id for inbound_id, _mail in read]))
    there = {row.id: row for row in unit.session.scalars(wanted.where(InboundMail.state == "received"))}
    waiting = [(there[inbound_id], mail) for inbound_id, mail in read if inbound_id in there]
    chosen = []
    for row, mail in waiting:
        said = None
        if not row.skip_rules:
            said = judge(mail, World(world.own_addresses, world.blocked_senders, world.mail_domain, row.envelope_null))
        row.filed_at = unit.now
        if isinstance(said, Park):
            row.state, row.reason = "parked", said.reason
        else:
            chosen.append((row, mail, said.reason if said else None))
    filed = receive_mails(unit, [(mail, _arrival(unit, row, mail, machine)) for row, mail, machine in chosen])
    for (row, _mail, _machine), became in zip(chosen, filed, strict=True):
        row.state, row.ticket_id, row.reason = became.state, became.ticket_id, None
    return len(waiting)


def _arrival(unit: Unit, row: InboundMail, mail: IncomingMail, machine: str | None) -> Arrival:
    domain = mail.sender.address.rpartition("@")[2] if mail.sender else ""
    return Arrival(
        inbound_id=row.id,
        desk_key=row.desk_key,
        at=row.arrived_at,
        token_address=f"+{row.token}@" if row.token else "",
        verdict=sender_verdict(mail.authentication_results, unit.ports.settings.authserv_id or None, domain),
        machine=machine,
    )


def _faulted(unit: Unit, inbound_id: int, fault: Exception) -> None:
    """Count a fault of filing itself; the third one parks the mail with its code."""
    row = unit.session.get_one(InboundMail, inbound_id)
    unit.session.refresh(row)
    row.attempts += 1
    row.faulted_by = unit.ports.holder
    if row.attempts >= FAULTS:
        row.state, row.reason, row.filed_at = "parked", f"fault:{type(fault).__name__}"[:64], unit.now
    else:
        row.next_try_at = unit.now + dt.timedelta(seconds=5 * row.attempts)


def _back_off(ports: Ports, ids: list[int]) -> None:
    """The database, the disk or a lock failed us: the rows stay received and are tried again later."""
    with unit_of_work(ports, SYSTEM) as unit:
        for row in unit.session.scalars(select(InboundMail).where(InboundMail.id.in_(ids))):
            wait = min(dt.timedelta(seconds=2 ** min(row.attempts, 8)), _LONGEST_BACK_OFF)
            unit.session.execute(
                update(InboundMail).where(InboundMail.id == row.id).values(next_try_at=unit.now + wait)
            )
