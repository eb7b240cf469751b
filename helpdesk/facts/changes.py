"""One change of an import as people are shown it: kept as a line of JSON until the import ends. Decides nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from helpdesk.facts.known import Known
from helpdesk.facts.planning import Plan
from helpdesk.facts.spells import Change

PAGE = 100
"""Changes on one page."""
_FIELDS = {
    "personnel_no": "number",
    "name": "name",
    "kind": "kind",
    "department": "department",
    "account_status": "account_status",
}
"""Fields of a person that a file changes, by the name under which plans hold them."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A date that is added, put in the place of another, or taken back."""

    type: str
    day: dt.date
    before: dt.date | None = None
    retracts: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What one row changes: `who` is a number or an address, `fields` hold name, before and after."""

    line: int
    who: str
    words: tuple[str, ...]
    fields: tuple[tuple[str, str, str], ...] = ()
    address: str = ""
    facts: tuple[FactChange, ...] = ()


def shown(plan: Plan) -> Shown:
    """What a plan changes."""
    return Shown(
        line=plan.line,
        who=plan.after.number or plan.address,
        words=tuple(word for word in plan.counted() if not word.startswith("facts_")),
        fields=tuple(_fields(plan.before, plan.after)),
        address=plan.address,
        facts=tuple(_fact(change) for change in plan.facts),
    )


def _fields(before: Known | None, after: Known) -> Iterator[tuple[str, str, str]]:
    for name, attribute in _FIELDS.items():
        old, new = (getattr(person, attribute) if person else "" for person in (before, after))
        if old != new:
            yield name, old, new


def _fact(change: Change) -> FactChange:
    before = change.supersedes.valid_on if change.supersedes is not None else None
    return FactChange(change.type, change.valid_on, before, change.retracts)


def as_line(one: Shown) -> bytes:
    """One line of JSON."""
    facts = [
        [fact.type, fact.day.isoformat(), fact.before and fact.before.isoformat(), fact.retracts] for fact in one.facts
    ]
    row = [one.line, one.who, one.words, one.fields, one.address, facts]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def page_of(source: BinaryIO, number: int) -> list[Shown]:
    """The changes of one page, from 1; nothing behind the last. The line of headings in front is passed over."""
    start = 1 + max(number - 1, 0) * PAGE
    return [from_line(line) for line in islice(source, start, start + PAGE)]


def headings_line(headings: list[str]) -> bytes:
    """The first line: the headings of the file, for who says which column is which."""
    return json.dumps(headings, ensure_ascii=False).encode() + b"\n"


def headings_of(source: BinaryIO) -> list[str]:
    """The headings that a look found."""
    return [str(one) for one in json.loads(source.readline() or b"[]")]


def from_line(line: bytes) -> Shown:
    """The change that a line holds."""
    number, who, words, fields, address, facts = json.loads(line)
    return Shown(
        line=number,
        who=who,
        words=tuple(words),
        fields=tuple((name, old, new) for name, old, new in fields),
        address=address,
        facts=tuple(
            FactChange(kind, dt.date.fromisoformat(day), before and dt.date.fromisoformat(before), retracts)
            for kind, day, before, retracts in facts
        ),
    )
