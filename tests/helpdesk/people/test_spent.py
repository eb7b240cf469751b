"""What may be used once is used once, on both databases, also by two at the same moment."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from sqlalchemy import func, select

from helpdesk.adapters.memory import SetClock
from helpdesk.models import SpentToken
from helpdesk.people.spent import forget_spent, spend
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work

SPAN = dt.timedelta(minutes=5)


def _spend(ports: Ports, purpose: str = "link") -> bool:
    with unit_of_work(ports, SYSTEM) as unit:
        return spend(unit, purpose, "word", unit.now + SPAN)


def test_one_of_many_uses_a_word_up(ports: Ports) -> None:
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda _n: _spend(ports), range(8)))
    assert won.count(True) == 1
    assert _spend(ports, "other"), "a word is used up for one purpose"
    cast("SetClock", ports.now).move(SPAN)
    with unit_of_work(ports, SYSTEM) as unit:
        forget_spent(unit)
        assert unit.session.scalar(select(func.count()).select_from(SpentToken)) == 0
