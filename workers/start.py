"""`make run` from its first line to its last: folder, lock, ports, settings, processes, the ready line, the end."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpdesk.errors import HelpdeskError, Misconfigured
from helpdesk.settings import MOVED_CLOCK, RUN_LOCK, Settings
from helpdesk.settings_reader import from_env
from workers import table
from workers.addresses import choose_ports
from workers.child import Process
from workers.demo import configuration as demo
from workers.supervise import EndedError, NotReadyError, Supervisor

ROOT = Path(__file__).parents[1]
_LONGEST_SOCKET = 107
_LEAST_FREE = 20_000_000
_PORTS = ("web", "live", "demo", "imap", "relay", "smtp", "lmtp")


def say(line: str) -> None:
    """One line to the terminal; a terminal that is gone stops nothing."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


@dataclass
class Run:
    """One `make run`: its folder, its settings, its ports and what its processes get to know."""

    data: Path
    settings: Settings
    with_demo: bool
    ports: dict[str, int]
    redis_socket: Path | None
    environment: dict[str, str]
    lock: int
    notes: list[str] = field(default_factory=list)

    @property
    def web(self) -> str:
        """Address of the web on this machine."""
        return f"http://127.0.0.1:{self.ports['web']}"


def prepare(environ: Mapping[str, str]) -> Run:
    """Everything before the first process. Raises Misconfigured or OSError, having started nothing."""
    data = Path(environ.get("HELPDESK_DATA") or Settings.data).absolute()
    lock = _folder(data)
    config = Path(environ.get("HELPDESK_CONFIG") or data / "helpdesk.toml")
    with_demo = _wants_demo(environ, config)
    if with_demo:
        config.unlink(missing_ok=True)
    given = from_env(environ)
    _room(data, max(_LEAST_FREE, given.min_free) if with_demo else _LEAST_FREE)
    wanted = {"web": given.port, "live": given.live_port}
    if not with_demo:
        wanted |= {"smtp": given.listen_smtp_port, "lmtp": given.listen_lmtp_port}
    names = _PORTS if with_demo else [name for name in _PORTS if name in ("web", "live") or wanted.get(name)]
    ports, notes = choose_ports(data / "run-ports.json", names, wanted)
    if with_demo:
        demo.write_settings(config, data, ports)
    environment = {
        **environ,
        "HELPDESK_DATA": str(data),
        "HELPDESK_PORT": str(ports["web"]),
        "HELPDESK_LIVE_PORT": str(ports["live"]),
        "PYTHONUNBUFFERED": "1",
    }
    # One number for all: a process that starts again on another day would count its years from that.
    (data / MOVED_CLOCK).write_text(f"{int(given.clock_offset.total_seconds())}\n")
    redis_socket = _redis_socket(given, data)
    if redis_socket is not None:
        environment["HELPDESK_REDIS"] = f"unix://{redis_socket}?db=0"
    return Run(data, from_env(environment), with_demo, ports, redis_socket, environment, lock, notes)


def _wants_demo(environ: Mapping[str, str], config: Path) -> bool:
    """The demonstration runs unless there are settings of the operator's own, or HELPDESK_DEMO says no."""
    said = environ.get("HELPDESK_DEMO", "").lower()
    if said in ("0", "false", "no", "off"):
        return False
    if "HELPDESK_CONFIG" not in environ and demo.is_ours(config):
        return True
    if said:
        raise Misconfigured(
            "HELPDESK_DEMO is set beside your own settings in {path}: the demonstration never runs there.",
            path=str(config),
        )
    return False


