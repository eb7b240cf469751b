"""Rows of a spreadsheet; the only importer of calamine.

Calamine holds a sheet whole, with every cell between the first and the last: of a hundred thousand rows 100 MB, and of
two cells in far corners more than there is, on which a process dies. What a packed file says of its size may be a lie.
So each is read once, in a process of its own that may die without harm, and its lines are written down.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, SheetVisibleEnum, ZipError, load_workbook

from helpdesk.confined import Confined
from helpdesk.errors import Invalid

Cell = str | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Line = tuple[int, list[Cell]]
"""The number of a line, from 1, and its cells."""
MOST_UNPACKED = 300_000_000
ERROR = "#N/A"
"""What stands in a cell without a value: a formula that failed, or whose value the program that wrote it left out."""
_UNREADABLE, _BOOK = "xlsx", "xl/workbook.xml"
_MEMORY_BYTES, _SECONDS = 400_000_000, 120.0
_CHUNK = 1 << 20
_SHEET = re.compile(rb'<(?:\w+:)?sheet\s[^<>]*?:id="([^"]+)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_CELL, _CELL_ENDS = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>"), re.compile(rb"</(?:\w+:)?c>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)(?:\s[^>]*)?>[^<]")


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The lines of a sheet in a file without a name, which goes with the process; each as JSON."""

    file: BinaryIO

    def lines(self) -> Iterator[Line]:
        """All of them, from the first, as often as wanted."""
        self.file.seek(0)
        for line in self.file:
            number, cells = json.loads(line)
            yield number, [_READ[cell[0]](cell[1]) if isinstance(cell, list) else cell for cell in cells]


def lay_out(source: BinaryIO, into: BinaryIO) -> LaidOut:
    """Write the lines of a spreadsheet down in a file. Raises Invalid when it can't be read or takes too much."""
    with (
        tempfile.TemporaryFile() as packed,
        Confined(1, memory=_MEMORY_BYTES, stuck_seconds=2 * _SECONDS, bare=True) as confined,
    ):
        source.seek(0)
        shutil.copyfileobj(source, packed)
        packed.flush()
        # Files without a name are opened by another process under the descriptors of this one (proc(5)).
        paths = [Path(f"/proc/{os.getpid()}/fd/{file.fileno()}") for file in (packed, into)]
        (fault,) = confined.each(_write_at, [paths], _SECONDS)
    if fault:
        raise _unreadable() if fault == _UNREADABLE else too_large()
    return LaidOut(into)


def _write_at(paths: Sequence[Path]) -> str | None:
    with paths[0].open("rb") as source, paths[1].open("r+b") as into:
        try:
            _write(source, into)
        except Invalid as fault:
            return fault.code
    return None


def _unreadable() -> Invalid:
    return Invalid("This spreadsheet can't be read. Save it as .xlsx or as CSV.", field="file", code=_UNREADABLE)


def too_large() -> Invalid:
    """The error for a file that takes too much."""
    return Invalid("This file is too large. Divide it, or save it as CSV.", field="file", code="file_too_large")


def _write(source: BinaryIO, into: BinaryIO) -> None:
    for line in sheet_lines(source):
        if any(map(holds, line[1])):
            into.write(_as_json(line).encode() + b"\n")


def holds(cell: Cell) -> bool:
    """Whether anything stands in a cell: blanks are nothing."""
    return cell is not None and not (isinstance(cell, str) and (not cell or cell.isspace()))


def _written(cell: object) -> list[object]:
    """A cell that JSON does not know: a list, which no cell is."""
    if isinstance(cell, dt.timedelta):
        return ["timedelta", cell.total_seconds()]
    if isinstance(cell, dt.date | dt.time):
        return [type(cell).__name__, cell.isoformat()]
    raise TypeError(type(cell).__name__)


_as_json = json.JSONEncoder(default=_written).encode
_READ: dict[str, Callable[[Any], Cell]] = {
    "timedelta": lambda said: dt.timedelta(seconds=said),
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
}


def _unpacked(source: BinaryIO) -> int:
    """Bytes of the file once unpacked, as it says itself. Raises Invalid for any other kind of packed file."""
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as packed:
            packed.getinfo(_BOOK)
            return sum(item.file_size for item in packed.infolist())
    except (KeyError, zipfile.BadZipFile) as fault:
        raise _unreadable() from fault


def sheet_lines(source: BinaryIO) -> Iterator[Line]:
    """The lines of the first sheet that is shown and holds anything. Raises Invalid."""
    if _unpacked(source) > MOST_UNPACKED:
        raise too_large()
    source.seek(0)
    try:
        with load_workbook(source) as book:
            for place, one in enumerate(book.sheets_metadata):
                sheet = book.get_sheet_by_name(one.name) if one.visible == SheetVisibleEnum.Visible else None
                if sheet is not None and sheet.height:
                    yield from _numbered(sheet, _failed(source, place))
                    return
    except (CalamineError, ZipError, KeyError, zipfile.BadZipFile, zlib.error) as fault:
        raise _unreadable() from fault


def _numbered(sheet: CalamineSheet, failed: Mapping[int, list[int]]) -> Iterator[Line]:
    first = sheet.start[1] if sheet.start else 0
    for number, found in enumerate(sheet.iter_rows(), 1):
        line: list[Cell] = list(found)
        for column in failed.get(number, ()):
            if 0 <= column - first < len(line):
                line[column - first] = ERROR
        yield number, line


def _failed(source: BinaryIO, place: int) -> dict[int, list[int]]:
    """The columns, by line, in which a formula has no value: calamine calls such a cell empty."""
    found: dict[int, list[int]] = defaultdict(list)
    source.seek(0)
    with zipfile.ZipFile(source) as packed:
        name = _file_of(packed, place)
        if name is None:
            return found
        with packed.open(name) as sheet:
            rest = b""
            while chunk := sheet.read(_CHUNK):
                rest += chunk
                # Other cells than formulas have what stands in them; most sheets have none.
                if _FORMULA.search(rest) or b't="e"' in rest:
                    _note_failed(rest, found)
                rest = rest[max(rest.rfind(b"</c>"), rest.rfind(b":c>"), 0) :][-_CHUNK:]
    return found


def _note_failed(some: bytes, found: dict[int, list[int]]) -> None:
    # From one beginning to the next, so that cells without an end cost no look at all that follows for each.
    cells = [*_CELL.finditer(some)]
    for cell, following in zip_longest(cells, cells[1:]):
        end = _CELL_ENDS.search(some, cell.end(), following.start() if following else len(some))
        if end is None:
            continue
        about, inside = cell[1], some[cell.end() : end.start()]
        # A text of no letters is the value of a formula that says so.
        none = _FORMULA.search(inside) and b't="str"' not in about and not _VALUE.search(inside)
        if (none or b't="e"' in about) and (place := _PLACE.search(about)):
            column = 0
            for letter in place[1]:
                column = column * 26 + letter - 64
            found[int(place[2])].append(column - 1)


def _file_of(packed: zipfile.ZipFile, place: int) -> str | None:
    """The file of a sheet, by its place among the sheets; none for a spreadsheet that is laid out another way."""
    try:
        ids = _SHEET.findall(packed.read(_BOOK))
        for relation in _RELATION.findall(packed.read("xl/_rels/workbook.xml.rels")):
            if b'Id="%b"' % ids[place] in relation and (target := re.search(rb'Target="([^"]+)"', relation)):
                path = target[1].decode()
                path = path.removeprefix("/") if path.startswith("/") else f"xl/{path}"
                return path if path in packed.namelist() else None
    except (KeyError, IndexError):
        return None
    return None
