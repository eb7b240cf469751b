"""Files as systems write them: encodings, signs between columns, dates, spreadsheets; and what can't be read."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from helpdesk.errors import Invalid
from helpdesk.facts import cells
from helpdesk.facts.given import Given, Problem, Reader, header_of
from helpdesk.facts.profiles import shipped
from helpdesk.facts.sheets import Cell
from helpdesk.facts.tables import kind_of, laid_out, lines
from tests.helpdesk.facts.sheets import Value, as_csv, as_xlsx, exchanged
from tests.pace import within

TODAY = dt.date(2026, 11, 22)
HEAD = ["Personeelsnummer", "Naam", "Datum"]


def _lines(content: bytes) -> list[tuple[int, list[Cell]]]:
    source = io.BytesIO(content)
    return list(lines(source))


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_csv_in_all_its_ways_is_the_same(delimiter: str, encoding: str, end: str) -> None:
    content = as_csv([HEAD, ["0012", "Zoë d'Épée", "31-03-2020"]], delimiter, encoding, end)
    assert _lines(content) == [(1, HEAD), (2, ["0012", "Zoë d'Épée", "31-03-2020"])]


@pytest.mark.parametrize(
    ("sign", "title"), [(";", "Export, gemaakt op 3 mei, door Jansen, Piet"), (",", "Export; alles"), ("|", "x")]
)
def test_the_sign_between_cells_is_found_below_a_title_and_beside_others(sign: str, title: str) -> None:
    row = f'"Vries, de; Femke, dr."{sign}p@x.example{sign}01-02-2027'
    file = io.BytesIO(f"{title}\n\nNaam{sign}e-mail{sign}Datum\n{row}\n".encode())
    found = dict(lines(file))
    assert found[3] == ["Naam", "e-mail", "Datum"]
    assert found[4] == ["Vries, de; Femke, dr.", "p@x.example", "01-02-2027"]


def test_lines_are_those_of_the_file_also_after_breaks_in_cells_and_empty_lines() -> None:
    content = b'sep=;\r\na;b\r\n"een\r\ntwee";2\r\n;\r\n\r\ndrie;3\r\n'
    assert [number for number, _cells in _lines(content)] == [2, 3, 7]


def test_a_spreadsheet_gives_the_same_rows_with_days_and_numbers() -> None:
    content = as_xlsx([HEAD, [12, "Zoë & co", dt.date(2020, 3, 31)], [None, None, None], ["=13", "x", "1 mei 2021"]])
    found = _lines(content)
    assert [number for number, _cells in found] == [1, 2, 4]
    assert cells.text(found[1][1][0], 10) == "12"
    assert cells.date(found[1][1][2], "dmy") == dt.date(2020, 3, 31)
    assert cells.text(found[2][1][0], 10) == "13"


def test_a_formula_without_a_value_is_no_empty_cell() -> None:
    """Of somebody's end of employment an empty cell would say that they are still here."""
    cells_of = (
        '<c r="{}" t="e"><f>VLOOKUP(1,A:A,1)</f><v>#N/A</v></c>',
        '<c r="{}" s="1"><f>DATE(2020,3,31)</f></c>',
        '<c r="{}"><f>TODAY()</f><v></v></c>',
        '<c r="{}" t="str"><f>IF(A1="","","x")</f><v></v></c>',
        '<c r="{}" s="1"><f>DATE(2020,3,31)</f><v>43921</v></c>',
        '<c r="{}" s="1"/>',
    )
    content = as_xlsx([HEAD, *([str(number), "x", f"cell {number}"] for number in range(len(cells_of)))], 3)
    there = {
        f'<c r="C{number}" t="inlineStr"><is><t>cell {number - 4}</t></is></c>': cell.format(f"C{number}")
        for number, cell in enumerate(cells_of, 4)
    }
    found = [line[2] for _number, line in _lines(exchanged(content, there))][1:]
    assert found == ["#N/A", "#N/A", "#N/A", "", dt.date(2020, 3, 31), ""]
    for cell in (found[0], "#VERW!", " #n/b "):
        with pytest.raises(cells.Unreadable, match="error_cell"):
            cells.date(cell, "dmy")


