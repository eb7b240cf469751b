"""Both doors over real sockets: early refusals, 250 only for what is kept, and no peer stops the others."""

from __future__ import annotations

import datetime as dt
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from helpdesk.errors import Unavailable
from helpdesk.settings import DeskSettings
from mail_ingest.envelope import Envelope, Raw, Receipt
from mail_ingest.receiver import Receiver
from mail_ingest.receiver_terms import Terms, server_tls
from mail_ingest.recipients import Recipients
from tests.fakes_mailbox import ARRIVED, Door
from tests.services.certificates import Authority

DESKS = [DeskSettings("academy", "academy@ministry.example", "Academie", "Academy")]
TO = "academy@ministry.example"
MAIL = b"From: femke@ministry.example\r\nSubject: vraag\r\n\r\nregel\r\n.punt\r\n"

Start = Callable[..., Receiver]


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def start(door: Door, tmp_path: Path) -> Iterator[Start]:
    """Starts a receiver on both doors; `accept` may be another one."""
    running: list[Receiver] = []

    def make(
        *,
        accept: Callable[[Sequence[tuple[Raw, Envelope]]], Sequence[Receipt]] | None = None,
        tls: ssl.SSLContext | None = None,
        terms: Terms | None = None,
    ) -> Receiver:
        terms = terms or Terms("mx.ministry.example")
        receiver = Receiver(terms, Recipients.of(DESKS), accept or door.accept, lambda: ARRIVED, tmp_path, tls=tls)
        receiver.start("127.0.0.1", smtp_port=0, lmtp_port=0)
        running.append(receiver)
        return receiver

    yield make
    for receiver in running:
        receiver.stop()
    assert not list(tmp_path.glob("mail-*"))


def smtp(receiver: Receiver) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", receiver.smtp_port, "client.example", timeout=10)


def lmtp(receiver: Receiver) -> smtplib.LMTP:
    return smtplib.LMTP("127.0.0.1", receiver.lmtp_port, "client.example")


def test_a_mail_is_kept_as_it_came(start: Start, door: Door) -> None:
    with smtp(start()) as client:
        client.sendmail("Femke@Ministry.example", ["ACADEMY@ministry.example", "reply+x@ministry.example"], MAIL)
    [(raw, envelope)] = door.kept
    assert raw == MAIL
    assert envelope == Envelope(
        source="smtp",
        mailbox="academy",
        desk="academy",
        arrived_at=ARRIVED,
        size=len(MAIL),
        sender="Femke@Ministry.example",
        recipients=("ACADEMY@ministry.example", "reply+x@ministry.example"),
    )


def test_a_null_sender_is_empty(start: Start, door: Door) -> None:
    with smtp(start()) as client:
        client.sendmail("", [TO], MAIL)
    assert door.kept[0][1].sender == ""


@pytest.mark.parametrize(
    ("recipient", "code", "enhanced"),
    [
        ("nobody@ministry.example", 550, "5.1.1"),
        ("someone@elsewhere.example", 550, "5.7.1"),
        ("a@[", 553, "5.1.3"),
        ("@elsewhere.example:academy@other.example", 550, "5.7.1"),
        ('"academy@ministry.example"@elsewhere.example', 550, "5.7.1"),
        ("academy%ministry.example@elsewhere.example", 550, "5.7.1"),
    ],
)
def test_a_recipient_that_is_not_ours_is_refused_early(start: Start, recipient: str, code: int, enhanced: str) -> None:
    with smtp(start()) as client:
        client.ehlo()
        client.mail("femke@ministry.example")
        said, text = client.docmd(f"RCPT TO:<{recipient}>")
        assert (said, text.decode().split()[0]) == (code, enhanced)
        assert client.docmd("DATA")[0] == 503


def test_too_big_is_refused_at_size_and_at_data(start: Start, door: Door) -> None:
    with smtp(start(terms=Terms("mx", size=1000))) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "1000"
        assert client.docmd("MAIL FROM:<femke@ministry.example> SIZE=1001")[0] == 552
        client.mail("femke@ministry.example", ["SIZE=10"])
        client.rcpt(TO)
        assert client.data(MAIL + b"x" * 1000)[0] == 552
        client.sendmail("femke@ministry.example", [TO], MAIL)
    assert door.raws == [MAIL]


def test_what_cannot_be_kept_is_answered_451_and_later_250(start: Start, door: Door) -> None:
    door.failures = [Unavailable("full", code="disk_full"), ZeroDivisionError()]
    with smtp(start()) as client:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError) as caught:
                client.sendmail("femke@ministry.example", [TO], MAIL)
            assert caught.value.smtp_code == 451
            assert b"Division" not in caught.value.smtp_error
        assert door.kept == []
        client.sendmail("femke@ministry.example", [TO], MAIL)
    assert door.raws == [MAIL]


