"""Inputs for the fuzzer: mails, HTML and replies by grammar, then changed byte by byte. Each follows from its number.

Must not: use the clock or a shared source of chance; seed, target and number give the same input for ever.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.attack.xss_strings import HANDLERS, SHAPES, TAGS

MAILS = Path(__file__).parents[1] / "mails"
LARGEST = 1 << 20
_CHARSETS = (
    *("utf-8", "iso-8859-1", "us-ascii", "utf-7", "utf-16", "iso-2022-jp", "gb18030", "euc-kr", "windows-1252", "big5"),
    *("x-unknown", "hz", "punycode", "idna", "base64", "unicode_escape", "utf-8\0", "", "cp932", "iso-2022-kr"),
)
_ENCODINGS = ("7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "binary", "base64 ", "gzip", "")
_TYPES = (
    *("text/plain", "text/html", "multipart/mixed", "multipart/alternative", "multipart/related", "multipart/report"),
    *("multipart/signed", "multipart/digest", "message/rfc822", "message/delivery-status", "message/partial", "text"),
    *("text/calendar", "application/ms-tnef", "application/pdf", "text/rfc822-headers", "text/enriched", "image/png"),
)
_NAMES = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Return-Path"),
    *("Auto-Submitted", "Precedence", "List-Id", "X-Failed-Recipients", "Authentication-Results", "Content-Type"),
    *("MIME-Version", "Content-Transfer-Encoding", "Content-Disposition", "Sender", "X-Auto-Response-Suppress"),
)
_ODD = (
    *(
        b"\0",
        b"\r",
        b"\n\n",
        b"\r\n\r\n",
        b"--",
        b'"',
        b"<",
        b">",
        b"(",
        b")",
        b"\\",
        b"=?utf-8?q?",
        b"=?utf-8?b?",
        b"?=",
    ),
    *(
        b"\xff\xfe",
        b"\xc3",
        b"\xed\xa0\x80",
        b"&#",
        b"&lt",
        b"<!--",
        b"-->",
        b"]]>",
        b"%00",
        b"=\r\n",
        b"\x1b$B",
        b"+/v8",
    ),
    *(
        b"\xee\x83\xb0",
        b"&#xE0F0;",
        b"\xe2\x80\xae",
        b"begin 644 x\n",
        b"From ",
        b"> ",
        b"-- \n",
        b"\t",
        b"; ",
        b"*0*=",
    ),
)
_LINES = (
    *("Beste collega,", "Dank voor uw bericht.", "Met vriendelijke groet,", "-- ", "--", "Verstuurd vanaf mijn iPhone"),
    *("Op ma 3 feb 2025 om 10:15 schreef Academie <a@b.nl>:", "On Mon, Feb 3, 2025 at 10:15 AM A <a@b.nl> wrote:"),
    *(
        "Le lun. 3 févr. 2025 à 10:15, A <a@b.nl> a écrit :",
        "Am 03.02.2025 um 10:15 schrieb A:",
        "> gezegd",
        ">> eerder",
    ),
    *("Van: A <a@b.nl>", "Verzonden: maandag 3 februari 2025", "Aan: F", "Onderwerp: RE: X", "From: A", "Sent: Monday"),
    *("-----Oorspronkelijk bericht-----", "________________________________", "##- Please type your reply above -##"),
    *(
        "",
        " ",
        "\t",
        ">",
        "> ",
        "<",
        "mailto:a@b.nl",
        "x:",
        "\ue0f0",
        "\u202e",
        "a" * 700,
        "wrote:",
        "schreef:",
        "*Van:* A",
    ),
)
_STYLES = (
    "color:red",
    "width:calc(1px + 2%)",
    "font:12px/1 a",
    "margin:0;padding:1em",
    "x:y(z",
    "}",
    "\\75rl(",
    "/*",
    "'",
)
_ENTITIES = (
    "&amp;",
    "&nbsp;",
    "&#0;",
    "&#x110000;",
    "&lt;script&gt;",
    "&",
    "&#xD800;",
    "&quot;",
    "&colon;",
    "&#xE0F1;",
)
_KEPT = (
    "p",
    "b",
    "i",
    "a href=https://x.nl",
    "table",
    "td",
    "tr",
    "ul",
    "li",
    "div",
    "span",
    "font color=red",
    "blockquote",
)
_MORE = (
    "blockquote type=cite",
    "img src=cid:a@b",
    "h1",
    "pre",
    "col",
    "th colspan=3",
    "div class=gmail_quote",
    "center",
    "br",
)


def seeds(folder: Path | None = None) -> list[bytes]:
    """Our own small mails, and every file of a folder that was given, none above the largest size."""
    found = sorted(MAILS.glob("*.eml"))
    if folder is not None:
        found += sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size <= LARGEST)
    return [path.read_bytes() for path in found]


def made(target: str, seed: int, number: int, corpus: Sequence[bytes]) -> bytes:
    """The input with this number."""
    chance = random.Random(f"{seed}:{target}:{number}")
    start: Callable[[random.Random], bytes] = {"clean": html, "split": reply}.get(target, mail)
    data = chance.choice(corpus) if target == "parse" and chance.random() < 0.5 else start(chance)
    for _ in range(chance.choice((0, 0, 1, 2, 4, 8, 30))):
        data = _changed(data, chance, corpus)
    return data[:LARGEST]


def _changed(data: bytes, chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """One change: a byte, a cut, a doubling, an odd piece, a piece of another mail, or a piece very many times."""
    place = chance.randrange(len(data) + 1)
    length = chance.choice((1, 4, 20, 100))
    piece = data[place : place + length]
    kind = chance.randrange(20)
    if kind < 4:
        return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
    if kind < 8:
        return data[:place] + data[place + length :]
    if kind < 10:
        return data[:place] + piece + data[place:]
    if kind < 16:
        return data[:place] + chance.choice(_ODD) + data[place:]
    if kind < 18:
        other = chance.choice(corpus)
        start = chance.randrange(len(other) + 1)
        return data[:place] + other[start : start + 10 * length] + data[place:]
    repeated = (piece or b"x") * chance.choice((10, 10, 50, 50, 50, 500, 5_000, 50_000))
    return data[:place] + repeated[: LARGEST // 2] + data[place:]


def mail(chance: random.Random, depth: int = 0) -> bytes:
    """Header fields of any kind and a body of any kind, down to four levels."""
    head = b"".join(_field(chance) for _ in range(chance.randrange(9)))
    kind = chance.choice(_TYPES)
    if depth > 3 and kind.startswith(("multipart", "message")):
        kind = "text/plain"
    charset, encoding = chance.choice(_CHARSETS), chance.choice(_ENCODINGS)
    boundary = chance.choice(("b", "=_1", "a b", "--", "", "é", "b" * 80)) + str(depth)
    said = f'Content-Type: {kind}; charset="{charset}"; boundary="{boundary}"; name*=utf-8\'\'%41%00{depth}\r\n'
    said += f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    return head + said.encode("utf-8", "replace") + b"\r\n" + _body(chance, kind, boundary, encoding, depth)


def _field(chance: random.Random) -> bytes:
    values = (
        *(
            "A <a@b.nl>",
            "a@b.nl, <c@d.nl>, ;:",
            "=?utf-8?b?w6k=?= <é@b.nl>",
            "<m1@b.nl> <m2@b.nl>",
            "Re: Fwd: vraag",
            "",
        ),
        *("Mon, 3 Feb 2025 10:15:00 +9999", "auto-replied", "=?x?q?a?= =?utf-8?b?====?=", "Undelivered Mail", '"a\\'),
        *(
            "group: a@b.nl, c@d.nl;",
            "<" * 50,
            "a" * 2000,
            "multipart/report; report-type=delivery-status",
            "0000-00-00",
        ),
    )
    return f"{chance.choice(_NAMES)}: {chance.choice(values)}{chance.choice((chr(13) + chr(10), chr(10), ''))}".encode()


def _body(chance: random.Random, kind: str, boundary: str, encoding: str, depth: int) -> bytes:
    if kind.startswith("multipart"):
        parts = [mail(chance, depth + 1) for _ in range(chance.randrange(5))]
        mark = f"--{boundary}".encode("utf-8", "replace")
        return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + chance.choice((mark + b"--\r\n", b""))
    if kind == "message/rfc822":
        return mail(chance, depth + 1)
    if kind == "message/delivery-status":
        status = "Final-Recipient: rfc822; a@b.nl\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        return f"Reporting-MTA: dns; x\r\n\r\n{status * chance.randrange(4)}".encode()
    if kind == "application/ms-tnef":
        data = b"\x78\x9f\x3e\x22\x01\x00" + chance.randbytes(chance.randrange(300))
    elif kind == "text/html":
        data = html(chance)
    else:
        data = reply(chance)
    if encoding.strip() == "base64":
        return base64.encodebytes(data)[: chance.choice((10, 10_000, None))]
    return data


def html(chance: random.Random) -> bytes:
    """Tags that are kept and tags that are not, attributes, styles, entities and shapes that broke sanitisers."""
    pieces = []
    for _ in range(chance.randrange(1, 40)):
        kind = chance.randrange(8)
        tag = chance.choice(_KEPT + _MORE) if kind < 4 else chance.choice(TAGS)
        if kind == 0:
            pieces.append(f"<{tag} style='{';'.join(chance.sample(_STYLES, 3))}'>")
        elif kind < 4:
            pieces.append(f"<{chance.choice(('', '', '/'))}{tag}>{chance.choice(_LINES)}")
        elif kind == 4:
            pieces.append(f"<{tag} {chance.choice(HANDLERS)}={chance.choice(('x()', '`x`', '&#120;()'))}>")
        elif kind == 5:
            pieces.append(chance.choice(SHAPES).format(js="x()"))
        else:
            pieces.append(chance.choice(_ENTITIES) * chance.choice((1, 1, 3)))
    return "".join(pieces).encode("utf-8", "replace")


def reply(chance: random.Random) -> bytes:
    """Lines as replies have them, in any order, some of them many times."""
    lines = [chance.choice(_LINES) for _ in range(chance.randrange(1, 30))]
    lines += [chance.choice(_LINES)] * chance.choice((0,) * 14 + (3, 3, 30, 30, 300, 30_000))
    return chance.choice(("\n", "\r\n")).join(lines).encode()[: LARGEST // 2]
