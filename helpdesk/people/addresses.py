"""E-mail addresses and the people behind them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from helpdesk.models import Address, Person
from helpdesk.row_sets import among_said
from helpdesk.text.stems import fold
from helpdesk.unit import Unit


def normal(address: str) -> str:
    """An address as it is compared: lower case, domain in IDNA where it can be, at most 320 characters (RFC 5321)."""
    local, at, domain = address.strip().lower().rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"[:320]


def folded(name: str) -> str | None:
    """A name as people are found by it: lower case, without accents; none where nothing is written."""
    return fold(name[:300])[:400] or None


def people_at(unit: Unit, addresses: Iterable[str]) -> dict[str, Person]:
    """The people who own these normalised addresses, by address; nothing for one that nobody owns."""
    wanted = set(addresses)
    if not wanted:
        return {}
    owned = _owned(unit.session.get_bind().dialect.name)
    return {row.value: row.Person for row in unit.session.execute(owned, {"addresses": list(wanted)})}


@cache
def _owned(dialect: str) -> Select[*tuple[Any, ...]]:
    owned = select(Address.value, Person).join(Person, Address.person_id == Person.id)
    return owned.where(among_said(dialect, Address.value, "addresses"))


def person_for(unit: Unit, address: str, name: str = "", known: dict[str, Person] | None = None) -> Person:
    """The person who owns the address; a new one of kind unknown when nobody does.

    With `known`, what `people_at` said of this address, nothing is read; a new person is added there.
    """
    value = normal(address)
    known = people_at(unit, [value]) if known is None else known
    found = known.get(value)
    if found is not None:
        if name and not found.display_name:
            found.display_name, found.folded = name[:300], folded(name)
        return found
    person = new_person(unit, name)
    unit.rows.put(Address, {"person_id": person.id, "value": value, "source": "mail", "created_at": unit.now})
    known[value] = person
    return person


def new_person(unit: Unit, name: str = "") -> Person:
    """Somebody of whom nothing is known but perhaps a name."""
    named = {"display_name": name[:300] or None, "folded": folded(name)}
    return unit.rows.add(Person, {"kind": "unknown", **named, "created_at": unit.now})
