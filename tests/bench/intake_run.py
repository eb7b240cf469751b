"""One run of the product in the intake benchmark: a running helpdesk gets its mailbox filled, and is watched."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from helpdesk.ports import Ports
from tests.bench import intake_judge
from tests.bench.intake_mails import manifest
from tests.bench.intake_rig import SHOWN, Product, Rig
from tests.bench.meters import cpu_seconds, peak_megabytes
from tests.services.dovecot import Account

LONGEST = 1800.0
_LOOK = 0.1
_SETTLE = 3.0


@dataclass
class OurRun:
    """Seconds since the mails lay there until the last was removed, filed, its HTML cleaned; CPU seconds by whom.

    `cpu` is that until the last was filed; `cpu_after` what followed: receipts that went out, and cleaning.
    """

    emptied: float = 0.0
    filed: float = 0.0
    cleaned: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    cpu_after: float = 0.0
    html_left: int = 0
    peaks: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _State:
    removed: int
    filed: int
    html: int
    receipts: int


_COUNTED = """
select count(removed_at), count(*) filter (where state in ('filed', 'machine')),
       (select count(*) from entry where html_state = 'waiting'),
       (select count(*) from outgoing_mail where state in ('queued', 'sending'))
from inbound_mail
"""
"""One statement, and no more around it than the driver: what looks on shares two cores with what is looked at."""


def _state(connection: Connection) -> _State:
    return _State(*connection.exec_driver_sql(_COUNTED).one())


class _Peaks(threading.Thread):
    """Looks at the memory of all processes until told to stop."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.seen, self.done = root, dict[str, float](), threading.Event()

    def run(self) -> None:
        while not self.done.wait(1.0):
            self.look()

    def look(self) -> None:
        """Take note of what is higher than before."""
        for name, peak in peak_megabytes(self.root).items():
            self.seen[name] = max(peak, self.seen.get(name, 0.0))


def run_product(rig: Rig, folder: Path, name: str) -> OurRun:
    """Start everything, fill the mailbox, wait for the last ticket and the last cleaned HTML, judge."""
    account = rig.dovecot.account()
    moves = rig.prepare(account)
    with Product(rig, name, account) as product:
        ports = product.ports()
        try:
            time.sleep(_SETTLE)
            gc.collect()
            gc.freeze()
            peaks = _Peaks(product.pid)
            peaks.start()

            def cpu() -> dict[str, float]:
                return {"helpdesk": cpu_seconds(product.pid), **rig.servers_cpu()}

            before, began = cpu(), time.monotonic()
            rig.fill(moves)
            with ports.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                run = _watch(connection, len(moves), cpu, before, began)
            peaks.done.set()
            peaks.look()
            run.peaks = peaks.seen
            run.settings = _settings(ports)
            _judge(run, ports, account, folder)
        finally:
            ports.engine.dispose()
    return run


def _settings(ports: Ports) -> dict[str, str]:
    """What PostgreSQL says of durability to a connection made as the product makes them."""
    with ports.engine.connect() as connection:
        return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in SHOWN}


def _watch(
    connection: Connection, mails: int, cpu: Callable[[], dict[str, float]], before: dict[str, float], began: float
) -> OurRun:
    run = OurRun()
    while not run.cleaned:
        time.sleep(_LOOK)
        state, now = _state(connection), time.monotonic() - began
        if now > LONGEST:
            run.wrong.append(f"after {now:.0f} s: {state}")
            return run
        run.emptied = run.emptied or (now if state.removed == mails else 0.0)
        if state.filed == mails and not run.filed:
            run.filed = now
            run.cpu = {key: value - before[key] for key, value in cpu().items()}
            run.html_left = state.html
        if run.filed and run.emptied and not state.html:
            run.cleaned = now
    run.cpu_after = sum(cpu().values()) - sum(before.values()) - sum(run.cpu.values())
    return run


def _judge(run: OurRun, ports: Ports, account: Account, folder: Path) -> None:
    lines = manifest(folder)
    if lying := account.count():
        run.wrong.append(f"{lying} mails lie in the mailbox still")
    tickets = intake_judge.tickets_of(ports)
    digests = intake_judge.raw_digests(folder)
    run.wrong += intake_judge.judge(lines, digests, tickets)
    run.wrong += intake_judge.not_found(ports, lines)
    run.wrong += intake_judge.receipts_wrong(ports, lines)
    run.wrong += [f"a planted damage was not seen: {name}" for name in intake_judge.unseen(lines, digests, tickets)]
