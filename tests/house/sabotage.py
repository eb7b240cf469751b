"""`make sabotage`: breaks a scratch copy in named ways and requires that the right check notices each, in words.

`python -m tests.house.sabotage [WORD ...]` tries only the breaks with one of the words in their name. The product has
no switches for this: a break is an edit of the source, and one whose anchor is gone is reported, not passed over.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from tests.house.breaking import Break
from tests.house.breaks import BREAKS
from tests.house.check import say
from tests.house.code_tree import ROOT, repository_files

AT_ONCE = 2
PATIENCE = 180


class AnchorGoneError(Exception):
    """The source does not hold the text that a break replaces."""


def copy_of_the_tree(folder: Path) -> None:
    """All files of the repository, and the same environment."""
    for path in repository_files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def command_of(check: str) -> list[str]:
    """The command behind a check of the table; on SQLite, unless it names PostgreSQL."""
    python = str(ROOT / ".venv" / "bin" / "python")
    name, _, selection = check.partition(" -k ")
    if name.startswith("house:"):
        name = f"tests/house/{name.removeprefix('house:')}.py"
    if not name.startswith("tests/"):
        return [python, "-m", "tests.house.check", name]
    chosen = f"({selection}) and not postgresql" if selection else "not postgresql"
    chosen = selection if "postgresql" in selection else chosen
    return [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", name, "-k", chosen]


def run(folder: Path, check: str) -> tuple[int, str]:
    """Exit code and output of a check in a copy; without compiled files, so that a quick edit is never missed."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    try:
        done = subprocess.run(
            command_of(check),
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer in {PATIENCE} s"
    return done.returncode, done.stdout + done.stderr


@contextmanager
def broken(folder: Path, one: Break) -> Iterator[None]:
    """The copy with the break in it; mended afterwards."""
    paths = {folder / edit.path for edit in one.edits}
    before = {path: path.read_text(encoding="utf-8") if path.exists() else None for path in paths}
    try:
        for edit in one.edits:
            path = folder / edit.path
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            if edit.find and text.count(edit.find) != 1:
                raise AnchorGoneError(f"{edit.path} holds {text.count(edit.find)} times: {edit.find!r}")
            path.write_text(text.replace(edit.find, edit.put) if edit.find else text + edit.put, encoding="utf-8")
        yield
    finally:
        for path, whole in before.items():
            if whole is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(whole, encoding="utf-8")


def verdict_on(folder: Path, one: Break, unbroken: dict[str, tuple[int, str]]) -> str:
    """Empty when the break was caught; else the sentence that says why not. `unbroken` remembers checks that ran."""
    if one.check not in unbroken:
        unbroken[one.check] = run(folder, one.check)
    code, said = unbroken[one.check]
    if code != 0:
        return f"the check fails without it already:\n{said[-1500:]}"
    try:
        with broken(folder, one):
            code, said = run(folder, one.check)
    except AnchorGoneError as gone:
        return f"its anchor is gone: {gone}"
    if code == 0:
        return "NOT CAUGHT: the check passes"
    if not re.search(one.says, said, re.DOTALL):
        return f"the check fails but does not say {one.says!r}:\n{said[-1500:]}"
    return ""


def _try(copies: Queue[Path], unbroken: dict[str, tuple[int, str]], one: Break) -> bool:
    folder = copies.get()
    began = time.monotonic()
    try:
        fault = verdict_on(folder, one, unbroken)
    finally:
        copies.put(folder)
    say(f"[{'caught' if not fault else 'MISSED'}] {one.name} ({one.check}) {time.monotonic() - began:.1f} s")
    if fault:
        say("  " + fault)
    return not fault


def try_all(wanted: Sequence[Break]) -> int:
    """Try these breaks, two at a time, and say a line of each. Returns how many were caught."""
    scratch = Path(tempfile.mkdtemp(prefix="hd-sabotage-"))
    copies: Queue[Path] = Queue()
    unbroken: dict[str, tuple[int, str]] = {}
    try:
        for number in range(AT_ONCE):
            folder = scratch / f"copy-{number}"
            folder.mkdir()
            copy_of_the_tree(folder)
            copies.put(folder)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(lambda one: _try(copies, unbroken, one), wanted))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main(words: Sequence[str]) -> int:
    """Try the breaks; 0 when every one was caught."""
    wanted = [one for one in BREAKS if not words or any(word in one.name for word in words)]
    caught = try_all(wanted)
    say(f"RESULT sabotage breaks={len(wanted)} caught={caught}")
    return 0 if wanted and caught == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
