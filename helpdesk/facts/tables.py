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
from helpdesk.facts.sheets import LaidOut, Line, lay_out, sheet_lines

Source = BinaryIO | LaidOut
MOST_BYTES = 100_000_000
_CHUNK = 1 << 20
_LONGEST, _LOOKED_AT = 65536, 20
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def kind_of(source: Source) -> str:
    """csv or xlsx, by the first bytes. Raises Invalid for a file that is too large or of an old kind."""
    if isinstance(source, LaidOut):
        return "xlsx"
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    start = source.read(4)
    source.seek(0)
    if size > MOST_BYTES:
        raise Invalid("This file is too large.", field="file", code="file_too_large")
    if start == _OLD_EXCEL:
        raise Invalid("This is an old kind of spreadsheet. Save it as .xlsx or as CSV.", field="file", code="old_excel")
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
