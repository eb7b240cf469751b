"""What was taken in a month ago is forgotten in short transactions: no writer waits long, the rest is for later."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from helpdesk.models import InboundMail, MailSeen
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest import upkeep
from tests.letters import letter, receive, wait


def _remembered(ports: Ports) -> tuple[int, int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        digests = unit.session.scalar(select(func.count(InboundMail.digest))) or 0
        return digests, unit.session.scalar(select(func.count()).select_from(MailSeen)) or 0


def test_a_turn_forgets_so_many_and_the_next_the_rest(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(ports, *(letter(f"De {nth}e vraag.", message_id=f"<{nth}@x>") for nth in range(5)))
    wait(ports, dt.timedelta(days=31))
    receive(ports, letter("Een nieuwe.", message_id="<nieuw@x>"))
    assert _remembered(ports) == (6, 6)
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    monkeypatch.setattr(upkeep, "TURNS", 1)
    seen = []
    for _turn in range(5):
        upkeep.forget(ports)
        seen.append(_remembered(ports))
    assert seen == [(4, 4), (2, 2), (1, 1), (1, 1), (1, 1)], "the new one is kept"
