"""A filled helpdesk in which tickets fall due, are chosen and are destroyed: timed, counted, and beside a floor."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, event, select, text, update

from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.models import DisposalList, Flag, InboundMail, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, listing, lists, policies
from helpdesk.privacy.copies.anew import OF_PEOPLE
from helpdesk.privacy.copies.plan import steps
from helpdesk.retention import clock
from helpdesk.retention.register.load import load
from helpdesk.settings_reader import from_env
from helpdesk.tickets.replying import add_note
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from helpdesk.wiring import connect
from tests.bench import retention_floor
from tests.bench.inbox_corpus import Vocabulary
from tests.bench.inbox_site import NOW, Helpdesk
from tests.bench.retention_writer import Waits, writing_meanwhile
from tests.disposal import pass_window
from tests.letters import letter, receive, wait
from tests.retention import staff

BATCH, NOTES, _MAILS, _STEPS = 100, 3, 200, 1000
_FILE = os.urandom(37_000)
"""Fifty kilobytes as a mail carries it."""


@dataclass
class Timed:
    """Seconds and rows of one database, by round."""

    choosing: list[float] = field(default_factory=list)
    reckoned: list[int] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    scanned: list[int] = field(default_factory=list)
    destroying: list[float] = field(default_factory=list)
    scrubbing: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    waits: Waits = field(default_factory=Waits)


def ports_on(helpdesk: Helpdesk) -> Ports:
    """Ports on a filled database, with a clock to be moved and nobody to send to."""
    ours = {name: said for name, said in helpdesk.environment(0).items() if name.startswith("HELPDESK_")}
    return replace(
        connect(from_env(ours)), bus=MemoryBus(), jobs=MemoryJobs(), mailer=MemoryMailer(), now=SetClock(NOW)
    )


def people_who_decide(ports: Ports) -> tuple[Actor, Actor, Actor]:
    """Who proposes, who approves, who answers; a register is put in force, and nothing waits to be reckoned for it."""
    mark = f"{time.time_ns()}"
    admin, officer, advisor = (
        staff(ports, f"{role}-{mark}", role) for role in ("functional_admin", "privacy_officer", "advisor")
    )
    content = policies.shipped_text("551") + f"\n# {mark}\n".encode()
    with unit_of_work(ports, admin) as unit:
        version = policies.propose(unit, content)
    with unit_of_work(ports, officer) as unit:
        policies.approve(unit, version, load(content).sha256)
    with unit_of_work(ports, SYSTEM) as unit:
        # The filling is as if it had been reckoned: this is about what falls due.
        unit.session.execute(delete(Flag).where(Flag.name == "reckon_after"))
    return admin, officer, advisor


def decide_on_all(ports: Ports, admin: Actor, officer: Actor) -> list[int]:
    """Propose and approve every open list. Returns their ids."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = list(unit.session.scalars(select(DisposalList.id).where(DisposalList.state == "open")))
    for list_id in found:
        with unit_of_work(ports, admin) as unit:
            lists.propose(unit, list_id)
        with unit_of_work(ports, officer) as unit:
            lists.approve(unit, list_id, "Alles ineens: gemeten wordt hoe lang dat duurt.")
    return found


