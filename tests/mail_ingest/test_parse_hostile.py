"""What must not hurt: junk, bombs and every mutation of a mail."""

import base64
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.mail.incoming import IncomingMail
from mail_ingest import headers, parse, structure
from tests.pace import within

HEAD = b"From: a@example.nl\r\nTo: b@example.nl\r\nSubject: x\r\n"
SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "mails").glob("*.eml"))]


def nested(depth: int) -> bytes:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return HEAD + levels + b"\r\nhello"


def html(body: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + body


def tnef(body: bytes) -> bytes:
    kind = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return HEAD + kind + base64.encodebytes(b"\x78\x9f\x3e\x22\0\0" + body)


BOMBS = {
    "zero length": b"",
    "only NUL": b"\0" * 1000,
    "1 MB subject": HEAD.replace(b"x", b"A" * 1_000_000) + b"\r\nx",
    "encoded words": HEAD.replace(b"x", b"=?utf-8?b?QUFB?= " * 60_000) + b"\r\nx",
    "unclosed encoded words": HEAD.replace(b"x", b"=?utf-8?q?" * 20_000) + b"\r\nx",
    "20,000 recipients": HEAD.replace(b"b@example.nl", b", ".join(b"N <u%d@example.nl>" % n for n in range(20_000))),
    "20,000 To fields": b"To: u@example.nl\r\n" * 20_000 + HEAD,
    "quotes in From": HEAD.replace(b"a@example.nl", b'"' * 20_001),
    "parentheses in From": HEAD.replace(b"a@example.nl", b"(" * 2000 + b"a@example.nl"),
    "commas in From": HEAD.replace(b"a@example.nl", b"," * 20_000),
    "3,000 nested multiparts": nested(3000),
    "100,000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000,
    "50,000 references": HEAD + b"References: " + b" ".join(b"<%d@x>" % n for n in range(50_000)) + b"\r\n\r\nx",
    "header continuation": b"Subject: a\r\n" + b" b\r\n" * 200_000 + b"\r\nx",
    "no header at all": b"abc def\r\n" * 100_000,
    "bad header lines": b"X-A: a\r\nbad line\r\n" * 20_000 + b"\r\nx",
    "On Mon": HEAD + b"\r\n" + b"On Mon\r\n" * 5000,
    "dashes": HEAD + b"\r\n" + (b"-" * 599 + b"\r\n") * 3000,
    "header blocks": HEAD + b"\r\n" + b"From: a@b.nl\r\n" * 10_000,
    "div": html(b"<div>" * 100_000),
    "less-than": html(b"<" * 500_000),
    "comment": html(b"<!--" + b"-" * 1_000_000),
    "unclosed blockquotes": html(b"<blockquote type=cite x" * 19_000),
    "large html": html(b"<p>hello world " * 250_000),
    "uuencode starts": HEAD + b"\r\n" + b"begin 644 x\n" * 50_000,
    "base64 of equal signs": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 3_000_000,
    "base64 pieces": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=A" * 500_000,
    "parameters": HEAD + b"Content-Type: text/plain; " + b"a*0=b;" * 30_000 + b"\r\n\r\nx",
    "winmail with 4 billion properties": tnef(
        b"\x01\x03\x90\x06\0\x10\0\0\0\xff\xff\xff\xff\x02\x10\x01\0\xff\xff\xff\xff\0\0"
    ),
    "winmail with a million objects": tnef(b"\x02\x02\x90\x06\0\0\0\0\0\0\0" * 1_000_000),
    "nested calendars": HEAD + b"Content-Type: text/calendar\r\n\r\n" + b"BEGIN:VCALENDAR\r\n" * 50_000,
    "mails in mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2000,
    "bounce of addresses": b"From: mailer-daemon@x.nl\r\nReturn-Path: <>\r\nSubject: failure notice\r\n\r\n"
    + b"a@b.nl " * 50_000,
    "bounce of short lines": b"From: mailer-daemon@x.nl\r\nReturn-Path: <>\r\n\r\n" + b"a\r\n" * 40_000,
    "bounce of one line": b"From: mailer-daemon@x.nl\r\nReturn-Path: <>\r\n\r\n" + b"<a@b.nl> On " * 10_000,
    "nested bounce": b"Return-Path: <>\r\n" + nested(3000),
    "60 MB": HEAD + b"\r\n" + b"x" * 60_000_000,
}


def assert_sound(mail: IncomingMail) -> None:
    strings = [mail.subject, mail.text, mail.html, mail.reply_text, mail.quoted_text, mail.message_id, mail.list_id]
    strings += [*mail.references, *mail.in_reply_to, *mail.authentication_results, *mail.defects]
    strings += [each.address + each.name for each in (*mail.recipients, *mail.reply_to)]
    strings += [each.filename + each.content_type + each.content_id for each in mail.attachments]
    strings += [*mail.bounce.recipient, mail.bounce.original_message_id] if mail.bounce else []
    for string in strings:
        assert "\0" not in string
        string.encode()
    assert "unreadable" not in mail.defects
    assert mail.reply_text.strip() or not mail.text.strip()
    assert all(each.filename and "/" not in each.filename for each in mail.attachments)
    assert len(mail.recipients) <= 2 * headers.MAX_ADDRESSES
    assert len(mail.references) <= headers.MAX_REFERENCES
    assert mail.date is None or mail.date.tzinfo is not None


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS.keys())
def test_bomb_is_read_in_no_time(raw: bytes) -> None:
    mails: list[IncomingMail] = []
    assert within(3, lambda: mails.append(parse.parse(raw)))
    assert_sound(mails[0])