def _folder(data: Path) -> int:
    """Make the folders, see that they can be written, and take the lock that only one `make run` can have."""
    for folder in (data, data / "run", data / "log"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(data / RUN_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    if not _taken(lock):
        pid = os.read(lock, 20).decode().strip()
        raise Misconfigured("Another 'make run' (process {pid}) uses {data}.", pid=pid, data=str(data))
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    (data / MOVED_CLOCK).unlink(missing_ok=True)
    return lock


def _taken(lock: int) -> bool:
    """Take the lock. A command that looks whether anybody has it has it for a moment itself."""
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False


def _room(data: Path, least: int) -> None:
    """Below `least` bytes nothing is started: no mail would be taken in, and every process would end one by one."""
    free = shutil.disk_usage(data).free
    if free < least:
        raise Misconfigured(
            "The disk of {data} is full: {free} MB are free, {least} MB are needed to start.",
            data=str(data),
            free=free // 1_000_000,
            least=least // 1_000_000,
        )


def _redis_socket(settings: Settings, data: Path) -> Path | None:
    """Where the embedded Valkey listens; None when the operator has one. A unix address holds 107 bytes (unix(7))."""
    if settings.redis:
        return None
    path = data / "run" / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    return Path(tempfile.mkdtemp(prefix="helpdesk-")) / "valkey.sock"


def process_table(run: Run) -> list[Process]:
    """Every row, in order."""
    rows = [table.valkey(run.redis_socket)] if run.redis_socket else []
    rows += table.set_up()
    if run.with_demo:
        rows += [Process("accounts", table.python("workers.demo", "accounts"), once=True)]
        rows += table.demo_servers(run.ports)
    rows += table.servers(run.ports, poll=bool(run.settings.mailboxes))
    rows.append(table.wait_for_beats(time.time()))
    if run.with_demo:
        rows += table.demo_page(run.ports["demo"])
    return rows


def write_run_json(run: Run, pids: Mapping[str, int]) -> None:
    """`run.json`: addresses, sign-ins, folders and every process by name; readable by us only, replaced in one step."""
    said: dict[str, Any] = {
        "web": {"url": run.web},
        "live": {"url": f"http://127.0.0.1:{run.ports['live']}"},
        "data": str(run.data),
        "logs": str(run.data / "log"),
        "redis": run.settings.redis_url,
        "clock_offset": int(run.settings.clock_offset.total_seconds()),
    }
    said |= {door: {"host": "127.0.0.1", "port": run.ports[door]} for door in ("smtp", "lmtp") if door in run.ports}
    if run.with_demo:
        said["web"] |= {"email": demo.ADVISOR[0], "password": demo.password(run.data, "advisor")}
        said["officer"] = {"email": demo.OFFICER[0], "password": demo.password(run.data, "officer")}
        said["archivist"] = {"email": demo.ARCHIVIST[0], "password": demo.password(run.data, "archivist")}
        said["imap"] = {"host": "127.0.0.1", "port": run.ports["imap"], "security": "plain", "folder": "INBOX"}
        said["imap"] |= {"user": demo.MAILBOX_USER, "password": demo.password(run.data, "mailbox")}
        said["relay"] = {"host": "127.0.0.1", "port": run.ports["relay"]}
        said["employee"] = {"url": f"http://127.0.0.1:{run.ports['demo']}"}
        said["sent"] = str(run.data / "sent")
    said["processes"] = dict(pids)
    fresh = run.data / "run.json.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(said, out, indent=1)
    fresh.replace(run.data / "run.json")


def _report(run: Run) -> None:
    if run.settings.clock_offset:
        say(f"  The clock of all processes is moved by {run.settings.clock_offset}.")
    if run.with_demo:
        say(f"  employee: http://127.0.0.1:{run.ports['demo']}  plays the one who asks")
        say(f"  sent:     {run.data}/sent  holds every mail sent")
        say(f"  advisors: {run.web}/werk  sign in here; people who ask start at {run.web}/")
        say(f"  sign in:  {demo.ADVISOR[0]}  {demo.password(run.data, 'advisor')}")
        say(f"  or as:    {demo.OFFICER[0]}  {demo.password(run.data, 'officer')}  privacy officer")
        say(f"  or as:    {demo.ARCHIVIST[0]}  {demo.password(run.data, 'archivist')}  record manager")
    else:
        say("  Accounts: python -m helpdesk user add EMAIL NAME --role advisor")
    say(f"  all addresses and processes: {run.data / 'run.json'}   end: Ctrl-C")
    say(f"ready: {run.web}")


def _keep_running(run: Run) -> int:
    def changed(pids: Mapping[str, int]) -> None:
        write_run_json(run, pids)

    supervisor = Supervisor(run.environment, folder=ROOT, logs=run.data / "log", say=say, changed=changed)
    try:
        supervisor.start(process_table(run))
        _report(run)
        supervisor.run()
    except EndedError:
        return 0
    except NotReadyError as fault:
        say(f"error: {fault}")
        return 1
    finally:
        supervisor.stop()
        with contextlib.suppress(OSError):
            write_run_json(run, {})
        if run.redis_socket and run.redis_socket.parent != run.data / "run":
            shutil.rmtree(run.redis_socket.parent, ignore_errors=True)
    return 0


def main(environ: Mapping[str, str]) -> int:
    """Run until a signal; 0 after a wish to end, 1 with one sentence when it can't start."""
    os.umask(0o077)
    try:
        run = prepare(environ)
        for note in run.notes:
            say(f"  {note}")
        return _keep_running(run)
    except HelpdeskError as fault:
        say(f"error: {fault.message.format(**fault.values)}")
    except OSError as fault:
        say(f"error: {fault.filename or 'the data folder'}: {fault.strerror}.")
    return 1
