"""Imports as lists and pages show them. Reads only."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from helpdesk.errors import Conflict, NotFound
from helpdesk.facts.given import Problem
from helpdesk.models import Account, ImportProblem, ImportRun
from helpdesk.people.access import can, require
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RunView:
    """One import: where it stands, its numbers, who began it and who let it through."""

    id: int
    profile: str
    state: str
    rows: int
    done: int
    foreseen: dict[str, int]
    counts: dict[str, int]
    brake: str | None
    reason: str | None
    started_at: dt.datetime
    finished_at: dt.datetime | None
    started_by: str
    second: str


def _may_read(unit: Unit) -> None:
    """Whoever brings files in, and whoever lets them through."""
    if not can(unit.actor, "import.second"):
        require(unit.actor, "import.run")


def _view(run: ImportRun, names: dict[int, str]) -> RunView:
    return RunView(
        id=run.id,
        profile=run.feed,
        state=run.state,
        rows=run.rows,
        done=run.row_done,
        foreseen=dict(run.counts.get("preview", {})),
        counts=dict(run.counts.get("done", {})),
        brake=run.brake,
        reason=run.reason,
        started_at=run.started_at,
        finished_at=run.finished_at,
        started_by=names.get(run.started_by_id or 0, ""),
        second=names.get(run.second_id or 0, ""),
    )


def newest(unit: Unit, size: int = 50) -> list[RunView]:
    """The imports, newest first."""
    _may_read(unit)
    names = dict(unit.session.execute(select(Account.id, Account.name)).all())
    rows = unit.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(size))
    return [_view(run, names) for run in rows]


def run_view(unit: Unit, run_id: int) -> RunView:
    """One import. Raises NotFound."""
    _may_read(unit)
    run = unit.session.get(ImportRun, run_id)
    if run is None:
        raise NotFound("There is no such import.")
    return _view(run, dict(unit.session.execute(select(Account.id, Account.name)).all()))


def run_of(ports: Ports, run_id: int) -> RunView:
    """The same, for a process that worked on it."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return run_view(unit, run_id)


def problems_of(unit: Unit, run_id: int, size: int | None = None) -> list[Problem]:
    """The rows that were not used, by line."""
    _may_read(unit)
    rows = unit.session.scalars(
        select(ImportProblem).where(ImportProblem.run_id == run_id).order_by(ImportProblem.line).limit(size)
    )
    return [Problem(row.line, row.code, row.field) for row in rows]


def may_go_on(unit: Unit, run_id: int) -> None:
    """Raise Conflict unless the import waits to go on."""
    require(unit.actor, "import.run")
    if run_view(unit, run_id).state != "running":
        raise Conflict("This import was not started, or it has ended.", code="not_running")


def same_file(ports: Ports, actor: Actor, key: str, file: Path) -> int | None:
    """A started run of this profile that was cut off and holds the very same file, if there is one."""
    with unit_of_work(ports, actor, write=False) as unit:
        require(actor, "import.run")
        cut_off = select(ImportRun).where(ImportRun.feed == key, ImportRun.state == "running")
        run = unit.session.scalar(cut_off)
    if run is None or run.blob is None:
        return None
    with file.open("rb") as mine, ports.blobs.open(run.blob) as kept:
        return run.id if _digest(mine) == _digest(kept) else None


def _digest(source: BinaryIO) -> bytes:
    found = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        found.update(chunk)
    return found.digest()


def as_words(view: RunView) -> dict[str, Any]:
    """An import as a script reads it."""
    return {
        "id": view.id,
        "profile": view.profile,
        "state": view.state,
        "rows": view.rows,
        "done": view.done,
        "foreseen": view.foreseen,
        "counts": view.counts,
        "brake": view.brake,
        "started_at": view.started_at.isoformat(),
        "finished_at": view.finished_at.isoformat() if view.finished_at else None,
        "started_by": view.started_by,
        "second": view.second,
    }
