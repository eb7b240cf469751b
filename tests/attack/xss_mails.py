"""Mails that carry one hostile string in every place, and the control mail whose formatting must stay."""

from __future__ import annotations

import base64
import struct
import zlib
from urllib.parse import quote

from tests.attack.xss_strings import Hostile
from tests.letters import DESK

_HEAD = "Date: Sun, 22 Nov 2026 09:42:00 +0000\nMIME-Version: 1.0\n"
CONTROL_SUBJECT = "Rooster en inschrijving"
CONTROL_HTML = """<html><body>
<p>Beste collega, dit is <b>vet</b> en dit <a href="https://minbz.example/rooster">het rooster</a>.</p>
<table border="1" cellpadding="6" width="400"><tr><th>Dag</th><th bgcolor="#dddddd">Tijd</th></tr>
<tr><td>maandag</td><td style="background-color: #ffee99; text-align: right">9:30</td></tr></table>
<ul><li>eerste punt</li><li>tweede <i>punt</i></li></ul>
<p>Het logo: <img src="cid:logo@minbz.example" width="60" height="30" alt="logo"></p>
<blockquote style="margin-left: 24px; border-left: 2px solid #888888; padding-left: 8px">Eerder schreef u: <u>tot
maandag</u>.</blockquote></body></html>"""


def _words(text: str) -> str:
    """Encoded words (RFC 2047) for any text: pieces of whole characters, each under 75 characters."""
    pieces, piece = [], b""
    for char in text:
        data = char.encode("utf-8", "replace")
        if len(piece) + len(data) > 42:
            pieces.append(piece)
            piece = b""
        piece += data
    return "\n ".join(f"=?utf-8?b?{base64.b64encode(each).decode()}?=" for each in [*pieces, piece])


def _part(kind: str, body: str, *headers: str) -> str:
    head = "".join(f"{header}\n" for header in headers)
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: 8bit\n{head}\n{body}\n"


def _file(kind: str, name: str, body: str) -> str:
    return _part(kind, body, f"Content-Disposition: attachment; filename*=utf-8''{quote(name, safe='')}")


def _joined(kind: str, boundary: str, *parts: str) -> str:
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'
        + "".join(f"--{boundary}\n{part}" for part in parts)
        + f"--{boundary}--\n"
    )


def hostile_mail(hostile: Hostile, index: int) -> bytes:
    """The string as subject, display name (From and Cc), text, HTML, file name and content of an HTML and an SVG file.

    Bodies are 8bit, so that the raw source shows the string as it is.
    """
    text = hostile.text
    # Between two words: brackets and quotes around a whole display name are taken off when it is read.
    name = _words(f"Een {text} mens")
    body = _joined(
        "alternative", f"a{index}x", _part("text/plain; charset=utf-8", text), _part("text/html; charset=utf-8", text)
    )
    files = (
        _file("text/html; charset=utf-8", f"{text[:60]}.html", text),
        _file("image/svg+xml", f"{text[:60]}.svg", text),
    )
    head = (
        f"From: {name} <asker{index}@minbz.example>\nTo: {DESK}\nCc: {name} <cc{index}@minbz.example>\n"
        f"Subject: {_words(text)}\nMessage-ID: <xss{index}@minbz.example>\n{_HEAD}"
    )
    whole = head + _joined("mixed", f"m{index}x", body, *files)
    return whole.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture() -> bytes:
    """A PNG of 12 by 6 red pixels."""
    rows = (b"\0" + b"\xcc\0\0" * 12) * 6
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 12, 6, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def control_mail() -> bytes:
    """A mail as people send it: table, list, bold, link, inline image and quoted block."""
    image = (
        "Content-Type: image/png\nContent-ID: <logo@minbz.example>\nContent-Disposition: inline; filename=logo.png\n"
        f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(picture()).decode()}"
    )
    head = (
        f"From: Femke de Vries <femke@minbz.example>\nTo: {DESK}\nSubject: {CONTROL_SUBJECT}\n"
        f"Message-ID: <control@minbz.example>\n{_HEAD}"
    )
    return (head + _joined("related", "r1", _part("text/html; charset=utf-8", CONTROL_HTML), image)).encode()
