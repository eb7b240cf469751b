"""Somebody who writes all the time, as a process of its own: the poller's commit, ten mails a second, each one timed.

Run as `python -m tests.bench.retention_writer MAILBOX` with the settings of a helpdesk; it goes on until its input
ends, and then prints the seconds of each commit as a list of JSON, and those of the disk alone as another.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select as polling
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import delete, select

from helpdesk.adapters.memory import MemoryJobs
from helpdesk.models import InboundMail, MailSeen
from helpdesk.ports import Ports
from helpdesk.settings_reader import from_env
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.wiring import connect
from mail_ingest.accept import accept
from tests.letters import envelope, letter

ROOT = Path(__file__).parents[2]
EVERY = 0.1


@dataclass
class Waits:
    """Seconds of each commit, and of the bare disk meanwhile."""

    commits: list[float] = field(default_factory=list)
    disk: list[float] = field(default_factory=list)


class Disk(threading.Thread):
    """Writes one page in place, past the system's cache and its journal, twenty times a second.

    Nobody's commit can be quicker than that: a disk that others use as well stops for everybody now and then.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.took, self.done = list[float](), threading.Event()
        self._path = folder / "disk.probe"

    def run(self) -> None:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
        except OSError:
            return  # a disk of memory knows no such thing, and does not stop
        page = mmap.mmap(-1, mmap.PAGESIZE)
        os.pwrite(file, page, 0)
        os.fsync(file)
        while not self.done.wait(EVERY / 2):
            began = time.perf_counter()
            os.pwrite(file, page, 0)
            self.took.append(time.perf_counter() - began)
        os.close(file)
        self._path.unlink()


class Writer:
    """Commits mails of its own to one mailbox."""

    def __init__(self, ports: Ports, mailbox: str) -> None:
        self._ports, self._mailbox = ports, mailbox
        self._uid, self._serial = 0, time.time_ns()

    def commit(self) -> float:
        """Take one mail in; the seconds that it took."""
        self._uid += 1
        name = f"<{self._serial}.{self._uid}@w>"
        raw = letter(f"Een vraag, de {self._uid}e.", sender=f"w{self._uid}@x.example", message_id=name)
        mail = (raw, envelope(self._ports, raw, uid=self._uid, mailbox=self._mailbox))
        began = time.perf_counter()
        accept([mail], self._ports)
        return time.perf_counter() - began


def write_until_told(writer: Writer) -> list[float]:
    """The seconds of each commit until our input ends."""
    took = list[float]()
    while not polling.select([sys.stdin], [], [], EVERY)[0]:
        took.append(writer.commit())
    return took


@contextlib.contextmanager
def writing_meanwhile(environment: Mapping[str, str], ports: Ports, waits: Waits) -> Iterator[None]:
    """Let it write while this lasts, then note what each commit took, and take its mails away again."""
    mailbox = f"writer{time.time_ns()}"
    command = [sys.executable, "-m", "tests.bench.retention_writer", mailbox]
    writer = subprocess.Popen(
        command, env=dict(environment), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if writer.stdout is None or writer.stdout.readline() != "writing\n":
            raise RuntimeError("nobody writes")
        yield
    finally:
        said = writer.communicate()[0]
    commits, disk = (json.loads(line) for line in said.splitlines())
    waits.commits += commits
    waits.disk += disk
    _take_away(ports, mailbox)


def _take_away(ports: Ports, mailbox: str) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        keys = unit.session.scalars(select(InboundMail.blob).where(InboundMail.mailbox == mailbox)).all()
        unit.session.execute(delete(InboundMail).where(InboundMail.mailbox == mailbox))
        unit.session.execute(delete(MailSeen).where(MailSeen.mailbox == mailbox))
    ports.blobs.destroy([key for key in keys if key is not None])


def main() -> int:
    """Say when it begins, and what it saw when it is told to end."""
    ours = {name: said for name, said in os.environ.items() if name.startswith("HELPDESK_")}
    writer = Writer(replace(connect(from_env(ours)), jobs=MemoryJobs()), sys.argv[1])
    # The poller has run for long: what a process does once, with its first mail, is no wait for others.
    writer.commit()
    disk = Disk(from_env(ours).data)
    disk.start()
    sys.stdout.write("writing\n")
    sys.stdout.flush()
    took = write_until_told(writer)
    disk.done.set()
    disk.join()
    sys.stdout.write(f"{json.dumps(took)}\n{json.dumps(disk.took)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
