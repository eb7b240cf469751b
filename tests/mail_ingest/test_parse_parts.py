"""The smaller readers of the parser, each by itself."""

import base64
import struct

import pytest

from mail_ingest import authentication, charsets, headers, machine_words, winmail
from mail_ingest.parse import parse

OURS = "mx.example.nl; dmarc=pass (p=reject) header.from=example.org; spf=pass smtp.mailfrom=example.org"
FORGED = "mx.example.nl; dmarc=pass header.from=example.org"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((OURS,), "pass"),
        ((OURS.replace("dmarc=pass", "dmarc=fail"), FORGED), "fail"),
        (("mx.example.nl; none", FORGED), "none"),
        (("mx.other.org; dmarc=pass",), "none"),
        (("mx.other.org; dmarc=fail", OURS), "pass"),
        (("mx.example.nl 1; spf=pass smtp.mailfrom=bounce.example.org; dkim=none header.from=example.org",), "pass"),
        (("mx.example.nl; dkim=pass header.d=evil.net; spf=pass smtp.mailfrom=evil.net",), "none"),
        (("mx.example.nl; spf=fail smtp.mailfrom=evil.net",), "fail"),
        (("MX.example.nl; dmarc=pass (comment; dmarc=fail)",), "pass"),
        (("mx.example.nl.evil.net; dmarc=pass",), "none"),
        ((), "none"),
    ],
)
def test_only_the_topmost_field_of_our_server_counts(fields: tuple[str, ...], expected: str) -> None:
    assert authentication.verdict(fields, "mx.example.nl", "example.org") == expected
    assert authentication.verdict(fields, None, "example.org") == "none"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Jan <Jan@Example.NL>", [("Jan@example.nl", "Jan")]),
        (b"jan@example.nl (Jan de Boer)", [("jan@example.nl", "Jan de Boer")]),
        (b'"Boer, Jan" <jan@example.nl>, b@example.nl', [("jan@example.nl", "Boer, Jan"), ("b@example.nl", "")]),
        (b"Boer, Jan <jan@example.nl>", [("jan@example.nl", "Boer, Jan")]),
        (b"=?utf-8?Q?Ren=C3=A9=2C_x?= <r@example.nl>", [("r@example.nl", "René, x")]),
        (b"=?utf-8?Q?Ren=C3=A9_=3Cr=40example.nl=3E?=", [("r@example.nl", "René")]),
        (b"Team: a@example.nl, b@example.nl;", [("a@example.nl", ""), ("b@example.nl", "")]),
        (b"<mailto:a@example.nl>", [("a@example.nl", "")]),
        (b"undisclosed-recipients:;", []),
        (b"a@[", []),
        (b"", []),
    ],
)
def test_addresses(value: bytes, expected: list[tuple[str, str]]) -> None:
    found = [(each.address, each.name) for each in headers.addresses(value)]

    assert [address for address, _ in found] == [address for address, _ in expected]
    assert not expected or found[0][1] == expected[0][1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<a@x> <b@x>\r\n <a@x>", ("a@x", "b@x")),
        (b"a@x b@x", ("a@x", "b@x")),
        (b"Your message of Monday <a@x>", ("a@x",)),
        (b"<>", ()),
        (b"<[a b]@c>", ("[ab]@c",)),
    ],
)
def test_message_ids(value: bytes, expected: tuple[str, ...]) -> None:
    assert headers.message_ids(value) == expected


@pytest.mark.parametrize(
    "value", [b"", b"gisteren", b"Mon, 99 Feb 2025 10:15:00 +0100", b"Mon, 3 Feb 99999 10:00 +9999"]
)
def test_a_date_that_is_none(value: bytes) -> None:
    assert headers.date(value) is None


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        ("één €".encode(), None, "één €"),
        ("één €".encode(), "iso-8859-1", "één €"),
        ("één €".encode("cp1252"), "iso-8859-1", "één €"),
        ("één".encode("latin-1"), "utf-8", "één"),
        ("Привет, как дела сегодня".encode("koi8-r"), "koi8-r", "Привет, как дела сегодня"),
        ("Привет, как дела сегодня".encode("cp1251"), None, "Привет, как дела сегодня"),
        ("你好".encode("gbk"), "gb2312", "你好"),
        (b"a\0b", "utf-8", "ab"),
        ("één".encode("utf-16"), "utf-16", "één"),
        (b"\x81\x8d", "windows-1252", "\x81\x8d"),
        (b"abc", "rot13", "abc"),
        (b"abc", "base64", "abc"),
    ],
)
def test_charsets(data: bytes, declared: str | None, expected: str) -> None:
    assert charsets.decode(data, declared)[0] == expected


