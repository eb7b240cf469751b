"""Large files take little memory: a sheet is read in parts that give the same lines, and of rows only keys are kept."""

from __future__ import annotations

import datetime as dt
import io
import re
import tracemalloc
from collections.abc import Callable

import pytest
from sqlalchemy import insert

from helpdesk.confined import Confined
from helpdesk.facts.preview import preview
from helpdesk.facts.profiles import shipped
from helpdesk.facts.sheets import Line, sheet_lines
from helpdesk.models import Address, Person
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.facts.sheets import Value, as_csv, as_xlsx, how_many_lines, rewritten
from tests.imports import M250, row

PART = 20_000
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "as Excel writes it": lambda xml: xml,
    "with a prefix": lambda xml: re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x="),
    "rows without numbers": lambda xml: re.sub(rb'<row r="\d+"', b"<row", xml),
    "nothing with a number": lambda xml: re.sub(rb' r="\w+"', b"", xml),
    "few rows with numbers": lambda xml: re.sub(rb'<row r="\d*[1-7]"', b"<row", xml),
    "other quotation marks": lambda xml: re.sub(rb'<row r="(\d+)"', rb"<row r='\1'", xml),
    "rows left out": lambda xml: re.sub(rb'r="([A-C]?)(\d+)"', lambda at: b'r="%b%d"' % (at[1], 7 * int(at[2])), xml),
    "a row without cells": lambda xml: re.sub(rb'<row r="200".*?</row>', b'<row r="200"/>', xml),
    "a first column that ends": lambda xml: re.sub(rb'<c r="A[1-9]\d\d".*?</c>', b"", xml),
    "rows in no order": lambda xml: xml.replace(b'<row r="200"', b'<row r="5"'),
    "a row in a remark": lambda xml: xml.replace(b'<row r="200"', b'<!--<row r="900">--><row r="200"'),
    "formulas without a value": lambda xml: re.sub(rb'(<c r="C\d*5") s="1"><v>\d+', rb"\1><f>A1</f><v>", xml),
}


def _held(content: bytes, *how: int) -> list[Line]:
    return [line for line in sheet_lines(io.BytesIO(content), *how) if any(cell != "" for cell in line[1])]


@pytest.mark.parametrize("way", WAYS)
def test_a_sheet_that_is_read_in_parts_gives_the_lines_it_gives_as_a_whole(way: str) -> None:
    rows: list[list[Value]] = [["Nr", "Naam", "Dag"]]
    rows += [[n, f"N{n}", dt.date(2020, 1, 1) + dt.timedelta(n)] for n in range(800)]
    book = rewritten(as_xlsx(rows), WAYS[way])
    whole = _held(book)
    assert _held(book, 0, PART) == whole
    assert len(whole) > 700
    assert ("#N/A" in str(whole)) == (way == "formulas without a value")


def _wide(count: int) -> bytes:
    """A sheet of so many rows, a kilobyte each."""
    rows: list[list[Value]] = [[f"{number} {column}" + "x" * 90 for column in range(9)] for number in range(count)]
    return as_xlsx(rows)


def test_a_sheet_of_forty_megabytes_is_read_in_the_memory_of_a_small_one() -> None:
    with Confined(1, memory=60_000_000, bare=True) as confined:
        assert confined.each(how_many_lines, [_wide(35_000)], 60) == [35_000]


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
