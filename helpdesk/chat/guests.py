"""Chat by whoever does not say who they are: off unless the setting says otherwise, and only while somebody is there.

A guest has an address of ours that no mail reaches. It is shared, so it stands for nobody: the ticket falls under the
rule of unknown senders, and nothing personal is shown to it. An address that a guest gives proves nothing either: when
the guest is gone it gets what we said, and no word of theirs (`mail/chat_lines.py`). It becomes no known address, opens
nothing, and may be given in few conversations. Who signs in afterwards in the same browser takes the conversation over.
"""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import delete, select, update

from helpdesk.chat import saying
from helpdesk.chat.rooms import locked, staff_room
from helpdesk.chat.saying import Said
from helpdesk.errors import Conflict, Invalid, NotFound, TooMany
from helpdesk.mail.outbox import is_ours
from helpdesk.models import Address, Chat, Entry, Person, Ticket, TicketPerson
from helpdesk.people import requester_sessions
from helpdesk.people.access import requester_of
from helpdesk.people.addresses import new_person, normal
from helpdesk.people.attempts import count_try, one_at_a_time, tried
from helpdesk.people.requester_sessions import GUEST, GUEST_DOMAIN
from helpdesk.retention import clock
from helpdesk.sign_in.requesters import is_address
from helpdesk.text.language import N_, translator
from helpdesk.tickets.known_names import know
from helpdesk.tickets.opening import add_person
from helpdesk.timeline import record
from helpdesk.unit import Actor, Requester, Unit

BEGUN_IN_ALL = 30
WINDOW = dt.timedelta(minutes=15)
GIVEN_A_DAY = 3
"""Conversations in which one address may be given within a day: somebody else's is then of no use to annoy them."""
_DAY = dt.timedelta(days=1)
PLACE = "/chat/koppelen"
"""The page on which a guest says who they are."""
_LONGEST_NAME = 100


def require_on(unit: Unit) -> None:
    """Raise NotFound where nobody may chat without saying who they are."""
    if not unit.ports.settings.chat_guests:
        raise NotFound("There is no such page.", code="no_guests")


def begin(unit: Unit, desk_key: str, text: str, client_id: str, name: str, email: str) -> tuple[str, Said]:
    """Begin a chat as a guest; returns the token of a session that is good for this chat alone.

    Raises Conflict when nobody is there to chat, Invalid for an address that is none, TooMany behind the throttle.
    """
    require_on(unit)
    given = normal(email)
    if given and (not is_address(given) or is_ours(unit.ports.settings, given)):
        raise Invalid("Write your e-mail address, such as name@example.org.", field="email")
    _throttle(unit, given)
    address = f"{GUEST}-{secrets.token_hex(6)}@{GUEST_DOMAIN}"
    shown = name.strip()[:_LONGEST_NAME] or translator(unit.actor.language).gettext(N_("Guest"))
    person = new_person(unit, shown)
    row = {"person_id": person.id, "value": address, "source": GUEST, "shared": True, "created_at": unit.now}
    unit.rows.put(Address, row)
    unit.rows.write()
    token = requester_sessions.open_session(unit, address, GUEST)
    unit.actor = Actor(language=unit.actor.language, requester=Requester(person.id, address, shared=True, guest=True))
    said = saying.start(unit, desk_key, text, client_id)
    if given:
        ticket_id = unit.session.scalars(select(Ticket.id).where(Ticket.number == said.number)).one()
        add_person(unit, ticket_id, person, "cc", given, "")
    return token, said


def _throttle(unit: Unit, given: str) -> None:
    """Count this beginning under one door for all, for a guest has nothing else, and under the address given."""
    keys = unit.ports.keys
    door, own = keys.word_digest("guest-chats", "all"), keys.word_digest("guest-address", given)

    one_at_a_time(unit, door)
    if tried(unit, door, WINDOW) >= BEGUN_IN_ALL:
        raise TooMany("Too many conversations were begun just now. Wait fifteen minutes, or sign in.", code="guests")
    if given and tried(unit, own, _DAY) >= GIVEN_A_DAY:
        raise Invalid("This address was given too often today. Leave it empty, or sign in.", field="email")
    count_try(unit, door, *([own] if given else []))


