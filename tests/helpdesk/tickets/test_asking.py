"""What people who ask do themselves follows the rules of a mail, and shows them what is theirs and nothing else."""

from __future__ import annotations

import datetime as dt
import threading
from email import message_from_bytes, policy
from typing import cast

import pytest
from sqlalchemy import func, select, update

from helpdesk.adapters.memory import MemoryBus, MemoryMailer
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Address, Entry, Notice, OutgoingMail, Ticket
from helpdesk.people import requester_sessions
from helpdesk.ports import Ports
from helpdesk.tickets import asking, merging, own_questions, replying
from helpdesk.tickets.asking import Question
from helpdesk.tickets.finding import search_page
from helpdesk.tickets.handling import add_participant, assign
from helpdesk.tickets.own_questions import OwnQuestion
from helpdesk.tickets.replying import Answer
from helpdesk.tickets.thread import thread_of
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from tests.letters import letter, receive, wait
from tests.retention import staff

FEMKE, AHMED = "femke.devries@minbz.example", "ahmed@minbz.example"
FILE = FileDraft("rooster.txt", "text/plain", b"maandag")


@pytest.fixture
def marije(ports: Ports) -> Actor:
    return staff(ports, "marije", "advisor")


def signed_in(ports: Ports, address: str = FEMKE) -> Actor:
    """Somebody who proved an address."""
    with unit_of_work(ports, SYSTEM) as unit:
        token = requester_sessions.open_session(unit, address)
        who = requester_sessions.session_for(unit, token)
    return Actor(requester=who.requester, language="nl")


def ask(ports: Ports, who: Actor, text: str = "Mag ik een taalcursus volgen?", client_id: str = "f1") -> str:
    with unit_of_work(ports, who) as unit:
        return asking.ask(unit, Question("Taalcursus", text, client_id, files=(FILE,)))


def add(ports: Ports, who: Actor, number: str, text: str, client_id: str = "f2") -> str:
    with unit_of_work(ports, who) as unit:
        return asking.add(unit, number, text, client_id)


def seen(ports: Ports, who: Actor, number: str) -> OwnQuestion:
    with unit_of_work(ports, who, write=False) as unit:
        return own_questions.question(unit, number)


def said(ports: Ports, who: Actor, number: str) -> list[str]:
    return [entry.text for entry in seen(ports, who, number).entries]


def listed(ports: Ports, who: Actor) -> list[str]:
    with unit_of_work(ports, who, write=False) as unit:
        return [row.number for row in own_questions.own_list(unit)]


def answer(ports: Ports, advisor: Actor, number: str, text: str, to: str = FEMKE, after: str = "done") -> int:
    with unit_of_work(ports, advisor) as unit:
        version = thread_of(unit, number).ticket.version
        return replying.reply(unit, number, Answer(text, (to,), after, version, f"{number}-{version}"))


def ticket(ports: Ports, number: str) -> Ticket:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalars(select(Ticket).where(Ticket.number == number)).one()


def test_a_question_is_a_ticket_as_a_mail_makes_one(ports: Ports, marije: Actor) -> None:
    femke = signed_in(ports)
    number = ask(ports, femke)
    assert ask(ports, femke) == number, "the same form asks once"
    found = ticket(ports, number)
    assert (found.channel, found.status, found.desk_key, found.language) == ("portal", "new", "academy", "nl")
    assert found.retention_state == "waiting:register"
    with unit_of_work(ports, marije, write=False) as unit:
        thread = thread_of(unit, number)
        assert [(entry.kind, entry.via, entry.text) for entry in thread.entries] == [
            ("mail", "portal", "Mag ik een taalcursus volgen?")
        ]
        assert [file.name for file in thread.entries[0].attachments] == ["rooster.txt"]
        assert thread.requester is not None
        assert thread.requester.address == FEMKE
        assert [row.number for row in search_page(unit, "taalcursus").rows] == [number]
    assert (f"ticket:{found.id}", {"ticket": found.id, "kind": "asked_in_portal"}) in cast("MemoryBus", ports.bus).hints
    deliver_waiting(ports)
    ((_from, to, raw),) = cast("MemoryMailer", ports.mailer).sent
    receipt = message_from_bytes(raw, policy=policy.default)
    assert to == (FEMKE,)
    assert receipt["Subject"] == "Ontvangen: Taalcursus"
    answer(ports, marije, number, "Ja, dat mag.")
    deliver_waiting(ports)
    answered = message_from_bytes(cast("MemoryMailer", ports.mailer).sent[-1][2], policy=policy.default)
    assert answered["In-Reply-To"] == receipt["In-Reply-To"], "receipt and answer are one conversation"
    assert said(ports, femke, number) == ["Mag ik een taalcursus volgen?", "Ja, dat mag."]


