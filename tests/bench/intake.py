"""The intake benchmark, `make bench-intake`: mailbox to tickets against a floor program, in pairs; ratios decide.

Sizes by environment: MAILS=2000 PAIRS=5 SEED=7; SET=<folder of another's mails> FLOOR="<another's command>";
GROWTH=1 compares the CPU per mail of 10,000 mails with that of 1,000 instead. Exits with 1 when a limit is missed.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.intake_mails import Writer, manifest
from tests.bench.intake_report import Pair, described, machine, missed, result
from tests.bench.intake_rig import Rig, floor_command, run_floor
from tests.bench.intake_run import OurRun, run_product

GROWTH_MOST = 1.2


def say(line: str) -> None:
    """One line to the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run_pair(rig: Rig, folder: Path, number: int, command: Sequence[str]) -> Pair:
    """The floor, the bare fetch and the product on the same mails; every other pair the product goes first."""
    ours = run_product(rig, folder, f"run-{number}") if number % 2 else None
    dsn, files = rig.database(), rig.folder / f"floor-{number}"
    account = rig.dovecot.account()
    rig.fill(rig.prepare(account))
    floor = run_floor(rig, command, "import", account, dsn, files)
    if account.count():
        raise RuntimeError("the floor left mail in the mailbox")
    cleaned = run_floor(rig, command, "clean", account, dsn, files)
    account = rig.dovecot.account()
    rig.fill(rig.prepare(account))
    bare = run_floor(rig, floor_command(""), "bare", account, rig.database(), files)
    shown = rig.settings(dsn)
    return Pair(floor, cleaned, bare, ours or run_product(rig, folder, f"run-{number}"), shown)


def compare(folder: Path, pairs: int, seed: int, command: Sequence[str]) -> int:
    """The pairs, a line each, and the line that counts."""
    found: list[Pair] = []
    mails = len(manifest(folder))
    with Rig(folder) as rig:
        for number in range(pairs):
            pair = run_pair(rig, folder, number, command)
            found.append(pair)
            say(f"pair {number + 1}: {described(pair, mails)}")
            for line in pair.ours.wrong[:10]:
                say(f"  {line}")
    ours, floors = found[0].ours.settings, found[0].settings
    say(f"machine: {machine()}")
    say(f"PostgreSQL, floor: {floors}")
    say(f"PostgreSQL, ours:  {ours}")
    bad = missed(found)
    for line in bad:
        say(f"MISSED {line}")
    say(f"RESULT bench-intake mails={mails} pairs={pairs} seed={seed} {result(found, mails)} missed={len(bad)}")
    return 1 if bad else 0


def cpu_per_mail(folder: Path) -> tuple[float, OurRun]:
    """CPU milliseconds per mail, filed, of one run of the product on a set."""
    with Rig(folder) as rig:
        run = run_product(rig, folder, "run")
    return sum(run.cpu.values()) / len(manifest(folder)) * 1000, run


def grow(folder: Path, pairs: int, seed: int) -> int:
    """Whether a mail costs more when there are ten thousand."""
    sizes = (1_000, 10_000)
    ratios, wrong = [], 0
    for count in sizes:
        Writer(seed, count).write(folder / str(count))
    for _ in range(pairs):
        (small, one), (large, other) = (cpu_per_mail(folder / str(count)) for count in sizes)
        ratios.append(large / small)
        wrong += len(one.wrong) + len(other.wrong)
        say(f"{sizes[0]}: {small:.2f} ms a mail, {sizes[1]}: {large:.2f} ms; ratio {large / small:.2f}")
        for line in (one.wrong + other.wrong)[:10]:
            say(f"  {line}")
    ratio = sorted(ratios)[len(ratios) // 2]
    good = ratio <= GROWTH_MOST and not wrong
    say(f"machine: {machine()}")
    say(f"RESULT bench-intake-growth pairs={pairs} seed={seed} ratio={ratio:.2f} limit={GROWTH_MOST} wrong={wrong}")
    return 0 if good else 1


def main() -> int:
    """What the environment asks for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked = os.environ.get
    seed, pairs = int(asked("SEED") or 7), int(asked("PAIRS") or 5)
    with tempfile.TemporaryDirectory(prefix="hd-mails-") as made:
        folder = Path(made) / "set"
        if asked("GROWTH") == "1":
            return grow(folder, min(pairs, int(asked("PAIRS") or 1)), seed)
        if asked("SET"):
            folder = Path(asked("SET") or "").absolute()
        else:
            size = Writer(seed, int(asked("MAILS") or 2000)).write(folder)
            say(f"mails: {size / 1e6:.0f} MB, seed {seed}")
        return compare(folder, pairs, seed, floor_command(asked("FLOOR") or ""))


if __name__ == "__main__":
    sys.exit(main())
