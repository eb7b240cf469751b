"""A site to time pages on: a full list, a ticket of 500 messages, real scripts, and the web as an operator runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.migrating import migrate
from helpdesk.people.accounts import account_named
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from helpdesk.tickets import opening, replying
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.conftest import DESKS, NOON
from tests.letters import letter, receive
from tests.web.conftest import SANDER, people
from tests.web.running import Web

TOML = '[[desk]]\nkey = "academy"\naddress = "academy@academie.example"\nname_nl = "Leeradvies"\nname_en = "Advice"\n'
SUBJECTS = (
    "Kan ik de training Onderhandelen verzetten naar januari?",
    "سؤال عن دورة التفاوض في الربيع القادم",
    "Training 🎓👩🏽‍🏫 verzetten? 🙏",
    "Deelnemerslijst basisopleiding voorjaar, en of die al is verstuurd",
    "Access to the e-learning platform from Nairobi",
)
SENDERS = (
    "Femke de Vries",
    "محمد الأمين",
    "Zoë 🌷 van den Oever",
    "Jonkheer Willem-Alexander van Schimmelpenninck",
    "Coen",
)
TEXT = "Beste mensen,\n\nGraag hoor ik of dit kan, en wat ik daarvoor moet doen.\n\nMet vriendelijke groet,\nFemke\n"
BATCH = 500
LONG, MESSAGES, FEW, MANY = "2026-00001", 500, 100, 10_000


@dataclass
class Site:
    """The web on a folder; `address` is where it answers."""

    ports: Ports
    address: str

    def fill_up_to(self, count: int, have: int) -> None:
        """Further open questions, made by hand as for a telephone call."""
        actor = _advisor(self.ports)
        for numbers in _batches(have, count):
            with unit_of_work(self.ports, actor) as unit:
                for n in numbers:
                    about = (SENDERS[n % 5], f"p{n % 2000}@minbz.example", f"{SUBJECTS[n % 5]} ({n})")
                    opening.open_by_hand(unit, "phone", *about, TEXT, "academy", f"bulk{n}")


def _batches(start: int, end: int) -> Iterator[range]:
    for first in range(start, end, BATCH):
        yield range(first, min(first + BATCH, end))


def _advisor(ports: Ports) -> Actor:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return Actor(account_named(unit, SANDER).id, frozenset({"advisor"}))


def _mails() -> Iterator[bytes]:
    for n in range(FEW):
        sender = f"{SENDERS[n % 5]} <p{n}@minbz.example>"
        yield letter(f"{TEXT}\nVraag {n}.", subject=f"{SUBJECTS[n % 5]} ({n})", sender=sender, message_id=f"<n{n}@x>")


def _ports(folder: Path) -> Ports:
    settings = Settings(data=folder, desks=DESKS[:1], min_free=0, parsers=0, secure_cookies=False)
    (folder / "secrets").mkdir()
    create_keys(folder / "secrets" / "keys.json")
    engine = connect_database(settings.database_url)
    migrate(engine)
    memory = (MemoryBus(), MemoryJobs(), MemoryMailer(), SetClock(NOON))
    adapters = (DiskBlobs(folder / "blobs"), *memory, DiskLedger(folder / "ledger"))
    return Ports(settings, load_keys(folder / "secrets" / "keys.json"), engine, *adapters, "bench")


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """A hundred open questions, one of them with 500 messages, and `python -m web serve` in front of them."""
    ports = _ports(folder)
    people(ports)
    receive(ports, *_mails())
    with unit_of_work(ports, _advisor(ports)) as unit:
        for number in range(MESSAGES - 1):
            replying.add_note(unit, LONG, f"Notitie **{number}** 🙂 over de planning: {TEXT}", f"n{number}")
    (folder / "helpdesk.toml").write_text(TOML, encoding="utf-8")
    web = Web(folder, "")
    try:
        yield Site(ports, f"http://127.0.0.1:{web.port}")
    finally:
        web.kill()
        ports.engine.dispose()
