"""`make bench-retention`: choosing what is due among few and many tickets, and destroying it beside a bare floor.

Every ticket of the filling has its entries, files, index and events; those that fall due came by mail, with a file of
50 kB and three notes. The floor unlinks as many files, deletes the same rows with the same statements and syncs as
often. TICKETS=1000000 DUE=100 ROUNDS=3 SEED=7 DB=sqlite|postgresql DATA=folder to keep the filled databases.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, event, select, text, update

from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.models import Flag, InboundMail, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, listing, lists, policies
from helpdesk.privacy.copies import blobs
from helpdesk.privacy.copies.rows import deletes
from helpdesk.retention import clock
from helpdesk.retention.register.load import load
from helpdesk.row_sets import ids_given
from helpdesk.search import forget_tickets
from helpdesk.settings import from_env
from helpdesk.tickets.replying import add_note
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.wiring import connect
from tests.bench.inbox_site import NOW, Helpdesk, KeptPostgres
from tests.disposal import pass_window
from tests.letters import letter, receive, wait
from tests.retention import staff

SMALL, MOST_RATIO, MOST_WAIT = int(os.environ.get("SMALL", "10000")), 1.3, 0.25
BATCH, _STEPS = 100, 1000
_USUAL = {"TICKETS": "1000000", "DUE": "100", "ROUNDS": "3", "SEED": "7"}
_FILE = os.urandom(37_000)
"""Fifty kilobytes as a mail carries it."""


def say(line: str) -> None:
    """A line of progress or result."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Timed:
    """Seconds and rows of one database, by round."""

    choosing: list[float] = field(default_factory=list)
    read: list[int] = field(default_factory=list)
    destroying: list[float] = field(default_factory=list)
    scrubbing: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def ports_on(helpdesk: Helpdesk) -> Ports:
    """Ports on a filled database, with a clock to be moved and nobody to send to."""
    ours = {name: said for name, said in helpdesk.environment(0).items() if name.startswith("HELPDESK_")}
    return replace(
        connect(from_env(ours)), bus=MemoryBus(), jobs=MemoryJobs(), mailer=MemoryMailer(), now=SetClock(NOW)
    )


