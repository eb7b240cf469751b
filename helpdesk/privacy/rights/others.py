"""Who else is in a ticket or its texts: people on it, colleagues who answered, the directory. Only reads."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select

from helpdesk.models import Account, Content, Person, RightsRequest, TicketPerson
from helpdesk.privacy.rights import belonging
from helpdesk.privacy.rights.masking import Directory, Masker, Phrase, by_first_word, parts_of, phrase
from helpdesk.unit import Unit

_PIECE = 1000
_HEADED = ("from", "to", "cc", "reply_to")


def directory(unit: Unit) -> Directory:
    """Everybody who has a full name or a number; some megabytes for a hundred thousand people."""
    names: list[Phrase] = []
    numbers: set[str] = set()
    for folded, number in _everybody(unit):
        words = tuple((folded or "").split())
        if len(words) > 1:
            names.append(words)
        if number:
            numbers.add(number)
    return Directory(by_first_word(names), frozenset(numbers))


def _everybody(unit: Unit) -> Iterator[tuple[str | None, str | None]]:
    """Names and numbers in pieces: where a unit only reads there is no transaction for a cursor to live in."""
    after = 0
    said = select(Person.id, Person.folded, Person.personnel_no).order_by(Person.id).limit(_PIECE)
    while rows := unit.session.execute(said.where(Person.id > after)).all():
        yield from ((folded, number) for _id, folded, number in rows)
        after = rows[-1].id


def masker_for(unit: Unit, found: RightsRequest, ticket_id: int, known: Directory) -> Masker:
    """What is masked in one ticket for a request."""
    person_id = found.person_id or 0
    own = belonging.names_of(unit.session, person_id)
    own_number = unit.session.scalar(select(Person.personnel_no).where(Person.id == person_id))
    asked_for = frozenset(phrase(line) for line in (found.mask_words or "").splitlines())
    others = {*_on_ticket(unit, ticket_id, person_id), *unit.session.scalars(select(Account.name))}
    own_names = frozenset(phrase(name) for name in own) - asked_for
    return Masker(
        own_names=own_names,
        own_addresses=belonging.addresses_of(unit.session, person_id) | _desks(unit),
        phrases=by_first_word((parts_of(others, own) | asked_for) - own_names),
        own_numbers=frozenset({own_number} if own_number else ()),
        directory=known,
    )


def _desks(unit: Unit) -> frozenset[str]:
    return frozenset(desk.address.lower() for desk in unit.ports.settings.desks)


def _on_ticket(unit: Unit, ticket_id: int, person_id: int) -> set[str]:
    """Names of everybody on the ticket or in the headers of its mails but this person, and what their addresses say."""
    addresses = belonging.addresses_of(unit.session, person_id)
    rows = select(TicketPerson.name, TicketPerson.address).where(
        TicketPerson.ticket_id == ticket_id, TicketPerson.person_id != person_id
    )
    found = {name for row in unit.session.execute(rows) for name in (row.name, _local(row.address)) if name}
    headers = select(Content.text).where(Content.ticket_id == ticket_id, Content.kind == "headers")
    for text in unit.session.scalars(headers):
        said = json.loads(text)
        for field in _HEADED:
            value = said.get(field) or []
            for one in value if isinstance(value, list) else [value]:
                if (one.get("address") or "").lower() not in addresses | _desks(unit):
                    found |= {one.get("name") or "", _local(one.get("address") or "")} - {""}
    return found


def _local(address: str) -> str:
    """The part before the @, in which names stand: only where it is more than one word, for `info` is a word."""
    local = address.partition("@")[0]
    return local if len(phrase(local)) > 1 else ""
