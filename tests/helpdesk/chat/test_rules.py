"""What time alone does to chats, by the clock of the ports, with no browser open."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.chat import desk, rules, saying, views
from helpdesk.chat.views import standing_for
from helpdesk.mail.compose import compose
from helpdesk.mail.letters import read_letter
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import ChatAdvisor, OutgoingMail
from helpdesk.ports import Ports
from helpdesk.tickets.show import ticket_json
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.chats import MINUTE, Office
from tests.letters import letter, receive

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def office(ports: Ports) -> Office:
    return Office(ports)


def state_of(office: Office, asker: Actor, number: str) -> tuple[str, int]:
    with unit_of_work(office.ports, asker, write=False) as unit:
        found = standing_for(unit, number)
    return found.state, found.position


def waits_for(office: Office, asker: Actor, number: str) -> tuple[int, str]:
    with unit_of_work(office.ports, asker, write=False) as unit:
        found = standing_for(unit, number)
    return found.position, found.waits_for


def advisor_state(office: Office, actor: Actor) -> str:
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        return unit.session.get_one(ChatAdvisor, actor.account_id).state


def here(actor: Actor) -> str:
    return f"desk:{actor.account_id}"


def mails(office: Office, kind: str) -> list[EmailMessage]:
    """The mails that went out since, by what their subject begins with: parsed by the standard library."""
    deliver_waiting(office.ports)
    sent = cast("MemoryMailer", office.ports.mailer).sent
    parsed = [message_from_bytes(raw, policy=policy.default) for _from, _to, raw in sent]
    sent.clear()
    return [mail for mail in parsed if str(mail["Subject"]).startswith(kind)]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body is not None else ""


def test_a_missed_chat_goes_on_by_mail(office: Office) -> None:
    asker, actor, colleague = office.asker(), office.advisor(), office.advisor("Sander Kok")
    number = office.start(asker).number
    office.pass_time(3 * MINUTE - SECOND, here(actor), here(colleague))
    assert state_of(office, asker, number) == ("waiting", 1)
    office.pass_time(SECOND, here(actor), here(colleague))
    assert state_of(office, asker, number) == ("mail", 0)
    assert [advisor_state(office, each) for each in (actor, colleague)] == ["handover", "handover"]
    assert len(mails(office, "Ontvangen")) == 1
    assert rules.tick(office.ports) == 0, "nothing is left to do"


def test_the_queue_keeps_its_order_and_counts_only_minutes_in_which_somebody_is_free(office: Office) -> None:
    """Five wait; number 2 leaves; the advisor of a sixth is killed: that chat stands in front again."""
    actor = office.advisor("Marije Visser", capacity=1)
    early = office.asker("Vroeg", "vroeg@minbz.example")
    held = office.start(early).number
    office.pick_up(actor, held)
    people = [office.asker(f"P{n}", f"p{n}@minbz.example") for n in range(5)]
    numbers = []
    for person in people:
        office.clock.move(SECOND)
        numbers.append(office.start(person).number)
    with unit_of_work(office.ports, people[1]) as unit:
        desk.leave(unit, numbers[1])
    left = [(person, number) for at, (person, number) in enumerate(zip(people, numbers, strict=True)) if at != 1]
    office.pass_time(10 * MINUTE, here(actor))
    assert [state_of(office, *each) for each in left] == [("waiting", n) for n in (1, 2, 3, 4)], "nobody was free"
    office.pass_time(2 * MINUTE)
    assert advisor_state(office, actor) == "away"
    assert state_of(office, early, held) == ("waiting", 1)
    assert [state_of(office, *each)[1] for each in left] == [2, 3, 4, 5]


def test_who_waits_is_told_whether_somebody_has_room(office: Office) -> None:
    """Number 2 is next where two fit, number 1 is not where nobody has room, and none where nobody is there."""
    actor = office.advisor("Marije Visser", capacity=2)
    people = [office.asker(f"P{n}", f"p{n}@minbz.example") for n in range(3)]
    numbers = [office.start(person).number for person in people]
    waiting = list(zip(people, numbers, strict=True))
    assert [waits_for(office, *each) for each in waiting] == [(1, "next"), (2, "next"), (3, "busy")]
    for number in numbers[:2]:
        office.pick_up(actor, number)
    assert [waits_for(office, *each) for each in waiting] == [(0, ""), (0, ""), (1, "busy")]
    with unit_of_work(office.ports, actor) as unit:
        desk.be(unit, "handover", 2)
    assert waits_for(office, *waiting[2]) == (1, "away")
    office.bus.gone = True
    assert waits_for(office, *waiting[2]) == (1, "next")


def test_notes_that_were_lost_make_nobody_away_at_once(office: Office) -> None:
    asker, actor, number = office.chat()
    office.bus.notes.clear()
    office.pass_time(SECOND)
    assert (advisor_state(office, actor), state_of(office, asker, number)[0]) == ("available", "active")
    office.pass_time(SECOND, here(actor))
    office.bus.notes.clear()
    office.pass_time(2 * MINUTE)
    assert advisor_state(office, actor) == "available"
    office.pass_time(2 * MINUTE)
    assert (advisor_state(office, actor), state_of(office, asker, number)[0]) == ("away", "waiting")


def test_silence_is_pointed_out_and_then_the_chat_ends(office: Office) -> None:
    asker, actor, number = office.chat()
    office.answer(actor, number, "Lukt het?")

    def wait(span: dt.timedelta) -> tuple[str, bool]:
        office.pass_time(span, here(actor), office.there(number))
        with unit_of_work(office.ports, asker, write=False) as unit:
            found = standing_for(unit, number)
        return found.state, found.warned

    assert wait(24 * MINUTE) == ("active", False)
    assert wait(MINUTE) == ("active", True)
    with unit_of_work(office.ports, asker) as unit:
        saying.stay(unit, number)
    assert wait(24 * MINUTE) == ("active", False)
    assert wait(MINUTE) == ("active", True)
    assert wait(5 * MINUTE) == ("ended", False)
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        assert ticket_json(unit, number)["status"] == "waiting_for_asker"
    [transcript] = mails(office, "Gespreksverslag")
    assert [
        line for line in text_of(transcript).splitlines() if line in ("Kan ik de training verzetten?", "Lukt het?")
    ] == ["Kan ik de training verzetten?", "Lukt het?"]
    assert office.say(asker, number, "Ja, toch nog iets").state == "waiting", "writing is always possible"


def test_a_hand_over_takes_its_note_along_and_waits_for_who_is_full(office: Office) -> None:
    asker, actor, number = office.chat()
    full = office.advisor("Sander Kok", "handover", capacity=1)
    other = office.asker("Ahmed", "ahmed@minbz.example")
    office.pick_up(full, office.start(other).number)
    with unit_of_work(office.ports, actor) as unit:
        desk.hand_over(unit, number, full.account_id, "Gaat over **talen**")
    assert state_of(office, asker, number) == ("waiting", 0)
    with unit_of_work(office.ports, full) as unit:
        assert [chat.number for chat in views.desk(unit).queue] == [number]
        assert [entry["kind"] for entry in ticket_json(unit, number)["entries"]] == ["chat", "note"]
    assert office.texts(asker, number) == ["Kan ik de training verzetten?"], "a note is for advisors"
    office.pass_time(3 * MINUTE, here(actor), here(full))
    assert state_of(office, asker, number) == ("waiting", 1), "it goes to the queue"
    office.pick_up(actor, number)
    with unit_of_work(office.ports, actor) as unit:
        desk.be(unit, "available", 5)
    third = office.advisor("Iris Bakker", "handover")
    with unit_of_work(office.ports, actor) as unit:
        desk.hand_over(unit, number, third.account_id)
    assert state_of(office, asker, number) == ("active", 0)
    assert office.answer(third, number, "Ik neem het over").state == "active"


def test_who_left_gets_the_answer_by_mail_and_answers_into_the_same_ticket(office: Office) -> None:
    asker, actor, number = office.chat()
    office.answer(actor, number, "Een moment")
    office.pass_time(SECOND, here(actor), office.there(number))
    assert mails(office, "Re:") == [], "it was seen"
    office.pass_time(30 * SECOND, here(actor))
    office.answer(actor, number, "Dinsdag 10 uur kan")
    office.pass_time(29 * SECOND, here(actor))
    office.answer(actor, number, "Zal ik dat vastleggen?")
    office.pass_time(MINUTE - SECOND, here(actor))
    assert mails(office, "Re:") == []
    office.pass_time(SECOND, here(actor))
    [mail] = mails(office, "Re: Kan ik de training verzetten?")
    new, _, before = text_of(mail).partition("Daarvoor werd gezegd:")
    assert "Dinsdag 10 uur kan" in new
    assert "Zal ik dat vastleggen?" in new
    assert "Een moment" in before
    assert "Een moment" not in new
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        assert ticket_json(unit, number)["status"] == "waiting_for_asker"
    office.pass_time(10 * MINUTE, here(actor))
    assert mails(office, "Re:") == [], "once"
    _reply(office, mail, token=True)
    _reply(office, mail, token=False)
    assert office.texts(asker, number)[-2:] == ["Graag, met token.", "Graag, zonder token."]
    assert [line.by_mail for line in office.lines(asker, number).rows[-2:]] == [True, True]


def _reply(office: Office, mail: EmailMessage, *, token: bool) -> None:
    """An answer as a program writes it; one that lost our Reply-To, or kept it."""
    ours = str(mail["Message-ID"])
    text = f"Graag, {'met' if token else 'zonder'} token."
    to = str(mail["Reply-To"]) if token else "academy@academie.example"
    sent = letter(text, subject="Re: iets anders", to=to, message_id=f"<r{token}@minbz.example>", In_Reply_To=ours)
    receive(office.ports, sent)


def test_the_mail_is_the_same_at_every_try(office: Office) -> None:
    _asker, actor, number = office.chat()
    office.clock.move(SECOND)
    office.answer(actor, number, "Dat kan")
    office.pass_time(2 * MINUTE, here(actor))
    made = []
    for _ in range(2):
        with unit_of_work(office.ports, SYSTEM, write=False) as unit:
            mail = unit.session.query(OutgoingMail).filter_by(kind="chat").one()
            made.append(compose(read_letter(unit, mail)[0], office.ports.settings))
        office.clock.move(MINUTE)
        office.answer(actor, number, "En nog iets")
    assert made[0] == made[1]
