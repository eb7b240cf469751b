"""The XML of a sheet: which formulas have no value, and how a large sheet is cut into spreadsheets of some rows each.

It looks for tags alone. A sheet in which words may look like tags (comments, sections of plain text) is not cut.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import IO, BinaryIO

_CHUNK = 1 << 20
PART = 4_000_000
"""Bytes of rows in a part: some 12,000 rows of ten cells, which take about 10 MB when they are read."""
_READ_WITH_IT = ("", "_rels/", "xl/", "xl/_rels/")
"""The folders in which everything stands that is read besides the sheet: its texts, its styles, its name."""
_SHEET = re.compile(rb'<(?:\w+:)?sheet\s[^<>]*?:id="([^"]+)"')
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_CELL, _CELL_ENDS = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>"), re.compile(rb"</(?:\w+:)?c>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)(?:\s[^>]*)?>[^<]")
_ROWS = re.compile(rb"<((?:\w+:)?)sheetData(?:\s[^<>/]*)?>")
_NUMBER, _NUMBERED = re.compile(rb'\sr="(\d{1,7})"'), re.compile(rb"\br\s*=")
_DECLARED = 4
"""Where a file may at most say in which encoding it is written, behind a byte order mark."""


@dataclass
class Formulas:
    """Notes in which columns, by line, a formula has no value: calamine calls such a cell empty."""

    failed: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _rest: bytes = b""

    def see(self, some: bytes) -> None:
        """Read on."""
        rest = self._rest + some
        # Other cells than formulas have what stands in them; most sheets have none.
        if _FORMULA.search(rest) or b't="e"' in rest:
            _note_failed(rest, self.failed)
        self._rest = rest[max(rest.rfind(b"</c>"), rest.rfind(b":c>"), 0) :][-_CHUNK:]


def failed_formulas(packed: zipfile.ZipFile, place: int) -> dict[int, list[int]]:
    """The columns, by line, in which a formula of a sheet has no value."""
    formulas = Formulas()
    if (name := _file_of(packed, place)) is not None:
        with packed.open(name) as sheet:
            while chunk := sheet.read(_CHUNK):
                formulas.see(chunk)
    return formulas.failed


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
        ids = _SHEET.findall(packed.read("xl/workbook.xml"))
        for relation in _RELATION.findall(packed.read("xl/_rels/workbook.xml.rels")):
            if b'Id="%b"' % ids[place] in relation and (target := re.search(rb'Target="([^"]+)"', relation)):
                path = target[1].decode()
                path = path.removeprefix("/") if path.startswith("/") else f"xl/{path}"
                return path if path in packed.namelist() else None
    except (KeyError, IndexError):
        return None
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a sheet: from this number, up to the one before that, and the formulas among them without value."""

    first: int
    end: int
    failed: dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place before a row: its byte, the number of the row, and whether the row says it."""

    at: int
    row: int
    said: bool = True


def parts(packed: zipfile.ZipFile, place: int, into: BinaryIO, size: int) -> Iterator[Part]:
    """Write a sheet as one spreadsheet of some of its rows after the other into the same file, for whoever reads each.

    Each has about `size` bytes of rows. Nothing for a sheet that is small or that can't be cut.
    """
    name, names = _file_of(packed, place), packed.namelist()
    if name is None or len(set(names)) < len(names):
        return
    beside = [one for one in names if one[: one.rfind("/") + 1] in _READ_WITH_IT and one != name]
    # What stands beside the rows is read again with each part: that must not cost much more than the rows do.
    size = max(size, sum(packed.getinfo(one).file_size for one in beside) // 2)
    with packed.open(name) as sheet:
        prefix, cuts = _cuts(sheet, size)
    if len(cuts) < 3:
        return
    with packed.open(name) as sheet:
        head = sheet.read(cuts[0].at)
        for cut, following in pairwise(cuts):
            formulas = Formulas()
            into.seek(0)
            into.truncate()
            with zipfile.ZipFile(into, "w") as book:
                _copy(packed, beside, book)
                with book.open(name, "w") as written:
                    written.write(head)
                    for some in _rows_of(sheet, cut, following, prefix):
                        formulas.see(some)
                        written.write(some)
                    written.write(b"</%bsheetData></%bworksheet>" % (prefix, prefix))
            into.flush()
            yield Part(cut.row, following.row, formulas.failed)


def _copy(packed: zipfile.ZipFile, names: list[str], book: zipfile.ZipFile) -> None:
    for name in names:
        with packed.open(name) as read, book.open(name, "w") as written:
            shutil.copyfileobj(read, written, _CHUNK)


def _rows_of(sheet: IO[bytes], cut: _Cut, following: _Cut, prefix: bytes) -> Iterator[bytes]:
    """The bytes from one cut to the next; the first row says its number, which it may have left to those before it."""
    left = following.at - cut.at
    if not cut.said:
        left -= len(sheet.read(len(b"<row" + prefix)))
        yield b'<%brow r="%d"' % (prefix, cut.row)
    while left and (some := sheet.read(min(left, _CHUNK))):
        left -= len(some)
        yield some


def _cuts(sheet: IO[bytes], size: int) -> tuple[bytes, list[_Cut]]:
    """The prefix of its tags, and where to cut a sheet, the end of its rows last; nowhere when that can't be told."""
    some = sheet.read(_CHUNK)
    begins = _ROWS.search(some)
    if begins is None or b"<?" in some[_DECLARED:]:
        return b"", []
    prefix, at = begins[1], 0
    tags, end = re.compile(rb"<%brow(?=[\s/>])([^<>]*)>" % prefix), b"</%bsheetData" % prefix
    cuts, row = list[_Cut](), 0
    while whole := some.rfind(b">") + 1:
        if b"<!" in some or (at and b"<?" in some):
            break
        last = some.find(end, 0, whole)
        for tag in tags.finditer(some, 0, last if last >= 0 else whole):
            before, (row, said) = row, _number_of(tag[1], row)
            if row <= before or (at + tag.start() < begins.end()):
                return b"", []
            if not cuts or at + tag.start() - cuts[-1].at >= size:
                cuts.append(_Cut(at + tag.start(), row, said))
        if last >= 0:
            return prefix, [*cuts, _Cut(at + last, row + 1)]
        some, at = some[whole:] + sheet.read(_CHUNK), at + whole
    return b"", []


def _number_of(about: bytes, before: int) -> tuple[int, bool]:
    """The number of a row, and whether it says it; nought when it says it in a way that is not understood."""
    if said := _NUMBER.search(about):
        return int(said[1]), True
    return (0 if _NUMBERED.search(about) else before + 1), False
