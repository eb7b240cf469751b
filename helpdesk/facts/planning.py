"""From rows to changes: who each row is about, and what it changes of person, address and facts. Writes nothing.

People are known by number, else by exact address; never by name (retention 4.2). What earlier rows of the same file
change is remembered, so that a preview counts what is then done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from helpdesk.facts.file_index import NO_ADDRESS, FileIndex, sign_of
from helpdesk.facts.given import Given, Problem
from helpdesk.facts.known import Changed, Known
from helpdesk.facts.profiles import Profile
from helpdesk.facts.spells import ByHand, Change, Standing, applied, changes
from helpdesk.models import Address, Fact, Person

_FIELDS = {"employment.start": "started_on", "employment.end": "ended_on", "dismissal.settled": "settled_on"}
AddressAct = Literal["none", "new", "verify", "move", "join"]


@dataclass(frozen=True, slots=True)
class Held:
    """An address and whose it is."""

    person_id: int
    shared: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What one row does. `before` is none for somebody new; `other_id` whose address it was until now.

    `since` is the day from which tickets sent from a moved address are the new owner's: the former one had left.
    """

    line: int
    after: Known
    before: Known | None
    facts: tuple[Change, ...] = ()
    address: str = ""
    act: AddressAct = "none"
    other_id: int | None = None
    since: dt.date | None = None
    reason: str | None = None
    reference: str = ""

    def counted(self) -> list[str]:
        """The words under which it is counted."""
        found = []
        if self.before is None:
            found.append("people_new")
        elif self.act == "join" or (self.after.number and not self.before.number):
            found.append("people_claimed")
        elif replace(self.before, facts=()) != replace(self.after, facts=()):
            found.append("people_changed")
        found += {"new": ["addresses_new"], "move": ["addresses_moved"]}.get(self.act, [])
        for change in self.facts:
            found.append(_counted(change))
        return found or ["unchanged"]


def _counted(change: Change) -> str:
    if change.retracts:
        return "facts_retracted"
    return "facts_corrected" if change.supersedes else "facts_added"


