"""What the database says of the senders and threads of some mails, read in sets and kept true while they are filed.

One mail or fifty: the same handful of statements. Tickets that a mail may join are locked as they are read, so that
what is decided about them still holds when it is written.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy import or_, select

from helpdesk.mail.incoming import IncomingMail
from helpdesk.mail.outbox import receipts_to
from helpdesk.mail.references import Reference, returned_to, tokens_in
from helpdesk.models import Address, Entry, OutgoingMail, Person, Ticket, TicketPerson
from helpdesk.people.addresses import normal, people_at
from helpdesk.row_sets import among
from helpdesk.unit import Unit

PARTICIPANTS = ("requester", "participant")
_NUMBER = re.compile(r"\bV-?((?:19|20)\d\d-\d{5,9})\b", re.IGNORECASE)
_MERGES = 20
_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Trail:
    """What was read of where a mail leads, besides the mail itself: a token of the envelope, the verdict on the sender.

    `verdict` is pass, fail or none: the word of our own server's Authentication-Results (RFC 8601), none when no
    authserv-id is configured.
    """

    token_address: str = ""
    verdict: str = "none"


@dataclass(frozen=True, slots=True)
class Clues:
    """What a mail names: tokens of ours, digests of its own Message-ID and of those it answers, ticket numbers.

    `returned` are mails of ours to whose return path it came.
    """

    sender: str
    tokens: tuple[Reference, ...]
    returned: tuple[int, ...]
    own: str | None
    answers: tuple[str, ...]
    numbers: tuple[str, ...]


def clues(unit: Unit, mail: IncomingMail, trail: Trail) -> Clues:
    """Read a mail's clues; asks no database. The Message-IDs it answers come newest first, at most 50."""
    named = list(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))
    addresses = [trail.token_address, *(recipient.address for recipient in mail.recipients)]
    keys = unit.ports.keys
    return Clues(
        sender=normal(mail.sender.address) if mail.sender else "",
        tokens=tuple(tokens_in(keys, addresses, named)),
        returned=tuple(returned_to(keys, addresses)),
        own=keys.word_digest("message-id", mail.message_id) if mail.message_id else None,
        answers=tuple(keys.word_digest("message-id", item.strip("<> ")) for item in named[:50]),
        numbers=tuple(dict.fromkeys(_NUMBER.findall(mail.subject)[:5])),
    )


