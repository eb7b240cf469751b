"""`make readme`: runs the command blocks of the documentation in a clean copy and compares what they show.

A block that begins with three backticks and `sh` is run; the `text` block after it says what must be seen, line by
line and in order, with … for what differs. `sh run-until WORDS` is ended by Ctrl-C once the words appear; `sh slow`
runs with SLOW=1 only, and counts as skipped otherwise. The copy builds its own environment unless REUSE=1 lends ours.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.check import say
from tests.house.code_tree import ROOT, repository_files

FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
PATIENCE = 1800


@dataclass
class Block:
    """Commands of a page, how they are run, and the lines that must be seen."""

    page: str
    commands: str
    until: str = ""
    slow: bool = False
    shows: str = ""


def blocks() -> Iterator[Block]:
    """The command blocks of all pages, README first."""
    pages = [path for path in repository_files() if path.suffix == ".md" and path.parts[0] in {path.name, "docs"}]
    for page in sorted(pages, key=lambda path: (path.name != "README.md", path)):
        last: Block | None = None
        for found in FENCE.finditer((ROOT / page).read_text(encoding="utf-8")):
            kind, _, more = found["kind"].partition(" ")
            if kind == "sh":
                if last is not None:
                    yield last
                last = Block(str(page), found["body"], more.partition("run-until ")[2], more == "slow")
            elif kind == "text" and last is not None:
                last.shows = found["body"]
        if last is not None:
            yield last


def unseen(shows: str, said: str) -> str:
    """The first line that should have been seen and was not; empty when all were, in order."""
    lines = iter(said.splitlines())
    for wanted in filter(None, shows.splitlines()):
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.strip().split("…")))
        if not any(pattern.fullmatch(line.strip()) for line in lines):
            return wanted
    return ""


def _until(process: subprocess.Popen[str], words: str) -> str:
    """Read until the words appear, then end the whole group by Ctrl-C; what was said."""
    said = []
    for line in process.stdout or ():
        said.append(line)
        if words in line:
            os.killpg(process.pid, signal.SIGINT)
            words = "\0"
    return "".join(said)


def run(block: Block, folder: Path) -> str:
    """Why the block is not true, or nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HELPDESK_", "MAKE"))}
    process = subprocess.Popen(
        ["sh", "-e"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    if process.stdin is not None:
        process.stdin.write(block.commands)
        process.stdin.close()
        process.stdin = None
    try:
        said = _until(process, block.until) if block.until else process.communicate(timeout=PATIENCE)[0]
        code = process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return f"no end in {PATIENCE} s"
    if block.until and block.until not in said:
        return f"{block.until!r} was not seen:\n{said[-2000:]}"
    if code != 0 and not block.until:
        return f"exit code {code}:\n{said[-2000:]}"
    missing = unseen(block.shows, said)
    return f"not seen: {missing!r} in\n{said[-2000:]}" if missing else ""


def _clean_copy(folder: Path) -> None:
    for path in repository_files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    if os.environ.get("REUSE") == "1":
        (folder / ".venv").symlink_to(ROOT / ".venv")


def main() -> int:
    """Run all blocks, one after the other; 0 when all are true."""
    folder = Path(tempfile.mkdtemp(prefix="hd-readme-"))
    good = skipped = failed = 0
    try:
        _clean_copy(folder)
        for block in blocks():
            title = f"{block.page}: {' && '.join(block.commands.split(chr(10))[:-1])}"
            if block.slow and os.environ.get("SLOW") != "1":
                skipped += 1
                say(f"[skipped] {title} (SLOW=1 runs it)")
                continue
            began = time.monotonic()
            fault = run(block, folder)
            good, failed = (good, failed + 1) if fault else (good + 1, failed)
            say(f"[{'FAILED' if fault else 'ok'}] {title} {time.monotonic() - began:.1f} s")
            if fault:
                say(fault)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"RESULT readme blocks={good + failed + skipped} true={good} skipped={skipped} failed={failed}")
    return 1 if failed or not good else 0


if __name__ == "__main__":
    sys.exit(main())
