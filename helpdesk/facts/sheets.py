"""Rows of a spreadsheet; the only importer of calamine.

Calamine holds a sheet whole, and Python's own memory can't use afterwards what it took. So a large one is cut, since a
hundred thousand rows at once are 100 MB, and read once, in a process of its own that may die without harm; its lines
are written down.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from python_calamine import CalamineError, CalamineSheet, SheetVisibleEnum, ZipError, load_workbook

from helpdesk.confined import Confined
from helpdesk.errors import Invalid
from helpdesk.facts.sheet_xml import PART, failed_formulas, parts

Cell = str | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Line = tuple[int, list[Cell]]
"""The number of a line, from 1, and its cells."""
MOST_UNPACKED = 300_000_000
_SMALL = 5_000_000
"""Bytes of a sheet, unpacked, that need no process of their own: starting one takes half a second."""
ERROR = "#N/A"
"""What stands in a cell without a value: a formula that failed, or whose value the program that wrote it left out."""
_UNREADABLE = "xlsx"
_MOST_CELLS = 30_000_000
"""Of a sheet that is read in parts, empty ones among them: about what a whole one may hold in its memory."""
_MEMORY_BYTES, _SECONDS = 1_000_000_000, 120.0


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
    if _unpacked(source) <= _SMALL:
        _write(source, into)
        return LaidOut(into)
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
        raise _unreadable() if fault == _UNREADABLE else _too_large()
    return LaidOut(into)


def _write_at(paths: Sequence[Path]) -> str | None:
    with paths[0].open("rb") as source, paths[1].open("r+b") as into:
        try:
            _write(source, into)
        except Invalid as fault:
            return fault.code
    return None


def _unreadable() -> Invalid:
    return Invalid("This spreadsheet can't be read.", field="file", code=_UNREADABLE)


def _too_large() -> Invalid:
    return Invalid("This file is too large.", field="file", code="file_too_large")


def _write(source: BinaryIO, into: BinaryIO) -> None:
    for line in sheet_lines(source):
        if any(cell not in (None, "") for cell in line[1]):
            into.write(_as_json(line).encode() + b"\n")


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
    """Bytes of the file once unpacked. Raises Invalid."""
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as packed:
            return sum(item.file_size for item in packed.infolist())
    except zipfile.BadZipFile as fault:
        raise _unreadable() from fault


def sheet_lines(source: BinaryIO, small: int = _SMALL, part: int = PART) -> Iterator[Line]:
    """The lines of the first sheet that is shown and holds anything. Raises Invalid.

    A file of more than `small` bytes, unpacked, is read in parts of about `part` bytes.
    """
    if (unpacked := _unpacked(source)) > MOST_UNPACKED:
        raise _too_large()
    source.seek(0)
    try:
        with load_workbook(source) as book:
            sheets = enumerate(book.sheets_metadata)
            shown = [(place, one.name) for place, one in sheets if one.visible == SheetVisibleEnum.Visible]
        for place, name in shown:
            holds = False
            for line in _lines_of(source, place, name, part if unpacked > small else None):
                holds = True
                yield line
            if holds:
                return
    except (CalamineError, ZipError, KeyError, zipfile.BadZipFile, zlib.error) as fault:
        raise _unreadable() from fault


def _lines_of(source: BinaryIO, place: int, name: str, part: int | None) -> Iterator[Line]:
    """The lines of one sheet, in parts of so many bytes where it can be cut."""
    with zipfile.ZipFile(source) as packed:
        cut = False
        for line in _lines_in_parts(packed, place, name, part) if part is not None else ():
            cut = True
            yield line
        if not cut:
            failed = failed_formulas(packed, place)
            source.seek(0)
            if (sheet := _sheet(source, name)).start:
                yield from _numbered(sheet, failed, sheet.start[1])


def _lines_in_parts(packed: zipfile.ZipFile, place: int, name: str, size: int) -> Iterator[Line]:
    """The same in parts, each line with its cells from the first column of the first part; nothing when it isn't cut.

    Headings stand in the first part: what stands further to the left has none.
    """
    first, cells = None, 0
    with tempfile.TemporaryFile() as into:
        for part in parts(packed, place, cast("BinaryIO", into), size):
            sheet = _sheet(f"/proc/self/fd/{into.fileno()}", name)
            if not (sheet.start and sheet.end):
                continue
            (top, left), (bottom, right) = sheet.start, sheet.end
            if not part.first <= top + 1 <= bottom + 1 < part.end:
                raise _unreadable()
            first = left if first is None else first
            cells += sheet.height * (right + 1 - min(first, left))
            if cells > _MOST_CELLS:
                raise _too_large()
            yield from _numbered(sheet, part.failed, first)
            del sheet  # before the next one is read


def _sheet(source: str | BinaryIO, name: str) -> CalamineSheet:
    with load_workbook(source) as book:
        return book.get_sheet_by_name(name)


def _numbered(sheet: CalamineSheet, failed: Mapping[int, list[int]], first: int) -> Iterator[Line]:
    """The lines of a sheet, or of a part of one, with their cells from this column."""
    top, left = sheet.start or (0, 0)
    before: list[Cell] = [""] * (left - first)
    for number, found in enumerate(islice(sheet.iter_rows(), top, None), top + 1):
        line: list[Cell] = [*before, *found[max(first - left, 0) :]]
        for column in failed.get(number, ()):
            if 0 <= column - first < len(line):
                line[column - first] = ERROR
        yield number, line
