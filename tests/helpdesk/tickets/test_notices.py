"""Advisors are told what concerns them, once, without a word of the ticket; and never what they did themselves."""

from __future__ import annotations

import datetime as dt
from typing import cast

import pytest
from sqlalchemy import select, update

from helpdesk.adapters.memory import MemoryBus, MemoryMailer
from helpdesk.errors import NotFound, PermanentRefusal
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Account, OutgoingMail, Ticket
from helpdesk.people.accounts import create_account, deactivate
from helpdesk.ports import Ports
from helpdesk.tickets.handling import assign
from helpdesk.tickets.notices import READ_FIRST, forget, mark_seen, notices_page, queue_mails, unseen_counted
from helpdesk.tickets.replying import Answer, add_note, reply
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import ASKER, letter, receive, wait

ONE = "2026-00001"


def advisor(ports: Ports, email: str) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        return Actor(create_account(unit, email, email[0].upper(), ["advisor"], None), frozenset({"advisor"}))


@pytest.fixture
def marije(ports: Ports) -> Actor:
    receive(ports, letter())
    return advisor(ports, "marije@academie.example")


@pytest.fixture
def sander(ports: Ports, marije: Actor) -> Actor:
    return advisor(ports, "sander@academie.example")


def told(ports: Ports, actor: Actor) -> list[tuple[str, bool]]:
    with unit_of_work(ports, actor, write=False) as unit:
        lines = notices_page(unit)
        assert unit.session.scalar(select(unseen_counted(unit))) == sum(not line.seen for line in lines)
        assert all(line.number == ONE and line.subject for line in lines)
        return [(line.kind, line.seen) for line in lines]


def give(ports: Ports, giver: Actor, to: Actor | None) -> None:
    with unit_of_work(ports, giver) as unit:
        assign(unit, ONE, to.account_id if to else None)


def answer(ports: Ports, actor: Actor, client_id: str = "c") -> None:
    with unit_of_work(ports, actor) as unit:
        version = unit.session.query(Ticket).one().version
        reply(unit, ONE, Answer("Dat kan.", (ASKER,), "open", version, client_id))


def test_who_is_given_a_ticket_is_told_and_who_takes_it_is_not(ports: Ports, marije: Actor, sander: Actor) -> None:
    give(ports, marije, marije)
    assert told(ports, marije) == []
    give(ports, marije, sander)
    assert told(ports, sander) == [("assigned", False)]
    with unit_of_work(ports, sander, write=False) as unit:
        assert notices_page(unit)[0].by == "M"
    hints = cast("MemoryBus", ports.bus).hints
    assert (f"account:{sander.account_id}", {"kind": "notice"}) in hints
    give(ports, sander, marije)
    give(ports, marije, sander)
    assert told(ports, sander) == [("assigned", False)], "an unread notice does not stand there twice"


def test_the_assignee_is_told_that_the_asker_answered(ports: Ports, marije: Actor, sander: Actor) -> None:
    give(ports, marije, sander)
    with unit_of_work(ports, sander) as unit:
        mark_seen(unit, ONE)
    answer(ports, sander)
    deliver_waiting(ports)
    mailer = cast("MemoryMailer", ports.mailer)
    sent = next(raw for _sender, _to, raw in mailer.sent if b"Dat kan" in raw)
    message_id = next(line for line in sent.decode().splitlines() if line.startswith("Message-ID: ")).partition(" ")[2]
    receive(ports, letter("Bedankt!", message_id="<m2@minbz.example>", In_Reply_To=message_id))
    assert told(ports, sander) == [("asker_answered", False), ("assigned", True)]
    assert told(ports, marije) == []


def test_author_and_assignee_are_told_that_an_answer_did_not_arrive(ports: Ports, marije: Actor, sander: Actor) -> None:
    give(ports, sander, sander)
    mailer = cast("MemoryMailer", ports.mailer)

    def refuse(_recipients: object) -> None:
        raise PermanentRefusal("no", code="550")

    deliver_waiting(ports)
    mailer.refuse = refuse
    answer(ports, marije)
    deliver_waiting(ports)
    assert told(ports, marije) == [("delivery_failed", False)]
    assert told(ports, sander) == [("delivery_failed", False)]


def test_working_on_a_ticket_reads_its_notices(ports: Ports, marije: Actor, sander: Actor) -> None:
    give(ports, marije, sander)
    with unit_of_work(ports, sander) as unit:
        add_note(unit, ONE, "Ik kijk ernaar", "n")
    assert told(ports, sander) == [("assigned", True)]
    with unit_of_work(ports, Actor(99, frozenset()), write=False) as unit, pytest.raises(NotFound):
        notices_page(unit)


def mails(ports: Ports) -> list[tuple[str, str]]:
    with unit_of_work(ports, SYSTEM) as unit:
        queue_mails(unit)
    deliver_waiting(ports)
    sent = cast("MemoryMailer", ports.mailer).sent
    return [(to[0], raw.decode()) for _sender, to, raw in sent if b"auto-generated" in raw]


def test_a_mail_goes_to_who_wants_one_and_has_not_read_it(ports: Ports, marije: Actor, sander: Actor) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Account).where(Account.id == sander.account_id).values(notify_mail=True))
    give(ports, marije, sander)
    assert mails(ports) == [], "who looks at once needs no mail"
    wait(ports, READ_FIRST)
    ((to, raw),) = mails(ports)
    assert to == "sander@academie.example"
    assert "V-2026-00001" in raw
    assert "Onderhandelen" not in raw
    assert "Training" not in raw
    assert len(mails(ports)) == 1, "one mail for one notice"
    with unit_of_work(ports, sander) as unit:
        mark_seen(unit)
    give(ports, marije, marije)
    give(ports, marije, sander)
    with unit_of_work(ports, sander) as unit:
        mark_seen(unit, ONE)
    wait(ports, READ_FIRST)
    assert len(mails(ports)) == 1
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.query(OutgoingMail).filter(OutgoingMail.kind == "notice").count() == 1


def test_a_closed_account_is_told_nothing_and_old_notices_go(ports: Ports, marije: Actor, sander: Actor) -> None:
    give(ports, marije, sander)
    with unit_of_work(ports, sander) as unit:
        mark_seen(unit)
    wait(ports, dt.timedelta(days=15))
    with unit_of_work(ports, SYSTEM) as unit:
        forget(unit)
        deactivate(unit, "sander@academie.example")
    assert told(ports, sander) == []
    receive(ports, letter("Nog iets", message_id="<m3@minbz.example>", In_Reply_To="<m1@minbz.example>"))
    assert told(ports, sander) == []
