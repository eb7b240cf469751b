"""Rows of a file, CSV or XLSX, one after the other, with the line each stands on; the only importer of calamine.

Knows no column: what a cell means is decided by its reader.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, SheetVisibleEnum, ZipError, load_workbook

from helpdesk.errors import Invalid

Cell = str | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Line = tuple[int, list[Cell]]
"""The number of a line, from 1, and its cells."""
MOST_BYTES = 100_000_000
MOST_UNPACKED = 300_000_000
_CHUNK = 1 << 20
_LONGEST, _LOOKED_AT = 65536, 20
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def kind_of(source: BinaryIO) -> str:
    """csv or xlsx, by the first bytes. Raises Invalid for a file that is too large or of an old kind."""
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    start = source.read(4)
    source.seek(0)
    if size > MOST_BYTES:
        raise Invalid("This file is too large.", field="file", code="file_too_large")
    if start == _OLD_EXCEL:
        raise Invalid("This is an old kind of spreadsheet. Save it as .xlsx or as CSV.", field="file", code="old_excel")
    return "xlsx" if start == _ZIP else "csv"


def lines(source: BinaryIO, kind: str) -> Iterator[Line]:
    """The lines of a file that hold anything. Raises Invalid for a file that can't be read."""
    found = _sheet_lines(source) if kind == "xlsx" else _csv_lines(source)
    return (line for line in found if any(cell not in (None, "") for cell in line[1]))


def _encoding(source: BinaryIO) -> str:
    """What a byte order mark says; else UTF-8 when all of it is, else Windows-1252."""
    start = source.read(4)
    source.seek(0)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        source.seek(0)
    return "utf-8"


def _delimiter(text: io.TextIOWrapper) -> str:
    """The sign that parts most of the first lines into equally many cells: above the headings a title may stand."""
    first = text.readline(_LONGEST)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first[4]
    some = [first, *(text.readline(_LONGEST) for _ in range(_LOOKED_AT))]
    text.seek(0)
    return max((";", ",", "\t", "|"), key=lambda sign: _alike(some, sign))


def _alike(some: list[str], sign: str) -> tuple[int, int]:
    """How many lines have equally many cells when this sign parts them, and how many cells these are."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(some, delimiter=sign) if len(cells) > 1)
    except csv.Error:
        return 0, 0
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _csv_lines(source: BinaryIO) -> Iterator[Line]:
    text = io.TextIOWrapper(source, encoding=_encoding(source), errors="replace", newline="")
    try:
        before = 0
        delimiter = _delimiter(text)
        skipped = 1 if text.tell() else 0
        reader = csv.reader(text, delimiter=delimiter)
        for cells in reader:
            yield before + 1 + skipped, list(cells)
            before = reader.line_num
    except csv.Error as fault:
        raise Invalid(
            "Line {line} can't be read: is a quotation mark left open?",
            field="file",
            code="csv",
            line=reader.line_num + skipped,
        ) from fault
    finally:
        text.detach()


def _sheet_lines(source: BinaryIO) -> Iterator[Line]:
    try:
        with zipfile.ZipFile(source) as packed:
            unpacked = sum(item.file_size for item in packed.infolist())
        if unpacked > MOST_UNPACKED:
            raise Invalid("This file is too large.", field="file", code="file_too_large")
        source.seek(0)
        with load_workbook(source) as book:
            shown = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
            for name in shown:
                sheet = book.get_sheet_by_name(name)
                if sheet.height:
                    yield from _numbered(sheet)
                    return
    except (CalamineError, ZipError, zipfile.BadZipFile, KeyError) as fault:
        raise Invalid("This spreadsheet can't be read.", field="file", code="xlsx") from fault


def _numbered(sheet: CalamineSheet) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, list(cells)