class Bench:
    """One filled helpdesk, with people who decide."""

    def __init__(self, helpdesk: Helpdesk, due: int) -> None:
        self.ports, self.due, self.timed, self._mails = ports_on(helpdesk), due, Timed(), 0
        mark = f"{time.time_ns()}"
        self.admin, self.officer, self.advisor = (
            staff(self.ports, f"{role}-{mark}", role) for role in ("functional_admin", "privacy_officer", "advisor")
        )
        content = policies.shipped_text("551") + f"\n# {mark}\n".encode()
        with unit_of_work(self.ports, self.admin) as unit:
            version = policies.propose(unit, content)
        with unit_of_work(self.ports, self.officer) as unit:
            policies.approve(unit, version, load(content).sha256)
        with unit_of_work(self.ports, SYSTEM) as unit:
            # The filling is as if it had been reckoned: this is about what falls due.
            unit.session.execute(delete(Flag).where(Flag.name == "reckon_after"))

    def falls_due(self) -> list[int]:
        """So many tickets whose term ends: by mail with a file, three notes each. Returns their ids."""
        first, self._mails = self._mails, self._mails + self.due
        serial = time.time_ns()
        mails = [
            letter(
                f"Vraag {n} over planning en vergoeding.",
                sender=f"d{serial}x{n}@x.example",
                subject=f"Vraag {n}",
                message_id=f"<{serial}.{n}@x>",
                files=(("bijlage.bin", _FILE),),
            )
            for n in range(first, self._mails)
        ]
        receive(self.ports, *mails, mailbox=f"box{serial}")
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            asked = select(Ticket.id, Ticket.number, TicketPerson.person_id)
            asked = asked.join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
            asked = asked.where(TicketPerson.address.like(f"d{serial}x%"), TicketPerson.role == "requester")
            made = unit.session.execute(asked).all()
        with unit_of_work(self.ports, self.advisor) as unit:
            for row in made:
                for nth in range(3):
                    add_note(unit, row.number, f"Overleg {nth} over de vergoeding.", f"{serial}-{row.id}-{nth}")
        ids = [row.id for row in made]
        with unit_of_work(self.ports, SYSTEM) as unit:
            unit.session.execute(
                update(Person).where(Person.id.in_([row.person_id for row in made])).values(kind="external")
            )
            unit.session.execute(update(InboundMail).where(InboundMail.ticket_id.in_(ids)).values(removed_at=unit.now))
            unit.session.execute(update(Ticket).where(Ticket.id.in_(ids)).values(status="done", done_at=unit.now))
            for ticket_id in ids:
                clock.touch(unit, ticket_id)
        return ids

    def choose(self) -> None:
        """What the daily turn does to find them and put them on a list."""
        with read_counted(self.ports) as read:
            began = time.perf_counter()
            clock.tick(self.ports)
            listing.propose(self.ports)
            self.timed.choosing.append(time.perf_counter() - began)
        self.timed.read.append(read[0])

    def destroy(self) -> None:
        """A run of the list, with somebody who writes meanwhile; the scrub is timed apart as well."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            open_lists = unit.session.scalars(text("SELECT id FROM disposal_list WHERE state = 'open'")).all()
        for list_id in open_lists:
            with unit_of_work(self.ports, self.admin) as unit:
                lists.propose(unit, list_id)
            with unit_of_work(self.ports, self.officer) as unit:
                lists.approve(unit, list_id)
        pass_window(self.ports)
        with writing_meanwhile(self.ports, self.timed.waits):
            began = time.perf_counter()
            ran = destruction.run(self.ports)
            self.timed.destroying.append(time.perf_counter() - began - ran.scrubbing)
            self.timed.scrubbing.append(ran.scrubbing)
        if ran.destroyed != self.due:
            raise RuntimeError(f"{ran.destroyed} tickets were destroyed and not {self.due}")

    def floor(self, ids: Sequence[int]) -> None:
        """As many files unlinked and rows deleted, synced as often; nothing decided, proved or looked for."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            keys = {start: blobs.keys_of(unit, ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)}
        began = time.perf_counter()
        for start, some in keys.items():
            batch, folders = ids[start : start + BATCH], set[Path]()
            for path in [place for key in some for place in self.ports.blobs.places(key)]:
                path.unlink(missing_ok=True)
                folders.add(path.parent)
            for folder in folders:
                opened = os.open(folder, os.O_RDONLY)
                os.fsync(opened)
                os.close(opened)
            with unit_of_work(self.ports, SYSTEM) as unit:
                forget_tickets(unit, batch)
                connection = unit.session.connection()
                for statement in deletes(connection.dialect.name):
                    connection.execute(statement, ids_given(connection.dialect.name, batch))
        self.timed.floor.append(time.perf_counter() - began)


@contextlib.contextmanager
def read_counted(ports: Ports) -> Iterator[list[int]]:
    """How much the database read, as it counts itself: rows on PostgreSQL, steps of its machine on SQLite."""
    found = [0]
    if ports.engine.dialect.name == "postgresql":
        before = _rows_read(ports)
        yield found
        found[0] = _rows_read(ports) - before
        return

    def count() -> None:
        found[0] += _STEPS

    def watch(raw: sqlite3.Connection, *_more: object) -> None:
        raw.set_progress_handler(count, _STEPS)

    event.listen(ports.engine, "checkout", watch)
    try:
        yield found
    finally:
        event.remove(ports.engine, "checkout", watch)
        with ports.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.set_progress_handler(None, 0)


def _rows_read(ports: Ports) -> int:
    with ports.engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.rollback()
        time.sleep(1.2)
        asked = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
        return int(connection.execute(text(asked)).scalar_one())


