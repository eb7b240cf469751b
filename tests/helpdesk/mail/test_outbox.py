"""The outbox: who gets what, when it may be taken back, and how often a machine may be answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import cancel, is_ours, queue_alarm, queue_answer, queue_notice, queue_receipt, requeue
from helpdesk.mail.references import Reference, read_token
from helpdesk.models import Alarm, Entry, OutgoingMail
from helpdesk.ports import Ports
from helpdesk.settings import MailboxSettings
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.mail import make
from tests.helpdesk.mail.make import FEMKE


def set_to(ports: Ports, **settings: object) -> Ports:
    return replace(ports, settings=replace(ports.settings, **settings))  # type: ignore[arg-type] # tests name settings freely


def receipt(ports: Ports, to: Sender = FEMKE, number: str = "2026-00001", language: str | None = "nl") -> bool:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit, number)
        return queue_receipt(unit, ticket, make.asked(unit, ticket), to, language) is not None


def test_an_answer_is_queued_with_its_entry_or_not_at_all(ports: Ports) -> None:
    def broken_off() -> None:
        with unit_of_work(ports, SYSTEM) as unit:
            ticket = make.ticket(unit)
            queue_answer(unit, ticket, make.answered(unit, ticket), [FEMKE], [], None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.query(OutgoingMail).count() == unit.session.query(Entry).count() == 0
    assert make.nudges(ports) == []


def test_an_answer_waits_its_seconds_of_undo(ports: Ports) -> None:
    patient = set_to(ports, undo_seconds=10)
    ticket_id, entry_id, mail_id = make.queued(patient)
    mail = make.stored(ports, mail_id)
    now = ports.now()
    assert (mail.state, mail.send_after, mail.next_try_at) == (
        "queued",
        now + dt.timedelta(seconds=10),
        mail.send_after,
    )
    assert mail.give_up_at == now + dt.timedelta(days=4)
    assert read_token(ports.keys, mail.token) == Reference(ticket_id, entry_id)
    assert mail.message_id.startswith(f"hd.{mail.token}.")
    assert mail.message_id.endswith("@academie.example")
    assert make.nudges(ports) == []


def test_nobody_gets_an_answer_twice_and_we_ourselves_never(ports: Ports) -> None:
    cc = [
        Sender("FEMKE@ministerie.example"),
        Sender("piet@x.example"),
        Sender("talen+x@academie.example"),
        Sender("piet@X.example"),
    ]
    _ticket, _entry, mail_id = make.queued(ports, to=[FEMKE, Sender("academy@academie.example")], cc=cc)
    assert list(make.recipients(ports, mail_id)) == ["femke@ministerie.example", "piet@x.example"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ([], "no_recipient"),
        ([Sender("academy@academie.example")], "no_recipient"),
        ([Sender("jörg@ministerie.example")], "bad_address"),
        ([Sender("a@b.example\r\nBcc: c@d.example")], "bad_address"),
    ],
)
def test_an_answer_to_nobody_is_refused(ports: Ports, to: list[Sender], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        make.queued(ports, to=to)
    assert refused.value.code == code


def test_our_own_addresses_are_known(ports: Ports) -> None:
    box = MailboxSettings("academy", "imap.example", "postbus@academie.example")
    settings = set_to(ports, mailboxes=(box,)).settings
    for address in ("academy@academie.example", "ACADEMY+1-2-3@Academie.example", "postbus@academie.example"):
        assert is_ours(settings, address)
    assert not is_ours(settings, "femke@academie.example")


def test_a_queued_answer_can_be_taken_back_for_ever(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        cancel(unit, unit.session.get_one(OutgoingMail, mail_id))
    assert make.stored(ports, mail_id).state == "cancelled"
    with pytest.raises(Conflict), unit_of_work(ports, SYSTEM) as unit:
        requeue(unit, mail_id)


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "cancelled"])
def test_what_has_left_can_not_be_taken_back(ports: Ports, state: str) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.get_one(OutgoingMail, mail_id).state = state
    with pytest.raises(Conflict) as refused, unit_of_work(ports, SYSTEM) as unit:
        cancel(unit, unit.session.get_one(OutgoingMail, mail_id))
    assert refused.value.code == "sent"
    assert make.stored(ports, mail_id).state == state


def test_a_claim_made_meanwhile_wins_over_taking_back(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        seen_before = unit.session.get_one(OutgoingMail, mail_id)
    with unit_of_work(ports, SYSTEM) as unit:
        mail = unit.session.get_one(OutgoingMail, mail_id)
        unit.claim(OutgoingMail, mail.id, mail.version)
        mail.state = "sending"
    with pytest.raises(Conflict), unit_of_work(ports, SYSTEM) as unit:
        cancel(unit, seen_before)


def test_only_what_failed_is_sent_again(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    with pytest.raises(Conflict) as refused, unit_of_work(ports, SYSTEM) as unit:
        requeue(unit, mail_id)
    assert refused.value.code == "nothing_to_send"
    with pytest.raises(NotFound), unit_of_work(ports, SYSTEM) as unit:
        requeue(unit, 999)


def test_a_receipt_is_queued_at_once_in_both_languages_when_theirs_is_unknown(ports: Ports) -> None:
    assert receipt(ports, language=None)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        mail = unit.session.query(OutgoingMail).one()
    assert (mail.kind, mail.language, mail.entry_id) == ("receipt", "both", mail.parent_entry_id)
    assert mail.next_try_at == ports.now()


@pytest.mark.parametrize(
    "address", ["academy@academie.example", "talen+1-2-3@academie.example", "jörg@x.example", "", "x", "a b@c.example"]
)
def test_no_receipt_goes_to_ourselves_or_nowhere(ports: Ports, address: str) -> None:
    assert not receipt(ports, Sender(address))


def test_a_desk_that_sends_no_receipts_sends_none(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit, desk="languages")
        assert queue_receipt(unit, ticket, make.asked(unit, ticket), FEMKE, "nl") is None


def test_one_address_gets_so_many_receipts_a_day_and_no_more(ports: Ports) -> None:
    given = [receipt(ports, Sender("Loop@ministerie.example"), f"2026-{number:05d}") for number in range(1, 9)]
    assert given == [True] * 5 + [False] * 3
    assert receipt(ports, FEMKE, "2026-00009")
    make.clock(ports).move(dt.timedelta(hours=24, seconds=1))
    assert receipt(ports, Sender("loop@MINISTERIE.example"), "2026-00010")


def test_answers_do_not_count_as_receipts(ports: Ports) -> None:
    for number in range(6):
        make.queued(ports, number=f"2026-{number:05d}")
    assert receipt(ports, FEMKE, "2026-00010")


def test_alarms_are_mailed_once_and_at_most_hourly(ports: Ports) -> None:
    def raised(kind: str) -> None:
        with unit_of_work(ports, SYSTEM) as unit:
            unit.session.add(Alarm(kind=kind, subject="academy", open_key=kind, raised_at=unit.now))

    def mailed() -> bool:
        with unit_of_work(ports, SYSTEM) as unit:
            return queue_alarm(unit, "beheer@academie.example") is not None

    assert not mailed()
    raised("disk")
    assert mailed()
    assert not mailed()
    raised("mailbox_error")
    assert not mailed()
    make.clock(ports).move(make.HOUR)
    assert mailed()
    make.clock(ports).move(make.HOUR)
    assert not mailed()


def test_a_notice_belongs_to_its_ticket(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
        mail = queue_notice(unit, ticket, Sender("marije@academie.example"), None)
    assert (mail.kind, mail.ticket_id, mail.language, mail.token) == ("notice", ticket.id, "nl", "")
