"""Delivery: each mail once, however often it must be tried, whoever dies, whatever the relay says."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from helpdesk.adapters.smtp_mailer import LONGEST_SENDING
from helpdesk.errors import PermanentRefusal, TemporaryRefusal, Unavailable
from helpdesk.leases import hold
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import cancel, queue_receipt, requeue
from helpdesk.mail.outbox_delivery import LEASE, LEASE_SECONDS, deliver_waiting, recover_claims
from helpdesk.mail.references import make_return_token
from helpdesk.models import Content, OutgoingMail, OutgoingRecipient, Ticket
from helpdesk.ports import DELIVER_WAITING, Delivery, Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.mail import make
from tests.helpdesk.mail.make import FEMKE

PIET = Sender("piet@ministerie.example", "Piet")
SECONDS = dt.timedelta(seconds=1)
Refuse = Callable[[Sequence[str]], Delivery | None]


def refusing(ports: Ports, refuse: Refuse | Exception | None) -> None:
    """From now on the relay says this."""

    def raised(_recipients: Sequence[str]) -> Delivery | None:
        if isinstance(refuse, Exception):
            raise refuse
        return None

    make.mailer(ports).refuse = raised if isinstance(refuse, Exception) else refuse


def drained(ports: Ports, after: dt.timedelta = dt.timedelta(0)) -> int:
    """What a worker does that long from now."""
    make.clock(ports).move(after)
    return deliver_waiting(ports)


def resent(ports: Ports, mail_id: int) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        requeue(unit, mail_id)


def test_a_due_answer_goes_to_the_relay_once(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports, cc=[PIET])
    assert drained(ports) == 1
    assert drained(ports) == drained(ports, make.HOUR) == 0
    ((sender, recipients, raw),) = make.mailer(ports).sent
    assert (sender, recipients) == ("academy@academie.example", (FEMKE.address, PIET.address))
    mail = make.stored(ports, mail_id)
    assert f"Message-ID: <{mail.message_id}>".encode() in raw
    assert (mail.state, mail.reply_code, mail.attempts, mail.claimed_at) == ("sent", "250", 1, None)
    assert mail.sent_at is not None
    assert make.recipients(ports, mail_id) == dict.fromkeys((FEMKE.address, PIET.address), ("accepted", "250"))


def test_the_envelope_carries_the_token_where_the_server_delivers_it(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    deliver_waiting(replace(ports, settings=replace(ports.settings, reply_address="plus")))
    ((sender, _recipients, _raw),) = make.mailer(ports).sent
    assert sender == f"academy+{make_return_token(ports.keys, mail_id)}@academie.example"


def test_nothing_leaves_before_its_time_and_nothing_that_was_taken_back(ports: Ports) -> None:
    patient = replace(ports, settings=replace(ports.settings, undo_seconds=10))
    _ticket, _entry, kept = make.queued(patient, number="2026-00001")
    _ticket, _entry, undone = make.queued(patient, number="2026-00002")
    assert drained(ports, 9 * SECONDS) == 0
    with unit_of_work(ports, SYSTEM) as unit:
        cancel(unit, unit.session.get_one(OutgoingMail, undone))
    assert drained(ports, SECONDS) == 1
    assert [make.stored(ports, mail_id).state for mail_id in (kept, undone)] == ["sent", "cancelled"]


def test_a_relay_that_says_later_for_three_days_gets_it_then_and_once(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    refusing(ports, TemporaryRefusal(code="451"))
    gaps: list[dt.timedelta] = []
    start = ports.now()
    assert drained(ports) == 1
    while ports.now() - start < dt.timedelta(days=3):
        gaps.append(make.stored(ports, mail_id).next_try_at - ports.now())
        assert drained(ports, gaps[-1] - SECONDS) == 0
        assert drained(ports, SECONDS) == 1
    assert [gap / SECONDS for gap in gaps[:7]] == [30, 60, 120, 300, 600, 1800, 3600]
    assert set(gaps[6:]) == {make.HOUR}
    assert make.stored(ports, mail_id).state == "queued"
    refusing(ports, None)
    assert drained(ports, make.HOUR) == 1
    assert drained(ports, make.HOUR) == 0
    assert len(make.mailer(ports).sent) == 1
    assert make.stored(ports, mail_id).state == "sent"


def test_after_the_last_try_it_failed_on_the_ticket_and_a_resend_is_the_same_mail(ports: Ports) -> None:
    ticket_id, _entry, mail_id = make.queued(ports)
    refusing(ports, TemporaryRefusal(code="451"))
    drained(ports)
    drained(ports, dt.timedelta(days=4))
    mail = make.stored(ports, mail_id)
    assert (mail.state, mail.reply_code) == ("failed", "451")
    assert make.recipients(ports, mail_id)[FEMKE.address] == ("refused", "451")
    assert make.events(ports, ticket_id) == [("delivery_failed", "451")]
    assert drained(ports, make.HOUR) == 0

    refusing(ports, None)
    resent(ports, mail_id)
    assert make.nudges(ports)[-1] == DELIVER_WAITING
    assert drained(ports) == 1
    ((_sender, _recipients, raw),) = make.mailer(ports).sent
    assert f"Message-ID: <{mail.message_id}>".encode() in raw
    assert make.stored(ports, mail_id).state == "sent"
    assert make.stored(ports, mail_id).message_id == mail.message_id


def test_the_last_try_falls_on_the_end_of_the_time(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    refusing(ports, TemporaryRefusal(code="451"))
    give_up_at = make.stored(ports, mail_id).give_up_at
    make.clock(ports).at = give_up_at - 5 * SECONDS
    drained(ports)
    assert make.stored(ports, mail_id).next_try_at == give_up_at
    drained(ports, 5 * SECONDS)
    assert make.stored(ports, mail_id).state == "failed"


def test_a_refusal_for_good_fails_at_once(ports: Ports) -> None:
    ticket_id, _entry, mail_id = make.queued(ports)
    refusing(ports, PermanentRefusal(code="550"))
    assert drained(ports) == 1
    assert make.stored(ports, mail_id).state == "failed"
    assert make.events(ports, ticket_id) == [("delivery_failed", "550")]
    assert drained(ports, make.HOUR) == 0


def test_each_recipient_has_its_own_fate(ports: Ports) -> None:
    nobody, later = Sender("nobody@ministerie.example"), Sender("later@ministerie.example")
    ticket_id, _entry, mail_id = make.queued(ports, to=[FEMKE, nobody], cc=[later])
    refusing(ports, lambda _to: Delivery({nobody.address: "550", later.address: "451"}))
    drained(ports)
    mail = make.stored(ports, mail_id)
    assert (mail.state, mail.next_try_at - ports.now()) == ("queued", 30 * SECONDS)
    assert make.recipients(ports, mail_id) == {
        FEMKE.address: ("accepted", "250"),
        nobody.address: ("refused", "550"),
        later.address: ("waiting", "451"),
    }
    assert make.events(ports, ticket_id) == [("delivery_failed", "550")]
    refusing(ports, None)
    assert drained(ports, 30 * SECONDS) == 1
    first, second = make.mailer(ports).sent
    assert (first[2], second[1]) == (second[2], (later.address,))
    assert make.stored(ports, mail_id).state == "sent"

    resent(ports, mail_id)
    drained(ports)
    assert make.mailer(ports).sent[-1][1] == (nobody.address,)


def test_an_address_nobody_can_send_to_is_refused_without_the_relay(ports: Ports) -> None:
    ticket_id, _entry, mail_id = make.queued(ports, cc=[PIET])
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.query(OutgoingRecipient).filter_by(role="cc").one().address = "jörg@x.example\r\nRCPT TO:<a@b>"
    assert drained(ports) == 1
    assert make.mailer(ports).sent[0][1] == (FEMKE.address,)
    assert make.stored(ports, mail_id).state == "sent"
    assert make.events(ports, ticket_id) == [("delivery_failed", "5.1.3")]


def test_one_bad_mail_stops_no_other(ports: Ports) -> None:
    ticket_id, entry_id, bad = make.queued(ports, number="2026-00001")
    _ticket, _entry, good = make.queued(ports, number="2026-00002")
    with unit_of_work(ports, SYSTEM) as unit:
        words = unit.session.query(Content).filter_by(entry_id=entry_id, kind="markdown").one()
        words.text = "x" * 200_000
    assert drained(ports) == 2
    assert [make.stored(ports, mail_id).state for mail_id in (bad, good)] == ["queued", "sent"]
    assert make.stored(ports, bad).reply_code == "fault"
    for _try in range(5):
        drained(ports, make.HOUR)
    assert make.stored(ports, bad).state == "failed"
    assert make.events(ports, ticket_id) == [("delivery_failed", "fault")]


def test_a_relay_that_hangs_up_on_one_mail_gets_the_others(ports: Ports) -> None:
    for number in ("2026-00001", "2026-00002"):
        make.queued(ports, number=number)
    calls: list[int] = []

    def once(_recipients: Sequence[str]) -> Delivery | None:
        calls.append(1)
        if len(calls) == 1:
            raise Unavailable("cut", code="relay_cut")
        return None

    refusing(ports, once)
    assert drained(ports) == 2
    assert len(make.mailer(ports).sent) == 1
    assert drained(ports, 30 * SECONDS) == 1
    assert len(make.mailer(ports).sent) == 2


def test_a_relay_that_is_gone_is_not_asked_for_every_mail_and_none_waits_long_after_it_is_back(ports: Ports) -> None:
    mails = [make.queued(ports, number=f"2026-{number:05d}")[2] for number in range(4)]
    refusing(ports, Unavailable("gone", code="relay"))
    before = len(make.nudges(ports))
    for _half_minute in range(30):
        assert drained(ports, 30 * SECONDS) == 1
        assert drained(ports) == 0
    assert len(make.nudges(ports)) == before
    refusing(ports, None)
    assert drained(ports, 30 * SECONDS) == 4
    assert {make.stored(ports, mail_id).state for mail_id in mails} == {"sent"}


def test_what_a_killed_worker_held_goes_out_under_the_same_message_id(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    dead = replace(ports, holder="dead:1:1")
    with unit_of_work(ports, SYSTEM) as unit:
        mail = unit.session.get_one(OutgoingMail, mail_id)
        mail.state, mail.claimed_at, mail.attempts = "sending", unit.now, 1
    assert hold(dead, LEASE, LEASE_SECONDS)
    assert drained(ports, (LEASE_SECONDS - 1) * SECONDS) == 0
    assert make.stored(ports, mail_id).state == "sending"
    assert drained(ports, 2 * SECONDS) == 1
    ((_sender, _recipients, raw),) = make.mailer(ports).sent
    assert f"Message-ID: <{mail.message_id}>".encode() in raw
    assert make.stored(ports, mail_id).attempts == 2


def test_a_mail_that_keeps_killing_its_worker_waits_longer_each_time(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    waits = []
    for attempts in (1, 2, 3, 9):
        with unit_of_work(ports, SYSTEM) as unit:
            mail = unit.session.get_one(OutgoingMail, mail_id)
            mail.state, mail.attempts = "sending", attempts
        assert recover_claims(ports) == 1
        waits.append((make.stored(ports, mail_id).next_try_at - ports.now()) / SECONDS)
    assert waits == [0, 0, 120, 3600]


def test_the_lease_outlives_every_sending() -> None:
    assert LONGEST_SENDING + 10 < LEASE_SECONDS


def test_two_workers_at_once_send_each_mail_once(ports: Ports) -> None:
    mails = [make.queued(ports, number=f"2026-{number:05d}")[2] for number in range(20)]
    workers = [replace(ports, holder=f"worker:{number}") for number in range(3)]

    def work(own: Ports) -> None:
        for _round in range(5):
            deliver_waiting(own, limit=3)

    threads = [threading.Thread(target=work, args=(own,)) for own in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while deliver_waiting(ports):
        pass
    sent = [raw for _sender, _recipients, raw in make.mailer(ports).sent]
    assert len(sent) == len(set(sent)) == len(mails)
    assert {make.stored(ports, mail_id).state for mail_id in mails} == {"sent"}


def test_a_worker_stops_after_its_time_and_says_that_work_is_left(ports: Ports) -> None:
    for number in range(5):
        make.queued(ports, number=f"2026-{number:05d}")
    refusing(ports, lambda _to: make.clock(ports).move(8 * SECONDS))
    before = len(make.nudges(ports))
    assert drained(ports) == 3
    assert make.nudges(ports)[before:] == [DELIVER_WAITING]
    assert drained(ports) == 2
    assert len(make.nudges(ports)) == before + 1


def test_the_relays_word_outlives_a_database_that_is_away_for_a_moment(ports: Ports) -> None:
    _ticket, _entry, mail_id = make.queued(ports)
    away: list[int] = []

    def gone(*_said: object) -> None:
        if make.mailer(ports).sent and len(away) < 3:
            away.append(1)
            raise OperationalError("gone", None, Exception("gone"))

    event.listen(ports.engine, "before_cursor_execute", gone)
    assert drained(ports) == 1
    assert len(away) == 3
    assert make.stored(ports, mail_id).state == "sent"
    assert len(make.mailer(ports).sent) == 1


def test_a_ticket_that_is_destroyed_meanwhile_harms_nothing(ports: Ports) -> None:
    ticket_id, _entry, _mail = make.queued(ports)

    def destroyed(_recipients: Sequence[str]) -> Delivery | None:
        with unit_of_work(ports, SYSTEM) as unit:
            unit.session.delete(unit.session.get_one(Ticket, ticket_id))
        return None

    refusing(ports, destroyed)
    assert drained(ports) == 1
    assert drained(ports) == 0


def test_finding_nothing_writes_nothing(ports: Ports) -> None:
    statements: list[str] = []
    event.listen(ports.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert drained(ports) == 0
    assert [words.split()[0] for words in statements if words != "BEGIN"] == ["SELECT"]


@pytest.mark.parametrize("language", ["nl", None])
def test_a_receipt_leaves_at_once_and_is_no_event_of_the_ticket(ports: Ports, language: str | None) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = make.ticket(unit)
        queue_receipt(unit, ticket, make.asked(unit, ticket), FEMKE, language)
    assert drained(ports) == 1
    assert b"Auto-Submitted: auto-replied" in make.mailer(ports).sent[0][2]
    assert make.events(ports, ticket.id) == []
