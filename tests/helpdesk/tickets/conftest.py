"""A helpdesk of 1,500 tickets on each database, filled once for all tests of a file; who changes it takes it back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from helpdesk.unit import Actor
from tests.bench.inbox_corpus import Corpus
from tests.bench.inbox_load import fill
from tests.conftest import DESKS, NOON

ADVISOR = Actor(3, frozenset({"advisor"}))
TICKETS = 1500


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """What the databases are filled with; its words are known without them."""
    return Corpus(TICKETS, 7, NOON)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """Ports on a filled database, once per kind of database."""
    folder: Path = tmp_path_factory.mktemp("filled")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "helpdesk.sqlite3")
        url = f"sqlite:///{folder / 'helpdesk.sqlite3'}"
    else:
        server, template = request.getfixturevalue("postgres_template")
        url = server.fresh_database(template=template)
    create_keys(folder / "keys.json")
    fill(url, Corpus(TICKETS, 7, NOON))
    engine = connect_database(url, durable=False)
    memory = (MemoryBus(), MemoryJobs(), MemoryMailer(), SetClock(NOON))
    adapters = (DiskBlobs(folder / "blobs"), *memory, DiskLedger(folder / "ledger"))
    yield Ports(Settings(data=folder, desks=DESKS), load_keys(folder / "keys.json"), engine, *adapters, "filled")
    engine.dispose()
    if request.param == "postgresql":
        server.drop(url)
