"""Turns received rows into tickets, in order, a batch per commit; the table is the queue and the row is the job."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import JSON, BigInteger, Row, Select, String, Update, bindparam, cast, func, select, update
from sqlalchemy.exc import DBAPIError

from helpdesk.errors import Unavailable
from helpdesk.leases import hold, release
from helpdesk.mail.incoming import IncomingMail
from helpdesk.models import InboundMail
from helpdesk.people.addresses import normal
from helpdesk.ports import CLEAN_WAITING, DELIVER_WAITING, FILE_WAITING, Ports
from helpdesk.row_sets import among, among_ids, ids_given
from helpdesk.tickets.handling import blocked_senders
from helpdesk.tickets.receiving import Arrival, receive_mails
from helpdesk.unit import SYSTEM, Unit, database_gone, unit_of_work
from mail_ingest.authentication import verdict as sender_verdict
from mail_ingest.reading import Kept, Readers, unlay
from mail_ingest.rules.order import judge
from mail_ingest.verdict import Park, World
from mail_ingest.waiting import MANY, Waiting, filing_lease, mailboxes_waiting, sets_waiting

log = logging.getLogger(__name__)
LEASE_SECONDS, KEPT_SECONDS = 120, 1.0
DRAIN_SECONDS = 20
FAULTS = 3
AWAIT_SECONDS = 1.0
"""So long more is waited for of a mailbox that is being emptied."""
_Columns = Row[int, bool, bool, str, dt.datetime, str | None]
_LONGEST_BACK_OFF = dt.timedelta(minutes=5)


def drain(ports: Ports, readers: Readers) -> int:
    """File what waits, mailbox by mailbox, for at most 20 s; nudges again when more is left. Returns how many."""
    filed, until = 0, time.monotonic() + DRAIN_SECONDS
    while count := _file_all(ports, readers, until):
        filed += count
        if count >= MANY:
            _await_more(ports, min(until, time.monotonic() + AWAIT_SECONDS))
    if filed:
        ports.jobs.nudge(DELIVER_WAITING)
        ports.jobs.nudge(CLEAN_WAITING)
        if mailboxes_waiting(ports):
            ports.jobs.nudge(FILE_WAITING)
    return filed


def _file_all(ports: Ports, readers: Readers, until: float) -> int:
    filed = 0
    for mailbox in mailboxes_waiting(ports):
        turn = _Turn(ports, filing_lease(mailbox), until)
        if not turn.in_time() or not turn.held():
            continue
        try:
            while count := file_waiting(ports, readers, mailbox, turn):
                filed += count
                if not turn.in_time() or not turn.held():
                    break
        finally:
            release(ports, turn.lease)
    return filed


@dataclass(slots=True)
class _Turn:
    """How long one mailbox is ours."""

    ports: Ports
    lease: str
    until: float
    kept_until: float = 0.0

    def in_time(self) -> bool:
        """Whether there is time to begin with more."""
        return time.monotonic() < self.until

    def held(self) -> bool:
        """Keep the lease; False when it was lost. Once a second will do, for it lasts two minutes and is a commit."""
        if time.monotonic() >= self.kept_until:
            if not hold(self.ports, self.lease, LEASE_SECONDS):
                return False
            self.kept_until = time.monotonic() + KEPT_SECONDS
        return True


def _await_more(ports: Ports, until: float) -> None:
    """Wait for the next batch of a mailbox that is being emptied: receipts and cleaning do not begin in between."""
    while time.monotonic() < until and not mailboxes_waiting(ports):
        time.sleep(AWAIT_SECONDS / 20)


def file_waiting(ports: Ports, readers: Readers, mailbox: str, turn: _Turn) -> int:
    """File the oldest rows of a mailbox that may go now, set by set, while there are any and there is time.

    The next set is chosen and parsed while one is filed. The caller holds the mailbox's lease; it is kept before every
    further set. Returns how many went.
    """
    filed = 0
    begun: deque[list[Waiting]] = deque()

    def chosen() -> Iterator[list[Kept]]:
        for rows in sets_waiting(ports, mailbox):
            begun.append(rows)
            yield _kept(ports, rows)
            if not turn.in_time():
                return

    for mails in readers.read(chosen()):
        if filed and not turn.held():
            unlay(mails, ports.blobs.hatch())
            break
        filed += _file_set(ports, begun.popleft(), mails)
    return filed


def _file_set(ports: Ports, rows: list[Waiting], mails: list[IncomingMail]) -> int:
    """All together; when that fails, each by itself, so that a fault of one hurts no neighbour."""
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


def _kept(ports: Ports, rows: list[Waiting]) -> list[Kept]:
    """Where the rows' bytes lie; a mail over the limit is read as far as its header, in parse itself."""
    limit = ports.settings.raw_limit
    hatch = ports.blobs.hatch()
    return [
        Kept(ports.blobs.places(row.blob), row.size, limit + 1 if row.size > limit else None, hatch) for row in rows
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
        unit.after_commit(lambda: unlay([mail], unit.ports.blobs.hatch()))
        return 0


def _file(unit: Unit, read: list[tuple[int, IncomingMail]], world: World) -> int:
    """Judge and file mails that still wait, in order; returns how many they were."""
    there = _still_waiting(unit, [inbound_id for inbound_id, _mail in read])
    waiting = [(there[inbound_id], mail) for inbound_id, mail in read if inbound_id in there]
    chosen: list[tuple[int, tuple[IncomingMail, Arrival]]] = []
    for row, mail in waiting:
        said = None
        if not row.skip_rules:
            said = judge(mail, World(world.own_addresses, world.blocked_senders, world.mail_domain, row.envelope_null))
        if isinstance(said, Park):
            parked = {"state": "parked", "reason": said.reason, "filed_at": unit.now}
            unit.session.execute(update(InboundMail).where(InboundMail.id == row.id).values(parked))
        else:
            chosen.append((row.id, (mail, _arrival(unit, row, mail, said.reason if said else None))))
    _drop_unwanted(unit, [mail for _id, mail in read], [mail for _id, (mail, _arrival) in chosen])
    filed = receive_mails(unit, [received for _inbound_id, received in chosen])
    went: dict[str, dict[int, int]] = {}
    for (inbound_id, _received), became in zip(chosen, filed, strict=True):
        went.setdefault(became.state, {})[inbound_id] = became.ticket_id
    for state, tickets in went.items():
        _mark(unit, state, tickets)
    return len(waiting)


def _drop_unwanted(unit: Unit, read: list[IncomingMail], chosen: list[IncomingMail]) -> None:
    """The files of mails that are parked, or were filed by somebody else, stay in the raw mail alone."""
    kept = {id(mail) for mail in chosen}
    left = [mail for mail in read if id(mail) not in kept]
    if left:
        unit.after_commit(lambda: unlay(left, unit.ports.blobs.hatch()))


def _still_waiting(unit: Unit, ids: list[int]) -> dict[int, _Columns]:
    dialect = unit.session.get_bind().dialect.name
    return {row.id: row for row in unit.session.execute(_waiting_of(dialect), ids_given(dialect, ids))}


@cache
def _waiting_of(dialect: str) -> Select[*tuple[Any, ...]]:
    return select(
        InboundMail.id,
        InboundMail.skip_rules,
        InboundMail.envelope_null,
        InboundMail.desk_key,
        InboundMail.arrived_at,
        InboundMail.token,
    ).where(among_ids(dialect, InboundMail.id), InboundMail.state == "received")


def _mark(unit: Unit, state: str, tickets: dict[int, int]) -> None:
    """Write what became of rows, their tickets by their ids; one statement, and the same one however many they are."""
    said = {"tickets": json.dumps(tickets), "became": state, "then": unit.now}
    unit.session.execute(_marking(unit.session.get_bind().dialect.name), said)


@cache
def _marking(dialect: str) -> Update:
    said = bindparam("tickets", type_=String)
    pairs = func.json_each_text(cast(said, JSON)) if dialect == "postgresql" else func.json_each(said)
    went = pairs.table_valued("key", "value", name="went")
    return (
        update(InboundMail)
        .where(InboundMail.id == cast(went.c.key, BigInteger))
        .values(state=bindparam("became"), filed_at=bindparam("then"), reason=None)
        .values(ticket_id=cast(went.c.value, BigInteger))
        .execution_options(synchronize_session=False)
    )


def _arrival(unit: Unit, row: _Columns, mail: IncomingMail, machine: str | None) -> Arrival:
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
        for row in unit.session.scalars(select(InboundMail).where(among(unit.session, InboundMail.id, ids))):
            wait = min(dt.timedelta(seconds=2 ** min(row.attempts, 8)), _LONGEST_BACK_OFF)
            unit.session.execute(
                update(InboundMail).where(InboundMail.id == row.id).values(next_try_at=unit.now + wait)
            )
