"""A worker process against a real Valkey."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select

from helpdesk.adapters.rq_jobs import nudge_flag
from helpdesk.keys import create_keys
from helpdesk.migrating import migrate
from helpdesk.models import Ticket
from helpdesk.ports import FILE_WAITING, Ports
from helpdesk.settings import Settings
from helpdesk.settings_reader import from_env
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.wiring import connect, keys_path
from mail_ingest.accept import accept
from mail_ingest.envelope import Envelope
from tests.services.process import wait_until
from tests.services.valkey import Valkey
from workers.beats import missing

ROOT = Path(__file__).parents[2]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings of a folder of its own, without a server."""
    return {"HELPDESK_DATA": str(tmp_path), "HELPDESK_REDIS": "unix:///nowhere/s?db=0", "HELPDESK_PARSERS": "0"}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "workers", *words]
        started.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def own_ports(environment: dict[str, str]) -> Ports:
    settings: Settings = from_env(environment)
    create_keys(keys_path(settings))
    ports = connect(settings)
    migrate(ports.engine)
    return ports


def put(ports: Ports, number: int) -> None:
    raw = (
        f"From: a@x.example\r\nMessage-ID: <{number}@x.example>\r\nSubject: {number}\r\n\r\nVraag {number}\r\n".encode()
    )
    accept([(raw, Envelope("smtp", "academy", "academy", ports.now(), len(raw)))], ports)


def tickets(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_a_burst_files_what_waits_without_redis(environment: dict[str, str], start: Start) -> None:
    ports = own_ports(environment)
    put(ports, 1)
    assert start("run", "--burst").wait(20) == 0
    assert tickets(ports) == 1


def test_a_nudge_becomes_a_ticket_and_what_a_killed_worker_had_taken_is_found(
    environment: dict[str, str], start: Start, valkey: Valkey
) -> None:
    environment["HELPDESK_REDIS"] = f"unix://{valkey.socket_path}?db=5"
    ports = own_ports(environment)
    began = ports.now()
    worker = start("run", "--name", "w")
    assert wait_until(lambda: not missing(ports, ["w"], began))
    put(ports, 1)
    assert wait_until(lambda: tickets(ports) == 1, 5)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    # as if it died with the nudge in its hands: the flag says one waits, the queue is empty
    put(ports, 2)
    flushed_but_for_the_flag(ports)
    start("run", "--name", "w")
    assert wait_until(lambda: tickets(ports) == 2, 10)


def flushed_but_for_the_flag(ports: Ports) -> None:
    server = redis.Redis.from_url(ports.settings.redis_url)
    server.flushdb()
    server.set(nudge_flag(FILE_WAITING), "1", ex=30)
    server.close()


def test_without_redis_the_scheduler_files_the_mail_itself(environment: dict[str, str], start: Start) -> None:
    ports = own_ports(environment)
    scheduler = start("schedule")
    put(ports, 1)
    assert wait_until(lambda: tickets(ports) == 1, 10)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(10) == 0


def test_a_worker_ends_when_redis_is_gone_so_that_it_is_started_anew(environment: dict[str, str], start: Start) -> None:
    own_ports(environment)
    assert start("run").wait(20) == 1


def test_waiting_for_signs_of_life_names_who_gave_none(environment: dict[str, str]) -> None:
    own_ports(environment)
    command = [sys.executable, "-m", "workers", "wait", "nobody", "--seconds", "1"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (1, "No sign of life from: nobody.\n")
