"""A certificate as PDF, made of the words that its page has: with title, language, bookmarks and a link (rulings C32).

Its text is not compressed, so that anybody can search the file for what must not stand in it; the same certificate
always gives the same bytes, and no day but the first of the month after its period.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpdesk.privacy.certificate import Certificate, last_of
from helpdesk.privacy.certificate_page import Sheet, sheet

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT, _MONO = "Helvetica", "Courier"
_LINE = 6
"""Millimetres."""
_BLUE = (10, 86, 138)


def as_pdf(certificate: Certificate, language: str, address: str = "") -> bytes:
    """The certificate on pages of A4; `address` is that of its page, the accessible original."""
    said = sheet(certificate, language)
    pdf = _paper(f"{said.title} {certificate['rule']} {certificate['period']}", said.language)
    pdf.creation_date = dt.datetime.combine(last_of(certificate["period"]), dt.time(), dt.UTC) + dt.timedelta(days=1)
    _head(pdf, said.title, 18, 0)
    _pairs(pdf, said.facts)
    for caption, rows in said.tables:
        _head(pdf, caption, 13, 1)
        _table(pdf, said.heads, rows)
    _head(pdf, said.how, 13, 1)
    for way in said.ways:
        _text(pdf, f"- {way}")
    _text(pdf, said.backups)
    _head(pdf, said.proof, 13, 1)
    _text(pdf, said.told)
    _pairs(pdf, said.seals, _MONO)
    if address:
        _text(pdf, said.original)
        _link(pdf, address)
    _signatures(pdf, said)
    return bytes(pdf.output())


def _paper(title: str, language: str) -> FPDF:
    # Reading this library takes half a second and 40 MB: only a process that makes a PDF pays for it.
    from fpdf import FPDF
    from fpdf.prefs import ViewerPreferences

    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_compression(False)
    pdf.set_margin(20)
    pdf.set_auto_page_break(True, 20)
    pdf.set_title(title)
    pdf.set_lang(language)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    pdf.add_page()
    return pdf


def _plain(text: str) -> str:
    """What the fonts of every reader have; a sign they lack is a question mark."""
    return text.encode("windows-1252", "replace").decode("windows-1252")


def _head(pdf: FPDF, words: str, size: int, level: int) -> None:
    pdf.ln(4)
    pdf.start_section(_plain(words), level)
    pdf.set_font(_FONT, "B", size)
    _block(pdf, words)
    pdf.ln(1)


def _text(pdf: FPDF, words: str) -> None:
    pdf.set_font(_FONT, "", 11)
    _block(pdf, words)


def _link(pdf: FPDF, address: str) -> None:
    pdf.set_text_color(*_BLUE)
    pdf.set_font(_FONT, "U", 11)
    pdf.multi_cell(0, _LINE, _plain(address), new_x="LMARGIN", new_y="NEXT", align="L", link=address)
    pdf.set_text_color(0)


def _signatures(pdf: FPDF, said: Sheet) -> None:
    _head(pdf, said.signing, 13, 1)
    for who, lines in said.signers:
        pdf.set_font(_FONT, "B", 11)
        _block(pdf, who)
        pdf.set_font(_FONT, "", 11)
        for one in lines:
            pdf.ln(_LINE)
            pdf.cell(0, _LINE, _plain(f"{one}:"), border="B", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(_LINE)


def _pairs(pdf: FPDF, rows: Sequence[tuple[str, str]], font: str = _FONT) -> None:
    for name, value in rows:
        pdf.set_font(_FONT, "B", 10)
        _block(pdf, name)
        pdf.set_font(font, "", 10 if font == _MONO else 11)
        _block(pdf, value)


def _block(pdf: FPDF, words: str) -> None:
    pdf.multi_cell(0, _LINE, _plain(words), new_x="LMARGIN", new_y="NEXT", align="L")


def _table(pdf: FPDF, heads: tuple[str, str], rows: Sequence[tuple[str, str]]) -> None:
    pdf.set_font(_FONT, "", 11)
    with pdf.table(col_widths=(3, 1), text_align=("LEFT", "RIGHT"), line_height=_LINE + 1) as table:
        for row in (heads, *rows):
            table.row([_plain(cell) for cell in row])
