"""A real Chromium, driven by Playwright's synchronous interface; nothing but the loopback is asked for."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.services.process import NotStartedError, alive, descendants, signal_all, wait_until

PROGRAMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
"""The same browser without and with its windows; without, a page costs a third less."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def available() -> str | None:
    """None, or the sentence that says what is missing."""
    if program():
        return None
    return "No Chromium: /usr/bin/chromium is not there; apt-get install chromium-headless-shell"


def program() -> Path | None:
    """The first that is there."""
    return next((path for path in PROGRAMS if path.exists()), None)


class Chromium:
    """One browser; `browser.new_context()` gives each test its own cookies. For the thread that started it only."""

    name = "chromium"

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._pid = 0

    @property
    def browser(self) -> Browser:
        """The running browser."""
        if self._browser is None:
            raise NotStartedError("chromium is not running")
        return self._browser

    @property
    def pid(self) -> int:
        """The process id of the browser's first process."""
        if self._browser is None:
            raise NotStartedError("chromium is not running")
        return self._pid

    def start(self) -> Self:
        """Start it; about a second."""
        before = set(descendants(os.getpid()))
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        self._pid = next(pid for pid in descendants(os.getpid()) if pid not in before and self._is_first(pid))
        return self

    def _is_first(self, pid: int) -> bool:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return b"chromium" in words[0] and not any(word.startswith(b"--type=") for word in words)
        return False

    def version(self) -> str:
        """As the browser says it."""
        return self.browser.version

    def kill(self) -> None:
        """SIGKILL for the browser and its children."""
        family = [self.pid, *descendants(self.pid)]
        signal_all(family, signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in family), 5)
        self.stop()

    def stop(self) -> None:
        """Close it and the driver."""
        with contextlib.suppress(Exception):
            self.browser.close()
        self._browser = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
