"""What mails of one batch know of each other, although the database is read before them and written after them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from helpdesk.models import Counter, InboundMail, OutgoingMail, Person
from helpdesk.ports import Ports
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from mail_ingest.waiting import sets_waiting
from tests.letters import ASKER, letter, put, receive


def shown(ports: Ports) -> list[dict[str, Any]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [ticket_json(unit, row["number"]) for row in ticket_list_json(unit)]


def test_an_answer_joins_the_mail_before_it_in_the_batch_and_makes_its_forms_old(ports: Ports) -> None:
    receive(ports, letter("Vraag.", message_id="<a@x>"), letter("Nog iets.", message_id="<b@x>", In_Reply_To="<a@x>"))
    (only,) = shown(ports)
    assert [entry["text"].strip() for entry in only["entries"]] == ["Vraag.", "Nog iets."]
    assert (only["status"], only["number"]) == ("new", "2026-00001")


def test_a_stranger_does_not_join_within_a_batch_either(ports: Ports) -> None:
    stranger = letter("Ik ook.", sender="x@elders.example", message_id="<b@x>", In_Reply_To="<a@x>")
    receive(ports, letter("Vraag.", message_id="<a@x>"), stranger)
    first, second = shown(ports)
    assert second["hint"] == {"number": first["number"], "reason": "reference"}


def test_a_sender_of_two_mails_in_a_batch_is_one_person(ports: Ports) -> None:
    receive(ports, *(letter(str(n), subject=f"Vraag {n}", message_id=f"<{n}@x>") for n in range(3)))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Person)) == 1


def test_receipts_are_bounded_within_a_batch(ports: Ports) -> None:
    limit = ports.settings.receipts_per_day
    receive(ports, *(letter(str(n), subject=f"Vraag {n}", message_id=f"<{n}@x>") for n in range(limit + 3)))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(OutgoingMail)) == limit
        assert unit.session.get_one(Counter, "tickets_created").value == limit + 3


def test_a_number_in_the_subject_finds_a_ticket_of_the_same_batch(ports: Ports) -> None:
    receive(
        ports,
        letter("Vraag.", message_id="<a@x>"),
        letter("Over die vraag.", subject="V-2026-00001", message_id="<b@x>"),
    )
    assert shown(ports)[1]["hint"] == {"number": "2026-00001", "reason": "number"}


def test_files_of_a_batch_go_to_their_own_mails(ports: Ports) -> None:
    sent = {n: f"inhoud {n}".encode() * n for n in range(4)}
    files = {n: tuple((f"{n}-{k}.bin", sent[n] + bytes([k])) for k in range(n)) for n in range(4)}
    receive(ports, *(letter(str(n), subject=f"Vraag {n}", message_id=f"<{n}@x>", files=files[n]) for n in range(4)))
    names = [[file["name"] for file in ticket["entries"][0]["attachments"]] for ticket in shown(ports)]
    assert names == [[], ["1-0.bin"], ["2-0.bin", "2-1.bin"], ["3-0.bin", "3-1.bin", "3-2.bin"]]
    sizes = [[file["size"] for file in ticket["entries"][0]["attachments"]] for ticket in shown(ports)]
    assert sizes == [[len(content) for _name, content in files[n]] for n in range(4)]


@pytest.mark.parametrize("count", [3, 30])
def test_the_number_of_statements_does_not_grow_with_the_batch(ports: Ports, count: int) -> None:
    put(
        ports,
        *(letter(str(n), subject=f"Vraag {n}", sender=f"a{n}.{ASKER}", message_id=f"<{n}@x>") for n in range(count)),
    )
    statements: list[str] = []
    event.listen(ports.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert drain(ports, Readers(0)) == count
    waiting = sum(said.startswith("SELECT DISTINCT inbound_mail.mailbox") for said in statements)
    assert len(statements) - 2 * waiting < 60, "besides the looks for more, each with its BEGIN"


def test_a_small_rest_is_left_until_the_sets_before_it_are_through(ports: Ports) -> None:
    few = replace(ports, settings=replace(ports.settings, batch_mails=10))
    put(few, *(letter(f"{n}", message_id=f"<{n}@x>") for n in range(24)))
    sets = sets_waiting(few, "academy")
    assert [len(next(sets)) for _ in range(2)] == [10, 10]
    with unit_of_work(few, SYSTEM) as unit:
        unit.session.execute(update(InboundMail).where(InboundMail.id <= 20).values(state="filed"))
    assert [len(rows) for rows in sets] == [4]
