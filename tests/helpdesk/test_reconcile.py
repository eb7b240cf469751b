"""Reconciliation and alarms find what was planted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from helpdesk.models import InboundMail, Mailbox
from helpdesk.ports import Ports
from helpdesk.reconcile import reconcile
from helpdesk.status import check_alarms, intake_sum, status
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.upkeep import settle_blobs
from tests.letters import letter, put, receive, wait


def test_a_sound_database_has_nothing_to_say(ports: Ports) -> None:
    receive(ports, letter(files=(("a.txt", b"a"),)), letter("twee", message_id="<b@x>"))
    put(ports, letter("drie", message_id="<c@x>"))
    assert reconcile(ports) == []
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert intake_sum(unit) == {"academy": {"filed": 2, "received": 1}}


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        ("DELETE FROM inbound_mail WHERE id = 1", "intake log"),
        ("DELETE FROM entry WHERE id = 1", "no ticket holds it"),
        ("DELETE FROM ticket_person WHERE ticket_id = 1", "requester"),
        ("DELETE FROM content WHERE kind = 'subject'", "subject"),
        ("DELETE FROM search_text WHERE entry_id = 1", "index"),
        ("DELETE FROM ticket WHERE id = 1", "ticket"),
    ],
)
def test_a_row_taken_away_is_named(ports: Ports, loss: str, says: str) -> None:
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(text(loss))
    assert any(says in sentence for sentence in reconcile(ports)), reconcile(ports)


def test_bytes_without_row_and_row_without_bytes_are_named(ports: Ports) -> None:
    receive(ports, letter())
    ports.blobs.destroy(list(ports.blobs.keys()))
    stray = ports.blobs.stage([b"stray"])
    ports.blobs.settle(stray)
    sentences = reconcile(ports)
    assert any("gone from the disk" in sentence for sentence in sentences)
    assert any(stray[0] in sentence for sentence in sentences)


def test_the_sweep_completes_and_removes_what_a_crash_left(ports: Ports) -> None:
    receive(ports, letter())
    key = next(iter(ports.blobs.keys()))
    raw = ports.blobs.read(key)
    ports.blobs.destroy([key])
    staged = ports.blobs.stage([raw, b"orphan"])
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(text("UPDATE inbound_mail SET blob = :key"), {"key": staged[0]})
    wait(ports, timedelta(days=365))
    assert settle_blobs(ports, timedelta(0)) == (1, 1)
    assert reconcile(ports) == []
    assert list(ports.blobs.staged()) == []


def test_alarms_open_once_and_close_when_it_is_over(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(Mailbox(name="academy", desk_key="academy", polled_at=unit.now, last_mail_at=unit.now))
    check_alarms(ports)
    assert status(ports)["alarms"] == []
    put(ports, letter())
    wait(ports, timedelta(hours=25))
    check_alarms(ports)
    check_alarms(ports)
    assert {alarm["kind"] for alarm in status(ports)["alarms"]} == {"mailbox_silent", "filing_late"}
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(InboundMail))
        unit.session.execute(text("UPDATE mailbox SET last_mail_at = :now"), {"now": "2026-11-24 12:00:00"})
    check_alarms(ports)
    assert status(ports)["alarms"] == []