def test_lmtp_answers_once_for_each_recipient(start: Start, door: Door) -> None:
    receiver = start()
    with lmtp(receiver) as client:
        client.ehlo()
        client.mail("femke@ministry.example")
        assert [client.rcpt(who)[0] for who in (TO, "reply+x@ministry.example", "no@ministry.example")] == [
            250,
            250,
            550,
        ]
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(MAIL.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [250, 250]
        assert client.noop()[0] == 250
        door.failures = [Unavailable("full", code="disk_full")]
        client.mail("femke@ministry.example")
        client.rcpt(TO)
        client.rcpt("reply+x@ministry.example")
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(b".\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [451, 451]
    assert [(raw, envelope.source) for raw, envelope in door.kept] == [(MAIL, "lmtp")]


def test_long_lines_and_big_mails_come_through_whole(start: Start, door: Door) -> None:
    raw = b"Subject: long\r\n\r\n." + b"y" * 300_000 + b"\r\n" + b"z" * 998 + b"\r\n" + b".\r\n" + b"z" * 5000 + b"\r\n"
    with smtp(start()) as client:
        client.sendmail("femke@ministry.example", [TO], raw)
        client.sendmail("femke@ministry.example", [TO], b"")
    assert door.raws == [raw, b"\r\n"]
    assert door.kept[0][1].size == len(raw)


def test_no_smuggled_dot_ends_a_mail(start: Start, door: Door) -> None:
    """Only CR LF . CR LF does: a server that also takes LF . LF lets one mail be read as two (CVE-2023-51765)."""
    inner = b"Subject: one\r\n\r\nx\n.\nMAIL FROM:<a@b>\n.\r\nstill\r\n\n.\r\nstill one\r\n"
    with smtp(start()) as client:
        client.ehlo()
        client.mail("femke@ministry.example")
        client.rcpt(TO)
        client.putcmd("DATA")
        assert client.getreply()[0] == 354
        client.send(inner + b".\r\nNOOP\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [250, 250]
    assert door.raws == [inner]


def test_starttls_with_our_certificate_and_no_sign_in(start: Start, door: Door, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("localhost")
    receiver = start(tls=server_tls(str(issued.certificate), str(issued.key)))
    with smtplib.SMTP("localhost", receiver.smtp_port, "client.example", timeout=10) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(authority.file)))
        client.ehlo()
        assert not client.has_extn("auth")
        client.sendmail("femke@ministry.example", [TO], MAIL)
    assert door.raws == [MAIL]


def test_certificates_that_are_none_are_said(tmp_path: Path) -> None:
    assert server_tls("", "") is None
    with pytest.raises(Unavailable) as caught:
        server_tls(str(tmp_path / "none.pem"), "")
    assert caught.value.code == "receiver.certificate"


def test_a_port_in_use_is_said(start: Start, tmp_path: Path) -> None:
    other = Receiver(Terms("mx"), Recipients.of(DESKS), Door().accept, lambda: ARRIVED, tmp_path)
    with pytest.raises(Unavailable) as caught:
        other.start("127.0.0.1", smtp_port=start().smtp_port)
    assert caught.value.code == "receiver.port"
    other.stop()


def test_silent_and_slow_peers_are_hung_up_on_and_stop_nobody(start: Start, door: Door) -> None:
    receiver = start(terms=Terms("mx", command_seconds=0.7, data_seconds=0.7))
    idle = [socket.create_connection(("127.0.0.1", receiver.smtp_port)) for _ in range(200)]
    slow = socket.create_connection(("127.0.0.1", receiver.smtp_port))
    slow.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<academy@ministry.example>\r\nDATA\r\nSubj")
    with smtp(receiver) as client:
        client.sendmail("femke@ministry.example", [TO], MAIL)
    assert door.raws == [MAIL]
    for peer in (*idle, slow):
        peer.settimeout(5)
        while peer.recv(4096):
            pass
        peer.close()
    assert door.raws == [MAIL]


def test_over_the_limit_a_peer_is_told_to_come_back(start: Start, door: Door) -> None:
    receiver = start(terms=Terms("mx", connections=2))
    with smtp(receiver), smtp(receiver):
        with pytest.raises(smtplib.SMTPConnectError) as caught:
            smtp(receiver)
        assert caught.value.smtp_code == 421
    deadline = time.monotonic() + 5
    while not door.kept and time.monotonic() < deadline:
        try:
            with smtp(receiver) as client:
                client.sendmail("femke@ministry.example", [TO], MAIL)
        except smtplib.SMTPConnectError:
            time.sleep(0.05)
    assert door.raws == [MAIL]


def test_too_many_recipients_are_told_to_split(start: Start) -> None:
    with smtp(start(terms=Terms("mx", recipients=2))) as client:
        client.ehlo()
        client.mail("femke@ministry.example")
        assert [client.rcpt(TO)[0] for _ in range(3)] == [250, 250, 452]


def test_a_slow_door_holds_up_no_conversation_and_a_stop_waits_for_it(tmp_path: Path) -> None:
    door, enter, entered = Door(), threading.Event(), threading.Event()

    def slowly(mails: Sequence[tuple[Raw, Envelope]]) -> Sequence[Receipt]:
        entered.set()
        enter.wait(10)
        return door.accept(mails)

    receiver = Receiver(Terms("mx"), Recipients.of(DESKS), slowly, lambda: dt.datetime.now(dt.UTC), tmp_path)
    receiver.start("127.0.0.1", smtp_port=0)
    answers: list[dict[str, tuple[int, bytes]]] = []

    def send() -> None:
        with smtp(receiver) as client:
            answers.append(client.sendmail("femke@ministry.example", [TO], MAIL))

    sender = threading.Thread(target=send)
    sender.start()
    assert entered.wait(5)
    with smtp(receiver) as client:
        assert client.noop()[0] == 250
    threading.Timer(0.2, enter.set).start()
    receiver.stop()
    sender.join(5)
    assert answers == [{}]
    assert door.raws == [MAIL]


def test_a_peer_that_hangs_up_in_data_leaves_nothing(start: Start, door: Door, tmp_path: Path) -> None:
    receiver = start()
    with socket.create_connection(("127.0.0.1", receiver.smtp_port)) as peer:
        peer.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<academy@ministry.example>\r\nDATA\r\n")
        peer.sendall(b"x" * 70 + b"\r\n" + b"y" * 600_000)
        time.sleep(0.2)
        assert list(tmp_path.glob("mail-*"))
    deadline = time.monotonic() + 5
    while list(tmp_path.glob("mail-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert door.kept == []
