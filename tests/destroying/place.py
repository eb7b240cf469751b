"""A helpdesk with a list of tickets that may run now; filled once, and put back as it was filled as often as one likes.

Everything in it is made by the verbs that people and mail use. It lies in one folder, and on one database of one kind.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from sqlalchemy import delete, select

from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.models import Flag, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction
from helpdesk.settings_reader import from_env
from helpdesk.tickets.drafts import DraftForm, save_draft
from helpdesk.tickets.merging import merge
from helpdesk.tickets.replying import add_note
from helpdesk.unit import Actor, unit_of_work
from helpdesk.wiring import connect
from tests.attack.installation import ROOT
from tests.disposal import listed
from tests.holds import let_terms_end
from tests.letters import letter, put, receive
from tests.retention import policy_in_force, staff
from tests.services.postgres import Postgres

MARK = "qzjwq"
"""A planted word is twelve letters and then this."""
_DESK = """
[[desk]]
key = "academy"
address = "academy@academie.example"
name_nl = "Leeradvies Academie"
name_en = "Academy learning advice"
"""
_LONG_AGO = dt.timedelta(days=450)
_FEW = 20
"""Tickets of each kind on which people worked as well."""


class QuickPostgres(Postgres):
    """One that does not wait for the disk: what is killed here is a process, and the system keeps what it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.settings |= {"fsync": "off", "full_page_writes": "off"}


class Place:
    """One helpdesk. `data` is its folder; `environment` what its processes are told; both change with `fresh`."""

    def __init__(self, database: str, folder: Path, server: Postgres | None = None, redis: str = "") -> None:
        self.database, self.folder, self.server = database, folder, server
        self.data, self._filled = folder / "data", folder / "filled"
        config = folder / "helpdesk.toml"
        config.write_text(_DESK, encoding="utf-8")
        said = {"CONFIG": str(config), "DATA": str(self.data), "LANGUAGE": "en", "MIN_FREE": "0", "PARSERS": "0"}
        said |= {"REDIS": redis or f"unix://{folder / 'nobody'}?db=0", "DATABASE": ""}
        self.environment = {f"HELPDESK_{name}": value for name, value in said.items()}
        self._template = ""

    @property
    def whole_environment(self) -> dict[str, str]:
        """For a process of the product, with what else this machine needs."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        return kept | self.environment | {"PYTHONPATH": str(ROOT)}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of `helpdesk`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "helpdesk", *words],
            env=self.whole_environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def ports(self) -> Ports:
        """Ports on it, with nobody to send to; dispose of the engine before `fresh`."""
        return replace(connect(from_env(self.environment)), bus=MemoryBus(), jobs=MemoryJobs(), mailer=MemoryMailer())

    def fill(self, doomed: int, kept: int, seed: int) -> None:
        """So many tickets on an approved list whose window has passed, and so many that stay; then remember it all."""
        if self.server is not None:
            self.environment["HELPDESK_DATABASE"] = self.server.fresh_database()
        for verb in ("init", "migrate"):
            done = self.command(verb)
            if done.returncode:
                raise RuntimeError(f"{verb}: {done.stderr[-1000:]}")
        ports = self.ports()
        _live(ports, doomed, kept, random.Random(seed))
        ports.engine.dispose()
        shutil.copytree(self.data, self._filled)
        self._template = self.environment["HELPDESK_DATABASE"]

    def fresh(self) -> None:
        """Put everything back as it was filled; whoever uses it must be gone."""
        for path in self.data.iterdir() if self.data.exists() else ():
            # The folder itself, or one in it, may be where a small disk is mounted.
            for inner in [path] if path.is_file() else path.iterdir():
                inner.unlink() if inner.is_file() else shutil.rmtree(inner)
        shutil.copytree(self._filled, self.data, dirs_exist_ok=True)
        if self.server is not None:
            if self.environment["HELPDESK_DATABASE"] != self._template:
                self.server.drop(self.environment["HELPDESK_DATABASE"])
            self.environment["HELPDESK_DATABASE"] = self.server.fresh_database(template=self._template)
            # PostgreSQL logs the numbers of a sequence 32 ahead, and a copy believes that they are: killed before a
            # checkpoint, it would begin with those again.
            self.server.ask("CHECKPOINT")

    def searched(self) -> list[Path]:
        """The folders in which no byte of what was destroyed may be left."""
        if self.server is None:
            return [self.data]
        name = self.environment["HELPDESK_DATABASE"].rpartition("/")[2]
        oid = self.server.ask(f"SELECT oid FROM pg_database WHERE datname = '{name}'")  # noqa: S608 - a name of ours
        return [self.data, self.server.data / "base" / str(oid), self.server.data / "pg_wal"]


def word_of(address: str) -> str:
    """The word that stands in everything of the ticket of this asker."""
    return address.partition("@")[0]


def _live(ports: Ports, doomed: int, kept: int, draw: random.Random) -> None:
    """Questions of more than a year ago whose term is over, on a list; and questions of this week."""
    then = SetClock(ports.now() - _LONG_AGO)
    old = replace(ports, now=then)
    admin, officer = staff(old, "fatima", "functional_admin"), staff(old, "piet", "privacy_officer")
    advisor = staff(old, "sanne", "advisor")
    policy_in_force(old)
    _asked(old, doomed, draw, advisor, "academy")
    let_terms_end(old)
    then.move(dt.timedelta(days=2))
    listed(old, admin, officer)
    then.move(dt.timedelta(days=40))
    _asked(old, kept, draw, advisor, "later")
    with unit_of_work(old, admin) as unit:
        unit.session.execute(delete(Flag).where(Flag.name == destruction.LOOKED_AT))


def _asked(ports: Ports, count: int, draw: random.Random, advisor: Actor, mailbox: str) -> None:
    """Mails with files; some seen twice, some with notes and drafts, some merged."""
    with unit_of_work(ports, advisor, write=False) as unit:
        before = set(unit.session.scalars(select(Ticket.number)))
    words = ["".join(draw.choices("bcdfghjklmnpqrstvwxz", k=12)) + MARK for _ in range(count)]
    mails = [_mail(word, draw) for word in words]
    receive(ports, *mails, mailbox=mailbox)
    put(ports, *mails[:_FEW], mailbox=f"{mailbox}-again")
    with unit_of_work(ports, advisor, write=False) as unit:
        numbers = sorted(set(unit.session.scalars(select(Ticket.number))) - before)
    with unit_of_work(ports, advisor) as unit:
        for number, word in list(zip(numbers, words, strict=True))[:_FEW]:
            add_note(unit, number, f"Let op {word}.", f"note-{number}")
            save_draft(unit, number, "answer", DraftForm(f"Nog iets over {word}."))
        rest = numbers[_FEW : _FEW + 6]
        for first, into in zip(rest[::2], rest[1::2], strict=False):
            merge(unit, first, into)


def _mail(word: str, draw: random.Random) -> bytes:
    files = ((f"{word}.txt", f"In de bijlage staat {word}.".encode()), ("plaatje.bin", draw.randbytes(6_000)))
    return letter(
        f"Een vraag over {word}.",
        subject=f"Over {word}",
        sender=f"{word} <{word}@x.example>",
        message_id=f"<{word}@x>",
        files=files,
    )
