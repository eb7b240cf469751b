"""The run of a list: decide, intent, bytes, rows, scrub, verify, done; in this order, every step idempotent (3.5).

After a crash whatever was decided is finished before anything else. One process at a time runs lists; between two
transactions mail comes in. What is destroyed is in the ledger once, and only after it was looked for and not found.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import leases
from helpdesk.errors import Conflict, HelpdeskError, Unavailable
from helpdesk.models import DisposalItem, DisposalList, Flag, LedgerLine, Ticket
from helpdesk.people.access import require
from helpdesk.ports import Ports
from helpdesk.privacy.copies import engine
from helpdesk.privacy.deciding import LEASE, LEASE_SECONDS, Batch, decide, strides, unfinished
from helpdesk.privacy.finishing import finish, finish_all
from helpdesk.retention.ledger_writing import flush, require_level
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.model import Brake
from helpdesk.retention.restored import refuse_to_destroy
from helpdesk.retention.terms import day_of, last_day
from helpdesk.row_sets import among
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Unit, unit_of_work

log = logging.getLogger(__name__)
LOOKED_AT = "disposal_looked_at"
_COPIES = ("rows", "blobs", "index")
LINES = 1000
"""Lines of the ledger that are let go in one transaction."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a turn did: tickets destroyed and taken off, lists done; whether time ran out, or another process runs.

    `scrubbing` are the seconds for the database's own files: they grow with these, not with what is due (RD-102).
    """

    destroyed: int = 0
    dropped: int = 0
    done: tuple[int, ...] = ()
    left: bool = False
    elsewhere: bool = False
    scrubbing: float = 0.0

    def __add__(self, other: Ran) -> Ran:
        return Ran(
            self.destroyed + other.destroyed,
            self.dropped + other.dropped,
            self.done + other.done,
            self.left or other.left,
            scrubbing=self.scrubbing + other.scrubbing,
        )


def run(ports: Ports, seconds: float | None = None) -> Ran:
    """Run every list whose window has passed and that was approved where it must be, for about so many seconds.

    Nothing while another process runs one. Raises Conflict when the clock can't be trusted (RD-27), or while a restored
    backup may lack dates (RD-76); Unavailable when something is in the way: then all that was decided is finished by
    the next turn.
    """
    require_level(ports)
    if not leases.hold(ports, LEASE, LEASE_SECONDS):
        return Ran(elsewhere=True)
    until = None if seconds is None else time.monotonic() + seconds
    try:
        # A turn that was killed behind its last commit has lists that are done, of which the ledger was not told.
        flush(ports)
        _look_at_clock(ports)
        ran = Ran()
        for found in ready(ports):
            ran += _run_list(ports, found, until)
            if ran.left:
                break
        return ran
    finally:
        leases.release(ports, LEASE)


def _look_at_clock(ports: Ports) -> None:
    """Refuse to run when it is earlier than at the last turn, or much later (RD-27); a person may vouch for it."""
    with unit_of_work(ports, SYSTEM) as unit:
        refuse_to_destroy(unit)
        if not clock_is_sane(unit):
            raise Conflict(
                "The clock jumped since the last run: nothing is destroyed until somebody vouches for it.",
                code="clock_jumped",
            )
        _note_look(unit)


def clock_is_sane(unit: Unit) -> bool:
    """Whether time went on as usual since the last turn."""
    said = unit.session.scalar(select(Flag.value).where(Flag.name == LOOKED_AT))
    if said is None:
        return True
    before = dt.datetime.fromisoformat(said)
    brakes = [register.brake for register in in_force(unit.session).values()] or [Brake()]
    latest = min(last_day(day_of(before), brake.clock_jump) for brake in brakes)
    return before <= unit.now and day_of(unit.now) <= latest


def _note_look(unit: Unit) -> None:
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(Flag).values(name=LOOKED_AT, value=unit.now.isoformat())
    connection.execute(fresh.on_conflict_do_update(index_elements=[Flag.name], set_={"value": unit.now.isoformat()}))


def vouch_for_clock(unit: Unit) -> None:
    """Say that the time is right although it jumped; runs go on from here."""
    require(unit.actor, "list.approve")
    _note_look(unit)
    note(unit, "list.clock")


def ready(ports: Ports) -> list[DisposalList]:
    """Those that run, the ones begun first in front."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        by_itself = (DisposalList.state == "window") & (DisposalList.mode == "auto") & DisposalList.braked.is_(False)
        passed = DisposalList.executes_on <= day_of(unit.now)
        wanted = or_(DisposalList.state == "running", passed & or_(by_itself, DisposalList.state == "approved"))
        order = (DisposalList.state != "running", DisposalList.executes_on, DisposalList.id)
        return list(unit.session.scalars(select(DisposalList).where(wanted).order_by(*order)))


