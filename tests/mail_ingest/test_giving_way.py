"""Receipts and cleaning give way to mail that waits to be filed, for a minute and no longer; answers never do."""

from __future__ import annotations

import datetime as dt
from typing import cast

from sqlalchemy import select

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.mail.backlog import GIVES_WAY
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Entry
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.tickets.replying import Answer, reply
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.letters import ASKER, letter, put, receive, wait

SECOND = dt.timedelta(seconds=1)


def sent(ports: Ports) -> int:
    deliver_waiting(ports)
    return len(cast("MemoryMailer", ports.mailer).sent)


def html_states(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Entry.html_state).order_by(Entry.id)))


def test_while_mail_waits_receipts_and_cleaning_wait_and_then_go(ports: Ports) -> None:
    receive(ports, letter("een", message_id="<a@x>", html="<p>een</p>"))
    put(ports, letter("twee", message_id="<b@x>"))
    assert (sent(ports), clean(ports), html_states(ports)) == (0, 0, ["waiting"])
    drain(ports, Readers(0))
    assert (sent(ports), clean(ports), html_states(ports)) == (2, 1, ["clean", "none"])


def test_nothing_gives_way_for_longer_than_a_minute(ports: Ports) -> None:
    receive(ports, letter("een", message_id="<a@x>", html="<p>een</p>"))
    put(ports, letter("twee", message_id="<b@x>"))
    wait(ports, GIVES_WAY + SECOND)
    assert (sent(ports), clean(ports), html_states(ports)) == (1, 1, ["clean"])


def test_an_answer_waits_for_nobody(ports: Ports) -> None:
    receive(ports, letter("een", message_id="<a@x>"))
    assert sent(ports) == 1
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "m@academie.example", "M", ["advisor"], None)
    put(ports, letter("twee", message_id="<b@x>"))
    with unit_of_work(ports, Actor(account_id, frozenset({"advisor"}))) as unit:
        reply(unit, "2026-00001", Answer("Dat kan.", (ASKER,), "waiting_for_asker", 1, "form-1"))
    assert sent(ports) == 2
