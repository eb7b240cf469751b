"""The first questions of the demonstration as mails: plain, HTML with a picture, with a file, a follow-up."""

from __future__ import annotations

import datetime as dt
import struct
import tomllib
import zlib
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from workers.demo.people import DOMAIN, EMPLOYEES
from workers.demo.writing import mail

_MINUTES = 7


def first_mails(now: dt.datetime) -> list[EmailMessage]:
    """All of them, oldest first; the newest is a minute old."""
    rows = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))["question"]
    mails: list[EmailMessage] = []
    for n, row in enumerate(rows):
        at = now - dt.timedelta(minutes=1 + _MINUTES * (len(rows) - 1 - n))
        mails.append(_mail(row, at, mails))
    return mails


def _mail(row: dict[str, Any], at: dt.datetime, before: list[EmailMessage]) -> EmailMessage:
    references = (str(before[row["answers"]]["Message-ID"]),) if "answers" in row else ()
    message = mail(EMPLOYEES[row["from"]], row["subject"], row["text"].lstrip("\n"), at=at, references=references)
    if "html" in row:
        _add_html(message, row["html"], row["picture"])
    if "file" in row:
        message.add_attachment(_pdf(row["subject"]), "application", "pdf", filename=row["file"])
    if row.get("automatic"):
        message["Auto-Submitted"] = "auto-replied"  # RFC 3834: never answered automatically
        message["X-Auto-Response-Suppress"] = "All"
    return message


def _add_html(message: EmailMessage, html: str, picture: str) -> None:
    """HTML beside the text, with a picture inside (RFC 2387), as Outlook sends a screenshot."""
    content_id = make_msgid(domain=DOMAIN)
    message.add_alternative(html.replace("PICTURE", content_id[1:-1]), subtype="html")
    part = list(message.iter_parts())[-1]
    assert isinstance(part, EmailMessage)  # noqa: S101 - we added it one line above
    part.add_related(_picture(), "image", "png", cid=content_id, filename=picture)


def _picture() -> bytes:
    """A small PNG: a grey box with a red bar (PNG specification, section 11.2)."""
    width, height = 320, 80
    grey, red = b"\xe6\xe6\xe6", b"\xb4\x28\x28"
    rows = b"".join(b"\0" + (red if 30 <= y < 50 else grey) * width for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def _pdf(line: str) -> bytes:
    """A PDF of one page with one line (ISO 32000-1, annex H.3)."""
    page = f"BT /F1 18 Tf 60 700 Td ({line}) Tj ET".encode("ascii", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    whole, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(whole))
        whole += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(whole)
    whole += b"xref\n0 6\n0000000000 65535 f \n" + table
    return whole + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
