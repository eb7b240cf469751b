"""Files made to take memory or to be misread: each is refused in words, or says on which line it is wrong."""

from __future__ import annotations

import io
import re
import struct
import tracemalloc
import zipfile

import pytest

from helpdesk.adapters.memory import MemoryJobs
from helpdesk.errors import Invalid
from helpdesk.facts import imports, looking, runs
from helpdesk.facts.file_index import MOST_ROWS
from helpdesk.facts.given import Problem, Reader, header_of
from helpdesk.facts.preview import preview
from helpdesk.facts.profiles import profile, shipped
from helpdesk.facts.tables import laid_out, lines
from helpdesk.facts.words import fault_of_file, problem_text
from helpdesk.ports import Ports
from helpdesk.unit import Actor, unit_of_work
from tests.helpdesk.facts.sheets import as_csv, as_xlsx, exchanged
from tests.helpdesk.facts.test_reading import HEAD, TODAY
from tests.imports import M250, bring_in, row
from tests.retention import staff

SETTLED = ["Personeelsnummer", "Datum afhandeling"]
_SHEET = "xl/worksheets/sheet1.xml"


def _fault(content: bytes) -> Invalid:
    """Why a file is refused as a whole, by whoever lays it out or reads its lines."""
    with pytest.raises(Invalid) as refused:
        _read(content)
    return refused.value


def _read(content: bytes) -> None:
    with laid_out(io.BytesIO(content)) as source:
        header_of(lines(source), shipped()["m250"])
        for _line in lines(source):
            pass


def _packed(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(name, content)
    return packed.getvalue()


def _corners() -> bytes:
    """Two cells as far from each other as a sheet is wide and long: read whole, all between them are cells too."""
    book = as_xlsx([HEAD, ["1", "x", "here"]])
    return exchanged(book, {'<c r="C2" t="inlineStr"><is><t>here</t></is></c>': "", "</sheetData>": _FAR})


_FAR = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'


def _lying() -> bytes:
    """A sheet of five million cells that says of itself that it is small."""
    book = as_xlsx([HEAD, ["1", "x", "here"]])
    many = "".join(f"<row>{'<c><v>1</v></c>' * 5000}</row>" for _ in range(1000))
    book = exchanged(book, {"</sheetData>": f"{many}</sheetData>"})
    for sign, size in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        places = (found.start() for found in re.finditer(re.escape(sign), book))
        at = next(place for place in places if _SHEET.encode() in book[place : place + 80])
        book = book[: at + size] + struct.pack("<I", 1000) + book[at + size + 4 :]
    return book


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_corners(), "file_too_large"),
        (_packed(**{"xl/workbook.xml": "<" * 6_000_000}), "xlsx"),
        (_packed(**{"content.xml": "<office/>"}), "xlsx"),
        (b"", "empty_file"),
        (b"\r\n  \r\n;;\r\n", "empty_file"),
        (as_csv([[*M250, "E-mail adres"], [*row("1", "a@x.example"), "b@x.example"]]), "column_twice"),
        (as_csv([M250, row("1", "a@x.example"), row("2", '"b@x.example'), row("3", "c@x.example")]), "csv"),
    ],
)
def test_a_file_that_would_be_misread_or_take_all_memory_is_refused(content: bytes, code: str) -> None:
    fault = _fault(content)
    assert fault.code == code
    said = [fault_of_file(fault.code, language, fault.values) for language in ("nl", "en")]
    assert len(set(said)) == 2
    assert "{" not in "".join(said)


def test_what_a_packed_file_says_of_its_size_is_not_believed() -> None:
    assert _fault(_lying()).code in ("xlsx", "file_too_large")


def test_an_open_quotation_mark_is_told_with_the_line_on_which_it_stands() -> None:
    content = as_csv([M250, row("1", "a@x.example"), row("2", '"b@x.example'), row("3", "c@x.example")])
    assert _fault(content).values == {"line": 3}
    whole = b'a;b\r\n1;"twee\r\nregels"\r\n"3";"vier"'
    found = [cells for _number, cells in lines(io.BytesIO(whole))]
    assert found == [["a", "b"], ["1", "twee\r\nregels"], ["3", "vier"]]


