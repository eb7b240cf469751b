"""Finding a person by what administrators know of them: a personnel number or a verified address. Reads only."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.models import Address, Person
from helpdesk.people.addresses import normal
from helpdesk.unit import Unit


def known_person(unit: Unit, person_id: int) -> Person:
    """The person with this id, of whom a file or a person said who it is. Raises NotFound."""
    person = unit.session.get(Person, person_id)
    if person is None or (person.personnel_no is None and person.kind in ("unknown", "staff")):
        raise NotFound("Nobody is known by this personnel number or verified address.", code="no_person")
    return person


def person_named(unit: Unit, word: str) -> Person:
    """The person with this personnel number or this verified address; never by name. Raises NotFound.

    A shared address stands for nobody (retention 4.2).
    """
    word = word.strip()
    if "@" in word:
        found = (
            select(Person)
            .join(Address, Address.person_id == Person.id)
            .where(Address.value == normal(word), Address.verified_at.is_not(None), Address.shared.is_(False))
        )
    else:
        found = select(Person).where(Person.personnel_no == word)
    person = unit.session.scalar(found) if word else None
    if person is None:
        raise NotFound("Nobody is known by this personnel number or verified address.", code="no_person")
    return person
