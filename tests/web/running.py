"""Processes of ours as an operator runs them, on a folder of a test: to be killed and started again."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.services.process import free_port, wait_until


def environment(data: Path, database: str, **settings: str) -> dict[str, str]:
    """This machine's environment without settings of its own, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    said = {"DATA": str(data), "DATABASE": database, "SECURE_COOKIES": "false"} | settings
    return plain | {f"HELPDESK_{name}": value for name, value in said.items()}


class Running:
    """`python -m …` in a process group of its own."""

    def __init__(self, words: tuple[str, ...], settings: dict[str, str]) -> None:
        self._words, self._settings = words, settings
        self.start()

    def start(self) -> None:
        """Start it; nobody waits."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self._words],
            env=self._settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """SIGKILL for the process and all it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


class Web(Running):
    """`python -m web serve`; `start` returns when it answers."""

    def __init__(self, data: Path, database: str, **settings: str) -> None:
        self.port = free_port()
        super().__init__(("web", "serve"), environment(data, database, PORT=str(self.port), **settings))

    def start(self) -> None:
        """Until it answers."""
        super().start()
        assert wait_until(self.answers, 30), "the web did not come up"

    def answers(self) -> bool:
        """Whether it is ready for work."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
