"""`make restore`: a backup is put back by fresh processes after much was destroyed, and nothing of that returns.

Sizes by environment: TICKETS=200 DESTROYED=150 NEW=30 DB=sqlite|postgresql|both.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, select, update

from helpdesk.adapters.memory import SetClock
from helpdesk.facts import record
from helpdesk.models import DisposalItem, Flag, InboundMail, OutgoingMail, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction
from helpdesk.reconcile import reconcile
from helpdesk.retention.ledger import read
from helpdesk.retention.ledger_writing import flush
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.attack.crew import Crew
from tests.attack.installation import Installation
from tests.attack.restore_closed import PROCESSES, WAYS, refused
from tests.attack.restore_marks import give_ids_again, ids, marked, scanned
from tests.backups import PROGRAMS
from tests.canary.words import Words
from tests.disposal import dump, files, listed
from tests.holds import asker_of, place
from tests.letters import letter, receive
from tests.retention import staff
from tests.services.process import wait_until

SIZES = {"TICKETS": 200, "DESTROYED": 150, "NEW": 30}
LONG_AGO = dt.timedelta(days=450)
HELD, CORRECTED, LYING = 10, 20, 11
_SHOWN_APART = {"restore", "restore_ticket", "security_event", "flag", "lease", "heartbeat", "counter", "alarm"}
_SHOWN_APART |= {"disposal_list", "disposal_item", "ledger_line", "event", "hold", "hold_ticket", "mailbox"}
"""Tables in which a restore shows and is meant to, and those that live processes write."""


@dataclass
class Trial:
    """One database: its figures, and whatever is wrong."""

    database: str
    tickets: int
    destroy: int
    new: int
    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def expect(self, said: bool, line: str) -> None:
        """Note what is not so."""
        if not said:
            self.wrong.append(line)

    def line(self) -> str:
        """The RESULT line."""
        numbers = " ".join(f"{name}={count}" for name, count in self.counts.items())
        times = " ".join(f"{name}_seconds={one:.1f}" for name, one in self.seconds.items())
        verdict = "ok" if not self.wrong else f"{len(self.wrong)} wrong"
        return f"RESULT restore db={self.database} {numbers} {times} verdict={verdict!r}"

    @contextlib.contextmanager
    def timed(self, name: str) -> Any:
        """How long it took."""
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began


def run(trial: Trial) -> Trial:
    """The whole of it."""
    settings = {"POSTGRES_PROGRAMS": PROGRAMS, "CLOCK_OFFSET": "PT0S", "LANGUAGE": "en"}
    with (
        tempfile.TemporaryDirectory(prefix="hd-backups-") as backups,
        Installation(trial.database, settings=settings | {"BACKUP_FOLDER": backups}) as place_,
    ):
        ports = place_.ports()
        admin, words = _lived(trial, ports)
        _mailbox(place_, ports)
        with trial.timed("backup"):
            place_.run("-m", "helpdesk", "backup")
        (kept,) = json.loads(place_.run("-m", "helpdesk", "backup", "list", "--json"))
        trial.counts["backup_tickets"], trial.counts["backup_missing"] = kept["tickets"], kept["missing"]
        with trial.timed("drill"):
            said = place_.run("-m", "helpdesk", "restore", "drill", "--backup", kept["id"])
        trial.expect("differences=0 " in said and "verdict=ok" in said, f"the drill says: {said}")
        trial.counts["words"] = sum(word.doomed for word in words.all)
        trial.counts["words_before"] = scanned(words, place_)["doomed"]
        gone, before = _went_on(trial, ports, admin)
        blobs = files(place_.data / "blobs") - _of_new(ports)
        ports.engine.dispose()
        with trial.timed("restore"):
            place_.run("-m", "helpdesk", "restore", kept["id"])
        _served(trial, place_, ports, gone)
        found = scanned(words, place_)
        trial.counts["words_after"], trial.counts["words_kept"] = found["doomed"], found["kept"]
        trial.expect(trial.counts["words_before"] == trial.counts["words"], "the scan does not find what is there")
        trial.expect(not found["doomed"] and bool(found["kept"]), "words of what was destroyed are on the disk")
        _equal(trial, ports, before, blobs, files(place_.data / "blobs"))
        trial.expect(reconcile(ports) == [], "reconcile finds differences")
        trial.counts["refused"] = refused(place_, trial.wrong.append)
        trial.counts["ways"] = len(WAYS) * len(PROCESSES)
        # The scan opened files of SQLite here, and closing them took the locks: the log was another since.
        ports.engine.dispose()
        _confirmed(trial, place_, ports)
        ports.engine.dispose()
    return trial


def _lived(trial: Trial, ports: Ports) -> tuple[Actor, Words]:
    """Tickets whose term has ended, all on an approved list, and mails that wait to be sent."""
    then = SetClock(ports.now() - LONG_AGO)
    old = replace(ports, now=then)
    admin, officer = staff(old, "fatima", "functional_admin"), staff(old, "piet", "privacy_officer")
    words = marked(old, trial.tickets, trial.tickets - trial.destroy + 1)
    then.move(dt.timedelta(days=2))
    list_id = listed(old, admin, officer)
    with unit_of_work(ports, SYSTEM) as unit:
        spared = select(DisposalItem.ticket_id).where(DisposalItem.list_id == list_id)
        spared = spared.order_by(DisposalItem.ticket_id).limit(trial.tickets - trial.destroy)
        ids = unit.session.scalars(spared).all()
        unit.session.execute(update(DisposalItem).where(DisposalItem.ticket_id.in_(ids)).values(state="withdrawn"))
        unit.session.execute(update(Ticket).where(Ticket.id.in_(ids)).values(retention_state="due"))
        unit.session.execute(delete(Flag).where(Flag.name == destruction.LOOKED_AT))
    return admin, words


def _mailbox(place_: Installation, ports: Ports) -> None:
    """In the mailbox lie mails that the backup knows already, and one that nobody knows."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        blobs = unit.session.scalars(select(InboundMail.blob).order_by(InboundMail.id).limit(LYING - 1)).all()
    known = [ports.blobs.read(blob) for blob in blobs if blob]
    for raw in [*known, letter("Van daarna.", sender="daarna@x.example", message_id="<daarna@x>")]:
        place_.account.append(raw)


