"""The servers of the intake benchmark, a mailbox filled in one go, and `make run` as an operator starts it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from helpdesk.ports import Ports
from helpdesk.settings_reader import from_env
from helpdesk.wiring import connect
from tests.bench.intake_mails import DESK
from tests.bench.meters import cpu_seconds
from tests.services.dovecot import PASSWORD, Account, Dovecot
from tests.services.postgres import Postgres
from tests.services.process import wait_until
from tests.services.relay import Relay

ROOT = Path(__file__).parents[2]
FLOOR = (sys.executable, str(Path(__file__).with_name("intake_floor.py")))
SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers")
_TOML = """
[smtp]
host = "127.0.0.1"
port = {relay}
security = "plain"

[[desk]]
key = "academy"
address = "{desk}"
name_nl = "Leeradvies Academie"
name_en = "Academy learning advice"

[[mailbox]]
name = "academy"
host = "127.0.0.1"
port = {imap}
user = "{user}"
security = "plain"
password_env = "BOX_PASSWORD"
"""


class Rig:
    """One Dovecot, one PostgreSQL and one relay for all runs; each run has a mailbox and a database of its own."""

    def __init__(self, mails: Path) -> None:
        self._stack = contextlib.ExitStack()
        self.mails = sorted((mails / "msgs").glob("*.eml"))

    def __enter__(self) -> Rig:
        with contextlib.ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-bench-")))
            self.dovecot = stack.enter_context(Dovecot())
            self.postgres = stack.enter_context(Postgres())
            self.relay = stack.enter_context(Relay())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_why: object) -> None:
        self._stack.close()

    def prepare(self, account: Account) -> list[tuple[Path, Path]]:
        """Lay the mails beside the mailbox, on its disk; returns from where to where each is to be renamed."""
        with contextlib.suppress(Exception):
            account.count()
        maildir = account.maildir
        waiting = maildir / "waiting"
        waiting.mkdir()
        moves = []
        for number, mail in enumerate(self.mails):
            place = waiting / f"{1_600_000_000 + number}.M{number:06}P1.bench"
            try:
                os.link(mail, place)
            except OSError:
                shutil.copy2(mail, place)
            moves.append((place, maildir / "new" / place.name))
        return moves

    def fill(self, moves: Sequence[tuple[Path, Path]]) -> None:
        """Put all mails into the mailbox at once."""
        for before, after in moves:
            before.rename(after)

    def servers_cpu(self) -> dict[str, float]:
        """CPU seconds of the servers so far."""
        return {"dovecot": cpu_seconds(self.dovecot.pid), "postgresql": cpu_seconds(self.postgres.pid)}

    def database(self) -> str:
        """A fresh database, as libpq wants it named."""
        return self.postgres.fresh_database().replace("postgresql+psycopg://", "postgresql://")

    def settings(self, dsn: str) -> dict[str, str]:
        """What PostgreSQL says of durability in this database."""
        with psycopg.connect(dsn) as connection:
            return {name: str((connection.execute(f"SHOW {name}".encode()).fetchone() or [""])[0]) for name in SHOWN}


@dataclass
class FloorRun:
    """One run of the floor: its own seconds, and CPU with that of the servers."""

    mails: int
    seconds: float
    cpu: float


def run_floor(rig: Rig, command: Sequence[str], verb: str, account: Account, dsn: str, files: Path) -> FloorRun:
    """Run the floor on a filled mailbox. Raises with its words when it fails."""
    environment = {
        **os.environ,
        "IMAP_PORT": str(account.port),
        "IMAP_USER": account.user,
        "IMAP_PASSWORD": PASSWORD,
        "PG_DSN": dsn,
        "FILES": str(files),
    }
    files.mkdir(exist_ok=True)
    servers, began = sum(rig.servers_cpu().values()), time.monotonic()
    process = subprocess.Popen([*command, verb], stdout=subprocess.PIPE, env=environment, cwd=rig.folder)
    output = process.communicate()[0].decode()
    wall = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"the floor failed: {verb}")
    said: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    own = float(said["cpu_seconds"])
    servers = sum(rig.servers_cpu().values()) - servers
    return FloorRun(int(said["mails"]), min(wall, float(said["seconds"])), own + servers)


class Product:
    """`make run` with settings of one's own: the supervisor and all it starts, on a fresh database or a given one."""

    def __init__(
        self, rig: Rig, name: str, account: Account, *, database: str | None = None, data: Path | None = None
    ) -> None:
        self.rig, self.data = rig, data or rig.folder / name
        self.dsn = database or rig.database()
        config = rig.folder / f"{name}.toml"
        config.write_text(_TOML.format(desk=DESK, relay=rig.relay.port, imap=account.port, user=account.user))
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HELPDESK_")}
        self.environment = {
            **kept,
            "HELPDESK_CONFIG": str(config),
            "HELPDESK_DATA": str(self.data),
            "HELPDESK_DATABASE": self.dsn,
            "HELPDESK_DEMO": "0",
            "BOX_PASSWORD": PASSWORD,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Product:
        command = [sys.executable, "-m", "workers", "supervise", "--with-parent"]
        self.log = self.rig.folder / f"{self.data.name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=ROOT)
        process = self._process
        wait_until(lambda: "ready:" in self.log.read_text() or process.poll() is not None, 300, 0.1)
        if "ready:" not in self.log.read_text():
            self.__exit__()
            raise RuntimeError(f"make run did not become ready: {self.log.read_text()[-2000:]}")
        return self

    def __exit__(self, *_why: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        assert self._process is not None
        return self._process.pid

    def ports(self) -> Ports:
        """Ports on the same database and blobs, for reading."""
        said = {key: value for key, value in self.environment.items() if key != "BOX_PASSWORD"}
        return connect(from_env(said | {"HELPDESK_REDIS": f"unix://{self.data}/run/valkey.sock?db=0"}))


def floor_command(said: str) -> tuple[str, ...]:
    """The floor to run: ours, or another's command line."""
    return tuple(shlex.split(said)) or FLOOR
