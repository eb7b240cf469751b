"""Runs a process of the product that freezes at a named point: `python -m tests.attack.stopper ROLE FOLDER MODULE …`.

While FOLDER holds no file `armed` nothing happens. With `armed` ("POINT N"), the N-th pass at that point writes
`reached` and stops the process as it stands; somebody else, outside, kills it. (Or takes `armed` away and lets it go
on, when another process came to the point first.)
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tests.attack.points import install_for


class FileGate:
    """Counts passes at the armed point and freezes the whole process at the right one."""

    def __init__(self, folder: Path) -> None:
        self._armed, self._reached = folder / "armed", folder / "reached"
        self._passes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, point: str) -> None:
        """One pass."""
        try:
            name, wanted = self._armed.read_text().split()
        except (OSError, ValueError):
            return
        if name != point:
            return
        with self._lock:
            self._passes[point] += 1
            if self._passes[point] < int(wanted):
                return
            unfinished = self._reached.with_suffix(".new")
            unfinished.write_text(f"{point} {os.getpid()}")
            unfinished.rename(self._reached)
            while self._armed.exists():
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(0.05)
            self._passes.clear()


def main() -> None:
    """Look out for the points of the role, then be the module."""
    role, folder, module, *arguments = sys.argv[1:]
    install_for(role, FileGate(Path(folder)))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
