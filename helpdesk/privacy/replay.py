"""After a backup was put back: what the ledger tells is done again, by random names, before anybody sees the database.

Holds first, then destruction, then the scrub; every step may be repeated, so a crash anywhere is gone on with. The row
`restore` says that it is under way, and stays until people confirmed what a ledger can't know.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import delete, func, insert, select, update

from helpdesk.errors import Unavailable
from helpdesk.models import Entry as Message
from helpdesk.models import Flag, Heartbeat, LedgerLine, Restore, RestoreTicket, Ticket, WebSession
from helpdesk.models.restore import AGAIN, UNPLAYED
from helpdesk.ports import Ports
from helpdesk.privacy.balance import CREATED, DESTROYED
from helpdesk.privacy.copies import anew, blobs, engine, rows
from helpdesk.privacy.deciding import BATCH
from helpdesk.privacy.replay_holds import apply_holds
from helpdesk.retention import clock
from helpdesk.retention.ledger import Entry, numbered
from helpdesk.retention.ledger_writing import Known, flush, forget_told, known, set_known, write_down
from helpdesk.row_sets import among, insert_once
from helpdesk.rows import table_of
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_CHUNK = 500
_MAINTENANCE = "maintenance"
Said = Callable[[], Iterator[Entry]]


def begun(ports: Ports) -> bool:
    """Whether a backup was put back by us, or a replay was cut short."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(Restore.id).where(Restore.state.in_(UNPLAYED)).limit(1)) is not None


def note_found(ports: Ports) -> None:
    """Write down, once, that this database was put back; with that it is in the way of all that has to wait."""
    with unit_of_work(ports, SYSTEM) as unit:
        _found(unit)


def _found(unit: Unit) -> Restore:
    one = unit.session.scalar(select(Restore).where(Restore.state.in_(UNPLAYED)).order_by(Restore.id).limit(1))
    if one is None:
        one = Restore(made_at=_last_sign(unit), found_at=unit.now)
        unit.session.add(one)
        unit.session.flush()
    return one


