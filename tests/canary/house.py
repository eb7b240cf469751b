"""The running product with real servers around it, and a clock to be moved; all it writes stands below `folders`."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select, text

from helpdesk.adapters.database import connect_database
from helpdesk.models import OutgoingMail
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.attack.crew import ROLES, Crew
from tests.attack.installation import ROOT, Installation
from tests.backups import PROGRAMS
from tests.canary.visitor import Visitor
from tests.retention import policy_in_force
from tests.services.process import free_port, wait_until
from tests.services.relay import Policy
from tests.web.sites import SECRETS, SITE

ADVISOR, ADMIN, OFFICER, ARCHIVIST = (f"{name}@academie.example" for name in ("sanne", "fatima", "piet", "rosa"))
_READS = 5.0
_DESTROYED = "SELECT coalesce(sum(destroyed), 0) FROM disposal_list"
PASSWORD = "een lang wachtwoord 12"
_STAFF = {ADVISOR: "advisor", ADMIN: "functional_admin", OFFICER: "privacy_officer", ARCHIVIST: "record_manager"}


class House:
    """Everything of one installation. A third of what goes to the relay is put off, so that answers wait."""

    def __init__(self, database: str, seed: int) -> None:
        self.installation = Installation(
            database,
            seed=seed,
            policy=Policy(seed=seed, later=0.34),
            settings={
                "SECURE_COOKIES": "false",
                "POSTGRES_PROGRAMS": PROGRAMS,
                "CHAT_HOURS": "mon-sun 00:00-23:59",
            },
        )
        self._stack = contextlib.ExitStack()
        self.port = free_port()
        self.site = f"http://localhost:{free_port()}"
        self._web: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.installation)
            self.temp = self.installation.folder / "temp"
            self.certificates = self.installation.folder / "certificates"
            for folder in (self.temp, self.certificates):
                folder.mkdir()
            self.installation.environment |= {"TMPDIR": str(self.temp), "HELPDESK_PORT": str(self.port)}
            self._let_show(self.site)
            self.ports: Ports = self.installation.ports()
            stack.callback(self.ports.engine.dispose)
            with unit_of_work(self.ports, SYSTEM) as unit:
                for email, role in _STAFF.items():
                    create_account(unit, email, email.partition("@")[0].title(), [role], PASSWORD, from_start=True)
            policy_in_force(self.ports)
            self.crew = stack.enter_context(Crew(self.installation, lambda _role: False))
            stack.callback(self._stop_web)
            self._start_web()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _let_show(self, site: str) -> None:
        """Let a site of another origin show the chat and say who looks."""
        config = Path(self.installation.environment["HELPDESK_CONFIG"])
        secret = config.with_name("site")
        secret.write_text(f"{SECRETS[SITE]}\n")
        with config.open("a", encoding="utf-8") as settings:
            settings.write(f'\n[[site]]\norigin = "{site}"\nsecret_file = "{secret}"\n')
        self.installation.environment |= {"HELPDESK_PUBLIC_URL": f"http://127.0.0.1:{self.port}"}

    def _start_web(self) -> None:
        folder = self.installation.folder / "web"
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("ab") as log:
            self._web = subprocess.Popen(
                [sys.executable, "-m", "web", "serve"],
                env=self.crew.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not wait_until(self._answers, 60, 0.1):
            raise RuntimeError(f"the web did not start: {(folder / 'log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def _stop_web(self) -> None:
        if self._web is not None:
            self._web.terminate()
            self._web.wait(20)

    def visitor(self, email: str) -> Visitor:
        """Somebody who works here and signs in."""
        visitor = Visitor(self.port)
        visitor.sign_in(email, PASSWORD)
        return visitor

    def asker(self, address: str) -> Visitor:
        """Somebody who asks, signed in by mail."""
        visitor = Visitor(self.port)
        visitor.sign_in_by_mail(address, self.token)
        return visitor

    def token(self) -> str:
        """The token in the newest sign-in mail: it follows from the seed and the key."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            sent = select(OutgoingMail.seed).where(OutgoingMail.kind == "sign_in").order_by(OutgoingMail.id.desc())
            return self.ports.keys.link_token(unit.session.scalars(sent).first() or "")

    def go_to(self, days: int) -> None:
        """Let every process live so many days after the start, and the ports of this one as well."""
        moved = self.crew.environment | {"HELPDESK_CLOCK_OFFSET": f"P{days}D"}
        self.crew.restart(tuple(ROLES), moved)
        self._stop_web()
        self._start_web()
        self.installation.environment |= {"HELPDESK_CLOCK_OFFSET": f"P{days}D"}
        self.ports.engine.dispose()
        self.ports = self.installation.ports()

    def command(self, *words: str) -> str:
        """A command of `helpdesk`, as an operator gives it."""
        return self.installation.run("-m", "helpdesk", *words)

    def until(self, done: Callable[[], bool], what: str, seconds: float = 120) -> None:
        """Wait for the workers. Raises RuntimeError when it does not come about."""
        if not wait_until(done, seconds, 0.2):
            raise RuntimeError(f"in {seconds} s this did not come about: {what}")

    def stop(self) -> None:
        """End every process of the product; the servers go on."""
        self.crew.stop()
        self._stop_web()
        self._web = None

    def folders(self, *, written: bool = False) -> dict[str, Path]:
        """Where anything of the product may stand; `written` lets PostgreSQL write first what it only has in memory.

        Not after a destruction: what the product left to the next checkpoint must be seen.
        """
        self.installation.valkey.ask("CONFIG SET rdbcompression no")
        self.installation.valkey.ask("SAVE")
        found = {"data": self.installation.data, "temp": self.temp, "valkey": self.installation.valkey.folder}
        found["certificates"] = self.certificates
        found |= {role: self.installation.folder / role for role in (*ROLES, "web")}
        if self.installation.postgres is not None:
            if written:
                self.installation.postgres.ask("CHECKPOINT")
            found |= {"postgresql": self.installation.postgres.folder}
        return found

    def begin_a_log_file(self) -> None:
        """Let PostgreSQL begin a new file of its log: by chance what it wrote before would be left behind anyway."""
        if self.installation.postgres is not None:
            self.installation.postgres.ask("SELECT pg_switch_wal()")

    def keep(self) -> Path:
        """A copy of all of it, to be looked through by hand."""
        into = Path(tempfile.mkdtemp(prefix=f"hd-canary-{self.installation.database}-"))
        for name, folder in self.folders().items():
            shutil.copytree(folder, into / name, ignore=shutil.ignore_patterns("s", ".s.*"), dirs_exist_ok=True)
        return into

    @contextlib.contextmanager
    def slow_reader(self) -> Iterator[None]:
        """Somebody who reads since before, and for some seconds after the first rows are gone."""
        engine, over = connect_database(self.ports.settings.database_url), threading.Event()

        def gone() -> bool:
            with engine.connect() as connection:
                return int(connection.execute(text(_DESTROYED)).scalar_one()) > 0

        def read() -> None:
            reading = engine.execution_options(reading=True)
            if engine.dialect.name == "postgresql":
                reading = reading.execution_options(isolation_level="REPEATABLE READ")
            with reading.connect() as connection:
                connection.execute(text("SELECT count(*) FROM heartbeat")).all()
                begun.set()
                while not over.is_set() and not gone():
                    over.wait(0.1)
                over.wait(_READS)

        begun = threading.Event()
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        begun.wait(10)
        try:
            yield
        finally:
            over.set()
            reader.join(10)
            engine.dispose()

    def breathe(self) -> None:
        """Let processes write what they still hold."""
        time.sleep(1.0)
