"""`python -m web serve` as an operator starts it: up, ready, one log line per request, and gone when told."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpdesk.keys import create_keys


def environment(data: Path, port: int) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    return plain | {"HELPDESK_DATA": str(data), "HELPDESK_PORT": str(port), "HELPDESK_SECURE_COOKIES": "false"}


def start(data: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "web", "serve"], env=environment(data, port), stderr=subprocess.PIPE, text=True
    )


def answer_of(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_it_serves_logs_routes_and_stops(sqlite_template: Path, tmp_path: Path, free_port: int) -> None:
    shutil.copy(sqlite_template, tmp_path / "helpdesk.sqlite3")
    create_keys(tmp_path / "secrets" / "keys.json")
    process = start(tmp_path, free_port)
    until = time.monotonic() + 30
    while True:
        try:
            assert answer_of(free_port, "/readyz") == (200, "ready\n")
            break
        except OSError:
            assert time.monotonic() < until, "the web did not come up"
            assert process.poll() is None
            time.sleep(0.1)
    assert answer_of(free_port, "/werk/w/open/2026-00001?naam=femke")[0] == 303
    process.send_signal(signal.SIGTERM)
    _out, logged = process.communicate(timeout=15)
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    assert any(line.get("route") == "/werk/w/<view>/<number>" and line["status"] == 303 for line in lines)
    assert "femke" not in logged
    assert "00001" not in logged


def test_a_taken_port_or_an_empty_database_is_one_sentence(
    sqlite_template: Path, tmp_path: Path, free_port: int
) -> None:
    create_keys(tmp_path / "secrets" / "keys.json")
    process = start(tmp_path, free_port)
    _out, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "run 'helpdesk migrate'" in said
    shutil.copy(sqlite_template, tmp_path / "helpdesk.sqlite3")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        process = start(tmp_path, free_port)
        _out, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"Port {free_port} on 127.0.0.1 can't be used" in said
    assert "Traceback" not in said
