"""Waits for the supervisor's end and kills whatever it left: grandchildren too. Imports nothing of ours.

The kernel kills the supervisor's children with it, but not their children. Those carry the mark of this run in their
environment, which every process inherits, so they are found whatever session or group they moved to.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

MARK = "RUN_MARK"
_ROUNDS = 50


def marked(mark: str) -> list[int]:
    """Processes of this user, but for ourselves, that were started with this mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def kill_marked(mark: str) -> None:
    """SIGKILL until two looks in a row find nothing; gives up after some five seconds (a process stuck in the disk)."""
    quiet = 0
    for _ in range(_ROUNDS):
        left = marked(mark)
        quiet = 0 if left else quiet + 1
        if quiet == 2:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1 if left else 0.02)


def main() -> None:
    """Read until the supervisor's end of the pipe closes, whatever closed it, then clean up."""
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(how, signal.SIG_IGN)
    mark = sys.argv[1]
    while sys.stdin.buffer.read(64):
        pass
    kill_marked(mark)


if __name__ == "__main__":
    main()
