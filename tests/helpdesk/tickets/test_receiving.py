"""What a received mail does to a ticket: wakes it, follows an old one, or only hints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.handling import set_status
from helpdesk.tickets.replying import Answer, reply
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import ASKER, letter, receive, wait

ONE = "2026-00001"


@pytest.fixture
def actor(ports: Ports) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "m@academie.example", "M", ["advisor"], None)
    return Actor(account_id, frozenset({"advisor"}))


def follow_up(text: str, **more: str) -> bytes:
    """An answer of the requester to their own first mail."""
    subject, parent = "Re: Training verzetten", "<m1@minbz.example>"
    return letter(text, subject=subject, message_id="<m2@minbz.example>", In_Reply_To=parent, **more)  # type: ignore[arg-type] # headers by name


def show(ports: Ports, number: str = ONE) -> dict[str, Any]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return ticket_json(unit, number)


def count(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return len(ticket_list_json(unit))


def settle(ports: Ports, actor: Actor, status: str) -> None:
    with unit_of_work(ports, actor) as unit:
        set_status(unit, ONE, status)


@pytest.mark.parametrize("status", ["waiting_for_asker", "done"])
def test_mail_of_the_requester_wakes_the_ticket(ports: Ports, actor: Actor, status: str) -> None:
    receive(ports, letter())
    settle(ports, actor, status)
    receive(ports, follow_up("Toch nog iets."))
    assert (count(ports), show(ports)["status"], show(ports)["done_at"]) == (1, "open", None)


def test_machine_mail_wakes_nothing(ports: Ports, actor: Actor) -> None:
    receive(ports, letter())
    settle(ports, actor, "waiting_for_asker")
    receive(ports, follow_up("Ik ben er niet.", Auto_Submitted="auto-replied"))
    assert (count(ports), show(ports)["status"]) == (1, "waiting_for_asker")
    assert [entry["kind"] for entry in show(ports)["entries"]] == ["mail", "machine"]


def test_long_after_it_was_done_a_new_ticket_follows_it(ports: Ports, actor: Actor) -> None:
    receive(ports, letter())
    settle(ports, actor, "done")
    wait(ports, ports.settings.reopen_within + timedelta(days=1))
    receive(ports, follow_up("Een jaar later."))
    assert show(ports)["status"] == "done"
    assert count(ports) == 2
    assert show(ports, "2027-00001")["previous"] == ONE


def test_somebody_in_cc_is_no_participant(ports: Ports) -> None:
    receive(ports, letter(Cc="Ahmed <ahmed@minbz.example>"))
    receive(ports, follow_up("Ik weet het ook.", sender="ahmed@minbz.example"))
    assert count(ports) == 2
    assert show(ports, "2026-00002")["hint"] == {"number": ONE, "reason": "reference"}
    assert {person["role"] for person in show(ports)["people"]} == {"requester", "cc"}


def test_the_same_subject_is_a_hint_and_never_a_join(ports: Ports) -> None:
    receive(ports, letter())
    receive(ports, letter("Nog een vraag.", message_id="<x@x>", subject="RE: Training verzetten"))
    assert count(ports) == 2
    assert show(ports, "2026-00002")["hint"] == {"number": ONE, "reason": "subject"}


def bounce_of(message_id: str) -> bytes:
    return "\n".join(
        (
            "From: MAILER-DAEMON@mx.minbz.example",
            "To: academy@academie.example",
            "Subject: Undelivered Mail Returned to Sender",
            "Message-ID: <bounce1@mx.minbz.example>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            "Your message could not be delivered.",
            "",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.minbz.example",
            "",
            f"Final-Recipient: rfc822; {ASKER}",
            "Action: failed",
            "Status: 5.1.1",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {message_id}",
            "Subject: Re: Training verzetten",
            "",
            "--b--",
            "",
        )
    ).encode()


def test_a_bounce_marks_the_answer_it_speaks_of(ports: Ports, actor: Actor) -> None:
    receive(ports, letter())
    with unit_of_work(ports, actor) as unit:
        version = thread_of(unit, ONE).ticket.version
        reply(unit, ONE, Answer("Dat kan.", (ASKER,), "waiting_for_asker", version, "c1"))
    deliver_waiting(ports)
    answer = next(raw for _from, _to, raw in cast("MemoryMailer", ports.mailer).sent if b"Dat kan" in raw)
    message_id = next(line for line in answer.decode().splitlines() if line.startswith("Message-ID:")).split()[1]
    receive(ports, bounce_of(message_id))
    assert count(ports) == 1
    shown = show(ports)
    recipients = next(entry for entry in shown["entries"] if entry["kind"] == "answer")["outgoing"]["recipients"]
    assert recipients == [{"address": ASKER, "state": "bounced", "code": "5.1.1"}]
    assert "machine" in {entry["kind"] for entry in shown["entries"]}
