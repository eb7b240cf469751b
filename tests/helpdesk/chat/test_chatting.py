"""A chat from its first line on: said once, in order, by whom it belongs to, and kept like all that is said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from helpdesk.chat import availability, desk, saying, views
from helpdesk.chat.rooms import own_room
from helpdesk.chat.saying import Enclosed
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.mail.chat_lines import lines_of
from helpdesk.models import OutgoingMail, Ticket
from helpdesk.ports import Ports
from helpdesk.search import newest_hits
from helpdesk.tickets.merging import merge
from helpdesk.tickets.own_questions import own_file
from helpdesk.tickets.show import ticket_json
from helpdesk.tickets.thread import thread_of
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import NOBODY, SYSTEM, Actor, unit_of_work
from helpdesk.uploads import sending
from tests.chats import MINUTE, Office, client_id


@pytest.fixture
def office(ports: Ports) -> Office:
    return Office(ports)


def test_a_chat_is_a_ticket_from_its_first_line(office: Office) -> None:
    asker, actor, number = office.chat()
    office.answer(actor, number, "Dat kan, naar welke dag?")
    office.say(asker, number, "Naar dinsdag graag")
    with unit_of_work(office.ports, actor) as unit:
        shown = ticket_json(unit, number)
        thread = thread_of(unit, number)
        found = [hit for batch in newest_hits(unit, "dinsdag") for hit in batch]
    said = [(entry["kind"], entry["author"]) for entry in shown["entries"]]
    assert said == [("chat", "Femke de Vries"), ("chat", "Marije Visser"), ("chat", "Femke de Vries")]
    assert (shown["channel"], shown["status"], thread.subject) == ("chat", "open", "Kan ik de training verzetten?")
    assert len(found) == 1
    assert [line.side for line in office.lines(asker, number).rows] == ["asker", "advisor", "asker"]
    assert {"opened", "chat_picked_up", "assigned"} <= {event.kind for event in thread.events}


def test_the_same_line_again_is_the_same_line(office: Office) -> None:
    asker, actor, number = office.chat()
    for _ in range(3):
        office.say(asker, number, "Hallo?", "page-1-line-1")
        office.answer(actor, number, "Ik zoek het op", "page-1-line-1")
    first = [office.start(asker, "Nog iets", "page-2-line-1") for _ in range(2)]
    assert office.texts(asker, number) == ["Kan ik de training verzetten?", "Hallo?", "Ik zoek het op", "Nog iets"]
    assert {said.number for said in first} == {number}, "who has an open chat goes on in it"


def test_a_line_may_be_a_file_and_says_so_in_a_mail(office: Office) -> None:
    asker, actor, number = office.chat()
    file = FileDraft("rooster.txt", "application/octet-stream", b"maandag")
    with unit_of_work(office.ports, actor) as unit:
        sending.begin(unit, "a" * 32, "plan.pdf", 9)
        sending.add_piece(unit, "a" * 32, 0, b"%PDF-1.7 ")
    sending.finish(office.ports, actor, "a" * 32)
    for _time in range(2):
        with unit_of_work(office.ports, asker) as unit:
            saying.say(unit, number, "", "page-1-line-1", Enclosed(files=(file,)))
        with unit_of_work(office.ports, actor) as unit:
            said = saying.answer(unit, number, "Zie dit", "page-1-line-2", Enclosed(uploads=("a" * 32,)))
    rows = office.lines(asker, number).rows[1:]
    assert [(row.text, [(one.name, one.content_type) for one in row.files]) for row in rows] == [
        ("", [("rooster.txt", "text/plain")]),
        ("Zie dit", [("plan.pdf", "application/pdf")]),
    ]
    with unit_of_work(office.ports, asker, write=False) as unit:
        assert own_file(unit, rows[1].files[0].id).name == "plan.pdf"
        ticket_id = own_room(unit, number).ticket.id
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        mail = OutgoingMail(kind="transcript", first_entry_id=1, entry_id=said.entry_id)
        shown = [line.text for line in lines_of(unit, mail, unit.session.get_one(Ticket, ticket_id))]
    assert shown[1:] == ["[rooster.txt]", "Zie dit\n[plan.pdf]"]
    with unit_of_work(office.ports, asker) as unit, pytest.raises(Invalid, match="must be a PDF"):
        saying.say(unit, number, "", "page-1-line-3", Enclosed(files=(replace(file, name="rooster.exe"),)))
    with unit_of_work(office.ports, asker) as unit:
        saying.say(unit, number, "", "page-1-line-4", Enclosed(files=(file,)))
    with unit_of_work(office.ports, actor, write=False) as unit:
        assert [one.preview for one in views.desk(unit).chats] == ["rooster.txt"]


def test_a_place_that_nobody_filled_is_not_said(office: Office) -> None:
    _asker, actor, number = office.chat()
    with pytest.raises(Invalid, match="Fill in first"):
        office.answer(actor, number, "Het is op [[welke dag?]].")


def test_at_the_same_moment_too(office: Office) -> None:
    asker = office.asker()
    office.advisor()
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _: office.start(asker, "Eén keer", "page-1-line-1"), range(6)))
        list(pool.map(lambda n: office.say(asker, said[0].number, f"regel {n % 3}", f"line-00{n % 3}"), range(9)))
    assert len({one.entry_id for one in said}) == 1
    assert sorted(office.texts(asker, said[0].number)) == ["Eén keer", "regel 0", "regel 1", "regel 2"]


def test_a_page_gets_what_it_lacks_and_all_when_it_is_wrong(office: Office) -> None:
    asker, actor, number = office.chat()
    first = office.lines(asker, number)
    office.answer(actor, number, "Ja")
    later = office.lines(asker, number, first.newest, first.count)
    assert (later.whole, [line.text for line in later.rows], later.count) == (False, ["Ja"], 2)
    nothing = office.lines(asker, number, later.newest, later.count)
    assert (nothing.rows, nothing.newest, nothing.count) == ([], later.newest, 2)
    wrong = office.lines(asker, number, later.newest, 1)
    assert (wrong.whole, [line.text for line in wrong.rows]) == (True, ["Kan ik de training verzetten?", "Ja"])


def test_it_is_nobody_elses(office: Office) -> None:
    asker, actor, number = office.chat()
    other, elsewhere = (
        office.asker("Ahmed", "ahmed@minbz.example"),
        Actor(actor.account_id, actor.roles, frozenset({"languages"})),
    )
    line = office.say(asker, number, "Voor mij alleen", "page-1-line-9")
    with pytest.raises(NotFound):
        office.lines(other, number)
    with pytest.raises(NotFound):
        office.say(other, number, "Hallo", "page-1-line-9")
    with pytest.raises(NotFound):
        office.answer(elsewhere, number, "Hallo")
    theirs = office.start(other, "Mijn eigen vraag", "page-1-line-9")
    assert theirs.entry_id != line.entry_id
    assert office.texts(other, theirs.number) == ["Mijn eigen vraag"]


@pytest.mark.parametrize("text", ["", " \n ", "x" * 20_001])
def test_a_line_that_cannot_be_said(office: Office, text: str) -> None:
    asker, _actor, number = office.chat()
    with pytest.raises(Invalid):
        office.say(asker, number, text)
    with pytest.raises(Invalid):
        office.start(asker, "Hallo", "short")
    assert len(office.texts(asker, number)) == 1


def test_the_states_in_which_nobody_can_chat(office: Office) -> None:
    office.asker()

    def state() -> str:
        with unit_of_work(office.ports, NOBODY, write=False) as unit:
            return availability.availability(unit, "academy").state

    assert state() == "away"
    actor = office.advisor("Marije Visser", "handover")
    assert state() == "away", "who takes only what is handed over takes nothing new"
    with unit_of_work(office.ports, actor) as unit:
        desk.be(unit, "available", 1)
    assert state() == "available"
    office.bus.gone = True
    assert state() == "disturbed"
    office.bus.gone = False
    office.clock.move(2 * MINUTE)
    assert state() == "away", "two minutes without a connection"
    office.here(f"desk:{actor.account_id}")
    office.pick_up(actor, office.start(office.asker()).number)
    assert state() == "busy"
    office.clock.move(8 * 60 * MINUTE)
    assert state() == "outside"


@pytest.mark.parametrize("page", ["nobody", "after hours", "no redis"])
def test_a_stale_page_starts_no_chat_with_nobody_there(office: Office, page: str) -> None:
    """The page said that somebody is there; by the first line nobody is, and it is a question with a receipt."""
    asker, actor = office.asker(), office.advisor()
    if page == "nobody":
        with unit_of_work(office.ports, actor) as unit:
            desk.be(unit, "away")
    if page == "after hours":
        office.clock.move(8 * 60 * MINUTE)
        office.here(f"desk:{actor.account_id}")
    office.bus.gone = page == "no redis"
    said = office.start(asker)
    assert said.state == "mail"
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        status = ticket_json(unit, said.number)["status"]
        mails = list(unit.session.scalars(select(OutgoingMail.kind)))
    assert (status, mails) == ("new", ["receipt"])


def test_who_is_busy_chats_with_no_more(office: Office) -> None:
    """Two pages of one advisor pick up at once: the places are counted, and of two advisors one is first."""
    actor, colleague = office.advisor("Marije Visser", capacity=1), office.advisor("Sander Kok")
    numbers = [
        office.start(office.asker(name, f"{name}@minbz.example")).number for name in ("een", "twee", "drie", "vier")
    ]

    def take(given: tuple[Actor, str]) -> str:
        try:
            office.pick_up(*given)
        except Conflict as fault:
            return fault.code
        return ""

    with ThreadPoolExecutor(4) as pool:
        own = list(pool.map(take, [(actor, numbers[0]), (actor, numbers[1])]))
    assert sorted(own) == ["", "no_place"]
    first = numbers[own.index("")]
    assert take((colleague, first)) == "not_waiting"
    with unit_of_work(office.ports, colleague) as unit:
        taken = [desk.pick_up_next(unit, ["academy"]) for _ in range(2)]
    assert taken == [number for number in numbers if number != first][:2], "who waits longest is next"


def test_a_line_after_a_merge_is_refused_and_kept_nowhere(office: Office) -> None:
    asker, actor, number = office.chat()
    other = office.start(office.asker("Ahmed", "ahmed@minbz.example")).number
    with unit_of_work(office.ports, actor) as unit:
        merge(unit, number, other)
    with pytest.raises(Conflict):
        office.say(asker, number, "Ben je er nog?", client_id())
    with unit_of_work(office.ports, SYSTEM, write=False) as unit:
        before = ticket_json(unit, number)["status"]
    office.pass_time(31 * MINUTE, f"desk:{actor.account_id}")
    with unit_of_work(office.ports, actor, write=False) as unit:
        assert ticket_json(unit, number)["status"] == before, "the silence of what is merged wakes nothing"
        assert views.desk(unit).chats == []