@dataclass
class Known:
    """The answers by what they are asked for. Whoever files a mail tells it with `filed`."""

    unit: Unit
    people: dict[str, Person] = field(default_factory=dict)
    receipts: Counter[str] = field(default_factory=Counter)
    _entries: dict[int, int] = field(default_factory=dict)
    _returned: dict[int, int | None] = field(default_factory=dict)
    _said: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _awaited: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _rooted: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _numbers: dict[str, int] = field(default_factory=dict)
    _tickets: dict[int, Ticket | None] = field(default_factory=dict)
    _seats: dict[int, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))
    _verified: dict[str, int] = field(default_factory=dict)

    def token_ticket(self, reference: Reference) -> int:
        """Where the entry is that was sent under the token, else the ticket it was sent for."""
        return self._entries.get(reference.entry_id, reference.ticket_id)

    def returned_tickets(self, outgoing_ids: Iterable[int]) -> list[int]:
        """The tickets of these mails of ours."""
        return [ticket_id for each in outgoing_ids if (ticket_id := self._returned.get(each)) is not None]

    def said_in(self, digest: str) -> Sequence[int]:
        """Tickets with a mail of this Message-ID."""
        return self._said.get(digest, ())

    def awaiting(self, own: str | None, thread: Iterable[str]) -> list[int]:
        """Tickets opened by an answer to this very mail, or by a later mail of its thread; oldest first, at most 3."""
        found = set(self._awaited.get(own, ())) if own else set()
        for digest in thread:
            found.update(self._rooted.get(digest, ()))
        return [ticket_id for _entry_id, ticket_id in sorted(found)[:3]]

    def numbered(self, numbers: Iterable[str]) -> list[int]:
        """The tickets of these numbers, as far as there are any."""
        return [self._numbers[number] for number in numbers if number in self._numbers]

    def ticket(self, ticket_id: int) -> Ticket | None:
        """The ticket, locked, or the one it was merged into; nothing when it is gone or going."""
        for _ in range(_MERGES):
            if ticket_id not in self._tickets:
                self._lock({ticket_id})
            ticket = self._tickets[ticket_id]
            if ticket is None or ticket.merged_into_id is None:
                return ticket
            ticket_id = ticket.merged_into_id
        return None

    def takes_part(self, ticket_id: int, sender: str) -> bool:
        """Whether the normalised address is the requester's, a verified one of theirs, or an added person's."""
        person_id = self._verified.get(sender)
        seats = self._seats.get(ticket_id, ())
        return bool(sender) and any(address == sender or person == person_id for address, person in seats)

    def filed(self, found: Clues, ticket: Ticket, entry: Entry, requester: tuple[str, int] | None) -> None:
        """A mail was filed as this entry; `requester`, address and person, when it opened the ticket."""
        self._tickets[ticket.id] = ticket
        if requester is not None:
            self._seats[ticket.id].add(requester)
            self._numbers[ticket.number] = ticket.id
        if found.own:
            self._said[found.own].append(ticket.id)
        if entry.parent_digest:
            self._awaited[entry.parent_digest].append((entry.id, ticket.id))
        if entry.root_digest:
            self._rooted[entry.root_digest].append((entry.id, ticket.id))

    def read(self, mails: Sequence[IncomingMail], all_clues: Sequence[Clues]) -> None:
        """Read what is known of these mails."""
        session = self.unit.session
        self._read_people(mails)
        self._read_entries(all_clues)
        returned = {outgoing_id for each in all_clues for outgoing_id in each.returned}
        if returned:
            sent = select(OutgoingMail.id, OutgoingMail.ticket_id).where(among(session, OutgoingMail.id, returned))
            self._returned = {row.id: row.ticket_id for row in session.execute(sent)}
        numbers = {number for each in all_clues for number in each.numbers}
        if numbers:
            numbered = select(Ticket.number, Ticket.id).where(among(session, Ticket.number, numbers))
            self._numbers = {row.number: row.id for row in session.execute(numbered)}
        named = {reference.ticket_id for each in all_clues for reference in each.tokens}
        named |= {ticket_id for ticket_id in self._returned.values() if ticket_id}
        named |= {*self._entries.values(), *self._numbers.values(), *chain.from_iterable(self._said.values())}
        waiting = chain.from_iterable([*self._awaited.values(), *self._rooted.values()])
        self._lock(named | {ticket_id for _entry_id, ticket_id in waiting})

    def _read_people(self, mails: Sequence[IncomingMail]) -> None:
        senders = {normal(mail.sender.address) for mail in mails if mail.sender and mail.sender.address}
        others = {normal(each.address) for mail in mails for each in mail.recipients[:_PEOPLE] if "@" in each.address}
        self.people = people_at(self.unit, senders | others)
        self.receipts = receipts_to(self.unit, senders)
        verified = select(Address.value, Address.person_id).where(
            among(self.unit.session, Address.value, senders), Address.verified_at.is_not(None)
        )
        if senders:
            self._verified = {row.value: row.person_id for row in self.unit.session.execute(verified)}

    def _read_entries(self, all_clues: Sequence[Clues]) -> None:
        """Entries that the mails name by token or Message-ID, and entries that wait for them."""
        session = self.unit.session
        tokens = {reference.entry_id for each in all_clues for reference in each.tokens}
        digests = {digest for each in all_clues for digest in each.answers}
        own = {each.own for each in all_clues if each.own}
        if tokens:
            rows = session.execute(select(Entry.id, Entry.ticket_id).where(among(session, Entry.id, tokens)))
            self._entries = {row.id: row.ticket_id for row in rows}
        if digests:
            said = select(Entry.message_id_digest, Entry.ticket_id).where(
                among(session, Entry.message_id_digest, digests)
            )
            for row in session.execute(said.order_by(Entry.id)):
                self._said[row.message_id_digest].append(row.ticket_id)
        if own or digests:
            later = or_(among(session, Entry.parent_digest, own), among(session, Entry.root_digest, own | digests))
            awaiting = select(Entry.id, Entry.ticket_id, Entry.parent_digest, Entry.root_digest).where(later)
            for entry_id, ticket_id, parent, root in session.execute(awaiting):
                self._awaited[parent or ""].append((entry_id, ticket_id))
                self._rooted[root or ""].append((entry_id, ticket_id))

    def _lock(self, wanted: set[int]) -> None:
        """Read and lock tickets, those they were merged into, and who takes part; in one order, against deadlock."""
        session = self.unit.session
        while wanted := wanted - self._tickets.keys():
            locked = select(Ticket).where(among(session, Ticket.id, wanted)).order_by(Ticket.id)
            tickets = session.scalars(locked.with_for_update(key_share=True).execution_options(populate_existing=True))
            here = {ticket.id: ticket for ticket in tickets if ticket.retention_state != "destroying"}
            self._tickets |= dict.fromkeys(wanted) | here
            seats = select(TicketPerson.ticket_id, TicketPerson.address, TicketPerson.person_id).where(
                among(session, TicketPerson.ticket_id, wanted), TicketPerson.role.in_(PARTICIPANTS)
            )
            for row in session.execute(seats):
                self._seats[row.ticket_id].add((row.address, row.person_id))
            merged = (self._tickets[ticket_id] for ticket_id in wanted)
            wanted = {ticket.merged_into_id for ticket in merged if ticket is not None and ticket.merged_into_id}


def read_known(unit: Unit, mails: Sequence[IncomingMail], all_clues: Sequence[Clues]) -> Known:
    """What is known of these mails before the first of them is filed."""
    known = Known(unit)
    known.read(mails, all_clues)
    return known
