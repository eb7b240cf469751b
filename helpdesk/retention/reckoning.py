"""From facts about people to the state of a ticket: until when it is kept, by which rule, and why. Pure.

Knows no database and no clock: what is known and today's date are given (retention 4.1, 4.2; RD-20 to RD-25).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from helpdesk.retention.register.coverage import rule_for
from helpdesk.retention.register.model import Register, Rule
from helpdesk.retention.terms import Period, due_on, last_day

MATCH_WITHIN = Period(days=14)
CLOSE_AFTER = Period(months=3)
"""An open ticket past its date is closed by the system after this silence (4.2, `open_grace`)."""
WAITING = ("waiting:register", "waiting:merged", "waiting:employment", "waiting:settlement", "waiting:match")
BLOCKED = ("blocked:original", "blocked:hold", "blocked:restricted", "blocked:excepted", "blocked:open")


@dataclass(frozen=True, slots=True)
class Known:
    """One fact in force: neither superseded nor retracted."""

    type: str
    valid_on: dt.date


@dataclass(frozen=True, slots=True)
class Asker:
    """A requester as the clock sees one. A shared address stands for nobody: `unknown`."""

    person_id: int
    kind: str
    processing: str
    facts: tuple[Known, ...] = ()

    def newest(self, fact_type: str) -> dt.date | None:
        """The latest date of a type of fact."""
        return max((fact.valid_on for fact in self.facts if fact.type == fact_type), default=None)

    @property
    def clock_kind(self) -> str:
        """The kind that picks the rule: whoever ever was employed is an employee, whatever the directory says now."""
        employed = any(fact.type in ("employment.start", "employment.end", "dismissal.settled") for fact in self.facts)
        return "employee" if employed else self.kind


@dataclass(frozen=True, slots=True)
class Matter:
    """What the clock must know of a ticket; dates are those of Amsterdam."""

    opened_on: dt.date
    last_contact_on: dt.date
    askers: tuple[Asker, ...]
    done: bool
    held: bool = False
    restricted: bool = False
    original_in_mailbox: bool = False
    excepted_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class _View:
    asker: Asker
    matter: Matter
    today: dt.date


_Found = tuple[str, dt.date] | str
"""An anchor with its date, or the state that waits for it."""


@dataclass(frozen=True, slots=True)
class Step:
    """The reckoning for one asker: a rule with its arithmetic, or what is waited for and, if known, until when."""

    person_id: int
    rule: str | None = None
    anchor: str | None = None
    anchor_on: dt.date | None = None
    period: Period | None = None
    waiting: str | None = None
    counts_from: dt.date | None = None

    @property
    def last_day(self) -> dt.date | None:
        """The last day of the term."""
        return None if self.anchor_on is None or self.period is None else last_day(self.anchor_on, self.period)

    @property
    def due_on(self) -> dt.date | None:
        """The first day of destruction."""
        return None if self.anchor_on is None or self.period is None else due_on(self.anchor_on, self.period)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The state (`waiting:<why>`, `dated`, `due`, `blocked:<why>`), the first day of destruction, how it was found.

    `recheck_on` is the next day on which time alone changes something; `mask_on` says from when an earlier requester's
    identity goes from the ticket (4.2, two requesters).
    """

    state: str
    due_on: dt.date | None = None
    rule: str | None = None
    version: str | None = None
    steps: tuple[Step, ...] = ()
    recheck_on: dt.date | None = None
    mask_on: tuple[tuple[int, dt.date], ...] = ()


def reckon(matter: Matter, registers: Mapping[str, Register], today: dt.date) -> Reckoning:
    """The state of one ticket today. Without a register in force every ticket waits for it (RD-24)."""
    if not registers:
        return Reckoning("waiting:register")
    askers = matter.askers or (Asker(0, "unknown", next(iter(registers))),)
    steps = tuple(_step(asker, matter, registers, today) for asker in askers)
    waits = [step.waiting for step in steps if step.waiting is not None]
    if waits:
        return Reckoning(min(waits, key=WAITING.index), steps=steps, recheck_on=_next(_wakes(matter, steps), today))
    ends = [_given(step.due_on) for step in steps]
    due = max(ends)
    last = steps[ends.index(due)]
    masks = tuple((step.person_id, end) for step, end in zip(steps, ends, strict=True) if end < due)
    days = [due, *(day for _, day in masks)]
    state = "dated" if today < due else _when_due(matter, today)
    if matter.excepted_until is not None:
        days.append(matter.excepted_until)
    if state == "blocked:open":
        days.append(due_on(matter.last_contact_on, CLOSE_AFTER))
    if state == "blocked:original":
        days.append(today + dt.timedelta(days=1))
    version = next(register.version for register in registers.values() if last.rule in register.rules)
    return Reckoning(state, due, last.rule, version, steps, _next(days, today), masks)