@pytest.mark.parametrize("rest", [b";" * 20_000_000, b'"' + b'x";"\n' * 4_000_000], ids=["line", "row"])
def test_a_row_without_an_end_takes_little_memory(rest: bytes) -> None:
    tracemalloc.start()
    try:
        fault = _fault(b"Personeelsnummer;e-mailadres\r\n1;a@x.example\r\n" + rest)
        assert tracemalloc.get_traced_memory()[1] < len(rest) + 60_000_000
    finally:
        tracemalloc.stop()
    assert (fault.code, fault.values) == ("csv", {"line": 3})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_rows_than_anybody_has_are_refused(ports: Ports) -> None:
    admin = staff(ports, "fatima", "functional_admin")
    content = b"Personeelsnummer;e-mailadres\r\n" + b"x\n" * (MOST_ROWS + 1)
    with unit_of_work(ports, admin, write=False) as unit, pytest.raises(Invalid) as refused:
        preview(unit, io.BytesIO(content), profile(unit, "m250"))
    assert refused.value.code == "too_many_rows"


def test_a_row_with_more_cells_than_headings_is_an_error_of_its_line() -> None:
    """Of a name with a sign in it that parts cells, what follows would be read one column off."""
    rows = [["Lijst; van; P&O; en; meer; van; dit; alles; hier; en; daar"], M250, row("1", "a@x.example")]
    rows += [["2", "Bo", "Vries", "de", "b@x.example", *row("2", "")[4:], "x"], [*row("3", "c@x.example"), "", ""]]
    found = list(lines(io.BytesIO(as_csv(rows))))
    header = header_of(iter(found), shipped()["m250"])
    read = [Reader(shipped()["m250"], header, TODAY).row(line) for line in found if line[0] > header.line]
    assert [one if isinstance(one, Problem) else one.number for one in read] == ["1", Problem(4, "too_wide"), "3"]
    assert problem_text(Problem(4, "too_wide"), "nl").startswith("Regel 4: Deze rij heeft meer cellen")


def _looked(ports: Ports, admin: Actor, key: str, content: bytes) -> runs.RunView:
    assert isinstance(ports.jobs, MemoryJobs)
    with unit_of_work(ports, admin) as unit:
        run_id = imports.receive(unit, profile(unit, key), content, to_do=looking.LOOK)
    looking.work(ports)
    view = runs.run_of(ports, run_id)
    if view.state in imports.OPEN_STATES:
        with unit_of_work(ports, admin) as unit:
            imports.stop(unit, run_id)
    return view


def test_everybody_settled_stops_also_when_nothing_is_due_yet(ports: Ports) -> None:
    admin = staff(ports, "fatima", "functional_admin")
    bring_in(ports, admin, "m250", [M250, *(row(str(n), f"p{n}@x.example") for n in range(130))])
    settled = [[str(n), "01-11-2026"] for n in range(130)]
    view = _looked(ports, admin, "settlements", as_csv([SETTLED, *settled]))
    assert (view.state, view.brake, view.settled, view.done) == ("braked", "many_settled", 130, 0)
    assert bring_in(ports, admin, "settlements", [SETTLED, *settled[:60]]).state == "done"
    assert _looked(ports, admin, "settlements", as_csv([SETTLED, *settled])).brake is None, "no more than a hundred"


def test_few_dates_that_only_exchange_day_and_month_stop_too(ports: Ports) -> None:
    admin = staff(ports, "fatima", "functional_admin")
    bring_in(ports, admin, "m250", [M250, *(row(str(n), f"p{n}@x.example") for n in range(5))])
    bring_in(ports, admin, "settlements", [SETTLED, *([str(n), f"0{n + 1}-10-2020"] for n in range(5))])
    turned = [[str(n), f"10-0{n + 1}-2020"] for n in range(5)]
    assert _looked(ports, admin, "settlements", as_csv([SETTLED, *turned[:2]])).brake is None
    view = _looked(ports, admin, "settlements", as_csv([SETTLED, *turned]))
    assert (view.state, view.brake, view.done) == ("braked", "turned", 0)
