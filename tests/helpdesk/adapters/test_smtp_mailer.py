"""The mailer against a real relay, and against relays that lie, hang or hang up."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest

from helpdesk.adapters import smtp_mailer
from helpdesk.adapters.smtp_mailer import SmtpMailer
from helpdesk.errors import PermanentRefusal, TemporaryRefusal, Unavailable
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from tests.helpdesk.mail import make
from tests.services.certificates import Authority, Certificate
from tests.services.process import free_port
from tests.services.relay import Policy, Relay

MAIL = b"From: a@x.example\r\nSubject: Hoi\r\n\r\nEen\r\n.\r\n..twee\r\nFrom hier\r\n"


def settings(port: int, security: str = "plain", **said: str) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_security=security, **said)  # type: ignore[arg-type] # tests name settings freely


class Script:
    """A relay of one connection at a time that says what it is told to, line by line."""

    def __init__(self, *, certificate: Certificate | None = None, offers_tls: bool = True) -> None:
        self.answers: dict[str, str] = {}
        self.heard: list[str] = []
        self.after_data: Callable[[socket.socket], object] | None = None
        self._offers_tls = offers_tls and certificate is not None
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate.certificate, certificate.key)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._server.accept()
            except OSError:
                return
            try:
                self._talk(connection)
            except (OSError, ssl.SSLError):
                pass
            finally:
                connection.close()

    def _talk(self, connection: socket.socket) -> None:
        connection.sendall(b"220 script.test\r\n")
        lines = connection.makefile("rb")
        while line := lines.readline():
            words = line.decode("utf-8", "replace").strip()
            self.heard.append(words)
            verb = words.split(" ")[0].split(":")[0].upper()
            if verb == "EHLO":
                connection.sendall(
                    b"250-script.test\r\n250 STARTTLS\r\n" if self._offers_tls else b"250 script.test\r\n"
                )
            elif verb == "STARTTLS" and self._tls:
                connection.sendall(b"220 go\r\n")
                connection = self._tls.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
            elif verb == "DATA" and not self.answers.get("DATA", "354").startswith(("4", "5")):
                connection.sendall(b"354 go\r\n")
                while (line := lines.readline()) not in (b".\r\n", b""):
                    pass
                if self.after_data:
                    self.after_data(connection)
                    return
                connection.sendall(self.answers.get(".", "250 kept").encode() + b"\r\n")
            else:
                said = self.answers.get(words) or self.answers.get(verb) or "250 fine"
                connection.sendall(said.encode() + b"\r\n")


@contextmanager
def script(**said: object) -> Iterator[Script]:
    relay = Script(**said)  # type: ignore[arg-type] # handed on
    try:
        yield relay
    finally:
        relay.close()


def test_the_relay_gets_the_bytes_as_they_are(relay: Relay) -> None:
    delivery = SmtpMailer(settings(relay.port)).send("desk@x.example", ["femke@x.example", "piet@x.example"], MAIL)
    assert (delivery.refused, delivery.code) == ({}, "250")
    (kept,) = relay.kept()
    assert (kept.raw, kept.sender, kept.recipients) == (MAIL, "desk@x.example", ("femke@x.example", "piet@x.example"))
    SmtpMailer(settings(relay.port)).ping()


@pytest.mark.parametrize(
    ("policy", "error", "code"),
    [
        (Policy(later=1), TemporaryRefusal, "451"),
        (Policy(never=1), PermanentRefusal, "550"),
        (Policy(cut=1), Unavailable, "relay_cut"),
    ],
)
def test_what_the_relay_says_after_the_data_counts(policy: Policy, error: type[Exception], code: str) -> None:
    with Relay(policy) as relay, pytest.raises(error) as said:
        SmtpMailer(settings(relay.port)).send("desk@x.example", ["femke@x.example"], MAIL)
    assert vars(said.value)["code"] == code


def test_a_relay_that_is_not_there_is_another_thing_than_one_that_hangs_up() -> None:
    mailer = SmtpMailer(settings(free_port()))
    for attempt in (lambda: mailer.send("a@x.example", ["b@x.example"], MAIL), mailer.ping):
        with pytest.raises(Unavailable) as said:
            attempt()
        assert said.value.code == "relay"


def test_some_refused_recipients_are_told_and_the_rest_got_it() -> None:
    with script() as relay:
        relay.answers = {"rcpt TO:<no@x.example>": "550 no such user", "rcpt TO:<later@x.example>": "451 greylisted"}
        to = ["yes@x.example", "no@x.example", "later@x.example"]
        assert SmtpMailer(settings(relay.port)).send("desk@x.example", to, MAIL).refused == {
            "no@x.example": "550",
            "later@x.example": "451",
        }


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        ({"RCPT": "550 no"}, PermanentRefusal, "550"),
        ({"RCPT": "451 later"}, TemporaryRefusal, "451"),
        ({"rcpt TO:<a@x.example>": "550 no", "rcpt TO:<b@x.example>": "452 full"}, TemporaryRefusal, "452"),
        ({"RCPT": "421 going down"}, TemporaryRefusal, "421"),
        ({"MAIL": "553 not you"}, PermanentRefusal, "553"),
        ({"MAIL": "421 too busy"}, TemporaryRefusal, "421"),
        ({"DATA": "554 no"}, PermanentRefusal, "554"),
        ({".": "552 too large"}, PermanentRefusal, "552"),
        ({".": "nonsense"}, Unavailable, "relay_cut"),
    ],
)
def test_refusals_are_permanent_only_when_the_relay_says_so(
    answers: dict[str, str], error: type[Exception], code: str
) -> None:
    with script() as relay:
        relay.answers = answers
        with pytest.raises(error) as said:
            SmtpMailer(settings(relay.port)).send("desk@x.example", ["a@x.example", "b@x.example"], MAIL)
    assert vars(said.value)["code"] == code


@pytest.mark.parametrize("partly", [b"", b"25", b"250-kept so far\r\n"])
def test_a_cut_after_the_data_counts_as_not_taken(partly: bytes) -> None:
    with script() as relay:
        relay.after_data = lambda connection: connection.sendall(partly)
        with pytest.raises(Unavailable) as said:
            SmtpMailer(settings(relay.port)).send("desk@x.example", ["a@x.example"], MAIL)
    assert said.value.code == "relay_cut"


def test_a_relay_that_never_answers_is_left_before_the_lease_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mailer, "LONGEST_SENDING", 0.5)
    released = threading.Event()
    with script() as relay:
        relay.after_data = lambda _connection: released.wait(10)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            SmtpMailer(settings(relay.port)).send("desk@x.example", ["a@x.example"], MAIL)
        released.set()
    assert time.monotonic() - began < 5


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize(
    ("hosts", "expired", "trusted"),
    [
        (("127.0.0.1",), False, True),
        (("other.example",), False, False),
        (("127.0.0.1",), True, False),
    ],
)
def test_starttls_is_verified(authority: Authority, hosts: tuple[str, ...], *, expired: bool, trusted: bool) -> None:
    with script(certificate=authority.issue(*hosts, expired=expired)) as relay:
        mailer = SmtpMailer(settings(relay.port, "starttls", smtp_ca_file=str(authority.file)))
        if trusted:
            assert mailer.send("desk@x.example", ["a@x.example"], MAIL).refused == {}
            return
        with pytest.raises(Unavailable):
            mailer.send("desk@x.example", ["a@x.example"], MAIL)
        assert not [line for line in relay.heard if line.lower().startswith(("mail", "rcpt", "data"))]


def test_an_authority_we_do_not_know_is_not_trusted(authority: Authority) -> None:
    with script(certificate=authority.issue("127.0.0.1")) as relay, pytest.raises(Unavailable):
        SmtpMailer(settings(relay.port, "starttls")).ping()


def test_a_relay_that_offers_no_starttls_gets_no_mail(authority: Authority, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    with script(certificate=authority.issue("127.0.0.1"), offers_tls=False) as relay:
        mailer = SmtpMailer(settings(relay.port, "starttls", smtp_user="desk", smtp_password_file=str(password)))
        with pytest.raises(Unavailable):
            mailer.send("desk@x.example", ["a@x.example"], MAIL)
    assert not [line for line in relay.heard if not line.lower().startswith("ehlo")]


def test_no_mail_of_the_outbox_is_lost_or_doubled_at_a_bad_relay(ports: Ports) -> None:
    mails = [make.queued(ports, number=f"2026-{number:05d}")[2] for number in range(30)]
    with Relay(Policy(seed=7, later=0.2, never=0.1, cut=0.1)) as relay:
        real = replace(ports, mailer=SmtpMailer(settings(relay.port)))
        for _round in range(12):
            deliver_waiting(real)
            make.clock(ports).move(make.HOUR)
        kept = [BytesHeaderParser().parsebytes(mail.raw)["Message-ID"].strip("<>") for mail in relay.kept()]
    rows = [make.stored(ports, mail_id) for mail_id in mails]
    assert sorted(kept) == sorted(row.message_id for row in rows if row.state == "sent")
    assert {row.state for row in rows} == {"sent", "failed"}