def test_a_file_that_is_laid_out_gives_the_same_lines_again_and_again() -> None:
    moment = dt.datetime(2020, 3, 31, 12, 30)  # noqa: DTZ001 - a cell has no zone
    sheet = as_xlsx([HEAD, [12, "Zoë\n& co", dt.date(2020, 3, 31)], [0.5, "[1]", moment], [None, "x", dt.time(7, 30)]])
    for content in (sheet, as_csv([HEAD, ["1", "Zoë", "x"], ["", "[2]", ""]])):
        source = io.BytesIO(content)
        wanted = list(lines(source))
        with laid_out(source) as again:
            assert (list(lines(again)), list(lines(again)), kind_of(again)) == (wanted, wanted, kind_of(source))
    assert {type(cells[2]) for _number, cells in lines(io.BytesIO(sheet))} == {str, dt.date, dt.datetime, dt.time}


def test_a_large_sheet_is_read_whole() -> None:
    people: list[list[Value]] = [
        [number, f"Naam {number} " + "x" * 60, dt.date(2020, 3, 31)] for number in range(40_000)
    ]
    content = as_xlsx([HEAD, *people])
    with laid_out(io.BytesIO(content)) as found:
        assert [cells[0] for _number, cells in lines(found)][1:] == list(range(40_000))


def test_lines_of_a_spreadsheet_that_begins_lower_are_its_own() -> None:
    assert [number for number, _cells in _lines(as_xlsx([HEAD, [1, "x", "y"]], first_line=4))] == [4, 5]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xd0\xcf\x11\xe0rest", "old_excel"), (b"PK\x03\x04rest", "xlsx"), (b'a;b\n"' + b"x" * 200_000, "csv")],
)
def test_what_is_no_such_file_is_refused_in_words(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        _lines(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31-03-2020", dt.date(2020, 3, 31)),
        ("1/4/2020", dt.date(2020, 4, 1)),
        ("01.04.2020", dt.date(2020, 4, 1)),
        ("2020-04-01", dt.date(2020, 4, 1)),
        ("31 maart 2020", dt.date(2020, 3, 31)),
        ("31-mrt-2020", dt.date(2020, 3, 31)),
        ("1 okt. 2020", dt.date(2020, 10, 1)),
        ("31-03-2020 00:00:00", dt.date(2020, 3, 31)),
        ("2026-06-30T22:30Z", dt.date(2026, 7, 1)),
        ("2026-06-30T22:30:00", dt.date(2026, 6, 30)),
        (dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC), dt.date(2026, 7, 1)),
        (dt.date(2020, 2, 29), dt.date(2020, 2, 29)),
        ("31-12-9999", None),
        ("", None),
        (" - ", None),
        ("n.v.t.", None),
    ],
)
def test_days(cell: Cell, day: dt.date | None) -> None:
    assert cells.date(cell, "dmy") == day


@pytest.mark.parametrize("cell", ["31-02-2020", "12-25-2020", "1-4-20", "gisteren", "43831", 43831.0, True, "2020"])
def test_what_is_no_day_is_refused(cell: Cell) -> None:
    with pytest.raises(ValueError, match="bad_date"):
        cells.date(cell, "dmy")


def test_the_order_decides_and_swapped_days_are_noticed() -> None:
    assert cells.date("03-04-2020", "dmy") == dt.date(2020, 4, 3)
    assert cells.date("03-04-2020", "mdy") == dt.date(2020, 3, 4)
    swapped = ("12-25-2020", "2020-25-12", "2020/25/12 00:00")
    other = ("03-04-2020", "2020-03-04", "25-12-2020", "99-99-2020", "2020-99-99", "n.v.t.", None)
    assert [cells.only_swapped(cell, "dmy") for cell in (*swapped, *other)] == [True] * 3 + [False] * 7
    assert cells.only_swapped("25-12-2020", "mdy")


