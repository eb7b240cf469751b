"""Bombs in text and HTML: charsets, quotes, long words, links, tags, attributes, styles, entities."""

from __future__ import annotations

import base64
import random

from tests.attack.hostile_piece import Maker, Piece, html, plain


def _page(mark: bytes, body: bytes) -> Piece:
    return Piece(b"", (html(b"<p>" + mark + b"</p>" + body),))


def _nested_tags(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<div>" * size + b"</div>" * size)


def _unclosed_tags(size: int, source: random.Random, mark: bytes) -> Piece:
    names = (b"b", b"font color=red", b"p", b"blockquote type=cite", b"ul", b"li", b"span", b"i")
    return _page(mark, b"".join(b"<%s>x" % source.choice(names) for _ in range(size)))


def _reopened_tags(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"".join(b"<font size=%d>" % n for n in range(size // 20)) + b"<p>x" * size)


def _attributes(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<div " + b" ".join(b"a%d=v%d" % (n, n) for n in range(size)) + b">x</div>")


def _style_brackets(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(
        mark, b'<p style="color:' + b"(" * size + b'">x</p>' + b'<p style="width:calc' + b"(" * size + b'">y</p>'
    )


def _declarations(size: int, _source: random.Random, mark: bytes) -> Piece:
    style = b";".join(b"color:rgb(%d,2,3)" % n for n in range(size))
    rules = b"".join(b".c%d{color:red}" % n for n in range(size))
    each = b"".join(b'<p style="margin-left:%dpx">x' % n for n in range(size // 4))
    return _page(mark, b"<style>" + rules + b'</style><p style="' + style + b'">x</p>' + each)


def _entities(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"&lt;&amp&#x26;" * (size // 3))


def _tables(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<table><tr><td>" * size + b"x" + b"</td></tr></table>" * size)


def _cells(size: int, _source: random.Random, mark: bytes) -> Piece:
    row = b"<tr>" + b"<td colspan=99 rowspan=99>x</td>" * 40 + b"</tr>"
    return _page(mark, b"<table>" + row * (size // 40) + b"</table>")


def _paragraphs(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<p>" * size)


def _comment(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<!--" + b"-" * size)


def _less_than(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<" * size + b"<a " * (size // 10) + b"<![" * (size // 10))


def _data_uri(size: int, source: random.Random, mark: bytes) -> Piece:
    picture = base64.b64encode(source.randbytes(1_000) * (size // 1_333))
    return _page(mark, b'<img alt=plaatje src="data:image/png;base64,' + picture + b'">')


def _quoted_tags(size: int, _source: random.Random, mark: bytes) -> Piece:
    return _page(mark, b"<blockquote type=cite>x<br>" * size)


def _links(size: int, _source: random.Random, mark: bytes) -> Piece:
    links = b"\r\n".join(b"https://bommen.example/%d?(a)_b" % n for n in range(size))
    return Piece(b"", (plain(mark + b"\r\n" + links),))


def _long_word(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"", (plain(mark + b"\r\n" + b"a" * size),))


def _long_line(size: int, source: random.Random, mark: bytes) -> Piece:
    words = [b"%x" % source.getrandbits(30) for _ in range(1_000)]
    return Piece(b"", (plain(mark + b" " + b" ".join(source.choices(words, k=size // 8))),))


def _zalgo(size: int, source: random.Random, mark: bytes) -> Piece:
    marks = [chr(0x300 + source.randrange(0x6F)) for _ in range(200)]
    text = "".join("e" + "".join(source.choices(marks, k=40)) for _ in range(size // 41))
    return Piece(b"Subject: " + text[:4_000].encode() + b"\r\n", (plain(mark + b"\r\n" + text.encode()),))


def _charset(size: int, source: random.Random, mark: bytes) -> Piece:
    odd = bytes((0x81, 0x8D, 0xE9, 0xC3)) + source.randbytes(60).translate(None, b"\r\n\0") + b"\r\n"
    body = mark + b"\r\n" + odd * (size // len(odd))
    kinds = (
        b"x-nowhere",
        b"utf-7",
        b"hz",
        b"iso-2022-jp",
        b"windows-1252",
        b"utf-16",
        b"shift_jis",
        b"idna",
        b"punycode",
    )
    return Piece(
        b"", (plain(mark), *[plain(body[: size // 4], b"; charset=" + kind) for kind in kinds], plain(body, b""))
    )


def _flowed(size: int, _source: random.Random, mark: bytes) -> Piece:
    soft = b"a \r\n" * size
    deep = b"".join(b">" * (n % 1_000) + b" x \r\n" for n in range(size // 100))
    return Piece(b"", (plain(mark + b"\r\n\r\n" + soft + deep, b"; charset=utf-8; format=flowed"),))


def _quote_bait(size: int, source: random.Random, mark: bytes) -> Piece:
    baits = (
        b"On Mon",
        b"On Mon, 1 Jan 2026 at 10:00, a <a@b.example>",
        b"Op 1 jan. 2026 om 10:00 heeft",
        b"Van: a@b.example",
        b"From: a@b.example",
        b"-" * 599,
        b"> " * 200,
        b"Le 1 janvier 2026 10:00, <a@b.example> a",
        b"<",
        b"mailto:a@b.example",
        b">",
        b"_" * 40,
        b"-----Original Message-----x",
        b"a:" * 100,
        b"1:00 " * 100 + b":",
    )
    return Piece(b"", (plain(mark + b"\r\n" + b"\r\n".join(source.choice(baits) for _ in range(size))),))


def _signatures(size: int, _source: random.Random, mark: bytes) -> Piece:
    return Piece(b"", (plain(mark + b"\r\n" + b"-- \r\n> x\r\n---\r\n" * size),))


def _bounce(size: int, _source: random.Random, mark: bytes) -> Piece:
    text = (
        mark
        + b"\r\nDelivery has failed to these recipients: "
        + b"a@b.example " * size
        + b"Message-ID: <" * (size // 10)
    )
    return Piece(
        b"Subject: failure notice\r\nReturn-Path: <>\r\nX-Failed-Recipients: " + b"a@b.example," * 1000 + b"\r\n",
        (plain(text),),
    )


TEXTS: dict[str, tuple[int, Maker]] = {
    "nested-tags": (10_000, _nested_tags),
    "unclosed-tags": (10_000, _unclosed_tags),
    "reopened-tags": (10_000, _reopened_tags),
    "attributes": (10_000, _attributes),
    "style-brackets": (500, _style_brackets),
    "css-declarations": (10_000, _declarations),
    "entities": (100_000, _entities),
    "nested-tables": (1_000, _tables),
    "wide-cells": (15_000, _cells),
    "paragraphs": (100_000, _paragraphs),
    "comment": (1_000_000, _comment),
    "less-than": (100_000, _less_than),
    "data-uri": (5_000_000, _data_uri),
    "nested-quotes": (10_000, _quoted_tags),
    "links": (100_000, _links),
    "long-word": (1_000_000, _long_word),
    "long-line": (1_000_000, _long_line),
    "zalgo": (1_000_000, _zalgo),
    "charset": (4_000_000, _charset),
    "flowed": (300_000, _flowed),
    "quote-bait": (20_000, _quote_bait),
    "signatures": (20_000, _signatures),
    "bounce": (50_000, _bounce),
}
"""Name, size at factor 1, maker."""