class Bench:
    """One filled helpdesk, with people who decide."""

    def __init__(self, helpdesk: Helpdesk, seed: int) -> None:
        self.helpdesk, self.ports, self.timed = helpdesk, ports_on(helpdesk), Timed()
        self._draw, self._words = random.Random(f"due {seed}"), Vocabulary(seed)
        self.admin, self.officer, self.advisor = people_who_decide(self.ports)

    def _text(self) -> str:
        return " ".join(self._words.entry(self._draw)[0])

    def falls_due(self, count: int) -> list[int]:
        """So many tickets whose term ends: by mail with a file, three notes each, 80 words an entry. Returns their ids.

        All that is behind them then: the term has passed.
        """
        serial = time.time_ns()
        for first in range(0, count, _MAILS):
            mails = [
                letter(
                    self._text(),
                    sender=f"d{serial}x{n}@x.example",
                    subject=f"Vraag {n}",
                    message_id=f"<{serial}.{n}@x>",
                    files=(("bijlage.bin", _FILE),),
                )
                for n in range(first, min(first + _MAILS, count))
            ]
            receive(self.ports, *mails, mailbox=f"box{serial}")
        ids = self._answered(serial)
        wait(self.ports, dt.timedelta(days=400))
        return ids

    def _answered(self, serial: int) -> list[int]:
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            asked = select(Ticket.id, Ticket.number, TicketPerson.person_id)
            asked = asked.join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
            asked = asked.where(TicketPerson.address.like(f"d{serial}x%"), TicketPerson.role == "requester")
            made = unit.session.execute(asked.order_by(Ticket.id)).all()
        for start in range(0, len(made), BATCH):
            some = made[start : start + BATCH]
            with unit_of_work(self.ports, self.advisor) as unit:
                for row in some:
                    for nth in range(NOTES):
                        add_note(unit, row.number, self._text(), f"{serial}-{row.id}-{nth}")
            ids = [row.id for row in some]
            with unit_of_work(self.ports, SYSTEM) as unit:
                run = unit.session.execute
                run(update(Person).where(Person.id.in_([row.person_id for row in some])).values(kind="external"))
                run(update(InboundMail).where(InboundMail.ticket_id.in_(ids)).values(removed_at=unit.now))
                run(update(Ticket).where(Ticket.id.in_(ids)).values(status="done", done_at=unit.now))
                for ticket_id in ids:
                    clock.touch(unit, ticket_id)
        return [row.id for row in made]

    def choose(self) -> None:
        """What the daily turn does to find them and put them on a list."""
        counts, took = [], 0.0
        for work in (clock.tick, listing.propose):
            with read_counted(self.ports) as read:
                began = time.perf_counter()
                work(self.ports)
                took += time.perf_counter() - began
            counts.append(read)
        self.timed.choosing.append(took)
        self.timed.reckoned.append(counts[0].rows)
        self.timed.listed.append(counts[1].rows)
        self.timed.scanned.append(counts[0].scanned + counts[1].scanned)

    def choose_uncounted(self) -> None:
        """The same, for what is to be destroyed."""
        clock.tick(self.ports)
        listing.propose(self.ports)

    def destroy(self, count: int) -> None:
        """A run of the lists, with somebody who writes meanwhile; the scrub is counted apart."""
        decide_on_all(self.ports, self.admin, self.officer)
        pass_window(self.ports)
        with writing_meanwhile(self.helpdesk.environment(0), self.ports, self.timed.waits):
            began = time.perf_counter()
            ran = destruction.run(self.ports)
            took = time.perf_counter() - began
        if ran.destroyed != count:
            raise RuntimeError(f"{ran.destroyed} tickets were destroyed and not {count}")
        self.timed.scrubbing.append(ran.scrubbing)
        self.timed.destroying.append(took - ran.scrubbing)

    def take_away(self, ids: Sequence[int]) -> None:
        """Destroy them without a word and without a scrub: what was chosen was measured."""
        retention_floor.destroy(self.ports, ids, BATCH)

    def floor(self, ids: Sequence[int]) -> None:
        """The least it can take, with the same writer beside it."""
        with writing_meanwhile(self.helpdesk.environment(0), self.ports, Waits()):
            self.timed.floor.append(retention_floor.destroy(self.ports, ids, BATCH))


@dataclass
class Read:
    """What a database read, as it counts itself.

    On PostgreSQL `rows` are those of the tables that hold tickets and people; on SQLite, which does not count them,
    they are the steps of its machine, a dozen or more a row. `scanned` are rows of tables that were gone through whole.
    """

    rows: int = 0
    scanned: int = 0


@contextlib.contextmanager
def read_counted(ports: Ports) -> Iterator[Read]:
    """Count what is read while this lasts."""
    found = Read()
    if ports.engine.dialect.name == "postgresql":
        before = _rows_read(ports)
        yield found
        after = _rows_read(ports)
        found.rows, found.scanned = after[0] - before[0], after[1] - before[1]
        return

    def count() -> None:
        found.rows += _STEPS

    def watch(raw: sqlite3.Connection, *_more: object) -> None:
        raw.set_progress_handler(count, _STEPS)

    before_scans = _scanned_by_sqlite(ports)
    event.listen(ports.engine, "checkout", watch)
    try:
        yield found
    finally:
        event.remove(ports.engine, "checkout", watch)
        with ports.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.set_progress_handler(None, 0)
        found.scanned = _scanned_by_sqlite(ports) - before_scans


def _scanned_by_sqlite(ports: Ports) -> int:
    """Rows that the statements known to this connection met while they went through a whole table."""
    with ports.engine.connect() as connection:
        return int(connection.execute(text("SELECT coalesce(sum(nscan), 0) FROM sqlite_stmt")).scalar_one())


def _rows_read(ports: Ports) -> tuple[int, int]:
    tables = sorted({step.table.name for step in steps()} | set(OF_PEOPLE) - {"disposal_item"})
    asked = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), sum(seq_tup_read) FROM pg_stat_user_tables"
    with ports.engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.rollback()
        time.sleep(1.2)
        found = connection.execute(text(f"{asked} WHERE relname = ANY(:names)"), {"names": tables}).one()
    return int(found[0]), int(found[1])
