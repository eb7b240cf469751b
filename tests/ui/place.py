"""An academy to look at: the site served on this machine with everything in it, or with nothing, and as it was again.

The screens of `make axe` and `make screens` are taken here. What comes in comes by mail, what is done is done by the
verbs of the domain; only what no verb makes (the rows of pollers and heartbeats) is written as they write it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.migrating import migrate
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import DESKS, NOON
from tests.letters import ASKER
from tests.made_app import made_app
from tests.services.oidc_provider import NOBODY_THERE, provided
from tests.ui.seeds import fill
from tests.web.asker import asks_for_mail, link_in, mailed, signs_in
from tests.web.browsing import served
from tests.web.conftest import FENNA, MARIJE, PRIYA, SANDER, TECH, people
from tests.web.visitor import PASSWORD, Visitor

WILHELMINA = "wilhelmina@academie.example"
"""An advisor with a long name, and nothing to do."""
NEW_HERE = "nieuw@minbz.example"
GUEST = "guest"
"""Somebody who may ask and has not yet."""
SMALLEST_REQUEST = 100_000
"""Bytes above which a form is too large here, so that nobody has to send 26 MB."""


@dataclass
class Place:
    """A served site; `names` fills the {words} in the addresses of the screens, `cookies` holds who is signed in."""

    ports: Ports
    app: Flask
    address: str
    names: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _kept: Path = Path()

    def keep(self) -> None:
        """Remember everything as it is now."""
        folder = self.ports.settings.data
        self._kept = folder / "kept.sqlite3"
        _copy(folder / "helpdesk.sqlite3", self._kept)

    def again(self) -> None:
        """Everything as it was kept: rows, and who is signed in."""
        _copy(self._kept, self.ports.settings.data / "helpdesk.sqlite3")

    def run(self, statement: str) -> None:
        """A statement on the database behind everybody's back, to bring about a fault; `again` heals it."""
        with closing(sqlite3.connect(self.ports.settings.data / "helpdesk.sqlite3", timeout=15)) as database:
            database.execute(statement)
            database.commit()


def _copy(source: Path, target: Path) -> None:
    """One SQLite database over another, also while it is open."""
    with closing(sqlite3.connect(source, timeout=15)) as there, closing(sqlite3.connect(target, timeout=15)) as here:
        there.backup(here)


def _ports(folder: Path) -> Ports:
    settings = Settings(
        data=folder,
        desks=DESKS,
        min_free=0,
        parsers=0,
        undo_seconds=10,
        chat_hours=("mon-sun 00:00-23:59",),
        chat_guests=True,
        secure_cookies=False,
        public_url="https://helpdesk.example",
        organisation_domains=("minbz.example", "academie.example"),
        portal_domains=("minbz.example",),
        **NOBODY_THERE,
    )
    create_keys(folder / "keys.json")
    engine = connect_database(f"sqlite:///{folder / 'helpdesk.sqlite3'}", durable=False)
    migrate(engine)
    memory = (MemoryBus(), MemoryJobs(), MemoryMailer(), SetClock(NOON))
    adapters = (DiskBlobs(folder / "blobs"), *memory, DiskLedger(folder / "ledger"))
    ports = provided(Ports(settings, load_keys(folder / "keys.json"), engine, *adapters, "screens"))
    people(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, WILHELMINA, f"{'Wilhelmina ' * 5}van Oldenbarnevelt", ["advisor"], PASSWORD)
    return ports


@contextmanager
def place(folder: Path, *, full: bool) -> Iterator[Place]:
    """The site in an empty folder: with all that `tests/ui/seeds.py` puts there, or with people and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = _ports(folder)
    app = made_app(ports)
    app.config["MAX_CONTENT_LENGTH"] = SMALLEST_REQUEST
    with served(app) as address:
        made = Place(ports, app, address)
        visitors = {email: Visitor(app) for email in (MARIJE, SANDER, TECH, WILHELMINA, FENNA, PRIYA)}
        if full:
            made.names = fill(ports)
        for email, visitor in visitors.items():
            assert visitor.sign_in(email).status_code == 200
            cookie = visitor.client.get_cookie("helpdesk")
            assert cookie is not None
            made.cookies[email] = cookie.value
        if full:
            made.cookies[GUEST], made.names["chat_guest"] = _guest(app)
        for who in (ASKER, NEW_HERE):
            asker = Visitor(app)
            signs_in(asker, ports, who)
            cookie = asker.client.get_cookie("vragen")
            assert cookie is not None
            made.cookies[who] = cookie.value
        made.names["sign_in"] = _sign_in(ports)
        made.names |= _searches(visitors[MARIJE]) | _people_searched(visitors, made.names.get("first", ""))
        made.keep()
        yield made
    ports.engine.dispose()


def _sign_in(ports: Ports) -> str:
    """The token of a link with which somebody who asks can still sign in."""
    asks_for_mail(Visitor(made_app(ports)), NEW_HERE)
    return link_in(mailed(ports, NEW_HERE)).rpartition("/")[2]


def _guest(app: Flask) -> tuple[str, str]:
    """The cookie of somebody who chats without saying who they are, and the number of the chat."""
    guest = Visitor(app)
    said = guest.send(guest.page("/chat/gast").form("/chat/gast"), text="Wanneer begint de leergang?")
    cookie = guest.client.get_cookie("gast")
    assert cookie is not None
    return cookie.value, said.request.path.rpartition("/")[2]


def cookie_of(who: str) -> str:
    """The name of the cookie of somebody's session: staff's, a guest's or that of people who ask."""
    if who == GUEST:
        return "gast"
    return "vragen" if who in (ASKER, NEW_HERE) else "helpdesk"


def _searches(marije: Visitor) -> dict[str, str]:
    """Searches that were kept with her session: one that finds much, one that finds nothing."""
    found = {}
    for name, words in (("search", "training"), ("search_nothing", "zwaardwalvis")):
        form = marije.page("/werk/zoeken").form("/werk/zoeken")
        found[name] = marije.send(form, q=words).request.path.rpartition("/")[2]
    return found


def _people_searched(visitors: dict[str, Visitor], number: str) -> dict[str, str]:
    """Searches for people: one that finds many and one that finds nobody; and one for who asked a ticket."""
    found = {}
    for name, words in (("people", "femke"), ("people_nobody", "zwaardwalvis")):
        form = visitors[FENNA].page("/beheer/mensen").form("/zoeken")
        found[name] = visitors[FENNA].send(form, wie=words).request.path.rpartition("/")[2]
    if number:
        for name, words in (("who", "femke"), ("who_nobody", "zwaardwalvis")):
            form = visitors[MARIJE].page(f"/werk/w/open/{number}/wie").form("/wie")
            found[name] = visitors[MARIJE].send(form, wie=words).request.path.rpartition("/")[2]
    return found
