"""A database whose disk is full says so, and not that it can't be reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import errors
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from helpdesk.adapters.database import connect_database
from helpdesk.database_faults import unreachable
from helpdesk.errors import Unavailable
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker, copied


def test_a_full_disk_is_named_on_sqlite(make_ports: PortsMaker, sqlite_template: Path, sqlite_place: Path) -> None:
    url = copied(sqlite_template, sqlite_place)
    small = connect_database(url, durable=False)
    event.listen(small, "connect", lambda raw, _record: raw.execute("PRAGMA max_page_count=1"))
    ports = replace(make_ports(url), engine=small)
    with (
        pytest.raises(Unavailable, match="disk of the database is full") as caught,
        unit_of_work(ports, SYSTEM) as unit,
    ):
        unit.session.execute(text("CREATE TABLE more AS SELECT zeroblob(100000) AS much"))
    assert caught.value.code == "disk_full"
    small.dispose()


def test_a_full_disk_is_named_on_postgresql() -> None:
    assert unreachable(OperationalError("INSERT", {}, errors.DiskFull())).code == "disk_full"
    assert unreachable(OperationalError("INSERT", {}, errors.ConnectionFailure())).code == "database"
