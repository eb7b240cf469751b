"""`make check`: every check that needs no service but PostgreSQL, one line per step, a RESULT line at the end.

`python -m tests.house.check [STEP ...]` runs only the steps named; it changes nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.house.code_tree import PACKAGES, ROOT, sources
from tests.house.suppressions import all_suppressions
from tests.house.test_imports import circles
from tests.house.test_sizes import long_files


@dataclass(frozen=True)
class Outcome:
    """What a step found; `count` is what it looked at."""

    good: bool
    said: str
    count: int = 0


def say(line: str) -> None:
    """One line for the reader."""
    print(line, flush=True)  # noqa: T201 - this is what `make check` shows


def _run(*words: str) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def _tool(*words: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        code, said = _run(*words)
        return Outcome(code == 0, said)

    return step


def _imports() -> Outcome:
    code, said = _run("lint-imports", "--no-logo", "--no-cache")
    kept = re.search(r"(\d+) kept, (\d+) broken", said)
    return Outcome(code == 0, said, sum(map(int, kept.groups())) if kept else 0)


def _house() -> Outcome:
    code, said = _run("python", "-m", "pytest", "tests/house", "-q", "-p", "no:cacheprovider", "--tb=short")
    count = re.search(r"(\d+) passed", said)
    return Outcome(code == 0, said, int(count[1]) if count else 0)


def _suppressions() -> Outcome:
    found = all_suppressions()
    bare = [one for one in found if not one.explained]
    lines = [f"  {one.place}: {one.what} - {one.reason or 'NO REASON'}" for one in found]
    lines += [f"{one.place} switches {one.what} off without a reason" for one in bare]
    return Outcome(not bare, "\n".join(lines), len(found))


def _circles() -> Outcome:
    found = circles()
    return Outcome(not found, "\n".join("import circle: " + " ".join(group) for group in found), len(found))


STEPS: dict[str, Callable[[], Outcome]] = {
    "ruff": _tool("ruff", "check", "--no-cache", "."),
    "format": _tool("ruff", "format", "--no-cache", "--check", "."),
    "mypy": _tool("mypy", "--no-error-summary"),
    "imports": _imports,
    "circles": _circles,
    "house": _house,
    "suppressions": _suppressions,
}


def _step(name: str) -> Outcome:
    began = time.monotonic()
    outcome = STEPS[name]()
    say(f"[{'ok' if outcome.good else 'FAILED'}] {name} {time.monotonic() - began:.1f} s")
    if outcome.said and (not outcome.good or name == "suppressions"):
        say(outcome.said)
    return outcome


def main(wanted: list[str]) -> int:
    """Run the steps, all of them to the end; 0 when every one is good."""
    unknown = set(wanted) - set(STEPS)
    if unknown:
        say(f"There is no step {', '.join(sorted(unknown))}; choose from {', '.join(STEPS)}.")
        return 2
    outcomes = {name: _step(name) for name in STEPS if not wanted or name in wanted}
    for line in long_files():
        say(f"  warning: {line}")
    counts = {name: outcomes[name].count if name in outcomes else "-" for name in STEPS}
    failed = [name for name, outcome in outcomes.items() if not outcome.good]
    skips = re.search(r"(\d+) skipped", outcomes["house"].said) if "house" in outcomes else None
    say(
        f"RESULT check files={len(sources())} packages={len(PACKAGES)} steps={len(outcomes)} "
        f"house_tests={counts['house']} skipped={skips[1] if skips else 0} contracts={counts['imports']} "
        f"circles={counts['circles']} suppressions={counts['suppressions']} failed={','.join(failed) or 0}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
