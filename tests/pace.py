"""CPU time beside a floor: a machine that is slow today is no fault of what is tested."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the work, as many as it would take where the floor takes its own."""
    before, started = floor(), time.process_time()
    work()
    taken = time.process_time() - started
    return taken / max(1.0, before / FLOOR_SECONDS, floor() / FLOOR_SECONDS)


def within(limit: float, work: Callable[[], object]) -> bool:
    """Whether the work takes fewer CPU seconds than `limit`, in the best of three.

    Work of other processes empties the caches of a processor: that makes one turn slow, a fault makes all slow.
    """
    return any(_seconds(work) < limit for _ in range(3))
