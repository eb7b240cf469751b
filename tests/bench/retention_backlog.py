"""A backlog of years falls due at once: the running helpdesk destroys it while ten mails a second come in.

Everything is real: the tickets are due by the clock, two people decide on the list, `make run` destroys, and its poller
empties a mailbox of Dovecot. Only the window for objections is made to have passed.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import bindparam, delete, func, insert, select, update

from helpdesk.models import Attachment, DisposalList, Entry, InboundMail, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import listing
from helpdesk.retention import clock
from helpdesk.retention.ledger import read
from helpdesk.rows import table_of
from helpdesk.settings_reader import from_env
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.wiring import connect
from tests.bench.inbox_site import Helpdesk
from tests.bench.intake_mails import Writer
from tests.bench.intake_rig import Product, Rig
from tests.bench.retention_due import decide_on_all, people_who_decide
from tests.services.dovecot import Account

PER_SECOND, MOST_LAG, _LOOK, _SET, _CHUNK = 10, 60.0, 0.2, 1000, 2000
"""Mails a second; seconds a mail may lie in the mailbox; how often is looked; mails to send over and over; rows."""
LONGEST = float(os.environ.get("LONGEST") or 7200)
_BYTES = os.urandom(5_000)
_NAMED = (
    update(table_of(Ticket)).where(table_of(Ticket).c.id == bindparam("row_id")).values(destroy_id=bindparam("name"))
)


@dataclass
class Found:
    """What a run of the backlog showed; times in seconds."""

    due: int = 0
    destroyed: int = 0
    done: bool = False
    seconds: float = 0.0
    mails: int = 0
    lags: list[float] = field(default_factory=list)
    files_left: int = 0
    told: int = 0
    filed_95: float = 0.0

    @property
    def longest(self) -> float:
        """The longest that a mail lay in the mailbox."""
        return max(self.lags, default=0.0)

    @property
    def missed(self) -> bool:
        """Whether something is left, told other than once, or a mail lay there too long."""
        whole = self.done and self.destroyed == self.due == self.told and not self.files_left
        return not whole or self.longest >= MOST_LAG or not self.mails

    def __str__(self) -> str:
        lag = statistics.median(self.lags) if self.lags else 0.0
        return (
            f"due={self.due} destroyed={self.destroyed}/{self.due} told={self.told}/{self.due} "
            f"files_left={self.files_left}/0 finished={self.done} seconds={self.seconds:.0f} "
            f"per_second={self.destroyed / max(self.seconds, 0.1):.0f} mails={self.mails} per_second_in={PER_SECOND} "
            f"lag_longest={self.longest:.1f}/{MOST_LAG:.0f} lag_median={lag:.1f} filed_95={self.filed_95:.1f}"
        )


def tickets_for(backlog: int) -> int:
    """How many tickets to fill so that so many are due: the last half year of three is not, nor the newest answers."""
    return backlog * 5 // 4


def run(helpdesk: Helpdesk, backlog: int, seed: int, say: Callable[[str], None]) -> Found:
    """Make them due, decide, start everything, and look until the list is done."""
    ours = {name: said for name, said in helpdesk.environment(0).items() if name.startswith("HELPDESK_")}
    ports = connect(from_env(ours))
    try:
        files = _files_for_all(ports)
        list_ids, due = _decided(ports, backlog)
        say(f"  {helpdesk.kind}: {due} tickets of {helpdesk.tickets} are due, with {files} files more")
        with tempfile.TemporaryDirectory(prefix="hd-mails-") as made:
            Writer(seed, _SET).write(Path(made) / "set")
            with Rig(Path(made) / "set") as rig:
                account = rig.dovecot.account()
                with Product(rig, "backlog", account, database=helpdesk.url, data=helpdesk.folder):
                    return _watch(ports, rig, account, list_ids, Found(due=due), say)
    finally:
        ports.engine.dispose()


def _files_for_all(ports: Ports) -> int:
    """A file of 5 kB for every ticket, of whom no mail lies in a mailbox any more; all of them are done."""
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).where(Person.kind == "unknown").values(kind="external"))
        unit.session.execute(update(Ticket).where(Ticket.status != "done").values(status="done", done_at=unit.now))
        removed = update(InboundMail).where(InboundMail.removed_at.is_(None))
        unit.session.execute(removed.values(removed_at=InboundMail.received_at))
        # The filling names bytes of mails that are not there.
        unit.session.execute(update(InboundMail).values(blob=None))
        unit.session.execute(delete(Attachment))
        first = select(Entry.ticket_id, func.min(Entry.id)).group_by(Entry.ticket_id)
        rows = unit.session.execute(first).all()
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        keys = [os.urandom(16).hex() for _ in some]
        said = {"content_type": "application/pdf", "size": len(_BYTES), "inline": False}
        for key in keys:
            place = ports.blobs.places(key)[0]
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(_BYTES)
        with unit_of_work(ports, SYSTEM) as unit:
            there = [
                {"ticket_id": ticket_id, "entry_id": entry_id, "blob": key, **said}
                for (ticket_id, entry_id), key in zip(some, keys, strict=True)
            ]
            unit.session.execute(insert(Attachment), there)
            # The filling's names are made to be short; the ledger takes random ones only.
            named = [{"row_id": ticket_id, "name": os.urandom(16).hex()} for ticket_id, _entry_id in some]
            unit.session.connection().execute(_NAMED, named)
    return len(rows)


def _decided(ports: Ports, backlog: int) -> tuple[list[int], int]:
    """All that is due on lists that two people approved, and whose window has passed. Their ids, and how many."""
    admin, officer, _advisor = people_who_decide(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        clock.reckon_all(unit)
    while clock.tick(ports):
        pass
    listing.propose_daily(ports)
    found = decide_on_all(ports, admin, officer)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(DisposalList).where(DisposalList.id.in_(found)).values(executes_on=unit.now.date()))
        count = select(func.count()).select_from(Ticket).where(Ticket.retention_state == "listed")
        due = unit.session.scalar(count) or 0
    if due < backlog:
        raise RuntimeError(f"{due} tickets are due and not {backlog}")
    return found, due


class _Sender(threading.Thread):
    """Puts so many mails a second into a mailbox, each under a name of its own, until told to stop."""

    def __init__(self, account: Account, mails: list[Path]) -> None:
        super().__init__(daemon=True)
        self.put: dict[str, float] = {}
        self.done = threading.Event()
        self._mails = mails
        self._new, self._waiting = account.maildir / "new", account.maildir / "waiting"

    def run(self) -> None:
        self._waiting.mkdir(exist_ok=True)
        while not self.done.wait(1 / PER_SECOND):
            number = len(self.put)
            name, mail = f"{1_600_000_000 + number}.M{number:06}P1.bench", self._mails[number % len(self._mails)]
            # Another mail each time, or it would be a duplicate after a thousand.
            raw = mail.read_bytes().replace(b"Message-ID: <", b"Message-ID: <%d." % number, 1)
            (self._waiting / name).write_bytes(b"X-Round: %d\n" % number + raw)
            self.put[name.partition(".bench")[0]] = time.monotonic()
            (self._waiting / name).rename(self._new / name)


def _watch(
    ports: Ports, rig: Rig, account: Account, list_ids: list[int], found: Found, say: Callable[[str], None]
) -> Found:
    account.count()
    sender = _Sender(account, rig.mails)
    sender.start()
    began = spoke = time.monotonic()
    while not found.done and time.monotonic() - began < LONGEST:
        time.sleep(_LOOK)
        found.lags.append(_oldest(account, sender))
        if time.monotonic() - spoke > 30 or not len(found.lags) % 50:
            found.done = _is_done(ports, list_ids, found)
        if time.monotonic() - spoke > 30:
            spoke = time.monotonic()
            say(f"  {found.destroyed} destroyed after {spoke - began:.0f} s, longest lag {found.longest:.1f} s")
    found.seconds = time.monotonic() - began
    sender.done.set()
    sender.join()
    found.mails = len(sender.put)
    until = time.monotonic() + MOST_LAG
    while (lag := _oldest(account, sender)) and time.monotonic() < until:
        found.lags.append(lag)
        time.sleep(_LOOK)
    found.told = sum(entry.op == "destroyed" for entry in read(ports.ledger.lines()))
    found.files_left = _files_left(ports)
    found.filed_95 = _filed(ports, found.mails)
    return found


def _oldest(account: Account, sender: _Sender) -> float:
    """How long the oldest mail lies in the mailbox; 0 when it is empty."""
    now = time.monotonic()
    names = [path.name.partition(".bench")[0] for part in ("new", "cur") for path in (account.maildir / part).iterdir()]
    return max((now - sender.put.get(name, now) for name in names), default=0.0)


def _is_done(ports: Ports, list_ids: list[int], found: Found) -> bool:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(
            select(DisposalList.state, DisposalList.destroyed).where(DisposalList.id.in_(list_ids))
        ).all()
    found.destroyed = sum(row.destroyed for row in rows)
    return all(row.state == "done" for row in rows)


def _files_left(ports: Ports) -> int:
    """Files on the disk that no row names; those of mails that came in meanwhile have one."""
    there = set(ports.blobs.keys())
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        named = set(unit.session.scalars(select(Attachment.blob))) | set(unit.session.scalars(select(InboundMail.blob)))
    return len(there - named)


def _filed(ports: Ports, many: int) -> float:
    """How long the twentieth part of the mails that waited longest took from being kept to being a ticket."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        came = select(InboundMail.received_at, InboundMail.filed_at)
        came = came.where(InboundMail.filed_at.is_not(None), InboundMail.uid.is_not(None))
        came = came.order_by(InboundMail.id.desc()).limit(many)
        waited = sorted((row.filed_at - row.received_at).total_seconds() for row in unit.session.execute(came))
    return waited[len(waited) * 19 // 20] if waited else 0.0
