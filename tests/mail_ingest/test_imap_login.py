"""Sign-in to a real Dovecot: verified certificates or nothing, tokens fetched anew, and every refusal in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpdesk.errors import Unavailable
from helpdesk.settings import MailboxSettings
from mail_ingest import imap_login
from mail_ingest.imap_login import is_loopback, secret
from tests.mail_ingest.conftest import Connect
from tests.services import dovecot as dovecot_service
from tests.services.certificates import Authority
from tests.services.dovecot import Account, Dovecot
from tests.services.fixtures import need
from tests.services.imap_proxy import ImapProxy
from tests.services.introspection import Introspection


@dataclass(frozen=True)
class Pki:
    """An authority, a stranger, and servers with a good and an expired certificate."""

    authority: Authority
    stranger: Authority
    good: Account
    expired: Account
    other_name: Account


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pki]:
    need(dovecot_service.available())
    folder = tmp_path_factory.mktemp("pki")
    authority, stranger = Authority(folder), Authority(folder, "stranger")
    servers = [
        Dovecot(certificate=authority.issue("localhost", "127.0.0.1")),
        Dovecot(certificate=authority.issue("localhost", "127.0.0.1", expired=True)),
        Dovecot(certificate=authority.issue("mail.example.org")),
    ]
    for server in servers:
        server.start()
    yield Pki(authority, stranger, *(server.account() for server in servers))
    for server in servers:
        server.remove()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_verified_server_is_signed_in_to(pki: Pki, connect: Connect, host: str, security: str) -> None:
    account = pki.good
    account.append(b"Subject: over TLS\r\n\r\n")
    port = account.server.tls_port if security == "tls" else account.port
    mailbox = connect(account, host=host, port=port, security=security, ca_file=str(pki.authority.file))
    listing = mailbox.new_ids(10)
    [mail] = mailbox.fetch(listing.ids)
    assert mail.raw == b"Subject: over TLS\r\n\r\n"
    assert mailbox.done(listing.ids) == frozenset()


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("server", "ca", "words"),
    [
        ("good", "stranger", "authority we don't trust"),
        ("good", None, "authority we don't trust"),
        ("expired", "authority", "expired"),
        ("other_name", "authority", "another name"),
    ],
)
def test_a_certificate_we_cannot_verify_is_refused_in_words(
    pki: Pki, connect: Connect, security: str, server: str, ca: str | None, words: str
) -> None:
    account: Account = getattr(pki, server)
    port = account.server.tls_port if security == "tls" else account.port
    ca_file = str(getattr(pki, ca).file) if ca else ""
    with pytest.raises(Unavailable, match=words) as caught:
        connect(account, host="localhost", port=port, security=security, ca_file=ca_file).new_ids(10)
    assert caught.value.code == "mailbox.certificate"


def test_a_ca_file_that_is_none_is_said(pki: Pki, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(Unavailable) as caught:
        connect(pki.good, security="tls", ca_file=str(tmp_path / "ca.pem")).new_ids(10)
    assert caught.value.code == "mailbox.ca_file"


def test_stripped_starttls_is_refused_before_any_password(pki: Pki, connect: Connect) -> None:
    account = pki.good

    def strip(said: bytes) -> bytes:
        return said.replace(b" STARTTLS", b"").replace(b" LOGINDISABLED", b" AUTH=PLAIN")

    with ImapProxy((account.host, account.port), rewrite=strip) as proxy:
        mailbox = connect(account, port=proxy.port, security="starttls", ca_file=str(pki.authority.file))
        with pytest.raises(Unavailable, match="STARTTLS") as caught:
            mailbox.new_ids(10)
        assert caught.value.code == "mailbox.no_starttls"
        assert not {"LOGIN", "AUTHENTICATE"} & set(proxy.commands())


def test_a_preauth_greeting_does_not_skip_starttls(pki: Pki, connect: Connect) -> None:
    account = pki.good
    with ImapProxy((account.host, account.port), rewrite=lambda said: said.replace(b"* OK [", b"* PREAUTH [")) as proxy:
        mailbox = connect(account, port=proxy.port, security="starttls", ca_file=str(pki.authority.file))
        with pytest.raises(Unavailable) as caught:
            mailbox.new_ids(10)
        assert caught.value.code == "mailbox.no_starttls"
        assert not {"LOGIN", "AUTHENTICATE", "SELECT"} & set(proxy.commands())


def test_a_token_that_expires_is_fetched_anew(connect: Connect, tmp_path: Path) -> None:
    need(dovecot_service.available())
    with Introspection() as check, Dovecot(introspection_url=check.url) as server:
        counter, command = tmp_path / "count", tmp_path / "token.sh"
        counter.write_text("")
        command.write_text(f"printf x >> {counter}; echo token-$(wc -c < {counter})")
        with ImapProxy(("127.0.0.1", server.port)) as proxy:
            mailbox = connect(
                server.account("post"), port=proxy.port, auth="xoauth2", token_command=f"sh {command}", user="post"
            )
            check.valid["token-1"] = "post"
            assert mailbox.new_ids(10).lying == 0
            assert mailbox.new_ids(10).lying == 0
            assert counter.read_text() == "x"
            del check.valid["token-1"]
            check.valid["token-2"] = "post"
            proxy.cut()
            with pytest.raises(Unavailable):
                mailbox.new_ids(10)
            assert mailbox.new_ids(10).lying == 0
            assert counter.read_text() == "xx"
            proxy.cut()
            check.valid.clear()
            with pytest.raises(Unavailable):
                mailbox.new_ids(10)
            with pytest.raises(Unavailable) as caught:
                mailbox.new_ids(10)
            assert caught.value.code == "mailbox.login"


def box(**changes: str) -> MailboxSettings:
    return MailboxSettings(name="academy-box", host="127.0.0.1", user="post", **changes)  # type: ignore[arg-type] # strings only


@pytest.mark.parametrize(
    ("command", "fault"),
    [("false", "exit code 1"), ("true", "printed nothing"), ("/no/such/program", "can't be started"), ("", "started")],
)
def test_a_token_command_that_fails_is_said(command: str, fault: str) -> None:
    with pytest.raises(Unavailable) as caught:
        secret(box(auth="xoauth2", token_command=command), {})
    assert caught.value.code == "mailbox.token"
    assert fault in str(caught.value.values["fault"])


def test_a_token_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_login, "TOKEN_SECONDS", 0.1)
    with pytest.raises(Unavailable) as caught:
        secret(box(auth="xoauth2", token_command="sleep 5"), {})
    assert "no answer" in str(caught.value.values["fault"])


def test_passwords_come_from_file_or_environment(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("gehéim \n")
    assert secret(box(password_file=str(tmp_path / "secret")), {}) == "gehéim "
    assert secret(box(password_env="P"), {"P": "x"}) == "x"
    for missing in (box(), box(password_env="P"), box(password_file=str(tmp_path / "none"))):
        with pytest.raises(Unavailable) as caught:
            secret(missing, {})
        assert caught.value.code == "mailbox.password"


def test_only_this_machine_is_loopback() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "127.1.2.3", "::1"))
    assert not any(is_loopback(host) for host in ("127.0.0.1.example.org", "localhost.example.org", "10.0.0.1", ""))
