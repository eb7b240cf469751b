"""Work in processes of its own: within CPU time and memory, and a death or a loop costs one item only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import threading
from collections.abc import Callable

import pytest

from helpdesk.confined import Confined, GaveUp, limited

SECONDS = 0.3


def double(number: int) -> int:
    return number * 2


def burn() -> None:
    while True:
        pass


def burn_and_swallow() -> None:
    while True:
        with contextlib.suppress(Exception):
            burn()


def fail() -> None:
    raise ValueError("fail")


WRONG: dict[str, Callable[[], object]] = {
    "burn": burn,
    "burn and swallow": burn_and_swallow,
    "hoard": lambda: bytearray(400_000_000),
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "deaf": lambda: ctypes.CDLL(None).sigsuspend(b"\xff" * 128),
    "fail": fail,
}
"""Everything that can go wrong, by name."""


def work(what: str) -> str:
    if what in WRONG:
        WRONG[what]()
    return what


def test_results_come_in_order() -> None:
    with Confined(2) as confined:
        assert confined.each(double, [3, 1, 2], SECONDS) == [6, 2, 4]


@pytest.mark.parametrize("what", ["burn", "burn and swallow", "hoard", "die", "deaf"])
def test_what_goes_wrong_costs_one_item_and_no_neighbour(what: str) -> None:
    with Confined(1, memory=300_000_000, stuck_seconds=3) as confined:
        first, wrong, last = confined.each(work, ["een", what, "twee"], SECONDS)
        again = confined.each(work, ["drie"], SECONDS)

    assert (first, last, again) == ("een", "twee", ["drie"])
    assert isinstance(wrong, GaveUp)


def test_a_fault_of_the_work_itself_is_raised() -> None:
    with Confined(1) as confined, pytest.raises(ValueError, match="fail"):
        confined.each(work, ["fail"], SECONDS)


def test_the_limit_holds_without_a_process_too() -> None:
    assert isinstance(limited(SECONDS, work, "burn and swallow"), GaveUp)
    assert Confined(0).each(work, ["een", "burn"], SECONDS)[0] == "een"


def test_in_another_thread_nothing_is_limited_and_nothing_breaks() -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(limited(SECONDS, double, 4)))
    thread.start()
    thread.join()
    assert found == [8]
