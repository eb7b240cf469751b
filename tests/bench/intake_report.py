"""Medians of the pairs of the intake benchmark, the limits they are held to, and the lines that say so. Pure."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.intake_rig import FloorRun
from tests.bench.intake_run import OurRun

EMPTIED_LEAST, FILED_LEAST, CLEANED_LEAST, CPU_MOST, MEGABYTES_MOST = 3.0, 2.5, 1.0, 0.8, 250.0
BARE_BELOW, BARE_LEAST = 3.5, 0.85
"""Where imapclient's bare fetch and delete is itself not so many times the floor, this share of it is enough."""


@dataclass(frozen=True)
class Pair:
    """One floor and one product run on the same mails, close in time."""

    floor: FloorRun
    cleaned: FloorRun | None
    bare: FloorRun
    ours: OurRun
    settings: dict[str, str]


def _median(pairs: Sequence[Pair], ratio: Callable[[Pair], float]) -> float:
    return statistics.median(ratio(pair) for pair in pairs)


def _emptied(pair: Pair) -> float:
    return pair.floor.seconds / pair.ours.emptied


def _filed(pair: Pair) -> float:
    return pair.floor.seconds / pair.ours.filed


def _cleaned(pair: Pair) -> float:
    return (pair.floor.seconds + (pair.cleaned.seconds if pair.cleaned else 0.0)) / pair.ours.cleaned


def _cpu(pair: Pair) -> float:
    return sum(pair.ours.cpu.values()) / pair.floor.cpu


def _bare(pair: Pair) -> float:
    return pair.floor.seconds / pair.bare.seconds


def _of_bare(pair: Pair) -> float:
    return pair.bare.seconds / pair.ours.emptied


def missed(pairs: Sequence[Pair]) -> list[str]:
    """A line for each limit that is not met."""
    if wrong := sum(len(pair.ours.wrong) for pair in pairs):
        return [f"{wrong} things are wrong in the tickets"]
    bad = []
    by_bare = _median(pairs, _bare) < BARE_BELOW and _median(pairs, _of_bare) >= BARE_LEAST
    if _median(pairs, _emptied) < EMPTIED_LEAST and not by_bare:
        bad.append(f"emptied at {_median(pairs, _emptied):.2f} of the floor's rate, at least {EMPTIED_LEAST}")
    if _median(pairs, _filed) < FILED_LEAST:
        bad.append(f"filed at {_median(pairs, _filed):.2f} of the floor's rate, at least {FILED_LEAST}")
    if _median(pairs, _cleaned) < CLEANED_LEAST:
        bad.append(f"cleaned at {_median(pairs, _cleaned):.2f} of the floor's rate, at least {CLEANED_LEAST}")
    if _median(pairs, _cpu) > CPU_MOST:
        bad.append(f"{_median(pairs, _cpu):.2f} of the floor's CPU, at most {CPU_MOST}")
    most = max(peak for pair in pairs for peak in pair.ours.peaks.values())
    if most > MEGABYTES_MOST:
        bad.append(f"a process of {most:.0f} MB, at most {MEGABYTES_MOST:.0f}")
    return bad


def described(pair: Pair, mails: int) -> str:
    """One pair: milliseconds a mail, and CPU by whom."""
    ours, each = pair.ours, 1000 / mails
    if not ours.cleaned:
        return "not finished"
    cpu = " ".join(f"{name}={seconds * each:.2f}" for name, seconds in ours.cpu.items())
    html = max(1, ours.html_left)
    return (
        f"floor {pair.floor.seconds * each:.2f} ms a mail (CPU {pair.floor.cpu * each:.2f}), "
        f"bare fetch {pair.bare.seconds * each:.2f}; ours emptied {ours.emptied * each:.2f}, filed "
        f"{ours.filed * each:.2f} (CPU {sum(ours.cpu.values()) * each:.2f}: {cpu}); cleaned after {ours.cleaned:.1f} s "
        f"(floor {pair.floor.seconds + (pair.cleaned.seconds if pair.cleaned else 0):.1f} s), then and receipts: CPU "
        f"{ours.cpu_after * 1000 / html:.1f} ms an HTML mail; load {os.getloadavg()[0]:.1f}"
    )


def result(pairs: Sequence[Pair], mails: int) -> str:
    """The medians, and the highest memory of each kind of process."""
    if not all(pair.ours.cleaned for pair in pairs):
        return "not finished"
    peaks = sorted({name for pair in pairs for name in pair.ours.peaks})
    highest = {name: max(pair.ours.peaks.get(name, 0.0) for pair in pairs) for name in peaks}
    shown = ",".join(f"{name.replace(' ', '-')}:{peak:.0f}" for name, peak in highest.items())
    per_mail = statistics.median(sum(pair.ours.cpu.values()) for pair in pairs) * 1000 / mails
    return (
        f"emptied={_median(pairs, _emptied):.2f} filed={_median(pairs, _filed):.2f} "
        f"cleaned={_median(pairs, _cleaned):.2f} cpu={_median(pairs, _cpu):.2f} cpu_ms_a_mail={per_mail:.2f} "
        f"bare={_median(pairs, _bare):.2f} emptied_of_bare={_median(pairs, _of_bare):.2f} rss_mb={shown} "
        f"wrong={sum(len(pair.ours.wrong) for pair in pairs)}"
    )


def machine() -> str:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = "/".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, Python {platform.python_version()}, load {load}"
