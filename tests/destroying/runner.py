"""Runs the command that destroys, in a process of its own that is killed from outside. Judges nothing."""

from __future__ import annotations

import json
import os
import select
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
from typing import Self

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


class _Loaded:
    """A process that has loaded the command, and becomes it when it is told to."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.destroying.stopping", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")},
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("there is no pipe")
        self._to, self._from = self._process.stdin, self._process.stdout
        self.line()

    def tell(self, what: dict[str, object]) -> int:
        """Be the command; returns the process it is."""
        self._to.write(json.dumps(what).encode() + b"\n")
        return int(self.line())

    def has_ended(self) -> bool:
        """Whether the command has."""
        return bool(select.select([self._from], [], [], 0)[0])

    def line(self) -> str:
        """The next line it says. Raises RuntimeError when it says none for too long."""
        said = b""
        while not said.endswith(b"\n"):
            if not select.select([self._from], [], [], _PATIENCE)[0] or not (more := self._from.read(1)):
                raise RuntimeError("a run did not come to its end")
            said += more
        return said.decode().strip()

    def end(self) -> None:
        """Let it go."""
        self._to.close()
        self._process.kill()
        self._process.wait()
        self._from.close()


class Runner:
    """Keeps processes loaded, so that a run begins at once; in `folder` it is told where to stop."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hd-destroying-"))
        self._idle: list[_Loaded] = []
        self._begun = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for loaded in self._idle:
            loaded.end()
        shutil.rmtree(self.folder)

    def begin(self, place: Place, words: Sequence[str] = RUN, *, noting: bool = False) -> Running:
        """Start the command."""
        loaded = self._idle.pop() if self._idle else _Loaded(self.folder)
        self._begun += 1
        errors = self.folder / f"errors-{self._begun}"
        errors.touch()  # it may be killed before it says anything
        told = {"environment": place.environment, "words": list(words), "noting": noting, "errors": str(errors)}
        return Running(loaded, loaded.tell(told), errors, self._idle.append)

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

    def __init__(self, loaded: _Loaded, pid: int, errors: Path, over: Callable[[_Loaded], None]) -> None:
        self._loaded, self._pid, self._errors, self._over = loaded, pid, errors, over
        self._began = time.monotonic()

    def kill_when(self, now: Callable[[float], bool]) -> Ended:
        """Kill it, and nothing that it started, as soon as this is so; it is told the seconds since the beginning."""
        until = self._began + _PATIENCE
        while not self._loaded.has_ended() and time.monotonic() < until:
            if now(time.monotonic() - self._began):
                os.kill(self._pid, signal.SIGKILL)
                break
            time.sleep(0.001)
        return self.end()

    def end(self) -> Ended:
        """Wait for its end."""
        code = int(self._loaded.line())
        seconds = time.monotonic() - self._began
        said = self._errors.read_text(encoding="utf-8", errors="replace")
        self._errors.unlink()
        self._over(self._loaded)
        return Ended(code == -signal.SIGKILL, code, seconds, said)
