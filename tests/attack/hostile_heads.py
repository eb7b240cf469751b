"""Bombs in header fields: too long, too many, folded or encoded without end."""

from __future__ import annotations

import base64
import random

from tests.attack.hostile_piece import Maker, Piece, file, plain


def _subject(size: int, source: random.Random, mark: bytes) -> Piece:
    words = (b"vraag", b"over", b"module", b"inlog", b"toets")
    return Piece(b"Subject: " + b" ".join(source.choices(words, k=size // 6)) + b"\r\n", (plain(mark),))


def _recipients(size: int, _source: random.Random, mark: bytes) -> Piece:
    people = b",\r\n ".join(b'"Naam %d" <u%d@bommen.example>' % (n, n) for n in range(size))
    return Piece(b"Cc: " + people + b"\r\n", (plain(mark),))


def _recipient_fields(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"".join(b"To: u%d@bommen.example\r\n" % n for n in range(size)), (plain(mark),))


def _continuation(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"Subject: a\r\n" + b" b\r\n" * size, (plain(mark),))


def _references(size: int, source: random.Random, mark: bytes) -> Piece:
    ids = b"\r\n ".join(b"<%016x@bommen.example>" % source.getrandbits(64) for _ in range(size // 36))
    return Piece(b"References: " + ids + b"\r\nIn-Reply-To: " + ids[: size // 4] + b"\r\n", (plain(mark),))


def _encoded_words(size: int, _source: random.Random, mark: bytes) -> Piece:
    word = b"=?utf-8?b?" + base64.b64encode("é ".encode()) + b"?=\r\n "
    unclosed = b"=?utf-8?q?x" * size
    return Piece(b"Subject: " + word * size + b"x\r\nX-Unclosed: " + unclosed + b"\r\n", (plain(mark),))


def _encoded_charsets(size: int, _source: random.Random, mark: bytes) -> Piece:
    words = b"\r\n ".join(b"=?x-unknown-%d?q?=C3=A9?=" % n for n in range(size))
    return Piece(b"Subject: " + words + b"\r\n", (plain(mark),))


def _comments_in_from(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"Reply-To: " + b"(" * size + b" a@bommen.example " + b'"' * size + b"\r\n", (plain(mark),))


def _bad_lines(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"X-A: a\r\nno field at all\r\n" * size, (plain(mark),))


def _parameters(size: int, _source: random.Random, mark: bytes) -> Piece:
    pieces = b";\r\n ".join(b"filename*%d*=%%41%%42" % n for n in range(size))
    head = b"Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n " + pieces
    return Piece(b"", (plain(mark), head + b"\r\n\r\n%PDF-1.4 x\r\n"))


def _authentication(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece((b"Authentication-Results: mx; spf=pass " + b"(a)" * 200 + b"\r\n") * size, (plain(mark),))


def _bidi(size: int, _source: random.Random, mark: bytes) -> Piece:
    turned = ("\u202egpj.exe\u202c\u2066\u2069\u200f" * max(1, size // 20)).encode()
    named = base64.b64encode(turned[:3000].decode("utf-8", "ignore").encode())
    parts = [plain(mark)] + [file(b"application/pdf", b"=?utf-8?b?" + named + b"?=", b"%PDF-1.4 x")] * 5
    return Piece(b"Subject: " + turned + b"\r\n", tuple(parts))


HEADS: dict[str, tuple[int, Maker]] = {
    "subject": (1_000_000, _subject),
    "recipients": (20_000, _recipients),
    "recipient-fields": (20_000, _recipient_fields),
    "header-continuation": (200_000, _continuation),
    "references": (1_000_000, _references),
    "encoded-words": (100_000, _encoded_words),
    "encoded-charsets": (20_000, _encoded_charsets),
    "comments-and-quotes": (20_000, _comments_in_from),
    "bad-header-lines": (20_000, _bad_lines),
    "rfc2231-continuations": (5_000, _parameters),
    "authentication-results": (2_000, _authentication),
    "bidi": (2_000, _bidi),
}
"""Name, size at factor 1, maker."""
