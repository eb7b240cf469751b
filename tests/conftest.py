"""Fixtures for all tests: ports on a real database of each kind, with memory adapters and a clock that stands still."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import Engine

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.migrating import migrate
from helpdesk.ports import Ports
from helpdesk.settings import DeskSettings, Settings
from tests.services.fixtures import chromium, clamd, dovecot, need, postgres_server, relay, valkey
from tests.services.fresh import FreshDatabases
from tests.services.postgres import Postgres, available

__all__ = ["chromium", "clamd", "dovecot", "need", "postgres_server", "relay", "valkey"]

# How long one example takes says something about the machine, not about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DESKS = (
    DeskSettings(
        "academy",
        "academy@academie.example",
        "Leeradvies",
        "Learning advice",
        signature_nl="Met vriendelijke groet,\nde Academie",
    ),
    DeskSettings("languages", "talen@academie.example", "Talen", "Languages", receipt=False),
)
PortsMaker = Callable[..., Ports]


_SERVICES = {
    "dovecot": "dovecot",
    "valkey": "valkey",
    "chromium": "browser",
    "clamd": "clamd",
    "postgres_server": "postgresql",
}


LONGEST_FIRST = (
    "attack/test_xss.py",
    "ui/test_axe.py",
    "attack/test_chaos_small.py",
    "journeys/test_two_advisors_and_a_relay.py",
    "workers/test_make_run.py",
    "web/test_layout.py",
    "web/test_collision.py",
    "web/test_live_pages.py",
    "web/test_browser.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes go first: begun last, one of them keeps everybody waiting."""
    root = Path(__file__).parent
    places = {root / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note which real services a test uses, for the line at the end of the run."""
    names = set(getattr(item, "fixturenames", ()))
    used = {word for fixture, word in _SERVICES.items() if fixture in names}
    callspec = getattr(item, "callspec", None)
    if callspec is not None and "database_url" in callspec.params:
        used.add(str(callspec.params["database_url"]))
    item.user_properties.extend(("service", word) for word in sorted(used))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    engine = connect_database(f"sqlite:///{path}", durable=False)
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    for leftover in ("-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    return path


@pytest.fixture(scope="session")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the SQLite database of every test stands: in one place, so that one engine does for all of them."""
    return tmp_path_factory.mktemp("database") / "helpdesk.sqlite3"


def copied(template: Path, place: Path) -> str:
    """The URL of a copy of a SQLite file, in the place of what stood there before."""
    for ending in ("-wal", "-shm"):
        place.with_name(place.name + ending).unlink(missing_ok=True)
    place.unlink(missing_ok=True)
    shutil.copy(template, place)
    return f"sqlite:///{place}"


@pytest.fixture(scope="session")
def postgres_template(request: pytest.FixtureRequest) -> tuple[Postgres, str]:
    """A running PostgreSQL and the name of a migrated, empty database on it."""
    missing = available()
    if missing:
        need(missing)
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.fresh_database()
    engine = connect_database(url)
    migrate(engine)
    engine.dispose()
    return server, url.rpartition("/")[2]


@pytest.fixture(scope="session")
def fresh_databases(postgres_template: tuple[Postgres, str]) -> Iterator[FreshDatabases]:
    """Copies of the empty database of PostgreSQL."""
    made = FreshDatabases(*postgres_template)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh migrated database of each kind."""
    if request.param == "sqlite":
        yield copied(request.getfixturevalue("sqlite_template"), request.getfixturevalue("sqlite_place"))
        return
    fresh: FreshDatabases = request.getfixturevalue("fresh_databases")
    yield fresh.take()
    fresh.give_back()


ENGINES: dict[str, Engine] = {}


def engine_for(url: str, *, first: bool) -> Engine:
    """The engine of the tests before, which knows the statements already; a second one in a test gets its own.

    Who listens to it listens for one test: with options of its own, even none, an engine has its own listeners.
    """
    if not first:
        return connect_database(url, durable=False)
    if url not in ENGINES:
        ENGINES[url] = connect_database(url, durable=False)
    return ENGINES[url].execution_options()


@pytest.fixture
def make_ports(tmp_path: Path) -> Iterator[PortsMaker]:
    """Makes ports on a database URL; memory bus, jobs and mailer, real blobs; further settings by name."""
    made: list[Ports] = []

    def make(url: str, **settings: Any) -> Ports:
        keys = tmp_path / "secrets" / "keys.json"
        create_keys(keys)
        usual: dict[str, Any] = {"data": tmp_path, "desks": DESKS, "min_free": 0, "parsers": 0, "undo_seconds": 0}
        said = Settings(**(usual | {"database": url} | settings))
        ports = Ports(
            settings=said,
            keys=load_keys(keys),
            engine=engine_for(said.database_url, first=not made),
            blobs=DiskBlobs(tmp_path / "blobs"),
            bus=MemoryBus(),
            jobs=MemoryJobs(),
            mailer=MemoryMailer(),
            now=SetClock(NOON),
            ledger=DiskLedger(tmp_path / "ledger"),
            holder=f"test:{os.getpid()}:{len(made)}",
        )
        made.append(ports)
        return ports

    yield make
    for ports in made:
        ports.engine.dispose()


@pytest.fixture
def ports(make_ports: PortsMaker, database_url: str) -> Ports:
    """Ports on a fresh database, once per kind of database."""
    return make_ports(database_url)
