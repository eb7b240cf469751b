"""Starts, waits for, stops and kills one real server process in a private folder. Knows nothing of any one server."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

NOBODY = 65534


class NotStartedError(RuntimeError):
    """The server did not become ready; the message holds the end of its log."""


def free_port() -> int:
    """A TCP port that was free on the loopback a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ready: Callable[[], bool], seconds: float = 15.0, every: float = 0.02) -> bool:
    """Whether `ready` came true within the given time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        time.sleep(every)
    return ready()


def answers_on(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _state(pid: int) -> str:
    """The letter of proc(5), Z for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    return _state(pid) != "Z"


def descendants(pid: int) -> list[int]:
    """The process ids below `pid`, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = list(children.get(pid, ()))
    while waiting:
        found.append(waiting.pop(0))
        waiting.extend(children.get(found[-1], ()))
    return found


def signal_all(pids: list[int], how: signal.Signals) -> None:
    """Send a signal to each; one that is gone already is no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


def _hold_still(pid: int) -> None:
    """A child forked between the look and the kill would live on and keep the sockets."""
    signal_all([pid], signal.SIGSTOP)
    wait_until(lambda: _state(pid) in "TZ", 5, every=0.001)


class Service:
    """One server process: context manager, or start/stop/kill by hand. Restarting keeps folder and port."""

    name = "service"
    user: int | None = None
    """The user and group id the server runs as; None is our own."""
    patience = 10.0
    """Seconds between asking it to end and insisting."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"hd-{self.name}-"))
        self.folder.chmod(0o711)
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)

    @property
    def pid(self) -> int:
        """The process id of the server; an error while it is down."""
        if self.process is None:
            raise NotStartedError(f"{self.name} is not running")
        return self.process.pid

    @property
    def log(self) -> str:
        """What the server wrote to its output."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def command(self) -> list[str]:
        """The argument vector; each service says its own."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether the server answers; each service says its own."""
        raise NotImplementedError

    def version(self) -> str:
        """The version the server or its program reports."""
        raise NotImplementedError

    def start(self) -> Self:
        """Start and wait until it answers; raises NotStartedError with the log."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, user=self.user, group=self.user)
        process = self.process
        if wait_until(lambda: process.poll() is not None or self.ready()) and process.poll() is None:
            return self
        self.stop()
        raise NotStartedError(f"{self.name} did not start: {self.log[-2000:]}")

    def stop(self) -> None:
        """Ask it to end, and insist when it does not."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL for the server and all its children, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        process, self.process = self.process, None
        if how is signal.SIGKILL:
            _hold_still(process.pid)
        family = [process.pid, *descendants(process.pid)]
        signal_all(family if how is signal.SIGKILL else family[:1], how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.patience)
        signal_all([pid for pid in family if alive(pid)], signal.SIGKILL)
        process.wait()
        wait_until(lambda: not any(alive(pid) for pid in family), 5)

    def remove(self) -> None:
        """Stop and delete the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