class _NotTheirs(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Planner:
    """Plans batch after batch of one file; `after` is how people stand then, by id."""

    profile: Profile
    index: FileIndex
    today: dt.date
    taken_on: dt.date
    after: Changed = field(default_factory=Changed)
    joined: dict[int, int] = field(default_factory=dict)
    _made: int = 0
    _planned_rows: int = 0
    _people: dict[int, Known] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _addresses: dict[str, Held] = field(default_factory=dict)

    def plan(self, session: Session, batch: Iterable[Given]) -> list[Plan | Problem | None]:
        """What these rows do, in their order; none for a row about somebody who is none of ours."""
        rows = list(batch)
        self._load(session, rows)
        return [self._planned(row) for row in rows]

    def forget(self) -> None:
        """Take people as the database has them from now on: what was planned is written."""
        self.after.clear()
        self.joined.clear()

    def _load(self, session: Session, rows: Sequence[Given]) -> None:
        values, numbers = {row.address for row in rows if row.address}, {row.number for row in rows if row.number}
        found = select(Address.value, Address.person_id, Address.shared, Address.verified_at)
        held = session.execute(found.where(Address.value.in_(values))).all()
        self._addresses = {row.value: Held(row.person_id, row.shared, row.verified_at is not None) for row in held}
        people = session.scalars(
            select(Person).where(
                Person.personnel_no.in_(numbers) | Person.id.in_({one.person_id for one in self._addresses.values()})
            )
        ).all()
        facts = standing(session, [person.id for person in people])
        self._people = {person.id: _known(person, facts.get(person.id, ())) for person in people}
        self._numbers = {person.number: person.id for person in self._people.values() if person.number}

    def _person(self, person_id: int) -> Known:
        """A person as they stand after the rows before this one."""
        person_id = self.joined.get(person_id, person_id)
        return self.after.get(person_id) or self._people[person_id]

    def _planned(self, row: Given) -> Plan | Problem | None:
        held = self._addresses.get(row.address)
        if held is not None and held.shared:
            return Problem(row.line, "shared_address", "address")
        owner = self._person(held.person_id) if held is not None else None
        mine = self._person(self._numbers[row.number]) if row.number in self._numbers else None
        if not row.number:
            return self._by_address(row, held, owner)
        if mine is None and (owner is None or owner.number) and not self.profile.creates:
            return None if self.profile.passes_over else Problem(row.line, "nobody")
        try:
            act, since = self._address_act(row, held, owner, mine)
        except _NotTheirs as fault:
            return Problem(row.line, fault.code, "address")
        if mine is None and owner is not None and act in ("verify", "none"):
            mine = owner
        return self._changed(row, mine, act, owner, since)

    def _by_address(self, row: Given, held: Held | None, owner: Known | None) -> Plan | Problem | None:
        if held is None or owner is None:
            if not self.profile.creates:
                return None if self.profile.passes_over else Problem(row.line, "nobody")
            return self._changed(row, None, "new", None, None)
        return self._changed(row, owner, "none" if held.verified else "verify", owner, None)

    def _address_act(
        self, row: Given, held: Held | None, owner: Known | None, mine: Known | None
    ) -> tuple[AddressAct, dt.date | None]:
        """What becomes of the address. Raises _NotTheirs when it is somebody else's who is still here."""
        if not row.address:
            return "none", None
        if held is None or owner is None:
            return "new", None
        if (mine is not None and owner.id == mine.id) or (mine is None and not owner.number):
            return ("none" if held.verified else "verify"), None
        if not owner.number:
            if owner.facts:
                raise _NotTheirs("claimed_by_hand")
            return "join", None
        left_on = self._left_on(owner)
        if left_on is not None:
            return "move", left_on + dt.timedelta(days=1)
        listed = self.index.listed(owner.number)
        if listed is None or listed.address in (NO_ADDRESS, sign_of(row.address)):
            raise _NotTheirs("address_taken")
        return "move", None

    def _left_on(self, owner: Known) -> dt.date | None:
        """The last day of somebody who has left: by this file, or by what is known when the file is silent."""
        listed = self.index.listed(owner.number)
        if listed is not None and "employment.end" in self.profile_facts:
            return listed.left_on if listed.left_on is not None and listed.left_on <= self.today else None
        ends = [fact.valid_on for fact in owner.facts if fact.type == "employment.end"]
        starts = [fact.valid_on for fact in owner.facts if fact.type == "employment.start"]
        end = max(ends, default=None)
        return end if end is not None and end <= self.today and end >= max(starts, default=end) else None

    @property
    def profile_facts(self) -> frozenset[str]:
        """The kinds of fact that this file has a column for."""
        return frozenset({"employment.end"}) if "ended_on" in self.index.header.places else frozenset()

    def _changed(
        self, row: Given, mine: Known | None, act: AddressAct, owner: Known | None, since: dt.date | None
    ) -> Plan | Problem:
        before = mine
        self._planned_rows += 1
        if mine is None:
            self._made -= 1
        base = mine or Known(self._made, "", row.kind, self.profile.processing, "", "", "")
        try:
            facts = tuple(changes(row.dates, base.facts, self.profile.feed, self.taken_on))
        except ByHand as fault:
            return Problem(row.line, "by_hand", _FIELDS.get(fault.type, ""))
        after = replace(
            base,
            number=base.number or row.number,
            kind=self._kind(row, base),
            processing=self.profile.processing if self._claims(base, row) else base.processing,
            name=row.name or base.name,
            department=row.department or base.department,
            account_status=row.account_status or base.account_status,
            facts=tuple(applied(base.facts, facts, self.profile.feed, -1 - self._planned_rows * 10)),
        )
        self.after.put(after)
        other_id = owner.id if owner is not None and act in ("join", "move") else None
        if act == "join" and other_id is not None:
            self.joined[other_id] = after.id
        return Plan(row.line, after, before, facts, row.address, act, other_id, since, row.reason, row.reference)

    def _claims(self, base: Known, row: Given) -> bool:
        return base.kind == "unknown" or (bool(row.number) and not base.number)

    def _kind(self, row: Given, base: Known) -> str:
        """The kind the file says, where it has a word for it; else the profile's for somebody not known yet."""
        if "kind" in self.index.header.places or self._claims(base, row):
            return row.kind
        return base.kind


def _known(person: Person, facts: Sequence[Standing]) -> Known:
    return Known(
        id=person.id,
        number=person.personnel_no or "",
        kind=person.kind,
        processing=person.processing,
        name=person.display_name or "",
        department=person.dept_code or "",
        account_status=person.account_status or "",
        facts=tuple(facts),
    )


def standing(session: Session, person_ids: Sequence[int]) -> dict[int, list[Standing]]:
    """The facts in force of these people."""
    later = aliased(Fact)
    rows = session.execute(
        select(Fact.person_id, Fact.id, Fact.type, Fact.valid_on, Fact.source)
        .outerjoin(later, later.supersedes_id == Fact.id)
        .where(Fact.person_id.in_(person_ids), Fact.retracts.is_(False), later.id.is_(None))
        .order_by(Fact.id)
    )
    found: dict[int, list[Standing]] = {}
    for person_id, fact_id, fact_type, day, source in rows:
        found.setdefault(person_id or 0, []).append(Standing(fact_id, fact_type, day, source))
    return found
