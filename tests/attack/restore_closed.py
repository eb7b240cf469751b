"""Ways to spoil the ledger, each with what every process must say then. Starts the processes, judges nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpdesk.retention.ledger import FIRST, Entry, chained, parsed_head
from tests.attack.installation import Installation

PROCESSES = {"web": ("web", "serve"), "poller": ("mail_ingest", "poll"), "worker": ("workers", "run")}
_PATIENCE = 60


@dataclass(frozen=True)
class Spoilt:
    """One way: what is done to the file, and the words that must be said."""

    name: str
    spoil: Callable[[Path], None]
    says: str


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _shorter(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-3]))


def _one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _no_text(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] = 0xFF
    path.write_bytes(content)


def _other_line_end(path: Path) -> None:
    """Which many readers take for the same."""
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r", 1))


def _last_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _swapped(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:-2], lines[-1], lines[-2]]))


def _foreign(path: Path) -> None:
    """As many lines and more, whole, of somebody else."""
    before, lines = FIRST, []
    for seq in range(1, len(path.read_text().splitlines()) + 10):
        lines.append(chained(Entry("begin" if seq == 1 else "facts", "0" * 32, "2026-11"), seq, before))
        before = parsed_head(lines[-1])[1]
    path.write_text("".join(f"{line}\n" for line in lines))


WAYS = (
    Spoilt("missing", lambda path: path.unlink(), "is missing"),
    Spoilt("empty", _empty, "is missing"),
    Spoilt("shorter", _shorter, "the database knows"),
    Spoilt("one byte", _one_byte, "was changed at line"),
    Spoilt("one byte that is no text", _no_text, "was changed at line"),
    Spoilt("another line end", _other_line_end, "was changed at line"),
    Spoilt("without its last line end", _last_end, "the database knows"),
    Spoilt("its last two lines swapped", _swapped, "was changed at line"),
    Spoilt("foreign", _foreign, "belongs to another database"),
)


def refused(installation: Installation, say: Callable[[str], None]) -> int:
    """How many of ways times processes end with 1 and the right sentence; the ledger is put right again."""
    path = installation.data / "ledger" / "ledger.jsonl"
    whole, right = path.read_bytes(), 0
    for way in WAYS:
        way.spoil(path)
        started = {name: _started(installation, words) for name, words in PROCESSES.items()}
        for name, process in started.items():
            try:
                _out, said = process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                said = "it runs"
            if process.returncode == 1 and "Nothing starts" in said and way.says in said:
                right += 1
            else:
                say(f"  {name} beside a ledger that is {way.name}: {process.returncode} {said[-300:]}")
        path.write_bytes(whole)
    return right


def _started(installation: Installation, words: tuple[str, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        env={**installation.environment, "HELPDESK_LANGUAGE": "en"},
        cwd=installation.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