def test_cells_without_an_end_cost_no_look_at_all_that_follows() -> None:
    book = as_xlsx([HEAD, ["1", "x", "cell"]], 3)
    endless = "<!--" + '<c r="A1">' * 100_000 + '--><c r="C4" t="e"><f>A1</f><v>#N/A</v></c>'
    hostile = exchanged(book, {'<c r="C4" t="inlineStr"><is><t>cell</t></is></c>': endless})
    assert [line[2] for _number, line in _lines(hostile)][1:] == ["#N/A"]
    assert within(3.0, lambda: _lines(hostile))


@pytest.mark.parametrize("cell", ["geen adres", "a@b", "a b@x.nl", "a@x.nl; b@x.nl", "<a@x.nl>", "@x.nl"])
def test_what_is_no_address_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="bad_address"):
        cells.address(cell)


def test_an_address_is_normalised() -> None:
    assert cells.address(" Femke.deVries@MinBZ.example ") == "femke.devries@minbz.example"
    assert cells.address("jan@bücher.example") == "jan@xn--bcher-kva.example"


def _read(profile: str, *rows: list[str]) -> list[Given | Problem]:
    found = _lines(as_csv(rows))
    own = shipped()[profile]
    header = header_of(iter(found), own)
    reader = Reader(own, header, TODAY, frozenset({"academy@academie.example"}))
    return [reader.row(line) for line in found if line[0] > header.line]


def test_headings_are_found_below_a_title_in_any_order_and_spelling() -> None:
    (row,) = _read(
        "m250",
        ["Export IDM", "", "", ""],
        ["datum UITDIENST", "E-mail adres", "Onbekende kolom", "personeelsnummer"],
        ["31-03-2020", "a@x.example", "geheim", "12"],
    )
    assert isinstance(row, Given)
    assert (row.line, row.number, row.address) == (3, "12", "a@x.example")
    assert row.dates == {"employment.end": dt.date(2020, 3, 31)}
    assert "geheim" not in repr(row)


def test_known_columns_that_are_not_kept_are_named_and_others_counted() -> None:
    headings: list[Cell] = ["Personeelsnummer", "e-mailadres", "Pinsnummer", "Salaris"]
    header = header_of([(1, headings)], shipped()["m250"])
    assert (header.not_kept, header.unlisted) == (("Pinsnummer",), 1)
    for key in ("hr_szw", "hr_ocw", "hr_vws"):
        own = shipped()[key]
        assert {"geslacht", "geboortedatum", "geboorteplaats", "functie"} <= set(own.not_kept)
        assert own.number("12") == f"{key[3:].upper()}:12"


def test_a_missing_column_is_said_with_the_headings_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        _read("settlements", ["Personeelsnummer", "Datum"], ["12", "31-03-2020"])
    assert refused.value.values == {"fields": "settled_on", "headings": "Personeelsnummer, Datum"}


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (["", "31-03-2020", ""], "missing", "personnel_no"),
        (["12", "", ""], "missing", "settled_on"),
        (["12", "31-02-2020", ""], "bad_date", "settled_on"),
        (["12", "23-11-2026", ""], "future_date", "settled_on"),
        (["12", "01-01-1900", ""], "far_date", "settled_on"),
        (["12", "31-03-2020", "zomaar"], "unknown_word", "reason"),
        (["1" * 60, "31-03-2020", ""], "too_long", "personnel_no"),
    ],
)
def test_a_row_with_an_error_says_which(row: list[str], code: str, field: str) -> None:
    assert _read("settlements", ["Personeelsnummer", "Datum afhandeling", "Reden"], row) == [Problem(2, code, field)]


def test_our_own_address_and_a_wrong_end_are_errors() -> None:
    head = ["id", "e-mailadres", "datum in dienst", "datum uit dienst"]
    assert _read("hr_szw", head, ["1", "academy@academie.example", "", ""]) == [Problem(2, "own_address", "address")]
    assert _read("hr_szw", head, ["1", "a@x.example", "01-01-2021", "01-01-2020"]) == [
        Problem(2, "end_before_start", "ended_on")
    ]
