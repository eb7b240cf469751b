"""A filled helpdesk that answers over HTTP as `make run` serves it, and a visitor who is signed in there."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from html import unescape
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from helpdesk.adapters.database import connect_database
from helpdesk.migrating import migrate
from helpdesk.people.accounts import set_password
from helpdesk.settings_reader import from_env
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.wiring import connect
from tests.bench.inbox_corpus import Corpus
from tests.bench.inbox_load import fill, schema_of
from tests.bench.meters import cpu_seconds
from tests.services.postgres import Postgres
from tests.services.process import free_port, wait_until

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ADVISOR, PASSWORD = "adviseur3@academie.example", "een lang wachtwoord 12"
SHARES = (0.1, 0.01, 0.001)


FILLING = {
    "shared_buffers": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}


class KeptPostgres(Postgres):
    """A cluster in a folder that outlives it; what is not durable is set for filling."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(durable=durable)
        self.settings = self.settings if durable else self.settings | FILLING
        shutil.rmtree(self.folder)
        self.folder = folder
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)

    def remove(self) -> None:
        """Stop it; the folder is its owner's."""
        self.stop()


@dataclass
class Helpdesk:
    """One database with so many tickets, in a folder of its own; `facts` is what the corpus knew of it."""

    kind: str
    tickets: int
    seed: int
    folder: Path
    server: Postgres | None = None
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """For SQLAlchemy; names on PostgreSQL begin with a letter."""
        if self.server is not None:
            return self.server.url(f"tickets{self.tickets}")
        return f"sqlite:///{self.folder / 'helpdesk.sqlite3'}"

    def environment(self, port: int) -> dict[str, str]:
        """What the processes read; nothing of the caller's own settings."""
        ours = {"DATA": str(self.folder), "DATABASE": self.url, "PORT": str(port), "SECURE_COOKIES": "false"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        return kept | {f"HELPDESK_{name}": value for name, value in ours.items()} | {"PYTHONPATH": str(ROOT)}

    def prepare(self) -> bool:
        """Fill it unless it is filled; the schema must be the migrated one afterwards. Returns whether it was new."""
        known = self.folder / "facts.json"
        if known.exists():
            self.facts = json.loads(known.read_text())
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.server is not None:
            self.server.ask(f'DROP DATABASE IF EXISTS "tickets{self.tickets}"')
            self.server.ask(f'CREATE DATABASE "tickets{self.tickets}" TEMPLATE template0')
        else:
            (self.folder / "helpdesk.sqlite3").unlink(missing_ok=True)
        self._init()
        engine = connect_database(self.url, durable=False)
        migrate(engine)
        engine.dispose()
        before = schema_of(self.url)
        corpus = Corpus(self.tickets, self.seed, NOW)
        corpus.watched = tuple(corpus.vocabulary.in_share_of_tickets(share) for share in SHARES)
        fill(self.url, corpus, partial(print, file=sys.stderr, flush=True))
        if (after := schema_of(self.url)) != before:
            raise RuntimeError(f"the schema changed while filling: {sorted(set(before) ^ set(after))[:4]}")
        self._sign_up()
        self.facts = corpus.names | {word: str(count) for word, count in corpus.counted.items()}
        known.write_text(json.dumps(self.facts))
        return True

    def _init(self) -> None:
        """The keys, which must be there before the database is."""
        words = [sys.executable, "-m", "helpdesk", "init"]
        subprocess.run(words, env=self.environment(0), cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def _sign_up(self) -> None:
        ours = self.environment(0).items()
        ports = connect(from_env({name: value for name, value in ours if name.startswith("HELPDESK_")}))
        with unit_of_work(ports, SYSTEM) as unit:
            set_password(unit, ADVISOR, PASSWORD)
        ports.engine.dispose()

    def bytes_on_disk(self) -> int:
        """Of the database alone."""
        if self.server is not None:
            return int(str(self.server.ask(f"SELECT pg_database_size('tickets{self.tickets}')")))
        return sum(file.stat().st_size for file in self.folder.glob("helpdesk.sqlite3*"))


def forget_cached(folder: Path) -> None:
    """Let the system forget what it cached of the files below a folder; they must be synced and nobody's."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Site:
    """The pages of one helpdesk under gunicorn, and one signed-in connection to them."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self.helpdesk, self._port = helpdesk, free_port()
        self._cookies: dict[str, str] = {}
        self.taken = 0.0
        self._log = (helpdesk.folder / "web.log").open("wb")

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "web", "serve"]
        self._process = subprocess.Popen(
            words, env=self.helpdesk.environment(self._port), cwd=ROOT, stdout=self._log, stderr=self._log
        )
        try:
            if not wait_until(self._up, 60):
                raise RuntimeError(f"the web did not start: {(self.helpdesk.folder / 'web.log').read_text()[-2000:]}")
            self._sign_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_fault: object) -> None:
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        self._process.kill()
        self._process.wait()
        self._log.close()

    def computed(self) -> float:
        """Seconds of CPU so far, of the pages' process and the database's."""
        server = self.helpdesk.server
        return cpu_seconds(self._process.pid) + (cpu_seconds(server.pid) if server else 0.0)

    def _up(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def _sign_in(self) -> None:
        page = self.get("/inloggen")[1]
        self._post("/inloggen", page, email=ADVISOR, password=PASSWORD)
        if "helpdesk" not in self._cookies:
            raise RuntimeError("signing in failed")

    def get(self, path: str) -> tuple[float, str]:
        """Seconds and text of a page, which must be there."""
        status, text, _onward = self._ask("GET", path, None)
        if status != 200:
            raise RuntimeError(f"{path} answers {status}")
        return self.taken, text

    def search(self, form_page: str, query: str) -> tuple[float, str]:
        """Seconds of both steps of a search, from sending the form to the last byte of the results, and their text."""
        onward = self._post("/werk/zoeken", form_page, q=query)
        sending = self.taken
        taken, text = self.get(onward)
        return sending + taken, text

    def _post(self, path: str, form_page: str, **fields: str) -> str:
        token = re.search(r'name="formulier" value="([^"]+)"', form_page)
        if token is None:
            raise RuntimeError(f"no form to {path}")
        status, _text, onward = self._ask("POST", path, urlencode(fields | {"formulier": token.group(1)}))
        if status != 303:
            raise RuntimeError(f"{path} answers {status}")
        return onward

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        """Status, text, and where it sends on; `taken` is then the seconds until the last byte was there."""
        began = time.perf_counter()
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        connection.request(method, path, body, headers | {"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        sent = answer.read()
        self.taken = time.perf_counter() - began
        connection.close()
        text = (gzip.decompress(sent) if answer.headers.get("Content-Encoding") == "gzip" else sent).decode()
        for said in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, value = said.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, text, answer.headers.get("Location", "")


def next_page(text: str) -> str | None:
    """Where the link to the next page of a list leads."""
    found = re.findall(r'<nav class="paging".*?</nav>', text, re.DOTALL)
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', found[-1])] if found else []
    return next((link for link in reversed(links) if re.search(r"[?&]na=", link)), None)