def test_two_forms_at_once_ask_once(ports: Ports) -> None:
    femke = signed_in(ports)
    start, numbers = threading.Barrier(4), list[str]()

    def send() -> None:
        start.wait()
        numbers.append(ask(ports, femke))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert len(numbers) == 4
    assert len(set(numbers)) == 1
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_a_message_wakes_and_tells_as_a_mail_does(ports: Ports, marije: Actor) -> None:
    femke = signed_in(ports)
    number = ask(ports, femke)
    with unit_of_work(ports, marije) as unit:
        assign(unit, number, marije.account_id)
    answer(ports, marije, number, "Ja.", after="waiting_for_asker")
    before = ticket(ports, number).version
    assert add(ports, femke, number, "Dank je.") == number
    assert add(ports, femke, number, "Dank je.") == number
    assert said(ports, femke, number) == ["Mag ik een taalcursus volgen?", "Ja.", "Dank je."]
    woken = ticket(ports, number)
    assert (woken.status, woken.version > before) == ("open", True)
    with unit_of_work(ports, marije, write=False) as unit:
        assert "asker_answered" in set(unit.session.scalars(select(Notice.kind)))
    with unit_of_work(ports, femke) as unit:
        asking.solve(unit, number)
    assert (ticket(ports, number).status, seen(ports, femke, number).solvable) == ("done", False)
    wait(ports, ports.settings.reopen_within + dt.timedelta(days=1))
    later = add(ports, femke, number, "Toch nog iets.", "f3")
    assert later != number
    assert (ticket(ports, later).previous_ticket_id, ticket(ports, later).hint_reason) == (
        ticket(ports, number).id,
        "done_long_ago",
    )
    assert listed(ports, femke) == [later, number]


def test_nobody_sees_what_is_not_theirs(ports: Ports, marije: Actor) -> None:
    receive(ports, letter("Vraag van Ahmed", sender=f"Ahmed <{AHMED}>", Cc=f"Femke <{FEMKE}>"))
    femke, ahmed = signed_in(ports), signed_in(ports, AHMED)
    number = ask(ports, femke)
    with unit_of_work(ports, marije) as unit:
        replying.add_note(unit, number, "Alleen wij weten dit.", "n1")
        add_participant(unit, number, "chef@minbz.example")
    answer(ports, marije, number, "Chef, mag dit?", to="chef@minbz.example", after="open")
    receive(ports, letter("Nee, dat mag niet.", sender="chef@minbz.example", subject=f"Re: [V-{number}]"))
    assert said(ports, femke, number) == ["Mag ik een taalcursus volgen?"]
    assert said(ports, signed_in(ports, "chef@minbz.example"), number) == ["Chef, mag dit?"]
    assert listed(ports, femke) == [number], "a copy of a mail is no part"
    with unit_of_work(ports, marije, write=False) as unit:
        (file,) = thread_of(unit, number).entries[0].attachments
    for who in (ahmed, Actor(), SYSTEM, marije):
        with unit_of_work(ports, who) as unit:
            for act in (
                lambda: own_questions.question(unit, number),
                lambda: own_questions.own_file(unit, file.id),
                lambda: asking.add(unit, number, "Ik ook", "x"),
                lambda: asking.solve(unit, number),
            ):
                with pytest.raises(NotFound):
                    act()
    with unit_of_work(ports, femke, write=False) as unit, own_questions.own_file(unit, file.id).stream as stream:
        assert stream.read() == b"maandag"