def test_limits_are_said() -> None:
    assert parse.parse(BOMBS["60 MB"]).defects == ("too_large",)
    assert parse.parse(BOMBS["60 MB"]).subject == "x"
    assert "too_deep" in parse.parse(BOMBS["3,000 nested multiparts"]).defects
    assert "too_many_parts" in parse.parse(BOMBS["100,000 parts"]).defects
    assert "headers_too_large" in parse.parse(BOMBS["1 MB subject"]).defects
    assert "html_too_large" in parse.parse(BOMBS["large html"]).defects
    assert parse.parse(BOMBS["large html"]).text.startswith("hello world")
    assert len(parse.parse(BOMBS["20,000 recipients"]).to) == headers.MAX_ADDRESSES
    assert parse.parse(HEAD + b"References: " + b" ".join(b"<%d@x>" % n for n in range(90))).references[-1] == "89@x"


def test_deep_but_allowed_nesting_is_read() -> None:
    assert parse.parse(nested(structure.MAX_DEPTH - 1)).text == "hello"


@given(st.binary(max_size=2000))
@settings(max_examples=300, deadline=None)
def test_any_bytes(raw: bytes) -> None:
    assert_sound(parse.parse(raw))


@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 30))
@settings(max_examples=500, deadline=None)
def test_any_mutation_of_a_mail(raw: bytes, seed: int, changes: int) -> None:
    assert_sound(parse.parse(mutated(raw, random.Random(seed), changes)))


def mutated(raw: bytes, source: random.Random, changes: int) -> bytes:
    """`raw` with bytes changed, cut out, doubled, or odd ones put in."""
    data = bytearray(raw)
    for _ in range(changes):
        if not data:
            break
        place, length = source.randrange(len(data)), source.randrange(1, 60)
        kind = source.randrange(4)
        if kind == 0:
            data[place] = source.randrange(256)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[source.randrange(len(data)) :][:length]
        else:
            data[place:place] = source.choice(
                [b"\0", b"=?utf-8?q?", b"--", b'"', b"<", b"(", b"\r", b"\n\n", b"\xff\xfe"]
            )
    return bytes(data)
