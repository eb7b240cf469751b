"""One helpdesk for an attack: real servers, a data folder, settings as operators write them; no process of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from helpdesk.ports import Ports
from helpdesk.settings import RUN_LOCK
from helpdesk.settings_reader import from_env
from helpdesk.wiring import connect
from tests.attack.corpus import DESK
from tests.attack.literal_proxy import LiteralProxy
from tests.services.dovecot import PASSWORD, Account, Dovecot
from tests.services.postgres import Postgres
from tests.services.process import free_port
from tests.services.relay import Policy, Relay
from tests.services.valkey import Valkey

ROOT = Path(__file__).parents[2]
MAILBOX = "academy-box"
AUTHSERV = "mx.academie.example"
TOML = """
[[desk]]
key = "academy"
address = "{desk}"
name_nl = "Leeradvies Academie"
name_en = "Academy learning advice"

[[mailbox]]
name = "{mailbox}"
host = "127.0.0.1"
port = {port}
user = "{user}"
security = "plain"
password_env = "BOX_PASSWORD"
"""


class Installation:
    """Servers and settings. `database` is sqlite or postgresql; leaving it stops everything and removes the folder."""

    def __init__(
        self, database: str, *, seed: int = 0, policy: Policy | None = None, settings: dict[str, str] | None = None
    ) -> None:
        self._stack = contextlib.ExitStack()
        self.database, self._seed, self._policy, self._settings = database, seed, policy, settings or {}
        self.smtp_port, self.lmtp_port = free_port(), free_port()
        self.postgres: Postgres | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-attack-")))
            self.data = self.folder / "data"
            self.dovecot = stack.enter_context(Dovecot())
            self.valkey = stack.enter_context(Valkey())
            self.relay = stack.enter_context(Relay(self._policy))
            if self.database == "postgresql":
                self.postgres = stack.enter_context(Postgres())
            self.account: Account = self.dovecot.account()
            self.proxy = stack.enter_context(LiteralProxy(("127.0.0.1", self.dovecot.port), seed=self._seed))
            self.environment = self._environment()
            for verb in ("init", "migrate"):
                self.run("-m", "helpdesk", verb)
            self._stand_for_make_run(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _stand_for_make_run(self, stack: contextlib.ExitStack) -> None:
        """So that a trial may move the clock."""
        path = self.data / RUN_LOCK
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fcntl.flock(stack.enter_context(path.open("wb")), fcntl.LOCK_EX)

    def _environment(self) -> dict[str, str]:
        config = self.folder / "helpdesk.toml"
        config.write_text(
            TOML.format(desk=DESK, mailbox=MAILBOX, port=self.proxy.port, user=self.account.user), encoding="utf-8"
        )
        url = self.postgres.fresh_database() if self.postgres else ""
        said = {
            "CONFIG": str(config),
            "DATA": str(self.data),
            "DATABASE": url,
            "REDIS": self.valkey.url,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.relay.port),
            "SMTP_SECURITY": "plain",
            "LISTEN_SMTP_PORT": str(self.smtp_port),
            "LISTEN_LMTP_PORT": str(self.lmtp_port),
            "RECEIPTS_PER_DAY": "100000",
            "UNDO_SECONDS": "1",
            "AUTHSERV_ID": AUTHSERV,
        }
        ours = {f"HELPDESK_{name.upper()}": value for name, value in (said | self._settings).items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        return kept | ours | {"BOX_PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT)}

    def run(self, *words: str) -> str:
        """Run a command of ours to its end; its output. Raises with its words when it fails."""
        done = subprocess.run(
            [sys.executable, *words], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        return done.stdout

    def ports(self) -> Ports:
        """Ports on the real adapters, for reading and for an advisor's verbs in this process."""
        return connect(from_env({name: value for name, value in self.environment.items() if name != "BOX_PASSWORD"}))
