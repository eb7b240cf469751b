"""Becomes one child of the supervisor: dies with it, with a clean signal mask. Imports nothing of ours.

Run as `python -I -S launch.py PARENT COMMAND...`; a `preexec_fn` would do the same between fork and exec, where no
Python may safely run once there are threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int) -> None:
    """prctl(2) for this thread. Raises OSError when the kernel refuses."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def die_with_parent(parent: int, how: signal.Signals) -> None:
    """Ask the kernel for a signal when our parent ends; ends at once when it did so meanwhile (prctl(2))."""
    prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        raise SystemExit(1)


def main(argv: list[str]) -> None:
    """Arrange to die with the parent, undo what the supervisor did to signals, become the command."""
    die_with_parent(int(argv[1]), signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(argv[2], argv[2:])  # noqa: S606 - the command comes from the supervisor's own table


if __name__ == "__main__":
    main(sys.argv)
