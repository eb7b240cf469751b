"""Limits of CPU time beside a floor: a machine that is slow today is no fault of what is tested."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

FLOOR_SECONDS = 0.025
"""What it takes on the machine on which the limits were set; what they are to catch takes ten times as long."""


def floor() -> float:
    """CPU seconds of a fixed piece of work in plain Python."""
    started = time.process_time()
    total, words = 0, []
    for number in range(300_000):
        total += number * number % 7
        if number % 3 == 0:
            words.append(str(number))
    assert total > len("".join(words))
    return time.process_time() - started


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The work inside takes at most so many CPU seconds, as the floor beside it stretches them."""
    before, started = floor(), time.process_time()
    yield
    taken = time.process_time() - started
    allowed = seconds * max(1.0, before / FLOOR_SECONDS, floor() / FLOOR_SECONDS)
    assert taken < allowed, f"{taken:.2f} s of CPU, at most {allowed:.2f}"