def test_an_answer_is_theirs_once_it_can_not_be_taken_back(ports: Ports, marije: Actor) -> None:
    femke = signed_in(ports)
    number = ask(ports, femke)
    entry_id = answer(ports, marije, number, "Vergissing")
    later = ports.now() + dt.timedelta(minutes=1)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(OutgoingMail).where(OutgoingMail.entry_id == entry_id).values(send_after=later))
    assert said(ports, femke, number) == ["Mag ik een taalcursus volgen?"]
    with unit_of_work(ports, marije) as unit:
        replying.undo_send(unit, entry_id)
    wait(ports, dt.timedelta(minutes=2))
    assert said(ports, femke, number) == ["Mag ik een taalcursus volgen?"]


def test_what_was_merged_leads_to_what_is_theirs_alone(ports: Ports, marije: Actor) -> None:
    femke, ahmed = signed_in(ports), signed_in(ports, AHMED)
    mine, his = ask(ports, femke), ask(ports, ahmed, "Vraag van Ahmed.")
    assert mine != his, "a form is known by who sends it, too"
    with unit_of_work(ports, marije) as unit:
        merging.merge(unit, mine, his)
    answer(ports, marije, his, "Voor Ahmed.", to=AHMED, after="open")
    assert said(ports, femke, mine) == ["Mag ik een taalcursus volgen?"]
    assert said(ports, ahmed, his) == ["Vraag van Ahmed.", "Voor Ahmed."]
    assert (listed(ports, femke), listed(ports, ahmed)) == ([mine], [his])
    assert seen(ports, femke, his).merged_into == mine, "the subject of somebody else's question is not shown"
    with unit_of_work(ports, femke) as unit, pytest.raises(Conflict):
        asking.solve(unit, mine)
    assert add(ports, femke, mine, "Nog iets.") == mine
    assert said(ports, femke, mine)[-1] == "Nog iets."
    second = ask(ports, ahmed, "Nog een vraag.", "f9")
    with unit_of_work(ports, marije) as unit:
        merging.merge(unit, second, his)
    assert seen(ports, ahmed, second).merged_into == his
    assert listed(ports, ahmed) == [his]


def test_a_shared_address_stands_for_itself(ports: Ports) -> None:
    first = ask(ports, signed_in(ports, "secretariaat@minbz.example"))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Address).values(shared=True))
        person = unit.session.scalars(select(Address.person_id)).one()
    assert listed(ports, signed_in(ports, "secretariaat@minbz.example")) == [first]
    by_person_alone = Actor(requester=Requester(person, "anders@minbz.example", shared=True))
    assert listed(ports, by_person_alone) == []


@pytest.mark.parametrize(
    ("text", "files", "field"),
    [
        ("  ", (), "text"),
        ("x" * 20_001, (), "text"),
        ("Kan dit?", (FILE,) * 11, "files"),
        ("Kan dit?", (FileDraft("leeg.pdf", "application/pdf", b""),), "files"),
        ("Kan dit?", (FileDraft("groot.pdf", "application/pdf", b"x" * 20_000_001),), "files"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_name(
    ports: Ports, text: str, files: tuple[FileDraft, ...], field: str
) -> None:
    femke = signed_in(ports)
    with unit_of_work(ports, femke) as unit, pytest.raises(Invalid) as fault:
        asking.ask(unit, Question("", text, "f1", files=files))
    assert fault.value.field == field
    assert fault.value.values.get("name") in (None, "leeg.pdf", "groot.pdf")
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Entry)) == 0


def test_who_wants_no_receipts_gets_none(ports: Ports) -> None:
    femke = signed_in(ports)
    with unit_of_work(ports, femke) as unit:
        token = requester_sessions.open_session(unit, FEMKE)
        requester_sessions.choose(unit, requester_sessions.session_for(unit, token), "en", receipts=False)
    ask(ports, femke)
    receive(ports, letter())
    assert deliver_waiting(ports) == 0
