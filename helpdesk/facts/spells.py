"""From the dates a row gives to changes of the facts that stand: spells of employment told apart. Pure (RD-20, RD-25).

A date that a person entered by hand is never replaced by a file: the row says so instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from helpdesk.facts.record import HAND

START, END, SETTLED, LOGIN = "employment.start", "employment.end", "dismissal.settled", "account.last_login"
_DAY, _MONTHS = dt.timedelta(days=1), 12


@dataclass(frozen=True, slots=True)
class Standing:
    """A fact in force."""

    id: int
    type: str
    valid_on: dt.date
    source: str


@dataclass(frozen=True, slots=True)
class Change:
    """A new row: a fact, one in the place of another, or one that only takes another back. `was` is the old date."""

    type: str
    valid_on: dt.date
    supersedes: Standing | None = None
    retracts: bool = False

    @property
    def shifts(self) -> bool:
        """Whether it moves or takes back a date that tickets count from."""
        return self.supersedes is not None and self.type in (START, END, SETTLED)

    @property
    def turns(self) -> bool:
        """Whether such a date only exchanges day and month."""
        before = self.supersedes.valid_on if self.supersedes is not None and self.shifts else self.valid_on
        return before != self.valid_on and before == turned(self.valid_on)


def turned(day: dt.date) -> dt.date | None:
    """A day with day and month exchanged, where that is one."""
    return day.replace(month=day.day, day=day.month) if day.day <= _MONTHS else None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from: the feed, the day its file was made, and whether it gives starts of employment too."""

    feed: str
    taken_on: dt.date
    gives_starts: bool = False


class ByHand(ValueError):
    """The file says another date than the one a person entered; `type` is the kind of fact."""

    def __init__(self, fact_type: str) -> None:
        super().__init__("by_hand")
        self.type = fact_type


def changes(
    said: Mapping[str, dt.date | None], facts: Sequence[Standing], feed: str, taken_on: dt.date
) -> list[Change]:
    """What a row changes; nothing when it says what is known. Raises ByHand."""
    source = Source(feed, taken_on, START in said)
    found: list[Change] = []
    standing = list(facts)
    for fact_type, day in sorted(said.items(), key=lambda each: each[0] != START):
        fresh = _changes_of(fact_type, day, standing, source)
        standing = applied(standing, fresh, feed, -1 - len(found))
        found += fresh
    return found


def _changes_of(fact_type: str, day: dt.date | None, facts: Sequence[Standing], source: Source) -> list[Change]:
    if fact_type == END:
        return _ended(day, facts, source)
    if day is None:
        return []
    return {START: _started, SETTLED: _settled, LOGIN: _signed_in}[fact_type](day, facts)


def applied(facts: Sequence[Standing], changed: Sequence[Change], feed: str, first_id: int = -1) -> list[Standing]:
    """The facts that stand after changes; new ones are numbered from `first_id` downwards."""
    standing = list(facts)
    for step, change in enumerate(changed):
        if change.supersedes is not None:
            standing.remove(change.supersedes)
        if not change.retracts:
            standing.append(Standing(first_id - step, change.type, change.valid_on, feed))
    return standing


def _of(facts: Sequence[Standing], fact_type: str) -> list[Standing]:
    return sorted((fact for fact in facts if fact.type == fact_type), key=lambda fact: fact.valid_on)


def _instead(fact: Standing, day: dt.date) -> list[Change]:
    """Another date in the place of a fact, unless it is the same or a person entered it."""
    if fact.valid_on == day:
        return []
    if fact.source == HAND:
        raise ByHand(fact.type)
    return [Change(fact.type, day, fact)]


def _started(day: dt.date, facts: Sequence[Standing]) -> list[Change]:
    """A start after an end is a new spell; otherwise the newest start was meant."""
    starts, ends = _of(facts, START), _of(facts, END)
    if any(fact.valid_on == day for fact in starts):
        return []
    if not starts or any(starts[-1].valid_on <= end.valid_on < day for end in ends):
        return [Change(START, day)]
    return _instead(starts[-1], day)


def _ended(day: dt.date | None, facts: Sequence[Standing], source: Source) -> list[Change]:
    """The end of the newest spell; of the one before where the file says an end before a start that stays."""
    starts, ends = _of(facts, START), _of(facts, END)
    if day is None:
        own = [end for end in ends if not starts or end.valid_on >= starts[-1].valid_on]
        return _still_here(own, source)
    back = _not_back(day, starts, source)
    newest = starts[-len(back) - 1] if len(back) < len(starts) else None
    earlier = newest is not None and day < newest.valid_on
    spell = [end for end in ends if newest is None or (end.valid_on < newest.valid_on) == earlier]
    meant = next((end for end in spell if end.valid_on == day), spell[-1] if spell else None)
    gone = [end for end in ends if back and end.valid_on >= back[0].valid_on and end is not meant]
    if any(end.source == HAND for end in gone):
        raise ByHand(END)
    taken_back = [Change(fact.type, fact.valid_on, fact, retracts=True) for fact in (*back, *gone)]
    return taken_back + (_instead(meant, day) if meant else [Change(END, day)])


def _still_here(own: Sequence[Standing], source: Source) -> list[Change]:
    """The file no longer gives the end it gave: it was withdrawn, or the person was hired again since."""
    if not own or own[-1].source != source.feed:
        return []
    withdrawn = [
        end for end in own if end.source == source.feed and (source.gives_starts or end.valid_on > source.taken_on)
    ]
    stay = [end for end in own if end not in withdrawn]
    found = [Change(END, end.valid_on, end, retracts=True) for end in withdrawn]
    if stay and stay[-1].source == source.feed:
        found.append(Change(START, max(source.taken_on, stay[-1].valid_on + _DAY)))
    return found


def _not_back(day: dt.date, starts: Sequence[Standing], source: Source) -> list[Standing]:
    """The starts after an end that were only concluded from an empty cell: they and their ends never were."""
    if source.gives_starts:
        return []
    back = takewhile(lambda start: start.valid_on > day and start.source == source.feed, reversed(starts))
    return list(back)[::-1]


def _settled(day: dt.date, facts: Sequence[Standing]) -> list[Change]:
    """One settlement to a spell: another day in the same spell is a correction."""
    starts = [fact.valid_on for fact in _of(facts, START)]
    spell = sum(start <= day for start in starts)
    same = [fact for fact in _of(facts, SETTLED) if sum(start <= fact.valid_on for start in starts) == spell]
    if any(fact.valid_on == day for fact in same):
        return []
    return _instead(same[-1], day) if same else [Change(SETTLED, day)]


def _signed_in(day: dt.date, facts: Sequence[Standing]) -> list[Change]:
    known = _of(facts, LOGIN)
    if known and known[-1].valid_on >= day:
        return []
    return [Change(LOGIN, day, known[-1] if known else None)]