@contextlib.contextmanager
def writing_meanwhile(ports: Ports, waits: list[float]) -> Iterator[None]:
    """Somebody writes all the time; how long each of their transactions took is noted."""
    done = threading.Event()

    def write() -> None:
        while not done.wait(0.02):
            began = time.perf_counter()
            with unit_of_work(ports, SYSTEM) as unit:
                unit.session.execute(delete(Flag).where(Flag.name == "bench"))
                unit.session.add(Flag(name="bench", value=f"{began}"))
            waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(30)


def measure(bench: Bench, rounds: int) -> Timed:
    """Rounds of both, the floor in turn before and behind; one round first that is not counted."""
    for nth in range(rounds + 1):
        if nth == 1:
            bench.timed = Timed()
        if nth % 2:
            bench.floor(bench.falls_due())
        bench.falls_due()
        wait(bench.ports, dt.timedelta(days=400))
        bench.choose()
        bench.destroy()
        if not nth % 2:
            bench.floor(bench.falls_due())
    return bench.timed


def report(kind: str, small: Timed, large: Timed, tickets: int, due: int) -> bool:
    """Print the RESULT line; whether choosing costs what is due, and nobody waits too long."""
    one, many = statistics.median(small.choosing), statistics.median(large.choosing)
    took, floor = statistics.median(large.destroying), statistics.median(large.floor)
    scrub, longest = statistics.median(large.scrubbing), max(large.waits, default=0.0)
    unit = "rows" if kind == "postgresql" else "steps"
    say(
        f"RESULT bench-retention db={kind} tickets={tickets} due={due} choose_small={one:.3f} choose={many:.3f} "
        f"ratio={many / one:.2f} {unit}_read_small={statistics.median(small.read):.0f} "
        f"{unit}_read={statistics.median(large.read):.0f} destroy={took:.2f} per_second={due / took:.0f} "
        f"scrub={scrub:.2f} floor={floor:.2f} to_floor={took / floor:.1f} writer_longest={longest:.3f}"
    )
    return many / one <= MOST_RATIO and longest <= MOST_WAIT


@contextlib.contextmanager
def filled(kind: str, size: int, folder: Path, seed: int) -> Iterator[Helpdesk]:
    """A filled database of one kind: PostgreSQL is filled without care, and started anew as it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    if kind == "sqlite":
        helpdesk = Helpdesk(kind, size, seed, folder / str(size))
        helpdesk.prepare()
        yield helpdesk
        return
    with KeptPostgres(folder / "server", durable=False) as server:
        Helpdesk(kind, size, seed, folder / str(size), server).prepare()
    with KeptPostgres(folder / "server") as server:
        yield Helpdesk(kind, size, seed, folder / str(size), server)


def run(kind: str, folder: Path, tickets: int, seed: int, rounds: int, due: int) -> bool:
    """Both sizes on one kind of database."""
    found = []
    for size in (SMALL, tickets):
        with filled(kind, size, folder / kind, seed) as helpdesk:
            say(f"  {kind} {size} tickets, {helpdesk.bytes_on_disk() // 1_000_000} MB")
            bench = Bench(helpdesk, due)
            try:
                found.append(measure(bench, rounds))
            finally:
                bench.ports.engine.dispose()
    return report(kind, found[0], found[1], tickets, due)


def main() -> int:
    """A RESULT line per database; 0 when both limits were met on each."""
    said = {name: int(os.environ.get(name, usual)) for name, usual in _USUAL.items()}
    kinds = os.environ.get("DB", "both").replace("both", "sqlite,postgresql").split(",")
    with contextlib.ExitStack() as stack:
        data = os.environ.get("DATA") or stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-bench-"))
        Path(data).chmod(0o755)
        good = [run(kind, Path(data), said["TICKETS"], said["SEED"], said["ROUNDS"], said["DUE"]) for kind in kinds]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
