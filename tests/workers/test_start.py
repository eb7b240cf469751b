"""What make run does before its first process: folder, lock, ports, settings."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from helpdesk.errors import Misconfigured
from helpdesk.settings import RUN_LOCK
from helpdesk.settings_reader import from_env
from tests.services.process import free_port
from workers import start
from workers.addresses import choose_ports, is_free
from workers.start import Run, prepare, process_table, write_run_json

ROOT = Path(__file__).parents[2]
OWN = '[[desk]]\nkey = "d"\naddress = "d@x.example"\nname_nl = "D"\nname_en = "D"\n'
MAILBOX = '[[mailbox]]\nname = "m"\nhost = "imap.example"\nuser = "u"\ndesk = "d"\npassword_file = "p"\n'


def prepared(environ: dict[str, str]) -> Run:
    run = prepare(environ)
    os.close(run.lock)
    return run


def names(run: Run) -> list[str]:
    return [process.name for process in process_table(run)]


def test_the_demonstration_has_every_part_in_order(tmp_path: Path) -> None:
    run = prepared({"HELPDESK_DATA": str(tmp_path)})
    assert run.with_demo
    order = ["valkey", "init", "migrate", "accounts", "mailbox", "relay", "web", "live", "worker-1", "worker-2"]
    order += ["scheduler", "receiver", "poller", "signs-of-life", "employee", "demo-questions"]
    assert names(run) == order
    assert run.settings.mailboxes[0].port == run.ports["imap"]
    assert run.settings.listen_smtp_port == run.ports["smtp"]


def test_a_second_start_continues_at_the_same_addresses_with_the_same_sign_in(tmp_path: Path) -> None:
    first = prepared({"HELPDESK_DATA": str(tmp_path)})
    write_run_json(first, {"web": 1})
    before = json.loads((tmp_path / "run.json").read_text())
    second = prepared({"HELPDESK_DATA": str(tmp_path)})
    write_run_json(second, {"web": 1})
    assert json.loads((tmp_path / "run.json").read_text()) == before
    assert second.notes == []


def test_run_json_says_what_an_outsider_needs_and_nobody_else_reads_it(tmp_path: Path) -> None:
    run = prepared({"HELPDESK_DATA": str(tmp_path)})
    write_run_json(run, {"web": 11, "poller": 12})
    path = tmp_path / "run.json"
    said = json.loads(path.read_text())
    assert path.stat().st_mode & 0o077 == 0
    assert said["processes"] == {"web": 11, "poller": 12}
    assert said["sent"] == str(tmp_path / "sent")
    assert set(said["web"]) == {"url", "email", "password"}
    assert {"host", "port", "user", "password"} <= set(said["imap"])
    assert set(said["smtp"]) == {"host", "port"}


def test_a_remembered_port_that_is_taken_is_changed_and_said(tmp_path: Path) -> None:
    ports, _ = choose_ports(tmp_path / "p", ["web", "live"], {})
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["web"]))
        other.listen()
        again, notes = choose_ports(tmp_path / "p", ["web", "live"], {})
    assert again["live"] == ports["live"]
    assert again["web"] != ports["web"]
    assert notes == [f"Port {ports['web']} of web is taken meanwhile; it is {again['web']} now."]


def test_ports_lie_below_the_range_the_kernel_gives_out(tmp_path: Path) -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports, _ = choose_ports(tmp_path / "p", [str(n) for n in range(50)], {})
    assert len(set(ports.values())) == 50
    assert max(ports.values()) < lowest
    assert all(is_free(port) for port in ports.values())


def test_a_port_that_was_set_and_is_taken_ends_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        environment = {**os.environ, "HELPDESK_DATA": str(tmp_path), "HELPDESK_PORT": str(port)}
        done = supervise(environment)
    assert done.returncode == 1
    assert done.stdout == f"error: Port {port} for web is taken: stop what uses it, or set another port.\n"
    assert done.stderr == ""


def supervise(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workers", "supervise"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_a_port_that_was_set_and_is_free_is_taken(tmp_path: Path) -> None:
    port = free_port()
    assert prepared({"HELPDESK_DATA": str(tmp_path), "HELPDESK_PORT": str(port)}).web == f"http://127.0.0.1:{port}"


def test_a_folder_that_can_not_be_made_ends_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = supervise({**os.environ, "HELPDESK_DATA": str(tmp_path / "file" / "data")})
    assert (done.returncode, done.stdout) == (1, f"error: {tmp_path}/file/data: Not a directory.\n")


def test_an_unknown_setting_ends_in_one_sentence(tmp_path: Path) -> None:
    done = supervise({**os.environ, "HELPDESK_DATA": str(tmp_path), "HELPDESK_PROT": "1"})
    assert (done.returncode, done.stdout) == (1, "error: The environment has an unknown setting HELPDESK_PROT.\n")


def test_two_on_one_folder_are_refused(tmp_path: Path) -> None:
    run = prepare({"HELPDESK_DATA": str(tmp_path)})
    with pytest.raises(Misconfigured, match="Another"):
        prepare({"HELPDESK_DATA": str(tmp_path)})
    os.close(run.lock)
    prepared({"HELPDESK_DATA": str(tmp_path)})


def test_a_command_that_looks_at_the_lock_meanwhile_stops_nobody(tmp_path: Path) -> None:
    os.close(prepare({"HELPDESK_DATA": str(tmp_path)}).lock)
    looking = (tmp_path / RUN_LOCK).open("rb")
    fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    later = threading.Timer(0.2, looking.close)
    later.start()
    assert names(prepared({"HELPDESK_DATA": str(tmp_path)})), "it began when the other had looked"
    later.join()


def test_settings_of_the_operators_own_run_without_the_demonstration(tmp_path: Path) -> None:
    (tmp_path / "helpdesk.toml").write_text(OWN + MAILBOX)
    run = prepared({"HELPDESK_DATA": str(tmp_path), "HELPDESK_REDIS": "redis://127.0.0.1:1/0"})
    assert not run.with_demo
    assert names(run) == [
        *("init", "migrate", "web", "live", "worker-1", "worker-2", "scheduler", "poller", "signs-of-life"),
    ]
    assert (tmp_path / "helpdesk.toml").read_text() == OWN + MAILBOX
    write_run_json(run, {})
    assert not {"imap", "employee", "sent"} & set(json.loads((tmp_path / "run.json").read_text()))


def test_the_demonstration_is_refused_beside_a_real_mailbox(tmp_path: Path) -> None:
    (tmp_path / "helpdesk.toml").write_text(OWN + MAILBOX)
    with pytest.raises(Misconfigured, match="never runs there"):
        prepare({"HELPDESK_DATA": str(tmp_path), "HELPDESK_DEMO": "1"})


def test_a_long_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    run = prepared({"HELPDESK_DATA": str(deep)})
    assert run.redis_socket is not None
    assert len(str(run.redis_socket)) < 107
    assert run.settings.redis_url == f"unix://{run.redis_socket}?db=0"
    run.redis_socket.parent.rmdir()


def test_a_disk_that_is_nearly_full_ends_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_LEAST_FREE", 1 << 60)
    with pytest.raises(Misconfigured, match="is full"):
        prepare({"HELPDESK_DATA": str(tmp_path)})


def test_a_moved_clock_is_one_number_for_all_that_runs_on_the_folder(tmp_path: Path) -> None:
    here = {"HELPDESK_DATA": str(tmp_path)}
    run = prepare(here | {"HELPDESK_CLOCK_OFFSET": "P7Y1D"})
    seconds = int(run.settings.clock_offset.total_seconds())
    assert seconds // 86400 in {7 * 365 + 2, 7 * 365 + 3}, "the years in between have 366 days, too"
    for said in (run.environment, here, here | {"HELPDESK_CLOCK_OFFSET": "P1D"}):
        assert from_env(said).clock_offset == run.settings.clock_offset
    os.close(run.lock)
    assert from_env(here).clock_offset == dt.timedelta(0)
    run = prepare(here)
    assert from_env(here | {"HELPDESK_CLOCK_OFFSET": "P1D"}).clock_offset == dt.timedelta(0)
    os.close(run.lock)


def test_the_clock_is_moved_under_make_run_only(tmp_path: Path) -> None:
    prepared({"HELPDESK_DATA": str(tmp_path), "HELPDESK_DEMO": "0", "HELPDESK_CLOCK_OFFSET": "P7Y1D"})
    with pytest.raises(Misconfigured, match="under 'make run' only"):
        from_env({"HELPDESK_DATA": str(tmp_path), "HELPDESK_CLOCK_OFFSET": "P7Y1D"})
    (tmp_path / "helpdesk.toml").write_text('clock_offset = "PT1H"\n')
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    for words in (("web", "serve"), ("mail_ingest", "poll", "--once"), ("workers", "run", "--burst")):
        ended = subprocess.run(
            [sys.executable, "-m", *words],
            env=environ | {"HELPDESK_DATA": str(tmp_path)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1, words
        assert "make run" in ended.stderr, words
