"""Rows of a file, CSV or XLSX, one after the other, with the line each stands on.

Knows no column: what a cell means is decided by its reader.
"""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from helpdesk.errors import Invalid
from helpdesk.facts.sheets import LaidOut, Line, holds, lay_out, sheet_lines, too_large

Source = BinaryIO | LaidOut
MOST_BYTES = 100_000_000
_CHUNK = 1 << 20
_LONGEST, _LOOKED_AT = 65536, 20
_MOST_OF_ROW = 1 << 20
"""Signs in one row: of more a quotation mark is open, and all that follows would come into memory as one cell."""
_END = "\x1a"
"""A last line of our own behind the file's: when it does not come out by itself, a quotation mark is open there."""
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FIRST, _MOSTLY = 4096, 0.4


def kind_of(source: Source) -> str:
    """csv or xlsx, by the first bytes. Raises Invalid for a file that is too large or of an old kind."""
    if isinstance(source, LaidOut):
        return "xlsx"
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    start = source.read(4)
    source.seek(0)
    if size > MOST_BYTES:
        raise too_large()
    if start == _OLD_EXCEL:
        raise Invalid(
            "This is an old kind of spreadsheet, or one with a password. Save it as .xlsx without one, or as CSV.",
            field="file",
            code="old_excel",
        )
    return "xlsx" if start == _ZIP else "csv"


@contextmanager
def laid_out(source: BinaryIO) -> Iterator[Source]:
    """The file in a form in which `lines` reads it as often as wanted, with little memory. Raises Invalid."""
    if kind_of(source) != "xlsx":
        yield source
        return
    with tempfile.TemporaryFile() as into:
        yield lay_out(source, cast("BinaryIO", into))


def lines(source: Source) -> Iterator[Line]:
    """The lines of a file that hold anything, from its start. Raises Invalid for a file that can't be read."""
    if isinstance(source, LaidOut):
        return source.lines()
    found = sheet_lines(source) if kind_of(source) == "xlsx" else _csv_lines(source)
    return (line for line in found if any(map(holds, line[1])))


def _encoding(source: BinaryIO) -> str:
    """What a mark at the start says; UTF-16 where every second byte is none; UTF-8 when all is; else Windows-1252."""
    start = source.read(_FIRST)
    source.seek(0)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    for name, high in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if high.count(0) > _MOSTLY * len(start) and high.count(0) == start.count(0):
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


class _Fed:
    """Gives a reader of CSV line after line, and counts how many signs it took since `signs` was last put to none."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.signs, self.ended = 0, False

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_MOST_OF_ROW):
            self.signs += len(line)
            if self.signs >= _MOST_OF_ROW:
                raise csv.Error
            yield line
        self.ended = True
        yield _END


def _csv_lines(source: BinaryIO) -> Iterator[Line]:
    text = io.TextIOWrapper(source, encoding=_encoding(source), errors="replace", newline="")
    number = 1
    try:
        delimiter = _delimiter(text)
        skipped = 1 if text.tell() else 0
        fed = _Fed(text)
        reader = csv.reader(fed, delimiter=delimiter)
        number += skipped
        for cells in reader:
            if fed.ended:
                if cells != [_END]:
                    raise csv.Error
                return
            yield number, list(cells)
            number, fed.signs = reader.line_num + skipped + 1, 0
    except csv.Error as fault:
        raise Invalid(
            "Line {line} can't be read: is a quotation mark left open?", field="file", code="csv", line=number
        ) from fault
    finally:
        text.detach()