def _run_list(ports: Ports, found: DisposalList, until: float | None) -> Ran:
    if found.state != "running" and not _started(ports, found):
        return Ran()
    destroyed = dropped = 0
    # What was decided by a process that did not finish it comes first.
    while (batch := unfinished(ports, found)).tickets:
        destroyed += finish(ports, batch)
    for batch, many in finish_all(ports, _decided(ports, found, until)):
        dropped, destroyed = dropped + batch.dropped, destroyed + many
    if until is not None and time.monotonic() > until:
        return Ran(destroyed, dropped, left=True)
    if not _is_empty(ports, found):
        log.warning("a list is not empty", extra={"count": destroyed})
        return Ran(destroyed, dropped)
    scrubbing = conclude(ports, found, until)
    if scrubbing is None:
        return Ran(destroyed, dropped, left=True)
    return Ran(destroyed, dropped, (found.id,), scrubbing=scrubbing)


def _decided(ports: Ports, found: DisposalList, until: float | None) -> Iterator[Batch]:
    """What is decided now, until nothing is left or the time is over."""
    stride = strides(ports)
    while (batch := decide(ports, found, stride)).tickets or batch.dropped:
        yield batch
        if until is not None and time.monotonic() > until:
            return


def _started(ports: Ports, found: DisposalList) -> bool:
    try:
        with unit_of_work(ports, SYSTEM) as unit:
            unit.claim(DisposalList, found.id, found.version)
            here = update(DisposalList).where(DisposalList.id == found.id)
            unit.session.execute(here.values(state="running", started_at=unit.now))
            note(unit, "list.run", "list", found.id)
    except Conflict:
        return False
    return True


def _is_empty(ports: Ports, found: DisposalList) -> bool:
    """Whether nothing on the list is left to do: another process may have taken the lease meanwhile."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        left = select(DisposalItem.id).where(DisposalItem.list_id == found.id)
        return unit.session.scalar(left.where(DisposalItem.state.in_(("listed", "taken"))).limit(1)) is None


def conclude(ports: Ports, found: DisposalList, until: float | None = None) -> float | None:
    """Scrub once if anything was destroyed, verify, and let the ledger say so; the list is done with that.

    Returns the seconds that the scrub took; none when the time was over first: the next turn goes on with it.
    """
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        waits = select(LedgerLine.id).where(LedgerLine.list_id == found.id).limit(1)
        something = unit.session.scalar(waits) is not None
    began = time.monotonic()
    ways = engine.scrub(ports, _goes_on(ports, until)) if something else ()
    if something and not ways:
        return None
    methods = (*_grounds(found), *_COPIES, *ways, "verified") if something else ()
    took = time.monotonic() - began
    while _tell_some(ports, found, ",".join(methods)):
        pass
    with unit_of_work(ports, SYSTEM) as unit:
        _verify_items(unit, found)
        here = update(DisposalList).where(DisposalList.id == found.id)
        unit.session.execute(here.values(state="done", finished_at=unit.now))
        note(unit, "list.done", "list", found.id)
    flush(ports)
    return took


def _goes_on(ports: Ports, until: float | None) -> Callable[[], bool]:
    ours = leases.keeper(ports, LEASE, LEASE_SECONDS)
    return lambda: (until is None or time.monotonic() < until) and ours()


def _tell_some(ports: Ports, found: DisposalList, methods: str) -> int:
    """Let some of the lines go that wait for the verification, once their tickets were looked for. Returns how many."""
    with unit_of_work(ports, SYSTEM) as unit:
        waits = select(LedgerLine.id, LedgerLine.object_id).where(LedgerLine.list_id == found.id)
        some = unit.session.execute(waits.order_by(LedgerLine.id).limit(LINES)).all()
        _verify_gone(unit, [row.object_id for row in some])
        lines = update(LedgerLine).where(among(unit.session, LedgerLine.id, (row.id for row in some)))
        unsynced = {"synchronize_session": False}
        unit.session.execute(lines.values(list_id=None, methods=methods).execution_options(**unsynced))
    return len(some)


def _grounds(found: DisposalList) -> tuple[str, ...]:
    """Why tickets went before their term, where they did: the ledger and the certificate say so (RD-83)."""
    return () if found.ground is None else (f"early_{found.ground}",)


def _verify_gone(unit: Unit, destroy_ids: Collection[str]) -> None:
    """No ticket that the ledger will call destroyed is there."""
    there = select(func.count()).select_from(Ticket).where(among(unit.session, Ticket.destroy_id, destroy_ids))
    if unit.session.scalar(there):
        raise Unavailable("What was to be destroyed is still there.", code="rows_left")


def _verify_items(unit: Unit, found: DisposalList) -> None:
    """None is half-way."""
    items = select(func.count()).where(DisposalItem.list_id == found.id, DisposalItem.state.in_(("listed", "taken")))
    if unit.session.scalar(items):
        raise Unavailable("What was to be destroyed is still there.", code="rows_left")


def run_quietly(ports: Ports, seconds: float) -> Ran:
    """As `run`, for the clockwork: what is in the way is logged by its code and tried again at the next turn."""
    try:
        return run(ports, seconds)
    except HelpdeskError as fault:
        log.warning("destruction waits", extra={"code": fault.code})
        return Ran()
