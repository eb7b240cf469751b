"""SQLite's one lock for writing: whoever waits for it gets it before one that has just had it."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path

import pytest

from helpdesk.adapters.database import connect_database

HELD, PAUSE, TRIES, MOST = 0.06, 0.004, 10, 1.5


@pytest.mark.parametrize("pause", [PAUSE, 0.0])
def test_a_writer_gets_in_between_two_transactions_of_a_greedy_one(tmp_path: Path, pause: float) -> None:
    engine = connect_database(f"sqlite:///{tmp_path / 'x.sqlite3'}", durable=False)
    done = threading.Event()

    def take_again_and_again() -> None:
        while not done.is_set():
            with engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA user_version")
                time.sleep(HELD)
            time.sleep(pause)

    greedy = threading.Thread(target=take_again_and_again)
    greedy.start()
    waited = 0.0
    for _ in range(TRIES):
        began = time.perf_counter()
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA user_version")
        waited += time.perf_counter() - began
        time.sleep(PAUSE)
    done.set()
    greedy.join()
    engine.dispose()
    assert waited < MOST


def test_one_that_was_stopped_at_the_head_of_the_line_keeps_nobody_out(tmp_path: Path) -> None:
    engine = connect_database(f"sqlite:///{tmp_path / 'x.sqlite3'}", durable=False)
    began = time.perf_counter()
    with (tmp_path / "x.sqlite3-line").open("w") as line:
        fcntl.flock(line, fcntl.LOCK_EX)
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA user_version")
    engine.dispose()
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(("awaited", "pages"), [(False, 1_000), (True, 10_000)])
def test_nobody_who_is_waited_for_puts_the_log_into_the_file(tmp_path: Path, awaited: bool, pages: int) -> None:
    engine = connect_database(f"sqlite:///{tmp_path / 'x.sqlite3'}", awaited=awaited)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one()
    engine.dispose()
    assert found == pages
