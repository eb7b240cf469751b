"""The benchmark of destruction itself: its floor destroys what the product does, and what is missed is said so."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from helpdesk.models import Base, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.copies.anew import OF_PEOPLE
from helpdesk.privacy.copies.plan import steps
from helpdesk.unit import SYSTEM, unit_of_work
from tests.bench import retention_floor
from tests.bench.retention import LEAST_OF_FLOOR, Figure
from tests.bench.retention_backlog import Found
from tests.disposal import destroyed, due, files
from tests.retention import staff

GONE = sorted({step.table.name for step in steps()} | set(OF_PEOPLE) | {"mail_seen"})


def _rows(ports: Ports) -> dict[str, int]:
    tables = (Base.metadata.tables[name] for name in GONE)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return {table.name: unit.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_the_floor_destroys_what_the_product_destroys(ports: Ports, tmp_path: Path) -> None:
    admin, officer = staff(ports, "fatima", "functional_admin"), staff(ports, "piet", "privacy_officer")
    due(ports, 4, files=(("a.txt", b"inhoud"),))
    before = _rows(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ids = list(unit.session.scalars(select(Ticket.id).order_by(Ticket.id)))
    assert (len(ids), before["attachment"], before["address"], before["mail_seen"]) == (4, 4, 4, 4)
    retention_floor.destroy(ports, ids[:2], 2)
    assert {name: many * 2 for name, many in _rows(ports).items()} == before
    assert destroyed(ports, admin, officer).destroyed == 2
    assert (set(_rows(ports).values()), files(tmp_path / "blobs")) == ({0}, set())


@pytest.mark.parametrize(
    ("value", "limit", "least", "missed"),
    [(1.3, 1.3, False, False), (1.31, 1.3, False, True), (0.5, LEAST_OF_FLOOR, True, False), (0.49, 0.5, True, True)],
)
def test_a_figure_knows_its_limit(value: float, limit: float, least: bool, missed: bool) -> None:
    assert Figure("x", value, limit, least).missed is missed


@pytest.mark.parametrize(
    ("wrong", "missed"),
    [
        ({}, False),
        ({"done": False}, True),
        ({"destroyed": 99}, True),
        ({"told": 101}, True),
        ({"files_left": 1}, True),
        ({"lags": [1.0, 60.0]}, True),
        ({"mails": 0}, True),
    ],
)
def test_a_backlog_is_whole_or_missed(wrong: dict[str, object], missed: bool) -> None:
    whole: dict[str, object] = {"due": 100, "destroyed": 100, "told": 100, "done": True, "mails": 9, "lags": [2.0]}
    found = Found()
    for name, value in (whole | wrong).items():
        setattr(found, name, value)
    assert found.missed is missed
