"""Bombs in the structure of a mail and in files: nesting, numbers, containers, encodings, sheer size."""

from __future__ import annotations

import base64
import io
import random
import struct
import zipfile

from tests.attack.hostile_piece import Maker, Piece, file, html, multipart, plain

_MAIL = b"Content-Type: message/rfc822\r\n\r\n"
_INNER = b"From: b@bommen.example\r\nSubject: binnenin\r\n"


def _nested_parts(size: int, _source: random.Random, mark: bytes) -> Piece:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n" % (n, n) for n in range(size))
    return Piece(b"", (levels + plain(mark),))


def _attachments(size: int, source: random.Random, mark: bytes) -> Piece:
    files = [file(b"application/pdf", b"bijlage-%d.pdf" % n, b"%PDF-1.4 " + source.randbytes(400)) for n in range(size)]
    return Piece(b"", (plain(mark), *files))


def _empty_parts(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"", (multipart(b"e", [plain(mark)]).removesuffix(b"--e--\r\n") + b"--e\r\n" * size,))


def _mails_in_mails(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"", (plain(mark), (_MAIL + _INNER) * size + b"\r\ndiep\r\n"))


def _mails_beside_mails(size: int, _source: random.Random, mark: bytes) -> Piece:
    inner = _INNER + multipart(b"i", [b"\r\nx"] * 450)
    outer = _INNER + multipart(b"o", [_MAIL + inner] * 20)
    return Piece(b"", (plain(mark), *[_MAIL + outer] * max(1, size // 20)))


def _base64_in_base64(size: int, _source: random.Random, mark: bytes) -> Piece:
    content = _INNER + b"\r\n" + mark
    for _ in range(size):
        head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        content = _INNER + head + base64.encodebytes(content)
    return Piece(b"", (plain(mark), _MAIL + content))


def _zip(size: int, _source: random.Random, mark: bytes) -> Piece:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}/{number}.txt", b"\0" * (size // 20))
    return Piece(b"", (plain(mark), file(b"application/zip", b"alles.zip", packed.getvalue())))


def _tnef(size: int, _source: random.Random, mark: bytes) -> Piece:
    objects = b"\x02\x02\x90\x06\0\0\0\0\0\0\0" * size
    html_property = struct.pack("<IHHII", 1, 0x102, 0x1013, 1, 400_000) + b"<div>" * 80_000
    mapi = b"\x01" + struct.pack("<HHI", 0x9003, 0x0006, len(html_property)) + html_property + b"\0\0"
    data = b"\x78\x9f\x3e\x22\0\0"
    many = [file(b"application/ms-tnef", b"winmail.dat", data + mapi)] * 4
    return Piece(b"", (plain(mark), file(b"application/ms-tnef", b"winmail.dat", data + objects), *many))


def _calendar(size: int, _source: random.Random, mark: bytes) -> Piece:
    event = b"BEGIN:VEVENT\r\nSUMMARY:x\r\nRRULE:FREQ=SECONDLY\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n"
    wide = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n" + event * (size // 10) + b"END:VCALENDAR\r\n"
    deep = b"BEGIN:VCALENDAR\r\n" * size
    kind = b"Content-Type: text/calendar; charset=utf-8\r\n\r\n"
    return Piece(b"", (plain(mark), kind + deep, *[kind + wide] * 20))


def _uuencode(size: int, source: random.Random, mark: bytes) -> Piece:
    good = b"begin 644 a.bin\r\n" + b"M" + b"A" * 60 + b"\r\n"
    starts = b"begin 644 x\r\n" * size
    return Piece(b"", (plain(mark + b"\r\n" + good + b"!!\r\n" + starts + source.randbytes(20).hex().encode()),))


def _quoted_printable(size: int, _source: random.Random, mark: bytes) -> Piece:
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return Piece(b"", (head + mark + b"\r\n" + b"=\r\n" * size + b"==3D=G0=" * (size // 4),))


def _smime(size: int, _source: random.Random, mark: bytes) -> Piece:
    content = plain(mark)
    for _ in range(size):
        head = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        content = head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(_signed(content))
        if len(content) > 3_000_000:
            break
    return Piece(b"", (plain(mark), content))


def _signed(content: bytes) -> bytes:
    data = bytes.fromhex("06092a864886f70d010701") + _der(0xA0, _der(0x04, content))
    return _der(0x30, bytes.fromhex("06092a864886f70d010702") + _der(0xA0, _der(0x30, _der(0x30, data))))


def _der(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(content).to_bytes(4) + content


def _html_parts(size: int, _source: random.Random, mark: bytes) -> Piece:
    page = html(b"<table>" + b"<tr><td><b>cel</b></td></tr>" * 4_000 + b"</table>")
    return Piece(b"", (html(b"<p>" + mark + b"</p>"), *[page] * size))


def _big_text(size: int, source: random.Random, mark: bytes) -> Piece:
    words = [b"%x" % source.getrandbits(40) for _ in range(5_000)]
    block = b"\r\n".join(b" ".join(source.choices(words, k=8)) for _ in range(2_000)) + b"\r\n"
    return Piece(b"", (plain(mark + b"\r\n" + block * (size // len(block) + 1)),))


def _short_lines(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"", (plain(mark + b"\r\n" + b"a\r\n" * (size // 3)),))


def _big_file(size: int, source: random.Random, mark: bytes) -> Piece:
    content = source.randbytes(1_000_000) * (size * 57 // 78 // 1_000_000)
    return Piece(b"", (plain(mark), file(b"application/octet-stream", b"film.bin", content)))


PARTS: dict[str, tuple[int, Maker]] = {
    "nested-parts": (3_000, _nested_parts),
    "attachments": (500, _attachments),
    "empty-parts": (1_000_000, _empty_parts),
    "mails-in-mails": (2_000, _mails_in_mails),
    "mails-beside-mails": (400, _mails_beside_mails),
    "base64-in-base64": (12, _base64_in_base64),
    "zip": (20_000_000, _zip),
    "tnef": (100_000, _tnef),
    "calendar": (20_000, _calendar),
    "uuencode": (50_000, _uuencode),
    "quoted-printable": (400_000, _quoted_printable),
    "smime-nest": (20, _smime),
    "html-parts": (40, _html_parts),
    "body-25mb": (25_000_000, _big_text),
    "short-lines": (5_000_000, _short_lines),
    "mail-50mb": (48_000_000, _big_file),
}
"""Name, size at factor 1, maker."""
