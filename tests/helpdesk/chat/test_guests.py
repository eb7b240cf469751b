"""Chat by somebody of whom nothing is known: only where it is on, for one chat, marked, and bound by who proves it."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from typing import cast

import pytest
from sqlalchemy import func, insert, select

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.chat import desk, ending, guests, presence, saying, views
from helpdesk.chat.saying import Enclosed, Said
from helpdesk.errors import Conflict, Invalid, NotFound, NotSignedIn, TooMany
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Address, Attempt, OutgoingMail, OutgoingRecipient, Person, Ticket, TicketPerson
from helpdesk.people.requester_sessions import session_for
from helpdesk.ports import Ports
from helpdesk.tickets.own_questions import own_list
from helpdesk.tickets.requesters import unmatched
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import NOBODY, SYSTEM, Actor, unit_of_work
from tests.chats import MINUTE, Office, client_id

GIVEN = "bo@elders.example"


@pytest.fixture
def office(ports: Ports) -> Office:
    return Office(replace(ports, settings=replace(ports.settings, chat_guests=True)))


def begin(office: Office, email: str = "", name: str = "") -> tuple[str, Said]:
    with unit_of_work(office.ports, NOBODY) as unit:
        return guests.begin(unit, "academy", "Wanneer begint de leergang?", client_id(), name, email)


def guest(office: Office, token: str) -> Actor:
    with unit_of_work(office.ports, NOBODY, write=False) as unit:
        return Actor(requester=session_for(unit, token).requester)


def count(office: Office, model: type) -> int:
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(model)) or 0


def test_it_is_off_and_only_while_somebody_is_there(office: Office, ports: Ports) -> None:
    before = count(office, Person)
    with pytest.raises(Conflict):
        begin(office)
    office.advisor()
    with pytest.raises(NotFound):
        begin(Office(ports))
    with pytest.raises(Invalid):
        begin(office, email="geen adres")
    with pytest.raises(Invalid):
        begin(office, email=office.ports.settings.desks[0].address)
    assert (count(office, Ticket), count(office, Person)) == (0, before)


def test_a_guest_is_marked_and_gets_nothing_but_the_chat(office: Office, ports: Ports) -> None:
    actor = office.advisor(capacity=3)
    token, said = begin(office)
    who = guest(office, token)
    office.pick_up(actor, said.number)
    with unit_of_work(office.ports, actor, write=False) as unit:
        shown = views.desk_chat(unit, said.number)
        waiting = [one.number for one in unmatched(unit)]
    assert (shown.guest, shown.name) == (True, "Gast")
    assert waiting == [said.number], "it falls under the rule of unknown senders, and somebody may say who it is"
    with unit_of_work(office.ports, actor) as unit:
        guests.ask_who(unit, said.number, client_id())
    assert office.texts(who, said.number)[-1].endswith("/chat/koppelen")
    file = Enclosed(files=(FileDraft("a.txt", "text/plain", b"a"),))
    with pytest.raises(Invalid), unit_of_work(office.ports, who) as unit:
        saying.say(unit, said.number, "Kijk", client_id(), file)
    with pytest.raises(Conflict), unit_of_work(office.ports, who) as unit:
        ending.ask_transcript(unit, said.number)
    _other, second = begin(office)
    with pytest.raises(NotFound):
        office.say(who, second.number, "Van een ander")
    with unit_of_work(office.ports, actor) as unit:
        desk.end(unit, said.number, transcript=True)
    office.pass_time(3 * MINUTE)
    assert count(office, OutgoingMail) == 0, "nobody knows where to"
    with pytest.raises(NotSignedIn):
        guest(Office(ports), token)


def test_who_is_gone_gets_the_answer_at_the_address_they_gave(office: Office) -> None:
    actor = office.advisor()
    token, said = begin(office, GIVEN, "Koop Nu")
    office.pick_up(actor, said.number)
    office.say(guest(office, token), said.number, "Kijk op kwaad.example")
    here = presence.advisor_name(actor.account_id or 0)
    office.pass_time(2 * MINUTE, here)
    office.answer(actor, said.number, "Op 1 maart")
    office.pass_time(2 * MINUTE, here)
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        mails = unit.session.execute(select(OutgoingMail.kind, OutgoingRecipient.address).join(OutgoingRecipient)).all()
        role = unit.session.scalar(select(TicketPerson.role).where(TicketPerson.address == GIVEN))
    assert [tuple(row) for row in mails] == [("chat", GIVEN)]
    assert role == "cc"
    deliver_waiting(office.ports)
    [(_from, _to, raw)] = cast("MemoryMailer", office.ports.mailer).sent
    mail = message_from_bytes(raw, policy=policy.default)
    texts = [str(mail[name]) for name in mail] + [part.get_content() for part in mail.walk() if not part.is_multipart()]
    assert mail["Subject"] == f"Chat V-{said.number}"
    assert not [text for text in texts if any(word in text for word in ("leergang", "Koop", "kwaad"))], (
        "nobody proved it"
    )
    assert all("Op 1 maart" in text and "Was jij dat niet?" in text for text in texts[-2:])
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        known = unit.session.scalar(select(func.count()).where(Address.value == GIVEN))
    assert known == 0, "nobody can sign in with what a guest wrote"
    owner = office.asker("Bo", GIVEN)
    with unit_of_work(office.ports, owner, write=False) as unit:
        assert own_list(unit) == [], "an address that anybody may give opens nothing"


def test_who_proves_an_address_takes_the_conversation_over(office: Office) -> None:
    actor = office.advisor()
    token, said = begin(office, "femke.devries@minbz.example", "F.")
    office.pick_up(actor, said.number)
    office.answer(actor, said.number, "Wie ben je?")
    femke, ahmed = office.asker(), office.asker("Ahmed", "ahmed@minbz.example")
    with pytest.raises(Conflict), unit_of_work(office.ports, guest(office, token)) as unit:
        guests.bind(unit, token)
    people = count(office, Person)
    with unit_of_work(office.ports, femke) as unit:
        assert guests.bind(unit, token) == said.number
    assert count(office, Person) == people - 1
    assert office.texts(femke, said.number) == ["Wanneer begint de leergang?", "Wie ben je?"]
    assert office.say(femke, said.number, "Femke").state == "active"
    with pytest.raises(NotSignedIn):
        guest(office, token)
    for late in (femke, ahmed):
        with pytest.raises(NotFound), unit_of_work(office.ports, late) as unit:
            guests.bind(unit, token)
    with unit_of_work(office.ports, actor, write=False) as unit:
        shown = views.desk_chat(unit, said.number)
        seats = unit.session.execute(select(TicketPerson.role, TicketPerson.address)).all()
        ours = unit.session.scalar(select(func.count()).where(Address.source == "guest"))
    assert (shown.guest, shown.name, ours) == (False, "Femke de Vries", 0)
    assert [tuple(row) for row in seats] == [("requester", "femke.devries@minbz.example")]


def test_an_address_is_given_a_few_times_a_day(office: Office) -> None:
    actor = office.advisor(capacity=9)
    for _time in range(guests.GIVEN_A_DAY):
        begin(office, GIVEN.upper())
    with pytest.raises(Invalid):
        begin(office, GIVEN)
    begin(office)
    begin(office, "els@elders.example")
    assert count(office, Ticket) == guests.GIVEN_A_DAY + 2
    office.clock.move(24 * 60 * MINUTE)
    office.here(presence.advisor_name(actor.account_id or 0))
    begin(office, GIVEN)


def test_so_many_begin_at_once_and_no_more(office: Office) -> None:
    office.advisor(capacity=1)
    begin(office)
    with unit_of_work(office.ports, SYSTEM) as unit:
        door = unit.session.scalars(select(Attempt.key_hmac)).one()
        more = [{"key_hmac": door, "at": unit.now} for _time in range(guests.BEGUN_IN_ALL - 1)]
        unit.session.execute(insert(Attempt), more)
    with pytest.raises(TooMany):
        begin(office)
    office.clock.move(guests.WINDOW)
    with pytest.raises(Conflict):
        begin(office)