def _went_on(trial: Trial, ports: Ports, admin: Actor) -> tuple[set[str], dict[str, list[str]]]:
    """Held, destroyed; the state of then; corrected, and new ones with the ids of those that are gone."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        numbers = list(unit.session.scalars(select(Ticket.number).order_by(Ticket.id)))
    place(ports, admin, numbers=numbers[:HELD])
    known = ids(ports)
    ran = destruction.run(ports)
    trial.counts["destroyed"] = ran.destroyed
    gone = {entry.id for entry in read(ports.ledger.lines()) if entry.op == "destroyed"}
    before = dump(ports, but=_SHOWN_APART)
    for number in numbers[HELD : HELD + CORRECTED]:
        with unit_of_work(ports, admin) as unit:
            record.add(unit, asker_of(ports, number), "account.last_login", ports.now().date(), "a letter")
    give_ids_again(ports)
    receive(
        ports,
        *(letter(f"Nieuw {n}.", sender=f"n{n}@x.example", message_id=f"<n{n}@x>") for n in range(trial.new)),
        mailbox="later",
    )
    flush(ports)
    new = {number for name, number in ids(ports).items() if name not in known}
    trial.counts["colliding"] = len(new & {known[name] for name in gone})
    trial.expect(trial.counts["colliding"] == trial.new, "the new tickets do not have ids of those that are gone")
    trial.counts["held"], trial.counts["corrected"], trial.counts["new"] = HELD, CORRECTED, trial.new
    return gone, before


def _of_new(ports: Ports) -> set[str]:
    """The bytes of what came after the backup."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        keys = unit.session.scalars(select(InboundMail.blob).where(InboundMail.mailbox == "later"))
        return {key for key in keys if key}


