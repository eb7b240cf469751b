"""FSYNC=1: shows by strace that bytes and rows are synced before the mailbox is told to forget a mail."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.corpus import Writer
from tests.attack.installation import Installation
from tests.services.process import wait_until

_CALLS = "openat,write,pwrite64,fsync,fdatasync,sendto,recvfrom,rename"
_LINE = re.compile(r"^(?P<tid>\d+)\s+[\d.]+ (?P<call>\w+)\((?:\d+<(?P<path>[^>]*)>)?(?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<tid>\d+)\s+[\d.]+ <\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_BLOB = "/blobs/incoming"
_LOG = ".sqlite3-wal"
_STORE = re.compile(r"UID STORE [\d,:]+ \+FLAGS")
_COMMITTED = r"COMMIT\0"


@dataclass
class Order:
    """Reads a trace line by line. At each UID STORE everything kept before it must be on the disk."""

    database: str
    stores: int = 0
    blobs: int = 0
    syncs: int = 0
    early: list[str] = field(default_factory=list)
    _unsynced: set[str] = field(default_factory=set)
    _folder_unsynced: bool = False
    _committed: bool = True
    _log_written: dict[str, bool] = field(default_factory=dict)
    _begun: dict[str, tuple[str, str]] = field(default_factory=dict)

    def read(self, line: str) -> None:
        """One line; a call that another thread interrupted counts at its end when it syncs, else at its beginning."""
        again = _RESUMED.match(line)
        if again is not None:
            call, path = self._begun.pop(again["tid"], ("", ""))
            self._call(again["tid"], call, path, again["rest"], ended=True)
            return
        found = _LINE.match(line)
        if found is None:
            return
        ended = "<unfinished" not in line
        if not ended:
            self._begun[found["tid"]] = (found["call"], found["path"] or "")
        self._call(found["tid"], found["call"], found["path"] or "", found["rest"], ended=ended)

    def _call(self, tid: str, call: str, path: str, rest: str, *, ended: bool) -> None:
        if call in ("fsync", "fdatasync"):
            if ended:
                self._synced(tid, path)
        elif call == "openat" and _BLOB in rest and "O_CREAT" in rest:
            self.blobs += 1
            self._folder_unsynced, self._committed = True, False
        elif call in ("write", "pwrite64"):
            self._written(tid, path)
        elif call == "recvfrom" and _COMMITTED in rest:
            self._committed = not (self._unsynced or self._folder_unsynced)
        elif call == "sendto" and _STORE.search(rest):
            self._store(tid, rest)

    def _written(self, tid: str, path: str) -> None:
        if _BLOB in path:
            self._unsynced.add(path)
        elif path.endswith(_LOG):
            self._log_written[tid] = True

    def _synced(self, tid: str, path: str) -> None:
        self.syncs += 1
        self._unsynced.discard(path)
        if path.endswith(_BLOB):
            self._folder_unsynced = False
        if path.endswith(_LOG) and self._log_written.get(tid):
            self._log_written[tid] = False
            self._committed = not (self._unsynced or self._folder_unsynced)

    def _store(self, tid: str, rest: str) -> None:
        self.stores += 1
        if self._unsynced or self._folder_unsynced or not self._committed or self._log_written.get(tid):
            self.early.append(rest[:80])


@dataclass
class Proof:
    """What the trace shows. `planted` are the traces without one kind of sync, which must be seen to be wrong."""

    database: str
    order: Order
    lying: int
    planted: int
    planted_found: int
    settings: str

    @property
    def good(self) -> bool:
        """Whether every STORE came after everything was synced, and the check could have seen otherwise."""
        looked = self.order.stores > 0 and self.order.blobs > 0 and self.planted == self.planted_found
        return looked and not self.order.early and self.lying == 0

    def line(self) -> str:
        """The RESULT line."""
        order = self.order
        return (
            f"RESULT chaos-fsync db={self.database} uid_store={order.stores} stores_too_early={len(order.early)} "
            f"blobs={order.blobs} syncs={order.syncs} left_in_mailbox={self.lying} settings={self.settings} "
            f"planted={self.planted} planted_found={self.planted_found}"
        )


def prove_order(database: str, seed: int, mails: int) -> Proof:
    """Let a traced poller empty a mailbox of `mails` mails, which come in while it works, and read its trace."""
    raws = [mail.raw for mail in Writer(seed, mails).all()]
    with Installation(database, seed=seed) as installation:
        trace = installation.folder / "trace"
        with _traced_poller(installation, trace):
            for start in range(0, len(raws), 3):
                installation.account.append_many(raws[start : start + 3])
                time.sleep(0.4)
            wait_until(lambda: installation.account.count() == 0, 120, 0.3)
        settings = "synchronous=FULL"
        if installation.postgres:
            asked = ("fsync", "synchronous_commit")
            settings = ",".join(f"{name}={installation.postgres.ask(f'SHOW {name}')}" for name in asked)
        lines = trace.read_text(errors="replace").splitlines()
        plants = _without(lines, database)
        return Proof(
            database=database,
            order=_ordered(lines, database),
            lying=installation.account.count(),
            planted=len(plants),
            planted_found=sum(bool(_ordered(plant, database).early) for plant in plants),
            settings=settings,
        )


def _ordered(lines: list[str], database: str) -> Order:
    order = Order(database)
    for line in lines:
        order.read(line)
    return order


def _without(lines: list[str], database: str) -> list[list[str]]:
    """The trace as it would be without syncing the bytes, the folder, and the database."""
    kept = _COMMITTED if database == "postgresql" else _LOG
    return [
        [line for line in lines if not ("sync(" in line and f"{_BLOB}/" in line)],
        [line for line in lines if not ("sync(" in line and f"{_BLOB}>" in line)],
        [line for line in lines if kept not in line or not re.search(r"sync\(|recvfrom", line)],
    ]


@contextlib.contextmanager
def _traced_poller(installation: Installation, trace: Path) -> Iterator[None]:
    command = ["strace", "-f", "-y", "-ttt", "-s", "300", "-o", str(trace), "-e", f"trace={_CALLS}"]
    traced = subprocess.Popen(
        [*command, sys.executable, "-m", "mail_ingest", "poll"],
        env=installation.environment,
        cwd=installation.folder,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(traced.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            traced.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(traced.pid, signal.SIGKILL)
        traced.wait()