def waits_to_be_bound(unit: Unit, token: str) -> str | None:
    """The number of the chat that the guest with this token had, none when there is none. Reads only."""
    found = _seats(unit, token)
    return found[-1][1].number if found else None


def _seats(unit: Unit, token: str) -> list[tuple[TicketPerson, Ticket]]:
    address = requester_sessions.guest_address(unit, token)
    if address is None:
        return []
    seats = (
        select(TicketPerson, Ticket)
        .join(Ticket, Ticket.id == TicketPerson.ticket_id)
        .join(Chat, Chat.ticket_id == Ticket.id)
        .where(TicketPerson.address == address, TicketPerson.role == "requester")
        .where(Ticket.retention_state != "destroying", Ticket.restricted.is_(False))
        .order_by(Ticket.id)
    )
    return [(row.TicketPerson, row.Ticket) for row in unit.session.execute(seats)]


def bind(unit: Unit, token: str) -> str:
    """Take over what was said as the guest with this token, as the actor who proved an address; returns its number.

    The guest's session ends. Raises NotFound for a token that is none, Conflict for a guest.
    """
    who = requester_of(unit)
    if who.guest:
        raise Conflict("Sign in first.", code="guest")
    found = _seats(unit, token)
    if not found:
        raise NotFound("There is no such conversation.")
    for seat, ticket in found:
        _take_over(unit, seat, ticket, who)
    guest_id = _guest(unit, token)
    requester_sessions.sign_out(unit, token)
    _forget(unit, guest_id)
    clock.touch_people(unit, [who.person_id])
    return found[-1][1].number


def _take_over(unit: Unit, seat: TicketPerson, ticket: Ticket, who: Requester) -> None:
    locked(unit, ticket.id)
    person = unit.session.get_one(Person, who.person_id)
    name = "" if who.shared else person.display_name or ""
    record(unit, ticket.id, "requester_matched", before=seat.person_id, after=who.person_id)
    said = update(Entry).where(Entry.ticket_id == ticket.id, Entry.person_id == seat.person_id)
    unit.session.execute(said.values(person_id=who.person_id))
    given = delete(TicketPerson).where(
        TicketPerson.ticket_id == ticket.id, TicketPerson.role == "cc", TicketPerson.person_id == seat.person_id
    )
    unit.session.execute(given)
    seat.known_name_id = None
    unit.session.flush()
    name_id = know(unit, who.person_id, name, who.address)
    unit.rows.write()
    seat.person_id, seat.address, seat.name, seat.known_name_id = who.person_id, who.address, name, name_id
    ticket.changed_at = unit.now
    unit.session.flush()
    clock.touch(unit, ticket.id)


def _guest(unit: Unit, token: str) -> int:
    address = requester_sessions.guest_address(unit, token)
    return unit.session.scalars(select(Address.person_id).where(Address.value == address)).one()


def _forget(unit: Unit, person_id: int) -> None:
    """The guest is nobody any more: their row and the address of ours go."""
    unit.session.execute(delete(Address).where(Address.person_id == person_id))
    unit.session.execute(delete(Person).where(Person.id == person_id))


def ask_who(unit: Unit, number: str, client_id: str) -> Said:
    """Say a line, as the advisor who chats, that asks the guest to sign in, with the page for it."""
    language = staff_room(unit, number).ticket.language or "nl"
    words = translator(language).gettext(N_("I need to know who you are. Open this page and sign in: {link}"))
    return saying.answer(unit, number, words.format(link=unit.ports.settings.public_url.rstrip("/") + PLACE), client_id)
