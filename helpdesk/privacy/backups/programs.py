"""PostgreSQL's own programs, found and called without a password on their command line. Knows no backup."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from helpdesk.errors import Misconfigured, Unavailable
from helpdesk.ports import Ports


def program(ports: Ports, name: str) -> str:
    """Where the program lies. Raises Misconfigured."""
    folder = ports.settings.postgres_programs
    found = shutil.which(name, path=folder or None)
    if found is None:
        raise Misconfigured(
            "There is no {program}: install PostgreSQL's client programs of the server's version, or name their folder "
            "in backup.postgres_programs.",
            program=name,
            code="program_missing",
        )
    return found


@contextmanager
def connection_words(url: URL) -> Iterator[str]:
    """How a program finds the database (libpq's conninfo); the password stands in a file that goes afterwards."""
    said = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    words = {name: str(value) for name, value in said.items() if value}
    words |= {name: value for name, value in url.query.items() if isinstance(value, str)}
    with tempfile.TemporaryDirectory(prefix="helpdesk-") as folder:
        if url.password is not None:
            path = Path(folder) / "password"
            path.touch(mode=0o600)
            secret = str(url.password).replace("\\", r"\\").replace(":", r"\:")
            path.write_text(f"*:*:*:*:{secret}\n", encoding="utf-8")
            words["passfile"] = str(path)
        yield " ".join(f"{name}={_quoted(value)}" for name, value in words.items())


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", r"\\").replace("'", r"\'") + "'"


def failed(name: str, said: bytes) -> Unavailable:
    """What to say of a program that failed: the line of the fault, not those around it, which may quote a row."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    why = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "-")
    return Unavailable("{program} failed: {why}", program=name, why=why, code="program_failed")


def run(ports: Ports, name: str, *words: str) -> None:
    """Run a program to its end. Raises Unavailable with what it said."""
    done = subprocess.run([program(ports, name), *words], capture_output=True, check=False)  # noqa: S603 - our words
    if done.returncode:
        raise failed(name, done.stderr)
