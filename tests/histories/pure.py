"""The reckoning against the model: the same histories through both, in several time zones."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from helpdesk.retention.listed import EXCEPTED_FOR
from helpdesk.retention.reckoning import Asker, Known, Matter, Reckoning, reckon
from helpdesk.retention.register.load import shipped
from helpdesk.retention.terms import begins_at, day_of, due_on
from tests.histories.amsterdam import midnight_in_amsterdam
from tests.histories.draw import STEPS, History, Look

ZONES = ("UTC", "America/New_York", "Asia/Tokyo")
MARKS = ("rehire", "retraction", "correction", "merge", "split", "co_requester", "late", "dst", "leap_day")
ENDS = ("due", "held", "blocked")
_REGISTERS = shipped()


@contextmanager
def zone(name: str) -> Iterator[None]:
    """The process lives in this time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def reckoned(look: Look, *, later: dt.timedelta = dt.timedelta()) -> Reckoning:
    """What the product makes of it, or would so much later if nothing else happened."""
    asked = []
    for person_id, kind, processing, facts in look.askers:
        asked.append(Asker(person_id, kind, processing, tuple(Known(name, day) for name, day in facts)))
    matter = Matter(
        opened_on=day_of(look.opened_at),
        last_contact_on=day_of(look.spoken_at),
        askers=tuple(asked),
        done=look.done,
        held=look.held,
        restricted=look.restricted,
        original_in_mailbox=look.left_in_mailbox,
        excepted_until=None if look.excepted_from is None else due_on(look.excepted_from, EXCEPTED_FOR),
    )
    return reckon(matter, _REGISTERS, day_of(look.now) + later)


def fault_of(look: Look, found: Reckoning) -> str:
    """What is wrong with an answer that is not the model's (I1, I2, I3, I9)."""
    if (found.state, found.due_on, found.rule) != look.says:
        return f"{found.state} {found.due_on} {found.rule} and not {look.says}"
    if found.due_on is not None and begins_at(found.due_on) != midnight_in_amsterdam(found.due_on):
        return f"{found.due_on} begins at another moment"
    return ""


def moved(look: Look, found: Reckoning, random: Random) -> str:
    """What is wrong when time alone changes an answer before the day on which it is looked at again (I10)."""
    today = day_of(look.now)
    quiet = 4000 if found.recheck_on is None else (found.recheck_on - today).days - 1
    if quiet <= 0:
        return ""
    days = random.choice((quiet, random.randint(1, quiet)))
    then = reckoned(look, later=dt.timedelta(days=days))
    same = (then.state, then.due_on, then.rule) == (found.state, found.due_on, found.rule)
    return "" if same else f"{found.state} until {found.recheck_on}, but {then.state} {days} days later"


def run(seed: int, numbers: Sequence[int], zones: Sequence[str] = ZONES) -> tuple[Counter[str], list[str]]:
    """Let these histories happen and look at each step in every zone. Returns what they held, and what is wrong."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    for number in numbers:
        history = History(f"{seed}:{number}")
        looks = list(history.looks())
        tally.update(history.marks)
        tally.update(histories=1, steps=STEPS)
        for name in zones:
            with zone(name):
                found = [reckoned(look) for look in looks]
                faults = [fault_of(look, one) for look, one in zip(looks, found, strict=True)]
                if name == zones[number % len(zones)]:
                    faults += [moved(look, one, history.random) for look, one in zip(looks, found, strict=True)]
            wrong += [f"SEED={seed} history {number} in {name}: {fault}" for fault in faults if fault]
    return tally, wrong
