"""An import from upload to its end: kept, previewed, stopped by the brake or let through, applied in batches, gone.

The row is the job: whatever process is killed, another goes on after the last row that was written, and the file goes
when the run ends, however it ends.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import leases
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.facts import applying
from helpdesk.facts.file_index import ImportFile
from helpdesk.facts.given import Given, Problem
from helpdesk.facts.planning import Planner
from helpdesk.facts.preview import Preview, batches, outcome, planner_for, preview
from helpdesk.facts.profiles import Profile, profile
from helpdesk.facts.tables import laid_out
from helpdesk.models import ImportProblem, ImportRun
from helpdesk.people.access import require
from helpdesk.people.two_people import require_second
from helpdesk.ports import IMPORT_WAITING, Ports
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work

OPEN_STATES = ("preview", "braked", "running")
LEASE = "imports"
_LEASE_SECONDS = 60
_OF_FAULTS = ("line", "name", "most")
"""What may be kept of a fault of a file: nothing that stands in it."""
_UNDECIDED = dt.timedelta(days=7)
"""How long a file waits for somebody to decide on it."""
_PROBLEMS = 1000
"""Rows with errors that are written in one statement."""


def receive(
    unit: Unit, own: Profile, content: bytes | Path | BinaryIO, profile_id: int | None = None, to_do: str | None = None
) -> int:
    """Keep a file to be brought in. Returns the id of its run. Raises Conflict while one of its feed is not ended.

    With `to_do` look a worker looks at it soon; otherwise whoever called does.
    """
    require(unit.actor, "import.run")
    going = select(ImportRun.id).where(ImportRun.feed == own.key, ImportRun.state.in_(OPEN_STATES))
    if (open_id := unit.session.scalar(going)) is not None:
        raise Conflict(
            "Import {id} of the same kind is not finished. Let it go on or stop it first.",
            code="import_open",
            id=open_id,
        )
    (key,) = unit.ports.blobs.stage([content])
    run = ImportRun(
        feed=own.key,
        profile_id=profile_id,
        blob=key,
        file_kind="csv",
        to_do=to_do,
        taken_at=unit.now,
        started_at=unit.now,
        started_by_id=unit.actor.account_id,
    )
    unit.session.add(run)
    unit.session.flush()
    note(unit, "import.receive", "import", run.id)
    unit.after_commit(lambda: unit.ports.blobs.settle([key]))
    if to_do is not None:
        unit.nudge(IMPORT_WAITING)
    return run.id


def undecided(unit: Unit, run_id: int) -> ImportRun:
    """An import that nobody has started, stopped or let through. Raises Conflict."""
    run = _run(unit, run_id)
    if run.state not in ("preview", "braked"):
        raise Conflict("This import was started already.", code="import_started")
    return run


def look(ports: Ports, actor: Actor, run_id: int, show: int = 0) -> Preview:
    """Preview a kept file and write down its numbers and its rows with errors. Raises Invalid for the whole file."""
    with unit_of_work(ports, actor, write=False) as unit:
        run = undecided(unit, run_id)
        try:
            with unit.ports.blobs.open(run.blob or "") as packed, laid_out(packed) as source:
                found = preview(unit, source, profile(unit, run.feed), show, run.taken_at)
        except Invalid as fault:
            failed(ports, run_id, fault.code, fault.values)
            raise
    with unit_of_work(ports, actor) as unit:
        note_found(unit, undecided(unit, run_id), found)
    return found


def note_found(unit: Unit, run: ImportRun, found: Preview) -> None:
    """Write down what a look found: numbers, rows with errors, and whether the brake stops it."""
    run.rows, run.file_kind, run.brake, run.fault = found.rows, found.kind, found.brake, None
    run.state = "braked" if found.brake else "preview"
    columns = {"not_kept": list(found.not_kept), "unlisted": found.unlisted}
    heavy = found.weight
    weight = {"due": heavy.due, "shifted": heavy.shifted, "settled": heavy.settled} if heavy else {}
    run.counts = {"preview": dict(found.counts), "columns": columns, "weight": weight}
    unit.session.execute(delete(ImportProblem).where(ImportProblem.run_id == run.id))
    _keep_problems(unit, run.id, found.problems)


def failed(ports: Ports, run_id: int, code: str, values: Mapping[str, str | int] | None = None) -> None:
    """End a run whose file can't be read at all; why stands in it, and where: a line, or our name of a field."""
    with unit_of_work(ports, SYSTEM) as unit:
        run = _run(unit, run_id)
        run.state, run.finished_at, run.fault, run.to_do = "failed", unit.now, code, None
        run.counts = {"fault": {name: value for name, value in (values or {}).items() if name in _OF_FAULTS}}
    file_gone(ports, run_id)


def start(ports: Ports, actor: Actor, run_id: int, show: int = 0) -> Preview:
    """Begin to bring a file in, unless the brake stops it: then it waits for a second person. Changes as of now."""
    found = look(ports, actor, run_id, show)
    with unit_of_work(ports, actor) as unit:
        run = _run(unit, run_id)
        unit.claim(ImportRun, run.id, run.version)
        run.to_do = None
        if run.state == "preview":
            run.state = "running"
            note(unit, "import.start", "import", run_id)
            unit.nudge(IMPORT_WAITING)
    return found


def allow(unit: Unit, run_id: int, reason: str) -> None:
    """Let a stopped import through, as the second person, with a reason."""
    run = _run(unit, run_id, "import.second")
    require_second(unit, "import.second", run.started_by_id)
    if run.state != "braked":
        raise Conflict("This import was not stopped, or it was decided already.", code="decided")
    if not reason.strip():
        raise Invalid("Say why this import may go on.", field="reason")
    unit.claim(ImportRun, run.id, run.version)
    run.state, run.reason, run.second_id = "running", reason.strip(), unit.actor.account_id
    run.to_do = None
    note(unit, "import.allow", "import", run_id)
    unit.nudge(IMPORT_WAITING)


