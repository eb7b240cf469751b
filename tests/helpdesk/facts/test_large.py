"""Large files take little memory: of rows only keys are kept, and of people who change only what is needed."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from sqlalchemy import insert

from helpdesk.facts.preview import preview
from helpdesk.facts.profiles import shipped
from helpdesk.models import Address, Person
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.facts.sheets import as_csv
from tests.imports import M250, row


def _peak(ports: Ports, content: bytes) -> int:
    """The most that a look at a file takes, in bytes."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        tracemalloc.start()
        try:
            preview(unit, io.BytesIO(content), shipped()["m250"])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_look_keeps_few_bytes_of_each_row_also_of_people_whom_it_changes(ports: Ports) -> None:
    few, many = 500, 4500
    with unit_of_work(ports, SYSTEM) as unit:
        people = [
            {"id": n, "kind": "employee", "personnel_no": str(n), "processing": "551"} for n in range(1, many + 1)
        ]
        addresses = [{"person_id": n, "value": f"p{n}@x.example", "source": "import"} for n in range(1, many + 1)]
        unit.session.execute(insert(Person), [one | {"created_at": unit.now} for one in people])
        unit.session.execute(insert(Address), [one | {"created_at": unit.now} for one in addresses])
    rows = [M250, *(row(str(n), f"p{n}@x.example", "01-02-2027") for n in range(1, many + 1))]
    _first, small, large = (_peak(ports, as_csv(rows[: count + 1])) for count in (few, few, many))
    assert (large - small) / (many - few) < 700, "as objects a person with a date takes more than a thousand"
