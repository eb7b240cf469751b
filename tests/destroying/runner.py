"""Runs the command that destroys, in a process of its own that is killed from outside. Judges nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.attack.installation import ROOT
from tests.destroying.place import Place

RUN = ("disposal", "run", "--as", "fatima@academie.example")
_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: killed or with a code, after how many seconds, and what it said on its error output."""

    killed: bool
    code: int
    seconds: float
    said: str


class Runner:
    """Keeps the next process loaded, so that a run begins at once; in `folder` it is told where to stop."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hd-destroying-"))
        self._next: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None

    def __enter__(self) -> Self:
        self._load()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.kill()
            self._next.communicate()
        shutil.rmtree(self.folder)

    def _load(self) -> None:
        self._errors = tempfile.TemporaryFile("w+", dir=self.folder)  # noqa: SIM115 - closed when the run has ended
        self._next = subprocess.Popen(
            [sys.executable, "-m", "tests.destroying.stopping", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")},
            start_new_session=True,
        )

    def begin(self, place: Place, words: Sequence[str] = RUN, *, noting: bool = False) -> Running:
        """Start the command; the process for the one after it is loaded meanwhile."""
        process, errors = self._next, self._errors
        if process is None or process.stdin is None or process.stdout is None or errors is None:
            raise RuntimeError("the runner was not entered")
        if process.stdout.readline() != "ready\n":
            errors.seek(0)
            raise RuntimeError(f"the command did not load: {errors.read()[-2000:]}")
        told = {"environment": place.environment, "words": list(words), "noting": noting}
        running = Running(process, errors, self.folder)
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        self._load()
        return running

    def run(self, place: Place, words: Sequence[str] = RUN) -> Ended:
        """A run that nobody kills."""
        return self.begin(place, words).end()

    def steps(self, place: Place) -> dict[str, int]:
        """By which steps a run comes, in this order, and how often; it is run for that."""
        self.begin(place, noting=True).end()
        found: dict[str, int] = {}
        for step in (self.folder / "passed").read_text(encoding="utf-8").splitlines():
            found[step] = found.get(step, 0) + 1
        (self.folder / "passed").unlink()
        return found

    def killed_at(self, place: Place, step: str, passes: int = 1) -> Ended:
        """A run that is killed from outside as it stands at this step, on so many passes; or ends before."""
        (self.folder / "armed").write_text(f"{step} {passes}")
        ended = self.begin(place).kill_when(lambda _seconds: (self.folder / "reached").exists())
        for name in ("armed", "reached"):
            (self.folder / name).unlink(missing_ok=True)
        return ended

    def killed_after(self, place: Place, seconds: float) -> Ended:
        """A run that is killed from outside so many seconds after it began; or ends before."""
        return self.begin(place).kill_when(lambda passed: passed >= seconds)


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str], folder: Path) -> None:
        self._process, self._errors, self._folder = process, errors, folder
        self._began = time.monotonic()

    def kill_when(self, now: Callable[[float], bool]) -> Ended:
        """Kill it, and nothing that it started, as soon as this is so; it is told the seconds since the beginning."""
        until = self._began + _PATIENCE
        while self._process.poll() is None and time.monotonic() < until:
            if now(time.monotonic() - self._began):
                os.kill(self._process.pid, signal.SIGKILL)
                break
            time.sleep(0.001)
        return self.end()

    def end(self) -> Ended:
        """Wait for its end."""
        try:
            self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise RuntimeError("a run did not come to its end") from None
        self._errors.seek(0)
        said = self._errors.read()
        self._errors.close()
        killed = self._process.returncode == -signal.SIGKILL
        return Ended(killed, self._process.returncode, time.monotonic() - self._began, said)
