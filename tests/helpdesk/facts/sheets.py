"""Files to import, as systems write them: CSV in their ways, and spreadsheets made by hand. Tests only."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Value = str | int | float | dt.date | dt.time | None
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ";", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """A CSV file."""
    return "".join(delimiter.join(row) + end for row in rows).encode(encoding)


def as_xlsx(rows: Sequence[Sequence[Value]], first_line: int = 1) -> bytes:
    """A spreadsheet with one sheet; days are date cells, and text that begins with = is a formula with its value."""
    sheet = "".join(_row(number, row) for number, row in enumerate(rows, first_line))
    files = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(name, content)
    return packed.getvalue()


def exchanged(book: bytes, there: Mapping[str, str]) -> bytes:
    """The spreadsheet with other XML in its sheet: each key, which stands there once, by its value."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for name in old.namelist():
            content = old.read(name).decode()
            for find, put in there.items() if name.endswith("sheet1.xml") else ():
                assert content.count(find) == 1, find
                content = content.replace(find, put)
            into.writestr(name, content)
    return packed.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{rows}</Relationships>'


def _row(number: int, row: Sequence[Value]) -> str:
    cells = "".join(_cell(f"{chr(65 + place)}{number}", value) for place, value in enumerate(row) if value is not None)
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, value: Value) -> str:
    if isinstance(value, dt.datetime | dt.time):
        day = (value.date() - dt.date(1899, 12, 30)).days if isinstance(value, dt.datetime) else 0
        return f'<c r="{place}" s="1"><v>{day + (value.hour * 60 + value.minute) / 1440}</v></c>'
    if isinstance(value, dt.date):
        return f'<c r="{place}" s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    text = escape(value or "")
    if text.startswith("="):
        return f'<c r="{place}" t="str"><f>UPPER("x")</f><v>{text[1:]}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
