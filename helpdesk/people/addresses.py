"""E-mail addresses and the people behind them."""

from __future__ import annotations

import contextlib

from sqlalchemy import select

from helpdesk.models import Address, Person
from helpdesk.unit import Unit


def normal(address: str) -> str:
    """An address as it is compared: lower case, domain in IDNA where it can be, at most 320 characters (RFC 5321)."""
    local, at, domain = address.strip().lower().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"[:320]


def person_for(unit: Unit, address: str, name: str = "") -> Person:
    """The person who owns the address; a new one of kind unknown when nobody does."""
    value = normal(address)
    found = unit.session.scalar(
        select(Person).join(Address, Address.person_id == Person.id).where(Address.value == value)
    )
    if found is not None:
        if name and not found.display_name:
            found.display_name = name[:300]
        return found
    person = Person(kind="unknown", display_name=name[:300] or None, created_at=unit.now)
    unit.session.add(person)
    unit.session.flush()
    unit.session.add(Address(person_id=person.id, value=value, source="mail", created_at=unit.now))
    unit.session.flush()
    return person
