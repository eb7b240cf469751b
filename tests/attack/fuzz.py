"""`make fuzz`: parse, clean_mail_html and the quote splitter against made and changed mails, each in a watched process.

The mutator is our own. A coverage-guided one (atheris) sees nothing of what is read in Rust and C and would slow what
it does see; the grammar of mails and the promises checked at each result find what a random walk does not reach.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.attack.fuzz_child import Fault, Watched, judged, watch
from tests.attack.fuzz_inputs import made, seeds
from tests.attack.fuzz_targets import PLANTED, TARGETS

KINDS = {"crash": "crashes", "hang": "hangs", "growth": "growth", "broken": "broken"}
_PATIENCE = 120


def planted_missed(seed: int, corpus: Sequence[bytes]) -> list[str]:
    """Run the targets with a planted fault, one after the other; those whose fault was not reported as what it is."""
    return [target for target, (kind, _check) in PLANTED.items() if not _reported(target, kind, seed, corpus)]


def _reported(target: str, kind: str, seed: int, corpus: Sequence[bytes]) -> bool:
    until = time.monotonic() + _PATIENCE
    (found,) = watch([target], seed, corpus, lambda all_: bool(all_[0].faults) or time.monotonic() > until)
    return bool(found.faults) and found.faults[0].kind == kind


def kept(folder: Path, faults: Sequence[Fault], seed: int, corpus: Sequence[bytes]) -> list[str]:
    """Write each failing input into the folder, named by target, seed and number; a line for the reader each."""
    lines = []
    for fault in faults:
        path = folder / f"{fault.target}-{seed}-{fault.number}"
        path.write_bytes(made(fault.target, seed, fault.number, corpus))
        lines.append(f"FOUND {fault.kind} in {fault.target}: {fault.said}; again: make fuzz FILE={path}")
    return lines


def line(found: Sequence[Watched], seed: int, seconds: int, corpus: int, missed: int) -> str:
    """The RESULT line."""
    counts = Counter(fault.kind for each in found for fault in each.faults)
    executions = " ".join(f"{each.target}={each.executions}" for each in found)
    slowest = ",".join(f"{each.target}:{each.slowest:.2f}" for each in found)
    said = " ".join(f"{word}={counts[kind]}" for kind, word in KINDS.items())
    return (
        f"RESULT fuzz seed={seed} seconds={seconds} corpus={corpus} {executions} {said} slowest={slowest} "
        f"planted={len(PLANTED)} planted_found={len(PLANTED) - missed}"
    )


def again(path: Path) -> int:
    """Run one kept input once more, in this process. Returns the exit code."""
    target = path.name.partition("-")[0]
    started = time.process_time()
    kind, said = judged(TARGETS[target], path.read_bytes())
    sys.stdout.write(f"RESULT fuzz-again {target} {kind or 'well'} {said} {time.process_time() - started:.2f} s\n")
    return 1 if kind else 0


def main() -> int:
    """Find the planted faults, then fuzz for SECONDS with SEED (a fresh one when none is given) and CORPUS=folder."""
    if os.environ.get("FILE"):
        return again(Path(os.environ["FILE"]))
    seconds, folder = int(os.environ.get("SECONDS") or 60), os.environ.get("CORPUS")
    seed = int(os.environ.get("SEED") or secrets.randbelow(10**9))
    corpus = seeds(Path(folder) if folder else None)
    sys.stdout.write(f"fuzz SEED={seed}, {len(corpus)} mails\n")
    sys.stdout.flush()
    missed = planted_missed(seed, corpus)
    until = time.monotonic() + seconds
    found = watch(list(TARGETS), seed, corpus, lambda _all: time.monotonic() > until)
    faults = [fault for each in found for fault in each.faults]
    if faults:
        out = Path(os.environ.get("OUT") or tempfile.mkdtemp(prefix="hd-fuzz-"))
        out.mkdir(parents=True, exist_ok=True)
        sys.stdout.writelines(text + "\n" for text in kept(out, faults[:200], seed, corpus))
    sys.stdout.writelines(f"WRONG {target} was not reported\n" for target in missed)
    sys.stdout.write(line(found, seed, seconds, len(corpus), len(missed)) + "\n")
    return 1 if faults or missed or not all(each.executions for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
