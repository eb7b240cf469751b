"""Each real service starts, answers, says its version, and is gone after a kill."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable

import psycopg
import pytest

from tests.services import chromium, clamd, dovecot, postgres, valkey
from tests.services.chromium import Chromium
from tests.services.clamd import Clamd
from tests.services.dovecot import Dovecot
from tests.services.fixtures import need
from tests.services.imap_proxy import ImapProxy
from tests.services.postgres import Postgres
from tests.services.process import NotStartedError, Service, alive, answers_on
from tests.services.relay import Policy, Relay
from tests.services.valkey import Valkey

SERVICES: list[tuple[Callable[[], Service], Callable[[], str | None], str]] = [
    (Dovecot, dovecot.available, "2."),
    (Postgres, postgres.available, "1"),
    (Valkey, valkey.available, "9."),
    (Clamd, clamd.available, "1."),
    (Relay, lambda: None, "1."),
]


@pytest.mark.parametrize(
    ("make", "missing", "version"), SERVICES, ids=["dovecot", "postgres", "valkey", "clamd", "relay"]
)
def test_starts_answers_dies_and_starts_again(
    make: Callable[[], Service], missing: Callable[[], str | None], version: str
) -> None:
    need(missing())
    with make() as service:
        assert service.ready()
        assert service.version().startswith(version)
        assert alive(service.pid)
        pid = service.pid
        service.kill()
        assert not alive(pid)
        assert not service.ready()
        service.start()
        assert service.ready()
        assert service.pid != pid
    assert not service.folder.exists()


def test_a_service_that_cannot_start_says_why() -> None:
    class Broken(Service):
        name = "broken"

        def command(self) -> list[str]:
            return ["sh", "-c", "echo no such luck; exit 3"]

        def ready(self) -> bool:
            return False

    with pytest.raises(NotStartedError, match="no such luck"), Broken():
        pass


def test_dovecot_keeps_what_is_appended_and_changes_uidvalidity(dovecot: Dovecot) -> None:
    account = dovecot.account()
    account.append_many([b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n"], flags=["\\Seen"])
    assert account.uids() == [1, 2]
    assert account.uids(criteria="SEEN") == [1, 2]
    account.flag([2], "\\Deleted")
    assert account.uids(criteria="DELETED") == [2]

    def uidvalidity() -> bytes:
        with account.connect() as client:
            answer: bytes = client.status("INBOX", "(UIDVALIDITY)")[1][0]
            return answer

    before = uidvalidity()
    account.remove_uidlist()
    assert uidvalidity() != before
    assert account.count() == 2


def test_dovecot_takes_lmtp(dovecot: Dovecot) -> None:
    account = dovecot.account()
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port) as client:
        client.sendmail("from@example.org", [account.user], "Subject: over LMTP\r\n\r\nhello\r\n")
    assert account.count() == 1


def test_databases_are_fresh_or_copies(postgres_server: Postgres) -> None:
    template = postgres_server.fresh_database()
    where = template.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    copy = postgres_server.fresh_database(template)
    with psycopg.connect(copy.replace("postgresql+psycopg", "postgresql")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    empty = postgres_server.fresh_database()
    with psycopg.connect(empty.replace("postgresql+psycopg", "postgresql")) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    for url in (template, copy, empty):
        postgres_server.drop(url)


def test_postgres_forgets_neither_settings_nor_rows_at_a_kill() -> None:
    need(postgres.available())
    with Postgres(durable=True) as server:
        server.ask("CREATE TABLE kept AS SELECT 7 AS n")
        server.kill()
        server.start()
        assert server.ask("SELECT n FROM kept") == 7
        assert server.ask("SHOW fsync") == "on"
        assert server.ask("SHOW wal_recycle") == "off"
        assert server.ask("SHOW log_min_error_statement") == "panic"


def test_chromium_opens_a_page_and_dies(chromium: Chromium) -> None:
    assert int(chromium.version().split(".")[0]) > 100
    page = chromium.browser.new_page()
    page.set_content("<h1>Vraag</h1>")
    assert page.inner_text("h1") == "Vraag"
    page.close()
    assert alive(chromium.pid)


def test_chromium_says_what_is_missing(tmp_path: object) -> None:
    assert chromium.available() is None or "apt-get install chromium" in str(chromium.available())


def test_the_relay_keeps_and_refuses_by_seed() -> None:
    policy = Policy(seed=5, later=0.3, never=0.2, cut=0.2)
    expected = [policy.outcome(number) for number in range(1, 31)]
    assert set(expected) == {"kept", "later", "never", "cut"}
    with Relay(policy) as relay:
        seen = [_send(relay, number) for number in range(1, 16)]
        relay.kill()
        relay.start()
        seen += [_send(relay, number) for number in range(16, 31)]
        assert seen == expected
        assert relay.answers() == expected
        kept = relay.kept()
    assert [mail.message_id for mail in kept] == [
        f"<{n}@t>" for n, outcome in enumerate(expected, 1) if outcome == "kept"
    ]
    assert kept[0].recipients == ("to@example.org",)


def _send(relay: Relay, number: int) -> str:
    try:
        with smtplib.SMTP(relay.host, relay.port, timeout=5) as client:
            client.sendmail("from@example.org", ["to@example.org"], f"Message-ID: <{number}@t>\r\n\r\nhi\r\n")
    except smtplib.SMTPDataError as error:
        return {451: "later", 550: "never"}[error.smtp_code]
    except (smtplib.SMTPServerDisconnected, ConnectionError):
        return "cut"
    return "kept"


def test_the_proxy_records_rewrites_cuts_and_stops(dovecot: Dovecot) -> None:
    target = ("127.0.0.1", dovecot.port)
    with ImapProxy(target, rewrite=lambda said: said.replace(b" IDLE", b"")) as proxy:
        with socket.create_connection((proxy.host, proxy.port)) as client:
            assert b"OK" in client.recv(4096)
            client.sendall(b"a1 CAPABILITY\r\n")
            assert b" IDLE" not in client.recv(4096)
            assert proxy.commands() == ["CAPABILITY"]
            proxy.black_hole = True
            client.sendall(b"a2 NOOP\r\n")
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(10)
        proxy.stop()
        assert not answers_on(proxy.port)
        proxy.black_hole = False
        proxy.start()
        assert answers_on(proxy.port)
    with ImapProxy(target, seed=1, cut_after=(10, 10)) as proxy:
        with socket.create_connection((proxy.host, proxy.port)) as client:
            client.settimeout(5)
            received = b""
            while chunk := client.recv(4096):
                received += chunk
        assert len(received) == 10
        assert proxy.cuts == 1