def carry_out(ports: Ports) -> int:
    """Do again what the ledger tells. Returns how many tickets were destroyed; raises Unavailable where that fails."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ours = known(unit).seq

    def newer() -> Iterator[Entry]:
        return (entry for seq, _said, entry in numbered(ports.ledger.lines()) if seq > ours)

    def whole() -> Iterator[Entry]:
        return (entry for _seq, _said, entry in numbered(ports.ledger.lines()))

    restore_id = _start(ports, newer)
    apply_holds(ports, newer())
    _note_again(ports, restore_id, newer())
    many = _destroy_named(ports, restore_id, (entry for entry in whole() if entry.op == "destroyed"))
    many += _destroy_named(ports, restore_id, _only_meant(whole()))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        something = bool(unit.session.scalar(select(Restore.destroyed).where(Restore.id == restore_id)))
    if something:
        engine.scrub(ports)
    _verify(ports, whole())
    _conclude(ports, restore_id)
    flush(ports)
    return many


def _start(ports: Ports, newer: Said) -> int:
    """Take no mail in meanwhile, end every session, and count what came and went after the backup; once."""
    with unit_of_work(ports, SYSTEM) as unit:
        one = _found(unit)
        if one.state == "found":
            one.state = "replaying"
            unit.session.execute(delete(Flag).where(Flag.name == _MAINTENANCE))
            unit.session.execute(insert(Flag).values(name=_MAINTENANCE, value="on"))
            # Who was signed in then need not be allowed to now.
            unit.session.execute(delete(WebSession))
            unknown = _never_known(unit, newer())
            rows.add_to_counter(unit, CREATED, unknown)
            rows.add_to_counter(unit, DESTROYED, unknown)
            note(unit, "restore.replay", "restore", one.id)
        return one.id


def _last_sign(unit: Unit) -> dt.datetime:
    """When a database was copied that was not copied by us: the last sign of life in it, as well as can be known."""
    signs = (unit.session.scalar(select(func.max(column))) for column in (Heartbeat.at, Message.at))
    return max((sign for sign in signs if sign is not None), default=unit.now)


def _never_known(unit: Unit, newer: Iterable[Entry]) -> int:
    """How many tickets were opened and destroyed after the backup: they count as both, and no row tells of them."""
    waits = unit.session.scalars(select(LedgerLine.object_id).where(LedgerLine.op == "destroyed"))
    counted = set(waits)
    gone = (entry.id for entry in newer if entry.op == "destroyed" and entry.id not in counted)
    many = 0
    for some in _chunks(gone):
        there = select(func.count()).select_from(Ticket).where(among(unit.session, Ticket.destroy_id, some))
        many += len(set(some)) - (unit.session.scalar(there) or 0)
    return many


def _chunks(names: Iterable[str], size: int = _CHUNK) -> Iterator[list[str]]:
    left = iter(names)
    while some := list(islice(left, size)):
        yield some


def _note_again(ports: Ports, restore_id: int, newer: Iterable[Entry]) -> None:
    """Write down of which tickets something has to be done again by people: dates by hand, redactions."""
    told = iter(entry for entry in newer if entry.op in AGAIN)
    while some := list(islice(told, _CHUNK)):
        with unit_of_work(ports, SYSTEM) as unit:
            found = _there(unit, [entry.id for entry in some])
            fresh = [
                {"restore_id": restore_id, "ticket_id": found[entry.id], "why": entry.op}
                for entry in some
                if entry.id in found
            ]
            if fresh:
                insert_once(unit.session.connection(), table_of(RestoreTicket), fresh)


def _there(unit: Unit, names: Sequence[str]) -> dict[str, int]:
    on = select(Ticket.destroy_id, Ticket.id).where(among(unit.session, Ticket.destroy_id, names))
    return {row.destroy_id: row.id for row in unit.session.execute(on)}


def _only_meant(whole: Iterable[Entry]) -> Iterator[Entry]:
    """Intents that no line follows yet: nobody saw these tickets any more, so nobody sees them again."""
    meant: dict[str, Entry] = {}
    for entry in whole:
        if entry.op == "intent":
            meant[entry.id] = entry
        elif entry.op == "destroyed":
            meant.pop(entry.id, None)
    yield from meant.values()


def _destroy_named(ports: Ports, restore_id: int, told: Iterator[Entry]) -> int:
    """Destroy those of the named tickets that are there, some at a time; the rest is gone, as it should be."""
    many = 0
    while some := list(islice(told, _CHUNK)):
        by_name = {entry.id: entry for entry in some}
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            found = _there(unit, list(by_name))
        for names in _chunks(sorted(found), BATCH):
            many += _destroy(ports, restore_id, {found[name]: by_name[name] for name in names})
    return many


def _destroy(ports: Ports, restore_id: int, named: dict[int, Entry]) -> int:
    """Bytes, then rows: as a run does it, but that it was decided and told already (retention 3.3)."""
    _unseen(ports, list(named))
    while True:
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            keys = blobs.keys_of(unit, named)
        blobs.destroy(ports, keys)
        with unit_of_work(ports, SYSTEM) as unit:
            here = select(Ticket.id).where(Ticket.id.in_(named)).order_by(Ticket.id).with_for_update()
            ids = list(unit.session.scalars(here))
            if blobs.keys_of(unit, ids) <= keys:
                _delete(unit, restore_id, ids, named)
                return len(ids)


def _unseen(ports: Ports, ids: list[int]) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        going = update(Ticket).where(Ticket.id.in_(ids)).values(retention_state="destroying", recheck_on=None)
        unit.session.execute(going.execution_options(synchronize_session=False))


def _delete(unit: Unit, restore_id: int, ids: list[int], named: dict[int, Entry]) -> None:
    parts = rows.parts_of(unit, ids)
    for ticket_id in ids:
        told = named[ticket_id]
        if told.op == "intent":
            more = {"run": told.run, "rule": told.rule, "policy_version": told.version}
            write_down(unit, "destroyed", told.id, parts=str(parts[ticket_id]), methods="rows,blobs,index", **more)
    anew.touch(unit, ids)
    rows.destroy(unit, ids)
    rows.add_to_counter(unit, DESTROYED, len(ids))
    here = update(Restore).where(Restore.id == restore_id)
    unit.session.execute(here.values(destroyed=Restore.destroyed + len(ids)))


def _verify(ports: Ports, whole: Iterable[Entry]) -> None:
    """No ticket is there that the ledger calls destroyed, whenever that was."""
    for some in _chunks(entry.id for entry in whole if entry.op == "destroyed"):
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            if _there(unit, some):
                raise Unavailable("What was to be destroyed is still there.", code="rows_left")


def _conclude(ports: Ports, restore_id: int) -> None:
    """One transaction: the database did all the ledger tells, nothing that waited is told twice, work goes on."""
    with unit_of_work(ports, SYSTEM) as unit:
        ours = end = known(unit)
        told = set()
        for seq, said, entry in numbered(ports.ledger.lines()):
            if seq > ours.seq:
                told.add(entry.key)
                end = Known(seq, said, ours.name)
        forget_told(unit, told)
        set_known(unit, end.seq, end.hash)
        one = unit.session.get_one(Restore, restore_id)
        one.state, one.replayed_at = "open", unit.now
        unit.session.execute(delete(Flag).where(Flag.name == _MAINTENANCE))
        clock.reckon_all(unit)
        write_down(unit, "restored", one.backup_key or "")
        note(unit, "restore.open", "restore", restore_id)
