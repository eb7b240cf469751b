"""What a file would change, row by row and in numbers, and whether that is too much. Reads only; keeps no file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from helpdesk.facts import foresight
from helpdesk.facts.changes import Shown, as_line, from_line, shown
from helpdesk.facts.file_index import ImportFile
from helpdesk.facts.given import Given, Problem
from helpdesk.facts.planning import Plan, Planner
from helpdesk.facts.profiles import Profile
from helpdesk.facts.spells import SETTLED
from helpdesk.facts.tables import Source
from helpdesk.people.access import require
from helpdesk.retention.terms import day_of
from helpdesk.unit import Unit

BATCH = 250
"""Rows per transaction: few enough that nobody waits for one."""
_INFERRED = "employment.start"


@dataclass
class Preview:
    """The numbers that applying gives, the rows that can't be used, and the first changes, each as a line."""

    rows: int
    not_kept: tuple[str, ...]
    unlisted: int
    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    weight: foresight.Weight | None = None
    brake: str | None = None

    @property
    def changes(self) -> Iterator[Shown]:
        """The first changes."""
        return map(from_line, self.lines)


def batches(rows: Iterable[Given | None]) -> Iterator[list[Given | None]]:
    """Rows in the sets in which they are planned and written."""
    rest = iter(rows)
    while some := list(islice(rest, BATCH)):
        yield some


def planner_for(unit: Unit, file: ImportFile, taken_at: dt.datetime | None = None) -> Planner:
    """The planner of a file; `taken_at` is when its source was made, now when nobody says."""
    return Planner(file.profile, file.index, day_of(unit.now), day_of(taken_at or unit.now))


def outcome(found: Iterable[Plan | Problem | None], counts: Counter[str]) -> tuple[list[Plan], list[Problem]]:
    """Count what became of rows; returns the plans and the rows that can't be used after all."""
    plans, problems = [], []
    for one in found:
        if isinstance(one, Plan):
            plans.append(one)
            counts.update(one.counted())
        elif isinstance(one, Problem):
            problems.append(one)
        else:
            counts["passed_over"] += 1
    return plans, problems


def preview(
    unit: Unit,
    source: Source,
    profile: Profile,
    show: int = 0,
    taken_at: dt.datetime | None = None,
    tell: Callable[[list[Plan]], None] | None = None,
) -> Preview:
    """What the file would change now; at most `show` of the changes themselves, and `tell` hears of all, in batches.

    Raises Invalid for the whole file.
    """
    require(unit.actor, "import.run")
    file = ImportFile(unit, source, profile)
    index, plan = file.index, planner_for(unit, file, taken_at)
    found = Preview(index.rows, index.header.not_kept, index.header.unlisted, file.kind)
    found.problems = list(index.problems)
    moved: Counter[str] = Counter()
    for some in batches(file.rows()):
        planned = plan.plan(unit.session, [row for row in some if row is not None])
        plans, problems = outcome(planned, found.counts)
        found.problems += problems
        for one in plans:
            moved.update(weighed(one))
        changing = [one for one in plans if one.counted() != ["unchanged"]]
        found.lines += [as_line(shown(one)) for one in changing[: show - len(found.lines)]]
        if tell is not None:
            tell(changing)
        unit.session.expunge_all()
    found.problems.sort(key=lambda problem: problem.line)
    found.counts["problems"] = len(found.problems)
    found.weight = _weight(unit, plan, moved)
    found.brake = found.weight.brake(foresight.limit(unit.session))
    return found


def _weight(unit: Unit, plan: Planner, moved: Counter[str]) -> foresight.Weight:
    """How heavy the whole file is, of which each row was planned."""
    tickets, dates = foresight.totals(unit.session)
    return foresight.Weight(
        due=foresight.due_at_once(unit.session, plan.after, plan.joined, plan.today),
        tickets=tickets,
        shifted=moved["shifted"],
        dates=dates,
        turned=moved["turned"],
        settled=moved["settled"],
        employed=foresight.not_settled(unit.session) if moved["settled"] else 0,
        dated=plan.index.dated,
        swapped=plan.index.swapped,
    )


def weighed(one: Plan) -> dict[str, int]:
    """Dates that a row moves or takes back (a start that is only concluded from an empty cell is one of them), those of
    them that only exchange day and month, and whether it settles somebody.
    """
    concluded = one.before is not None and bool(one.before.facts)
    return {
        "shifted": sum(change.shifts or (concluded and change.type == _INFERRED) for change in one.facts),
        "turned": sum(change.turns for change in one.facts),
        "settled": sum(change.type == SETTLED and change.supersedes is None for change in one.facts),
    }
