"""A hold of a person or of a query catches what comes later, in the very transaction in which it comes (RD-32)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event, select

from helpdesk.models import Entry, Hold, LedgerLine, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding, holds
from helpdesk.tickets import requesters
from helpdesk.tickets.handling import add_participant
from helpdesk.tickets.merging import merge, move_entry
from helpdesk.tickets.opening import open_by_hand, open_ticket
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.holds import asker_of, held, let_terms_end, place, release, states, wish
from tests.imports import M250, bring_in, row
from tests.letters import letter, put, receive
from tests.retention import policy_in_force, staff

ONE, TWO, THREE, FOUR = "2026-00001", "2026-00002", "2026-00003", "2026-00004"


@pytest.fixture
def officer(ports: Ports) -> Actor:
    """A privacy officer."""
    return staff(ports, "piet", "privacy_officer")


@pytest.fixture
def advisor(ports: Ports) -> Actor:
    """A learning advisor."""
    return staff(ports, "sanne", "advisor")


def _mail(ports: Ports, name: str, text: str = "Een vraag.", *, number: int = 0) -> None:
    subject, sender = f"Over {name} {number}", f"{name} <{name}@x.example>"
    receive(ports, letter(text, subject=subject, sender=sender, message_id=None))


def test_new_mail_of_a_person_is_held_when_it_is_filed(ports: Ports, officer: Actor) -> None:
    _mail(ports, "femke")
    hold_id = place(ports, officer, person_id=asker_of(ports, ONE)).hold_id
    _mail(ports, "ahmed")
    _mail(ports, "femke", number=1)
    assert held(ports, hold_id) == [ONE, THREE]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        names = unit.session.scalars(select(LedgerLine.object_id).where(LedgerLine.op == "hold")).all()
        tickets = unit.session.scalars(select(Ticket.destroy_id).where(Ticket.number.in_((ONE, THREE)))).all()
    assert set(tickets) < set(names), "told in the ledger, by the random names of the tickets"


def test_mail_that_fits_a_query_is_held_before_the_filing_commit_returns(ports: Ports, officer: Actor) -> None:
    hold_id = place(ports, officer, query="reiskosten Parijs").hold_id
    _mail(ports, "femke", "Over de reiskosten.")
    _mail(ports, "ahmed", "Mijn reiskosten naar Parijs.")
    assert held(ports, hold_id) == [TWO]
    receive(ports, letter("Zie de bijlage.", message_id="<9@x>", files=(("reiskosten parijs.txt", b"x"),)))
    assert held(ports, hold_id) == [TWO, THREE], "names of files count"


def test_an_answer_that_fits_brings_its_whole_ticket_under_the_hold(ports: Ports, officer: Actor) -> None:
    hold_id = place(ports, officer, query="reiskosten").hold_id
    receive(ports, letter("Een vraag.", message_id="<1@x>"))
    assert held(ports, hold_id) == []
    receive(ports, letter("Het gaat om reiskosten.", message_id="<2@x>", In_Reply_To="<1@x>"))
    assert held(ports, hold_id) == [ONE]


def test_a_ticket_by_hand_and_a_note_are_caught(ports: Ports, officer: Actor, advisor: Actor) -> None:
    hold_id = place(ports, officer, query="reiskosten").hold_id
    with unit_of_work(ports, advisor) as unit:
        open_by_hand(unit, "phone", "Femke", "f@x.example", "Aan de telefoon", "Over reiskosten.", "academy", "c1")
    assert held(ports, hold_id) == [ONE]


def test_many_mails_of_one_batch_are_each_caught_by_every_hold_they_fit(ports: Ports, officer: Actor) -> None:
    query = place(ports, officer, query="reiskosten").hold_id
    _mail(ports, "femke")
    person = place(ports, officer, person_id=asker_of(ports, ONE)).hold_id
    texts = ["Reiskosten.", "Iets.", "Meer reiskosten.", "Niets."]
    put(
        ports,
        *(
            letter(text, subject=text, message_id=f"<b{n}@x>", sender=f"{'femke' if n > 1 else 'b'}@x.example")
            for n, text in enumerate(texts)
        ),
    )
    drain(ports, Readers(0))
    assert held(ports, query) == [TWO, FOUR]
    assert held(ports, person) == [ONE, FOUR, "2026-00005"]


def test_a_participant_brings_the_ticket_under_the_hold_and_a_copy_does_not(
    ports: Ports, officer: Actor, advisor: Actor
) -> None:
    _mail(ports, "femke")
    hold_id = place(ports, officer, person_id=asker_of(ports, ONE)).hold_id
    receive(ports, letter("x", sender="c@x.example", message_id="<c@x>", Cc="femke@x.example"))
    _mail(ports, "ahmed")
    assert held(ports, hold_id) == [ONE]
    with unit_of_work(ports, advisor) as unit:
        add_participant(unit, THREE, "femke@x.example")
    assert held(ports, hold_id) == [ONE, THREE]


def test_a_match_by_hand_brings_tickets_under_the_hold_and_its_undo_lets_none_go(
    ports: Ports, officer: Actor, advisor: Actor
) -> None:
    bring_in(ports, staff(ports, "fatima", "functional_admin"), "m250", [M250, row("1", "werk@x.example")])
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        person_id = unit.session.scalars(select(Person.id).where(Person.personnel_no == "1")).one()
    hold_id = place(ports, officer, person_id=person_id).hold_id
    _mail(ports, "thuis")
    assert held(ports, hold_id) == []
    with unit_of_work(ports, advisor) as unit:
        requesters.match_requester(unit, ONE, "1")
    assert held(ports, hold_id) == [ONE]
    with unit_of_work(ports, advisor) as unit:
        requesters.undo_match(unit, ONE)
    assert held(ports, hold_id) == [ONE], "only a release lets go"
    _mail(ports, "thuis", number=1)
    assert held(ports, hold_id) == [ONE]


def test_a_hold_of_a_sender_goes_along_with_a_match_and_back_with_its_undo(
    ports: Ports, officer: Actor, advisor: Actor
) -> None:
    bring_in(ports, staff(ports, "fatima", "functional_admin"), "m250", [M250, row("1", "werk@x.example")])
    _mail(ports, "thuis")
    hold_id = place(ports, officer, person_id=asker_of(ports, ONE)).hold_id
    with unit_of_work(ports, advisor) as unit:
        requesters.match_requester(unit, ONE, "1")
    _mail(ports, "werk")
    assert held(ports, hold_id) == [ONE, TWO]
    with unit_of_work(ports, advisor) as unit:
        requesters.undo_match(unit, ONE)
    _mail(ports, "werk", number=1)
    _mail(ports, "thuis", number=1)
    assert held(ports, hold_id) == [ONE, TWO, FOUR]


def test_a_file_that_claims_a_sender_brings_the_tickets_under_the_hold(ports: Ports, officer: Actor) -> None:
    admin = staff(ports, "fatima", "functional_admin")
    bring_in(ports, admin, "m250", [M250, row("1", "werk@x.example")])
    _mail(ports, "werk")
    hold_id = place(ports, officer, person_id=asker_of(ports, ONE)).hold_id
    _mail(ports, "thuis")
    assert held(ports, hold_id) == [ONE]
    assert bring_in(ports, admin, "m250", [M250, row("1", "thuis@x.example")]).counts["people_claimed"] == 1
    assert held(ports, hold_id) == [ONE, TWO]


def test_a_split_brings_the_new_ticket_under_the_hold_of_who_wrote_it(
    ports: Ports, officer: Actor, advisor: Actor
) -> None:
    _mail(ports, "femke")
    _mail(ports, "ahmed")
    hold_id = place(ports, officer, person_id=asker_of(ports, ONE)).hold_id
    with unit_of_work(ports, advisor) as unit:
        entry = unit.session.scalars(select(Entry).order_by(Entry.id)).all()[1]
        entry.person_id = asker_of(ports, ONE)
        assert move_entry(unit, entry.id, None) == THREE
    assert held(ports, hold_id) == [ONE, THREE]


def test_what_a_merge_brings_together_is_held_where_it_is(ports: Ports, officer: Actor, advisor: Actor) -> None:
    _mail(ports, "femke", "Reiskosten.")
    _mail(ports, "ahmed", "Parijs.")
    hold_id = place(ports, officer, person_id=asker_of(ports, TWO)).hold_id
    with unit_of_work(ports, advisor) as unit:
        merge(unit, ONE, TWO)
    again = place(ports, officer, query="reiskosten").hold_id
    assert (held(ports, hold_id), held(ports, again)) == ([TWO], [TWO])


def test_a_late_match_of_an_overdue_ticket_blocks_it_in_the_same_transaction(
    ports: Ports, officer: Actor, advisor: Actor
) -> None:
    policy_in_force(ports)
    _mail(ports, "femke")
    _mail(ports, "ahmed")
    let_terms_end(ports)
    assert states(ports) == ["due", "due"]
    place(ports, officer, person_id=asker_of(ports, ONE))
    assert states(ports) == ["blocked:hold", "due"]
    with unit_of_work(ports, advisor) as unit:
        add_participant(unit, TWO, "femke@x.example")
    assert states(ports) == ["blocked:hold", "blocked:hold"]


def test_a_released_hold_catches_nothing_more(ports: Ports, officer: Actor) -> None:
    _mail(ports, "femke", "Reiskosten.")
    hold_id = place(ports, officer, query="reiskosten").hold_id
    release(ports, officer, staff(ports, "petra", "privacy_officer"), hold_id)
    _mail(ports, "ahmed", "Reiskosten.")
    assert held(ports, hold_id) == [ONE]


def _statements(ports: Ports, act: Callable[[], object]) -> list[str]:
    said: list[str] = []

    def hear(*given: object) -> None:
        said.append(str(given[2]))

    event.listen(ports.engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(ports.engine, "before_cursor_execute", hear)
    return said


def test_filing_asks_about_holds_once_a_batch(ports: Ports, officer: Actor) -> None:
    policy_in_force(ports)
    place(ports, officer, person_id=_somebody(ports))
    for count in (2, 20):
        mails = (
            letter(f"{n}", subject=f"{n}", sender=f"a{n}@x.example", message_id=f"<{count}.{n}@x>")
            for n in range(count)
        )
        put(ports, *mails)
        asked = [text for text in _statements(ports, lambda: drain(ports, Readers(0))) if "FROM hold" in text]
        assert len(asked) == 1, "the one that asked which tickets are held"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Hold.settled_at)).one() is not None


def _somebody(ports: Ports) -> int:
    _mail(ports, "iemand")
    return asker_of(ports, ONE)


@pytest.mark.parametrize("seconds", [0.3, 3.4])
def test_a_ticket_filed_beside_the_placing_is_held(ports: Ports, officer: Actor, seconds: float) -> None:
    """A unit that looked for holds before this one was there, and commits after it: found, now or at the next turn."""
    _mail(ports, "femke")
    person_id = asker_of(ports, ONE)
    ids: list[int] = []

    def placing() -> None:
        with unit_of_work(ports, officer) as unit:
            ids.append(holds.place(unit, wish(person_id=person_id)).hold_id)
        hold_finding.find(ports, ids[0])

    thread = threading.Thread(target=placing)
    with unit_of_work(ports, SYSTEM) as unit:
        _open(unit, person_id)
        unit.settle()
        thread.start()
        thread.join(seconds)
    thread.join(20)
    hold_finding.find_waiting(ports)
    assert held(ports, ids[0]) == [ONE, TWO]
    assert hold_finding.find_waiting(ports) == 0


def _open(unit: Unit, person_id: int) -> None:
    person = unit.session.get_one(Person, person_id)
    at = unit.now - dt.timedelta(minutes=1)
    open_ticket(unit, person, desk_key="academy", subject="Later", at=at, address="femke@x.example", name="Femke")
    unit.rows.write()
    unit.session.flush()
