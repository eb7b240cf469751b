"""Imports as lists and pages show them. Reads only."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import and_, func, or_, select

from helpdesk.errors import Conflict, NotFound
from helpdesk.facts.changes import Shown, headings_of, page_of
from helpdesk.facts.given import Problem
from helpdesk.models import Account, ImportProblem, ImportRun
from helpdesk.people.access import require
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RunView:
    """One import: where it stands, its numbers, who began it and who let it through.

    `to_do` is what a worker is asked to do; `changes` how many can be paged through while the file is there.
    """

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
    started_by_id: int | None = None
    to_do: str | None = None
    fault: str | None = None
    fault_values: Mapping[str, str | int] = field(default_factory=dict)
    file_there: bool = False
    looked_at: bool = False
    changes: int = 0
    not_kept: tuple[str, ...] = ()
    unlisted: int = 0
    due: int = 0
    shifted: int = 0
    settled: int = 0

    @property
    def shown_state(self) -> str:
        """The state as people are told it: with what a worker is about to do, or what the file lacks."""
        if self.state in ("preview", "braked") and self.to_do is not None:
            return "asked"
        return "no_column" if self.state == "preview" and self.fault == "no_column" else self.state

    @property
    def busy(self) -> bool:
        """Whether a worker has something to do with it."""
        return self.state == "running" or self.to_do is not None


def _may_read(unit: Unit) -> None:
    """Whoever brings files in, and whoever lets them through."""
    require(unit.actor, "import.read")


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
        started_by_id=run.started_by_id,
        to_do=run.to_do,
        fault=run.fault,
        fault_values=run.counts.get("fault", {}),
        file_there=run.blob is not None,
        looked_at="preview" in run.counts,
        changes=int(run.counts.get("changes", 0)),
        not_kept=tuple(run.counts.get("columns", {}).get("not_kept", ())),
        unlisted=int(run.counts.get("columns", {}).get("unlisted", 0)),
        due=int(run.counts.get("weight", {}).get("due", 0)),
        shifted=int(run.counts.get("weight", {}).get("shifted", 0)),
        settled=int(run.counts.get("weight", {}).get("settled", 0)),
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


def problems_of(unit: Unit, run_id: int, size: int | None = None, skip: int = 0) -> list[Problem]:
    """The rows that were not used, by line, `skip` of them passed over."""
    _may_read(unit)
    of_run = select(ImportProblem).where(ImportProblem.run_id == run_id)
    rows = unit.session.scalars(of_run.order_by(ImportProblem.line, ImportProblem.id).limit(size).offset(skip))
    return [Problem(row.line, row.code, row.field) for row in rows]


def problem_count(unit: Unit, run_id: int) -> int:
    """How many rows were not used."""
    _may_read(unit)
    return unit.session.scalar(select(func.count()).where(ImportProblem.run_id == run_id)) or 0


def changes_page(unit: Unit, run_id: int, number: int) -> list[Shown]:
    """A page of the changes that the last look found; nothing once the file is gone."""
    with _found(unit, run_id) as source:
        return page_of(source, number) if source is not None else []


def headings_found(unit: Unit, run_id: int) -> list[str]:
    """The headings of the file, as the last look found them."""
    with _found(unit, run_id) as source:
        return headings_of(source) if source is not None else []


@contextmanager
def _found(unit: Unit, run_id: int) -> Iterator[BinaryIO | None]:
    _may_read(unit)
    run = unit.session.get(ImportRun, run_id)
    if run is None or run.found_blob is None:
        yield None
        return
    with unit.ports.blobs.open(run.found_blob) as source:
        yield source


def may_go_on(unit: Unit, run_id: int) -> None:
    """Raise Conflict unless the import waits to go on."""
    require(unit.actor, "import.run")
    if run_view(unit, run_id).state != "running":
        raise Conflict("This import was not started, or it has ended.", code="not_running")


def same_file(ports: Ports, actor: Actor, key: str, file: Path) -> RunView | None:
    """A run of this profile that was cut off and holds the very same file, if there is one.

    It was started, or looked at in the actor's own name by no worker.
    """
    with unit_of_work(ports, actor, write=False) as unit:
        require(actor, "import.run")
        mine = ImportRun.to_do.is_(None) & (ImportRun.started_by_id == actor.account_id)
        cut_off = or_(ImportRun.state == "running", and_(ImportRun.state == "preview", mine))
        run = unit.session.scalar(select(ImportRun).where(ImportRun.feed == key, cut_off))
        if run is None or run.blob is None:
            return None
        view, blob = _view(run, {}), run.blob
    with file.open("rb") as given, ports.blobs.open(blob) as kept:
        return view if _digest(given) == _digest(kept) else None


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
        "to_do": view.to_do,
        "fault": view.fault,
        "started_at": view.started_at.isoformat(),
        "finished_at": view.finished_at.isoformat() if view.finished_at else None,
        "started_by": view.started_by,
        "second": view.second,
    }
