"""What processes cost, read from /proc: CPU of a whole family, the dead among them too, and peaks of memory."""

from __future__ import annotations

import os
from pathlib import Path

from tests.services.process import descendants

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """User and system time of a process and its descendants, with those that ended and were waited for (proc(5))."""
    total = 0
    for pid in [root, *descendants(root)]:
        try:
            said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, said[11:15]))
    return total / _TICKS


def peak_megabytes(root: int) -> dict[str, float]:
    """The highest resident size so far of each process below `root`, by its command's last words."""
    peaks: dict[str, float] = {}
    for pid in descendants(root):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        peak = next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
        name = _name(words)
        peaks[name] = max(peaks.get(name, 0.0), peak)
    return peaks


def _name(words: list[str]) -> str:
    said = " ".join(words)
    if "multiprocessing" in said:
        return "parser"
    if "-m" in words:
        after = [word for word in words[words.index("-m") + 1 :] if word and not word.startswith("-")]
        return after[-1] if "--name" in words else " ".join(after[:2])
    return Path(words[0]).name
