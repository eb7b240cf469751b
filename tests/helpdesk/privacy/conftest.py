"""People who decide, and databases of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from helpdesk.ports import Ports
from helpdesk.unit import Actor
from tests.backups import PROGRAMS
from tests.conftest import PortsMaker, copied
from tests.retention import staff
from tests.services.fresh import FreshDatabases
from tests.services.postgres import Postgres


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


@pytest.fixture
def officer(ports: Ports) -> Actor:
    """A privacy officer."""
    return staff(ports, "piet", "privacy_officer")


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest, make_ports: PortsMaker) -> Iterator[Ports]:
    """Ports on a database that nobody else is connected to, so that a backup can be put in its place."""
    if request.param == "sqlite":
        yield make_ports(copied(request.getfixturevalue("sqlite_template"), request.getfixturevalue("sqlite_place")))
        return
    server, template = cast("tuple[Postgres, str]", request.getfixturevalue("postgres_template"))
    url = server.fresh_database(template=server.url(template))
    yield make_ports(url, postgres_programs=PROGRAMS)
    server.drop(url)


@pytest.fixture
def own_on_sqlite(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> Ports:
    """Ports on the SQLite file of a data folder, as processes of their own find it."""
    return make_ports("", database=copied(sqlite_template, tmp_path / "helpdesk.sqlite3"))


@pytest.fixture
def postgres_ports(make_ports: PortsMaker, fresh_databases: FreshDatabases) -> Iterator[Ports]:
    """Ports on PostgreSQL only."""
    yield make_ports(fresh_databases.take())
    fresh_databases.give_back()
