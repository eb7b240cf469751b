"""The web application on SQLite with advisors, administrators and a privacy officer, and visitors signed in as them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import DESKS, NOON, PortsMaker, copied
from tests.made_app import made_app, quick_passwords
from tests.web.visitor import PASSWORD, Visitor

MARIJE, SANDER, TECH = "marije@academie.example", "sander@academie.example", "techniek@academie.example"
FENNA, PRIYA = "fenna@academie.example", "priya@academie.example"


def people(ports: Ports) -> None:
    """The accounts every test may use."""
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, MARIJE, "Marije Bos", ["advisor"], PASSWORD)
        create_account(unit, SANDER, "Sander Kok", ["advisor"], PASSWORD)
        create_account(unit, TECH, "Tess de Technicus", ["technical_admin"], PASSWORD)
        create_account(unit, FENNA, "Fenna Beheer", ["functional_admin"], PASSWORD)
        create_account(unit, PRIYA, "Priya Privacy", ["privacy_officer"], PASSWORD, from_start=True)
        quick_passwords(unit, PASSWORD)


@pytest.fixture(scope="session")
def staffed_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the accounts in it: hashing their passwords once is enough."""
    folder = tmp_path_factory.mktemp("staffed")
    shutil.copy(sqlite_template, folder / "helpdesk.sqlite3")
    create_keys(folder / "keys.json")
    engine = connect_database(f"sqlite:///{folder / 'helpdesk.sqlite3'}", durable=False)
    settings = Settings(data=folder, desks=DESKS)
    memory = (MemoryBus(), MemoryJobs(), MemoryMailer(), SetClock(NOON))
    adapters = (DiskBlobs(folder / "blobs"), *memory, DiskLedger(folder / "ledger"))
    people(Ports(settings, load_keys(folder / "keys.json"), engine, *adapters, "template"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    return folder / "helpdesk.sqlite3"


@pytest.fixture
def site_ports(make_ports: PortsMaker, staffed_template: Path, sqlite_place: Path) -> Ports:
    return make_ports(
        copied(staffed_template, sqlite_place),
        secure_cookies=False,
        undo_seconds=10,
        public_url="https://helpdesk.example",
    )


@pytest.fixture
def app(site_ports: Ports) -> Flask:
    return made_app(site_ports)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def marije(app: Flask) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(MARIJE).status_code == 200
    return visitor


@pytest.fixture
def sander(app: Flask) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(SANDER).status_code == 200
    return visitor


@pytest.fixture
def tess(app: Flask) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(TECH).status_code == 200
    return visitor


@pytest.fixture
def fenna(app: Flask) -> Visitor:
    """A functional administrator."""
    visitor = Visitor(app)
    assert visitor.sign_in(FENNA).status_code == 200
    return visitor


@pytest.fixture
def priya(app: Flask) -> Visitor:
    """A privacy officer."""
    visitor = Visitor(app)
    assert visitor.sign_in(PRIYA).status_code == 200
    return visitor
