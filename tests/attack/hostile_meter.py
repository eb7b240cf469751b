"""CPU and memory of whole process trees, from /proc: the living, and the dead that their parents waited for."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services.process import descendants

_TICK = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.05
_RESET_PEAK = b"5"
"""Written to /proc/PID/clear_refs, it sets VmHWM back to what is resident now (proc(5))."""


def _cpu_of(pid: int) -> int:
    """Ticks of a process and of its children that ended and were waited for: utime, stime, cutime, cstime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def _peak_of(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _name_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    return " ".join(word for word in words[1:] if word and not word.startswith("-"))[-60:]


class Meter:
    """Sums over the trees below `roots` (these included). Peaks are sampled, so that of a short life may be missed."""

    def __init__(self, roots: Sequence[int]) -> None:
        self._roots = list(roots)
        self._peaks: dict[int, tuple[int, str]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def pids(self) -> list[int]:
        """Every process of the trees now."""
        return [pid for root in self._roots for pid in (root, *descendants(root))]

    def cpu(self) -> float:
        """Seconds of CPU that the trees have used. Time of a process moves to its parent when it is waited for."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError, IndexError):
                total += _cpu_of(pid)
        return total / _TICK

    def reset_peaks(self) -> None:
        """Forget the peaks so far, in the kernel as well."""
        for pid in self.pids():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_bytes(_RESET_PEAK)
        self._peaks = {}

    def peak(self) -> tuple[int, str]:
        """The most bytes that one process had resident since the reset, and its command line."""
        self._sample()
        return max(self._peaks.values(), default=(0, ""))

    def _sample_forever(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        for pid in self.pids():
            with contextlib.suppress(OSError):
                self._peaks[pid] = max(self._peaks.get(pid, (0, "")), (_peak_of(pid), _name_of(pid)))