SUBJECTS_OF_MACHINES = [
    "Automatisch antwoord: cursus",
    "Afwezig: cursus",
    "Niet op kantoor",
    "Automatic reply: course",
    "Out of Office: course",
    "Re: Out of the office",
    "Abwesenheitsnotiz: Kurs",
    "Automatische Antwort: Kurs",
    "Réponse automatique : cours",
    "Absence du bureau",
    "Respuesta automática: curso",
    "Fuera de la oficina",
    "Resposta automática: curso",
    "Risposta automatica: corso",
    "Fuori ufficio",
    "Autosvar: kurs",
    "Automatiskt svar: kurs",
    "Automaattinen vastaus: kurssi",
    "Odpowiedź automatyczna: kurs",
    "Automatická odpověď: kurz",
    "Automatikus válasz: tanfolyam",
    "Автоответ: курс",
    "Otomatik Yanıt: kurs",
    "自動返信: コース",
    "自动回复: 课程",
]


@pytest.mark.parametrize("subject", SUBJECTS_OF_MACHINES)
def test_subject_of_an_automatic_answer(subject: str) -> None:
    mail = parse(f"From: a@example.nl\nSubject: {subject}\n\ntekst\n".encode())

    assert mail.is_auto_reply
    assert not mail.is_bounce


@pytest.mark.parametrize(
    "subject", ["Re: automatisering", "Vraag over afwezigheidsregels", "Office 365", "Vakantie in mei"]
)
def test_subject_of_a_person(subject: str) -> None:
    assert not machine_words.is_automatic_subject(subject)
    assert not parse(f"From: a@example.nl\nSubject: {subject}\n\ntekst\n".encode()).is_auto_reply


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-generated",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
    ],
)
def test_header_of_a_machine(field: str) -> None:
    assert parse(f"From: a@example.nl\nSubject: x\n{field}\n\ntekst\n".encode()).is_auto_reply


def test_auto_submitted_no_is_a_person() -> None:
    assert not parse(b"From: a@example.nl\nSubject: x\nAuto-Submitted: no\n\ntekst\n").is_auto_reply


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (
            "MAILER-DAEMON@example.org",
            "failure notice",
            "Hi. This is the qmail-send program.\n\n<f@example.org>:\nno mailbox",
        ),
        ("Mailer-Daemon@example.org", "Mail delivery failed", "The following address(es) failed:\n\n  f@example.org\n"),
        (
            "postmaster@example.org",
            "Undeliverable: X",
            "Your message did not reach the following recipient(s):\n\nf@example.org",
        ),
        ("mailer-daemon@example.org", "Недоставленное сообщение", "f@example.org: 550 user not found"),
        ("postmaster@example.org", "Unzustellbar: X", "Fehler bei der Nachrichtenzustellung: f@example.org"),
        ("mailer-daemon@example.org", "Delivery Status Notification (Failure)", "Address not found: f@example.org"),
    ],
)
def test_free_form_bounces(sender: str, subject: str, text: str) -> None:
    head = f"From: {sender}\nTo: academie@example.nl\nSubject: {subject}\nReturn-Path: <>\n\n{text}\n\n"
    mail = parse((head + "De oorspronkelijke mail.\n" * 4_000).encode())

    assert mail.bounce is not None
    assert mail.bounce.recipient == ("f@example.org",)


def test_winmail_gives_its_files() -> None:
    def element(level: int, name: int, content: bytes) -> bytes:
        return struct.pack("<BHHI", level, name, 6, len(content)) + content + b"\0\0"

    long_name = "Aanvraag één.txt".encode("utf-16-le") + b"\0\0"
    padded = long_name + b"\0" * (-len(long_name) % 4)
    properties = struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(long_name)) + padded
    stream = struct.pack("<IH", 0x223E9F78, 1)
    stream += element(2, 0x9002, b"\0" * 14) + element(2, 0x8010, b"AANVRA~1.TXT\0") + element(2, 0x800F, b"inhoud")
    stream += element(2, 0x9005, properties)

    found = winmail.read(stream)
    assert found is not None
    assert [(each.name, each.content) for each in found.files] == [("Aanvraag één.txt", b"inhoud")]
    assert winmail.read(b"no tnef at all") is None


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes((size,)) if size < 0x80 else b"\x82" + size.to_bytes(2)
    return bytes((tag,)) + length + content


@pytest.mark.parametrize("in_pieces", [False, True])
def test_opaque_signed_mail_is_read(in_pieces: bool) -> None:
    inside = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nOndertekend en dicht.\r\n--b\r\n"
    inside += b"Content-Type: application/pdf; name=x.pdf\r\n\r\nx\r\n--b--\r\n" + b"-" * 100
    octets = b"\x24\x80" + der(4, inside[:50]) + der(4, inside[50:]) + b"\0\0" if in_pieces else der(4, inside)
    data_oid, signed_oid = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    content = b"\xa0\x80" + octets + b"\0\0" if in_pieces else der(0xA0, octets)
    signed = der(0x30, b"\x02\x01\x01" + der(0x31, b"") + der(0x30, data_oid + content))
    body = base64.encodebytes(der(0x30, signed_oid + der(0xA0, signed)))
    kind = b"Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64"

    mail = parse(b"From: a@example.nl\n" + kind + b"\n\n" + body)

    assert mail.reply_text == "Ondertekend en dicht."
    assert [each.filename for each in mail.attachments] == ["smime.p7m", "x.pdf"]
