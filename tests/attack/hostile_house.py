"""The whole product for the hostile run, started by its own supervisor as `make run` does. Judges nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import signal
import smtplib
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import func, select

from helpdesk.models import Entry, InboundMail, OutgoingMail, Ticket
from helpdesk.people.accounts import create_account
from helpdesk.text.language import translator
from helpdesk.unit import SYSTEM, unit_of_work
from tests.attack.corpus import DESK
from tests.attack.hostile_reader import EMAIL, PASSWORD, Reader
from tests.attack.installation import ROOT, Installation

READY_SECONDS = 120
SENDER = "bommen.example"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the product has of one mail: the row of its intake log and, once filed, its ticket."""

    sha256: str
    state: str
    size: int
    number: str | None
    entry_id: int | None
    html_state: str
    html_reason: str
    defects: tuple[str, ...]


class House:
    """An installation with everything running; `doors` hand a mail over and say whether it was taken."""

    def __init__(self, database: str) -> None:
        self._installation = Installation(database, settings={"secure_cookies": "0"})
        self._digests: dict[int, str] = {}
        self._last_words = ""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._installation = stack.enter_context(self._installation)
            self.ports = self._installation.ports()
            stack.callback(self.ports.engine.dispose)
            logging.getLogger().addHandler(logging.NullHandler())
            with unit_of_work(self.ports, SYSTEM) as unit:
                create_account(unit, EMAIL, "An Adviseur", ["advisor"], PASSWORD)
            self._start()
            stack.callback(self._end)
            said = json.loads((self._installation.data / "run.json").read_text())
            self.reader = Reader(said["web"]["url"])
            self.reader.sign_in()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def roots(self) -> list[int]:
        """The supervisor, and the database server where there is one: all that the product makes work."""
        postgres = self._installation.postgres
        return [self._process.pid, *([postgres.pid] if postgres else [])]

    def _start(self) -> None:
        environment = {
            name: value for name, value in self._installation.environment.items() if name != "HELPDESK_REDIS"
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers", "supervise", "--with-parent"],
            env=environment | {"HELPDESK_DEMO": "0"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(ready,), daemon=True).start()
        if not ready.wait(READY_SECONDS):
            self._end()
            raise RuntimeError(f"not ready: {self._last_words}")

    def _listen(self, ready: threading.Event) -> None:
        for line in self._process.stdout or ():
            self._last_words = line
            if line.startswith("ready:"):
                ready.set()

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def hand_over(self, door: str, raw: bytes) -> bool:
        """Give a mail to a door; False when it was refused for good."""
        if door == "imap":
            self._installation.account.append(raw)
            return True
        kind = smtplib.LMTP if door == "lmtp" else smtplib.SMTP
        port = self._installation.lmtp_port if door == "lmtp" else self._installation.smtp_port
        client = kind("127.0.0.1", port, timeout=120)
        try:
            client.ehlo_or_helo_if_needed()
            client.sendmail(f"bom@{SENDER}", [DESK], raw)
        except smtplib.SMTPResponseException as refusal:
            if refusal.smtp_code >= 500:
                return False
            raise
        finally:
            client.close()
        return True

    def last_id(self) -> int:
        """The newest row of the intake log."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            return unit.session.scalar(select(func.max(InboundMail.id))) or 0

    def kept_after(self, inbound_id: int) -> dict[str, Kept]:
        """Everything that came in after this row, by the digest of its raw bytes."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            rows = unit.session.execute(
                select(InboundMail, Entry, Ticket.number)
                .outerjoin(Entry, Entry.inbound_id == InboundMail.id)
                .outerjoin(Ticket, Ticket.id == Entry.ticket_id)
                .where(InboundMail.id > inbound_id, InboundMail.blob.is_not(None))
            ).all()
            found = {}
            for row, entry, number in rows:
                sha256 = self._digest(row)
                found[sha256] = Kept(
                    sha256,
                    row.state,
                    row.size,
                    number,
                    entry.id if entry else None,
                    entry.html_state if entry else "",
                    (entry.html_reason or "") if entry else "",
                    tuple((entry.defects or "").split()) if entry else (),
                )
            return found

    def _digest(self, row: InboundMail) -> str:
        if row.id not in self._digests:
            digest = hashlib.sha256()
            with self.ports.blobs.open(row.blob or "") as stream:
                while piece := stream.read(1 << 20):
                    digest.update(piece)
            self._digests[row.id] = digest.hexdigest()
        return self._digests[row.id]

    def waiting(self) -> int:
        """How much is not done: mail to file, HTML to clean, mail to send."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            asked = (
                select(func.count()).select_from(InboundMail).where(InboundMail.state == "received"),
                select(func.count()).select_from(Entry).where(Entry.html_state == "waiting"),
                select(func.count()).select_from(OutgoingMail).where(OutgoingMail.state.in_(("queued", "sending"))),
            )
            return sum(unit.session.scalar(each) or 0 for each in asked)

    def said(self, message: str) -> str:
        """A sentence as the pages of this house say it."""
        return translator(self.ports.settings.language).gettext(message)
