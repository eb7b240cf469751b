"""Filing: in order, each mail in its savepoint, faults counted, nothing dropped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.confined import Confined
from helpdesk.errors import Conflict, Invalid
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import BlockedSender, InboundMail
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets import parked, receiving
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work
from mail_ingest import filing
from mail_ingest.filing import drain
from mail_ingest.reading import Kept, Readers
from tests.letters import ASKER, letter, put, receive, wait


def shown(ports: Ports) -> list[dict[str, object]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [ticket_json(unit, row["number"]) for row in ticket_list_json(unit)]


def states(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(InboundMail.state).order_by(InboundMail.id)))


def kinds(ports: Ports) -> list[list[str]]:
    return [[entry["kind"] for entry in ticket["entries"]] for ticket in shown(ports)]  # type: ignore[attr-defined] # JSON


def advisor(ports: Ports) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "m@academie.example", "M", ["advisor"], None)
    return Actor(account_id, frozenset({"advisor"}))


def test_an_answer_waits_for_the_mail_it_answers(ports: Ports) -> None:
    answer = letter("Nog iets.", message_id="<b@x>", In_Reply_To="<a@x>")
    put(ports, answer, letter("Vraag.", message_id="<a@x>"))
    drain(ports, Readers(0))
    assert kinds(ports) == [["mail", "mail"]]


def test_a_mail_joins_the_answer_that_came_before_it(ports: Ports) -> None:
    receive(ports, letter("Nog iets.", message_id="<b@x>", In_Reply_To="<a@x>"))
    receive(ports, letter("Vraag.", message_id="<a@x>"))
    assert kinds(ports) == [["mail", "mail"]]


def test_a_ring_of_answers_is_filed_all_the_same(ports: Ports) -> None:
    one = letter("een", message_id="<a@x>", In_Reply_To="<b@x>")
    two = letter("twee", message_id="<b@x>", In_Reply_To="<a@x>")
    receive(ports, one, two)
    assert states(ports) == ["filed", "filed"]


def test_an_automatic_answer_is_filed_and_never_answered(ports: Ports) -> None:
    receive(ports, letter("Ik ben er niet.", subject="Afwezig", Auto_Submitted="auto-replied"))
    assert states(ports) == ["machine"]
    assert [ticket["status"] for ticket in shown(ports)] == ["done"]
    deliver_waiting(ports)
    assert cast("MemoryMailer", ports.mailer).sent == []


def test_automatic_answers_to_one_address_are_bounded(ports: Ports) -> None:
    for n in range(30):
        receive(ports, letter(f"vraag {n}", message_id=f"<n{n}@x>", subject=f"Onderwerp {n}"))
        wait(ports)
        deliver_waiting(ports)
    assert len(cast("MemoryMailer", ports.mailer).sent) == ports.settings.receipts_per_day


def test_a_fault_of_its_own_parks_the_third_time_and_hurts_no_neighbour(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(unit: Unit, received: list[receiving.Received]) -> object:
        if any(mail.subject == "Giftig" for mail, _arrival in received):
            raise ValueError("planted")
        return receiving.receive_mails(unit, received)

    put(ports, letter("a", subject="Giftig", message_id="<a@x>"), letter("b", message_id="<b@x>"))
    with monkeypatch.context() as patched:
        patched.setattr(filing, "receive_mails", planted)
        for _ in range(filing.FAULTS):
            drain(ports, Readers(0))
            wait(ports)
    assert states(ports) == ["parked", "filed"]
    actor = advisor(ports)
    with unit_of_work(ports, actor) as unit:
        view = parked.parked_page(unit)[0]
        assert (view.reason, view.subject) == ("fault:ValueError", "Giftig")
        parked.retry(unit, view.id)
    drain(ports, Readers(0))
    assert states(ports) == ["filed", "filed"]


def test_a_blocked_sender_is_parked_and_a_person_decides(ports: Ports) -> None:
    actor = advisor(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(BlockedSender(address=ASKER, blocked_at=unit.now))
    receive(ports, letter("een", message_id="<a@x>"), letter("twee", message_id="<b@x>"))
    assert states(ports) == ["parked", "parked"]
    with unit_of_work(ports, actor) as unit:
        first, second = parked.parked_page(unit)
        parked.release(unit, first.id)
        with pytest.raises(Invalid):
            parked.discard(unit, second.id, "zomaar")
        parked.discard(unit, second.id, "spam")
    drain(ports, Readers(0))
    assert states(ports) == ["filed", "discarded"]
    with pytest.raises(Conflict), unit_of_work(ports, actor) as unit:
        parked.release(unit, second.id)


def test_what_can_t_be_read_is_a_ticket_with_its_bytes(ports: Ports) -> None:
    receive(ports, b"\x00\xff\xfe" * 50, b"")
    assert states(ports) == ["filed", "filed"]
    assert all(ticket["entries"][0]["raw_sha256"] for ticket in shown(ports))  # type: ignore[index] # JSON


def kept(folder: Path, raws: Sequence[bytes]) -> list[Kept]:
    for number, raw in enumerate(raws):
        (folder / str(number)).write_bytes(raw)
    return [Kept((folder / "elsewhere", folder / str(number)), len(raw)) for number, raw in enumerate(raws)]


def test_a_mail_that_costs_too_much_is_read_as_far_as_that_goes(tmp_path: Path) -> None:
    bomb = letter("De eerste zin.") + b"x\r\n" * 9_000_000
    with Confined(1, memory=100_000_000) as confined:
        [mails] = Readers(confined=confined).read([kept(tmp_path, [letter("een"), bomb, letter("twee")])])

    assert [mail.reply_text.strip() for mail in (mails[0], mails[2])] == ["een", "twee"]
    assert mails[1].reply_text.startswith("De eerste zin.")
    assert mails[1].sender == mails[0].sender
    assert "too_costly" in mails[1].defects
