"""`make run` itself: ready, a stranger's mail is a ticket, every kill is repaired, nothing is left, it continues."""

from __future__ import annotations

import imaplib
import json
import os
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.process import alive, descendants, signal_all, wait_until
from workers.readiness import http_answers

ROOT = Path(__file__).parents[2]
PROCESSES = {
    *("valkey", "mailbox", "relay", "web", "live", "worker-1", "worker-2", "scheduler", "receiver", "poller"),
    *("employee", "guard"),
}


class MakeRun:
    """One `make run` on a folder, seen as a stranger sees it: its output, run.json and the database file."""

    def __init__(self, data: Path) -> None:
        self.data = data
        named = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        command = [sys.executable, "-m", "workers", "supervise", "--with-parent"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**named, "HELPDESK_DATA": str(data)}, stdout=subprocess.PIPE, text=True
        )

    def until_ready(self) -> str:
        """Everything it said up to the ready line."""
        said = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("ready: "):
                break
        return "".join(said)

    def json(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return said

    def pids(self) -> dict[str, int]:
        pids: dict[str, int] = self.json()["processes"]
        return pids

    def tickets(self) -> int:
        connection = sqlite3.connect(f"file:{self.data}/helpdesk.sqlite3?mode=ro", uri=True)
        try:
            count: int = connection.execute("select count(*) from ticket").fetchone()[0]
            return count
        finally:
            connection.close()

    def family(self) -> list[int]:
        return [self.process.pid, *descendants(self.process.pid)]


@pytest.fixture
def make_run(tmp_path: Path) -> Iterator[Callable[[], MakeRun]]:
    started: list[MakeRun] = []

    def start() -> MakeRun:
        started.append(MakeRun(tmp_path / "data"))
        return started[-1]

    yield start
    for one in started:
        signal_all(one.family(), signal.SIGKILL)
        one.process.wait()
        assert one.process.stdout is not None
        one.process.stdout.close()


def mail(number: int) -> bytes:
    head = f"From: Jan <jan@ministerie.example>\r\nMessage-ID: <{number}@x.example>\r\nSubject: proef {number}\r\n"
    return f"{head}\r\nVraag {number}\r\n".encode()


def append(run: MakeRun, number: int) -> None:
    said = run.json()["imap"]
    with imaplib.IMAP4(said["host"], said["port"]) as client:
        client.login(said["user"], said["password"])
        assert client.append("INBOX", "", "", mail(number))[0] == "OK"


def send(run: MakeRun, number: int, door: str) -> None:
    said = run.json()[door]
    kind = smtplib.LMTP if door == "lmtp" else smtplib.SMTP
    with kind(said["host"], said["port"]) as client:
        client.sendmail("jan@ministerie.example", ["academy@academie.example"], mail(number))


def test_make_run_keeps_its_promises(make_run: Callable[[], MakeRun]) -> None:
    first = make_run()
    said = first.until_ready()
    run = first.json()
    assert said.endswith(f"ready: {run['web']['url']}\n"), said
    assert run["web"]["password"] in said
    assert set(first.pids()) == PROCESSES
    assert all(alive(pid) for pid in first.pids().values())
    assert first.tickets() >= 12
    assert wait_until(lambda: len(list(Path(run["sent"]).glob("*.eml"))) >= 10, 20)

    before = first.tickets()
    append(first, 1)
    assert wait_until(lambda: first.tickets() == before + 1, 5)
    send(first, 2, "smtp")
    assert wait_until(lambda: first.tickets() == before + 2, 5)
    send(first, 3, "lmtp")
    assert wait_until(lambda: first.tickets() == before + 3, 5)

    append(first, 4)
    killed = first.pids()
    signal_all(list(killed.values()), signal.SIGKILL)
    assert wait_until(lambda: all(new_and_alive(first, name, pid) for name, pid in killed.items()), 10)
    assert wait_until(http_answers(int(run["web"]["url"].rpartition(":")[2]), "/readyz"), 30)
    assert wait_until(lambda: first.tickets() == before + 4, 20), "a mail was lost"

    family = first.family()
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(10) == 0
    assert wait_until(lambda: not any(alive(pid) for pid in family), 2)
    assert first.pids() == {}

    second = make_run()
    assert run["web"]["password"] in second.until_ready()
    assert {"web": run["web"], "imap": run["imap"]} == {name: second.json()[name] for name in ("web", "imap")}
    assert second.tickets() == before + 4
    family, began = second.family(), time.monotonic()
    second.process.kill()
    assert wait_until(lambda: not any(alive(pid) for pid in family), 10 - (time.monotonic() - began))


def new_and_alive(run: MakeRun, name: str, before: int) -> bool:
    pid = run.pids().get(name)
    return pid is not None and pid != before and alive(pid)
