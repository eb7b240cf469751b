"""What people ask a worker to do with an uploaded file, and its doing so: looking at it, and starting it.

A look writes down every change it foresees, so that pages can show them without reading the file. Brings nothing in.
"""

from __future__ import annotations

import datetime as dt
import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select

from helpdesk import leases
from helpdesk.errors import Conflict, Invalid, Unavailable
from helpdesk.facts.changes import as_line, headings_line, shown
from helpdesk.facts.given import headings
from helpdesk.facts.imports import LEASE, failed, note_found, undecided
from helpdesk.facts.planning import Plan
from helpdesk.facts.preview import Preview, preview
from helpdesk.facts.profiles import Profile, chosen, keep, profile, shipped
from helpdesk.facts.tables import laid_out, lines
from helpdesk.models import ImportRun
from helpdesk.ports import IMPORT_WAITING, Ports
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work

log = logging.getLogger(__name__)
LOOK, START = "look", "start"
_LEASE_SECONDS = 60
_RENEW = 40
"""Batches of rows after which the lease is renewed."""


def map_columns(unit: Unit, run_id: int, columns: Mapping[str, str], date_order: str | None) -> None:
    """Say which column is which field and how days are written; it is kept with the profile, and looked at anew.

    Raises Invalid for a field that is not there.
    """
    run = undecided(unit, run_id)
    chosen(profile(unit, run.feed), columns, date_order)
    unit.claim(ImportRun, run.id, run.version)
    run.profile_id = keep(unit, shipped()[run.feed], columns, date_order)
    run.to_do, run.fault, run.state, run.brake, run.counts = LOOK, None, "preview", None, {}
    note(unit, "import.columns", "import", run_id)
    unit.nudge(IMPORT_WAITING)


def ask_look(unit: Unit, run_id: int) -> None:
    """Have a worker look at a file again: what is known of people changed meanwhile."""
    run = undecided(unit, run_id)
    unit.claim(ImportRun, run.id, run.version)
    run.to_do = LOOK
    unit.nudge(IMPORT_WAITING)


def ask_start(unit: Unit, run_id: int) -> None:
    """Have a worker look once more and bring the file in, unless the brake stops it then.

    Raises Conflict for a file nobody has looked at, or that the brake stopped: that takes a second person.
    """
    run = undecided(unit, run_id)
    if run.state != "preview" or run.fault is not None or "preview" not in run.counts:
        raise Conflict("This import can't be started as it stands. Look at it again.", code="not_looked_at")
    unit.claim(ImportRun, run.id, run.version)
    run.to_do = START
    note(unit, "import.start", "import", run_id)
    unit.nudge(IMPORT_WAITING)


def work(ports: Ports) -> None:
    """Do what people asked for, one import after the other; a process at a time."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        waiting = select(ImportRun.id).where(ImportRun.to_do.is_not(None), ImportRun.state.in_(("preview", "braked")))
        ids = unit.session.scalars(waiting.order_by(ImportRun.id)).all()
    if not ids or not leases.hold(ports, LEASE, _LEASE_SECONDS):
        return
    try:
        for run_id in ids:
            _work(ports, run_id)
    finally:
        leases.release(ports, LEASE)


@dataclass(frozen=True)
class _Task:
    """One run as it was when the work began."""

    run_id: int
    version: int
    asked: str | None
    own: Profile
    actor: Actor
    blob: str
    taken_at: dt.datetime


def _work(ports: Ports, run_id: int) -> None:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        run = unit.session.get_one(ImportRun, run_id)
        # Asked for in somebody's name, who was allowed to: it is done in that name whatever became of their roles.
        actor = Actor(run.started_by_id, SYSTEM.roles)
        own = profile(unit, run.feed)
        task = _Task(run_id, run.version, run.to_do, own, actor, run.blob or "", run.taken_at)
    with tempfile.TemporaryFile() as into:
        try:
            found, changes = _looked(ports, task, into)
        except Invalid as fault:
            failed(ports, run_id, fault.code, fault.values)
        except Unavailable:
            raise
        except Exception as fault:
            log.error("look failed", extra={"fault": type(fault).__name__})
            failed(ports, run_id, "unreadable")
        else:
            _write_down(ports, task, into, found, changes)


def _looked(ports: Ports, task: _Task, into: BinaryIO) -> tuple[Preview | None, int]:
    """What the file would change, each change written to `into`; none where a column lacks its heading."""
    writer = _Writer(ports, into)
    with (
        unit_of_work(ports, task.actor, write=False) as unit,
        ports.blobs.open(task.blob) as packed,
        laid_out(packed) as source,
    ):
        into.write(headings_line(headings(lines(source), task.own)))
        try:
            return preview(unit, source, task.own, 0, task.taken_at, writer.tell), writer.count
        except Invalid as fault:
            if fault.code != "no_column":
                raise
            return None, 0


def _write_down(ports: Ports, task: _Task, into: BinaryIO, found: Preview | None, changes: int) -> None:
    """Keep what was found, unless somebody decided meanwhile; then it is stale, and nothing is changed."""
    (key,) = ports.blobs.stage([into])
    try:
        with unit_of_work(ports, task.actor) as unit:
            run = undecided(unit, task.run_id)
            unit.claim(ImportRun, run.id, task.version)
            before, run.found_blob, run.to_do = run.found_blob, key, None
            if found is None:
                run.fault, run.counts = "no_column", {}
            else:
                note_found(unit, run, found)
                run.counts = run.counts | {"changes": changes}
                if task.asked == START and not found.brake:
                    run.state = "running"
            unit.after_commit(lambda: ports.blobs.settle([key]))
            if before is not None:
                unit.after_commit(lambda: ports.blobs.destroy([before]))
    except Conflict:
        ports.blobs.destroy([key])


class _Writer:
    """Writes every change as it is found, and keeps the lease meanwhile."""

    def __init__(self, ports: Ports, into: BinaryIO) -> None:
        self._ports, self._into, self._batches = ports, into, 0
        self.count = 0

    def tell(self, plans: list[Plan]) -> None:
        """Hear of a batch."""
        self._into.writelines(as_line(shown(plan)) for plan in plans)
        self.count += len(plans)
        self._batches += 1
        if self._batches % _RENEW == 0:
            leases.hold(self._ports, LEASE, _LEASE_SECONDS)
