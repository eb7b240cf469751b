"""Finding people as somebody writes them: by the beginnings of name, number or address. Reads only.

Nobody is matched by it: what is found is shown to a person, who decides (retention 4.2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, and_, literal, or_, select
from sqlalchemy.orm import Session

from helpdesk.models import Address, Person
from helpdesk.people.access import require
from helpdesk.people.addresses import normal
from helpdesk.text.stems import fold
from helpdesk.unit import Unit

MOST_WORDS, SHORTEST = 5, 2
"""Words of a name that are looked at, and letters that one of them must have."""


@dataclass(frozen=True, slots=True)
class PersonHit:
    """Somebody who fits; `known` means that there is a number, so that a file said who it is."""

    id: int
    name: str
    number: str
    department: str
    kind: str
    addresses: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether a file or a person said who this is."""
        return bool(self.number) or self.kind not in ("unknown", "staff")


def find_people(unit: Unit, query: str, size: int = 20, *, known: bool = False) -> list[PersonHit]:
    """People whose name holds each word as the beginning of one, or whose number or address begins so.

    By name, at most `size`; with `known` only those of whom it is known who they are. Nothing for fewer than two signs.
    """
    require(unit.actor, "person.find")
    fits = _fits(query.strip()[:400])
    if fits is None:
        return []
    said = or_(Person.personnel_no.is_not(None), Person.kind.in_(("employee", "external", "trainer")))
    # A sender who turned out to be somebody else leaves a row without an address, kept only so that it can be undone.
    there = said if known else or_(said, select(Address.id).where(Address.person_id == Person.id).exists())
    wanted = select(Person).where(fits, there)
    people = unit.session.scalars(wanted.order_by(Person.folded, Person.id).limit(size)).all()
    addresses = addresses_of(unit.session, [person.id for person in people])
    return [
        PersonHit(
            id=person.id,
            name=person.display_name or "",
            number=person.personnel_no or "",
            department=person.dept_code or "",
            kind=person.kind,
            addresses=tuple(addresses[person.id]),
        )
        for person in people
    ]


def addresses_of(session: Session, person_ids: Collection[int]) -> dict[int, list[str]]:
    """The addresses of these people."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = select(Address.person_id, Address.value).where(Address.person_id.in_(person_ids)).order_by(Address.id)
    for person_id, value in session.execute(rows):
        found[person_id].append(value)
    return found


def _fits(query: str) -> ColumnElement[bool] | None:
    """By address, number or name; names are told apart by single spaces, so a word begins behind one."""
    if len(query) < SHORTEST:
        return None
    at = select(Address.person_id).where(Address.value.startswith(normal(query), autoescape=True))
    ways: list[ColumnElement[bool]] = [Person.id.in_(at), Person.personnel_no.startswith(query, autoescape=True)]
    words = fold(query).split()[:MOST_WORDS]
    if "@" not in query and any(len(word) >= SHORTEST for word in words):
        spaced = literal(" ", String) + Person.folded
        ways.append(and_(*(spaced.contains(f" {word}", autoescape=True) for word in words)))
    return or_(*ways)