def stop(unit: Unit, run_id: int) -> None:
    """Bring no more of it in. What was written stays; the file goes."""
    run = _run(unit, run_id)
    if run.state not in OPEN_STATES:
        raise Conflict("This import has ended already.", code="decided")
    unit.claim(ImportRun, run.id, run.version)
    run.state, run.finished_at, run.to_do = "stopped", unit.now, None
    note(unit, "import.stop", "import", run_id)
    unit.after_commit(lambda: file_gone(unit.ports, run_id))


def carry_on(ports: Ports, run_id: int, seconds: float | None = None) -> bool:
    """Bring in what is left of a running import, in batches, for about so many seconds; whether it has ended.

    One process at a time; a run that another one works on is left to it.
    """
    if not leases.hold(ports, LEASE, _LEASE_SECONDS):
        return False
    try:
        return _carry_on(ports, run_id, seconds)
    finally:
        leases.release(ports, LEASE)


def _carry_on(ports: Ports, run_id: int, seconds: float | None) -> bool:
    began = ports.now()
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        run = _run(unit, run_id)
        if run.state != "running":
            return True
        # Begun in somebody's name, who was allowed to: it goes on in that name whatever became of their roles.
        actor = Actor(run.started_by_id, SYSTEM.roles)
        own = profile(unit, run.feed)
    done = run.row_done
    if done < run.rows:
        with ports.blobs.open(run.blob or "") as packed, laid_out(packed) as source:
            with unit_of_work(ports, actor, write=False) as unit:
                file = ImportFile(unit, source, own)
                planner = planner_for(unit, file, run.taken_at)
            for some in batches(file.rows(done)):
                if not _write_batch(ports, actor, run_id, planner, some):
                    return True
                if seconds is not None and (ports.now() - began).total_seconds() > seconds:
                    return False
    return _finish(ports, run_id)


def _write_batch(ports: Ports, actor: Actor, run_id: int, planner: Planner, some: list[Given | None]) -> bool:
    """One batch in one transaction with the cursor and the counts; False when the run was stopped meanwhile."""
    with unit_of_work(ports, actor) as unit:
        run = _run(unit, run_id)
        unit.claim(ImportRun, run.id, run.version)
        if run.state != "running" or not leases.hold_in(unit, LEASE, _LEASE_SECONDS):
            return False
        counts = Counter(run.counts.get("done", {}))
        plans, problems = outcome(planner.plan(unit.session, [row for row in some if row is not None]), counts)
        applying.write(unit, plans, planner.profile.feed)
        counts["problems"] += len(problems) + sum(row is None for row in some)
        run = _run(unit, run_id)
        run.row_done += len(some)
        run.counts = run.counts | {"done": dict(counts)}
        _keep_problems(unit, run_id, problems)
    planner.forget()
    return True


def _finish(ports: Ports, run_id: int) -> bool:
    with unit_of_work(ports, SYSTEM) as unit:
        run = _run(unit, run_id)
        run.state, run.finished_at = "done", unit.now
        note(unit, "import.done", "import", run_id)
    file_gone(ports, run_id)
    return True


def file_gone(ports: Ports, run_id: int) -> None:
    """Destroy the file of an ended run and what was found in it, then their keys; `tidy` ends what a crash left."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        run = _run(unit, run_id)
        keys = [key for key in (run.blob, run.found_blob) if key is not None]
    if keys:
        ports.blobs.destroy(keys)
        with unit_of_work(ports, SYSTEM) as unit:
            run = _run(unit, run_id)
            run.blob = run.found_blob = None


def tidy(ports: Ports) -> None:
    """End what nobody decided on for a week, and let go of files whose run has ended."""
    with unit_of_work(ports, SYSTEM) as unit:
        waiting = select(ImportRun).where(
            ImportRun.state.in_(("preview", "braked")), ImportRun.started_at < unit.now - _UNDECIDED
        )
        for run in unit.session.scalars(waiting):
            run.state, run.finished_at, run.to_do = "stopped", unit.now, None
        unit.session.flush()
        kept = or_(ImportRun.blob.is_not(None), ImportRun.found_blob.is_not(None))
        ended = select(ImportRun.id).where(kept, ImportRun.state.not_in(OPEN_STATES))
        ids = unit.session.scalars(ended).all()
    for run_id in ids:
        file_gone(ports, run_id)


def running(ports: Ports) -> list[int]:
    """The runs that wait to go on."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(
            unit.session.scalars(select(ImportRun.id).where(ImportRun.state == "running").order_by(ImportRun.id))
        )


def _run(unit: Unit, run_id: int, verb: str = "import.run") -> ImportRun:
    require(unit.actor, verb)
    run = unit.session.get(ImportRun, run_id, populate_existing=True)
    if run is None:
        raise NotFound("There is no such import.")
    return run


def _keep_problems(unit: Unit, run_id: int, problems: list[Problem]) -> None:
    """Rows with errors by line and fixed word; found again, they are written once."""
    dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
    put = dialect.insert(ImportProblem).on_conflict_do_nothing()
    for start in range(0, len(problems), _PROBLEMS):
        some = problems[start : start + _PROBLEMS]
        rows = [{"run_id": run_id, "line": one.line, "code": one.code, "field": one.field} for one in some]
        unit.session.connection().execute(put, rows)