def _when_due(matter: Matter, today: dt.date) -> str:
    if matter.held:
        return "blocked:hold"
    if matter.restricted:
        return "blocked:restricted"
    if matter.original_in_mailbox:
        return "blocked:original"
    if matter.excepted_until is not None and today < matter.excepted_until:
        return "blocked:excepted"
    return "due" if matter.done else "blocked:open"


def _step(asker: Asker, matter: Matter, registers: Mapping[str, Register], today: dt.date) -> Step:
    kind = asker.clock_kind
    rule = rule_for(registers, asker.processing, "conversation", kind)
    if rule is None:
        return Step(asker.person_id, waiting="waiting:register")
    term = rule.term_of("ticket")
    if term is None:
        return Step(asker.person_id, waiting="waiting:register")
    found = _ANCHORS[term.anchor](_View(asker, matter, today))
    if isinstance(found, str):
        return Step(asker.person_id, rule.key, term.anchor, waiting=found)
    anchor, day = found
    step = Step(asker.person_id, rule.key, anchor, day, term.period)
    matched_by = due_on(matter.opened_on, rule.match_within or MATCH_WITHIN)
    if kind == "unknown" and today < matched_by:
        return Step(asker.person_id, rule.key, term.anchor, waiting="waiting:match", counts_from=matched_by)
    return _late(asker, matter, registers, step, rule)


def _late(asker: Asker, matter: Matter, registers: Mapping[str, Register], step: Step, rule: Rule) -> Step:
    """A ticket born after its own term counts from the last contact, like that of somebody outside (4.2)."""
    if step.due_on is None or matter.opened_on < step.due_on:
        return step
    outside = rule_for(registers, asker.processing, "conversation", "external") or rule
    term = outside.term_of("ticket")
    return Step(
        asker.person_id, outside.key, "last_contact", matter.last_contact_on, term.period if term else step.period
    )


def _settlement(view: _View) -> _Found:
    """The newest spell governs. An open one stops the clock; a settlement that may be that of an earlier spell, too.

    The settlement of an earlier spell may be late and fall into the next one: after a re-hire only one that is not
    before the new end counts.
    """
    asker = view.asker
    start, end, settled = (asker.newest(name) for name in ("employment.start", "employment.end", "dismissal.settled"))
    gone = end is not None and end <= view.today
    if start is None:
        return _settled(settled, gone=gone)
    left = end is not None and end >= start
    earlier = any(fact.valid_on < start for fact in asker.facts if fact.type != "account.last_login")
    if not left and (earlier or settled is None or settled < start):
        return "waiting:employment"
    since = end if left and earlier and end is not None else start
    return _settled(settled if settled is not None and settled >= since else None, gone=gone)


def _settled(settled: dt.date | None, *, gone: bool) -> _Found:
    if settled is not None:
        return "dismissal.settled", settled
    return "waiting:settlement" if gone else "waiting:employment"


def _employment_end(view: _View) -> _Found:
    start, end = view.asker.newest("employment.start"), view.asker.newest("employment.end")
    if end is None or (start is not None and start > end):
        return "waiting:employment"
    return "employment.end", end


def _last_login(view: _View) -> _Found:
    seen = view.asker.newest("account.last_login")
    return ("account.last_login", seen) if seen is not None else _last_contact(view)


def _last_contact(view: _View) -> _Found:
    return "last_contact", view.matter.last_contact_on


_ANCHORS: Mapping[str, Callable[[_View], _Found]] = {
    "dismissal.settled": _settlement,
    "employment.end": _employment_end,
    "account.last_login": _last_login,
    "last_contact": _last_contact,
}


def _wakes(matter: Matter, steps: Iterable[Step]) -> list[dt.date]:
    days = [step.counts_from for step in steps if step.counts_from is not None]
    ends = (asker.newest("employment.end") for asker in matter.askers)
    return days + [end for end in ends if end is not None]


def _next(days: Iterable[dt.date], today: dt.date) -> dt.date | None:
    return min((day for day in days if day > today), default=None)


def _given(day: dt.date | None) -> dt.date:
    if day is None:
        raise AssertionError("a step without waiting has a date")
    return day