def _served(trial: Trial, place_: Installation, ports: Ports, gone: set[str]) -> None:
    """All processes begin at once and work for a while: nothing is sent, nothing removed, nothing back."""
    lying = place_.account.count()
    with trial.timed("boot"), Crew(place_, lambda _role: False, ("poller", "worker-1", "scheduler", "receiver")):
        wait_until(lambda: _status(place_) is not None, 120)
        wait_until(lambda: _new_mail_is_there(ports), 60)
        time.sleep(6)
    (said,) = _status(place_) or [{}]
    trial.counts["destroyed_again"] = said.get("destroyed", -1)
    trial.counts["sink"], trial.counts["waiting"] = len(place_.relay.kept()), len(said.get("outbox", []))
    trial.counts["mailbox_removed"] = lying - place_.account.count()
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        there = set(unit.session.scalars(select(Ticket.destroy_id)))
    # Of the mails that lay in the mailbox one is new; each of the others has its ticket already.
    trial.counts["doubled"] = len(there) - (trial.tickets - len(gone)) - 1
    trial.counts["resurrected"] = len(gone & there)
    done = _tried(place_, "disposal", "run", "--as", "fatima@academie.example")
    trial.counts["run_refused"] = int(done.returncode == 1 and "A backup was restored" in done.stderr)
    trial.expect(trial.counts["destroyed_again"] == len(gone), "not all were destroyed again")
    for name in ("sink", "mailbox_removed", "resurrected", "doubled"):
        trial.expect(not trial.counts[name], name)
    trial.expect(bool(trial.counts["run_refused"]), "a run was not refused")


def _status(place_: Installation) -> list[dict[str, Any]] | None:
    done = _tried(place_, "restore", "status", "--json")
    return json.loads(done.stdout) if done.stdout.startswith("[") else None


def _tried(place_: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "helpdesk", *words]
    return subprocess.run(
        command, env=place_.environment, cwd=place_.folder, capture_output=True, text=True, check=False
    )


def _new_mail_is_there(ports: Ports) -> bool:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        states = unit.session.scalars(select(InboundMail.state).where(InboundMail.mailbox == "academy-box")).all()
        return len(states) >= LYING and "received" not in states


def _equal(
    trial: Trial, ports: Ports, before: dict[str, list[str]], blobs_before: set[str], blobs_after: set[str]
) -> None:
    """Every row of then is there and no other, but for the one mail that came and what it made."""
    after = dump(ports, but=_SHOWN_APART)
    missing = 0
    for table, rows in before.items():
        # What is due comes on a list as soon as the processes run.
        lost = set(rows) - {row.replace(': "listed"', ': "due"') for row in after[table]}
        missing += len(lost)
        if lost:
            trial.wrong.append(f"{table}: {len(lost)} rows differ, such as {sorted(lost)[0][:300]}")
    trial.counts["rows"], trial.counts["rows_missing"] = sum(map(len, before.values())), missing
    trial.counts["blobs"], trial.counts["blobs_missing"] = len(blobs_before), len(blobs_before - blobs_after)
    trial.expect(not blobs_before - blobs_after, "blobs are missing")


def _queued(ports: Ports) -> list[int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(OutgoingMail.id).where(OutgoingMail.state == "queued")))


def _confirmed(trial: Trial, place_: Installation, ports: Ports) -> None:
    """Drop what was in the outbox of then, let the mailbox be emptied: only what is new is answered."""
    as_admin = ("--as", "fatima@academie.example")
    place_.run("-m", "helpdesk", "restore", "confirm-outbox", "--drop-all", *as_admin)
    place_.run("-m", "helpdesk", "restore", "confirm-mailbox", *as_admin)
    place_.run("-m", "helpdesk", "restore", "confirm-facts", "--as", "piet@academie.example")
    folder = place_.folder
    for role in ("poller", "worker-1", "scheduler", "receiver"):
        (folder / role).rename(folder / f"{role}-before")
    with Crew(place_, lambda _role: False, ("poller", "worker-1", "scheduler")):
        wait_until(lambda: place_.account.count() == 0 and bool(place_.relay.kept()), 60)
        # The relay has a mail a moment before its row says so.
        wait_until(lambda: not _queued(ports), 20)
    trial.counts["lying_after"] = place_.account.count()
    trial.counts["sent_after"] = len(place_.relay.kept())
    trial.expect(not _queued(ports) and trial.counts["sent_after"] == 1, "other mail was sent than the new receipt")
    trial.expect(not trial.counts["lying_after"], "mail lies in the mailbox still")


def main() -> int:
    """One trial per database; 0 when nothing was wrong."""
    asked = os.environ.get("DB", "both")
    databases = ("sqlite", "postgresql") if asked == "both" else (asked,)
    good = True
    for database in databases:
        tickets, destroy, new = (int(os.environ.get(name, usual)) for name, usual in SIZES.items())
        trial = run(Trial(database, tickets, destroy, new))
        for line in trial.wrong:
            sys.stdout.write(f"  {line}\n")
        sys.stdout.write(trial.line() + "\n")
        sys.stdout.flush()
        good &= not trial.wrong and trial.counts["refused"] == trial.counts["ways"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
