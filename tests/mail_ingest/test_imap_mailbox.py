"""Our mailbox on a real Dovecot and on pymap: it reads everything, changes nothing, removes exactly its own."""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import random
import sys
import threading
import time
from pathlib import Path

import pytest

from helpdesk.errors import Unavailable
from helpdesk.settings import MailboxSettings
from mail_ingest.imap_mailbox import ImapMailbox
from mail_ingest.mailbox_port import MailId
from mail_ingest.poller import Intake, poll_once
from tests.fakes_mailbox import ARRIVED, Door
from tests.mail_ingest.conftest import Connect, settings_for
from tests.services import dovecot as dovecot_service
from tests.services.dovecot import Account, Dovecot
from tests.services.fixtures import need
from tests.services.imap_proxy import ImapProxy
from tests.services.process import Service, answers_on, free_port

RAW = b"Subject: =?utf-8?q?Vraag_=C3=A9=C3=A9n?=\r\n\r\nregel \x00\xff (met) {5}\r\n\r\n"


def intake_of(door: Door) -> Intake:
    return Intake("academy-box", "academy", door.accept, lambda: ARRIVED)


def test_bytes_and_date_come_as_they_are(account: Account, connect: Connect) -> None:
    arrived = dt.datetime(2020, 2, 29, 23, 59, 58, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    account.append(RAW, flags=["\\Seen"], arrived_at=arrived)
    mailbox = connect(account)
    listing = mailbox.new_ids(10)
    assert (listing.lying, [mail.uid for mail in listing.ids], listing.ids[0].size) == (1, [1], len(RAW))
    [first] = mailbox.fetch(listing.ids)
    assert first.raw == RAW.replace(b"\x00", b"\x80")
    assert first.arrived_at == arrived
    assert account.uids(criteria="SEEN") == [1]


def test_another_clients_flags_hide_nothing_and_its_deleted_mail_survives(account: Account, connect: Connect) -> None:
    account.append_many([b"Subject: %d\r\n\r\n" % number for number in range(1, 7)])
    account.flag([1, 2], "\\Seen")
    mailbox = connect(account)
    account.flag([2, 4, 6], "\\Deleted")
    listing = mailbox.new_ids(3)
    assert [mail.uid for mail in listing.ids] == [1, 2, 3]
    assert len(mailbox.fetch(listing.ids)) == 3
    assert mailbox.done(listing.ids) == frozenset()
    assert account.uids() == [4, 5, 6]
    assert account.uids(criteria="DELETED") == [4, 6]
    door = Door()
    poll_once(mailbox, intake_of(door))
    assert door.raws == [b"Subject: %d\r\n\r\n" % number for number in (4, 5, 6)]
    assert account.count() == 0


def test_no_bare_expunge_and_no_close_are_ever_said(account: Account, connect: Connect) -> None:
    account.append_many([RAW] * 3)
    with ImapProxy((account.host, account.port)) as proxy:
        mailbox = connect(account, port=proxy.port)
        poll_once(mailbox, intake_of(Door()))
        mailbox.wait(0.1)
        mailbox.leave()
        said = proxy.commands()
    assert "UID EXPUNGE" in said
    assert "UID FETCH" in said
    assert not {"EXPUNGE", "CLOSE", "STORE", "UNSELECT"} & set(said)


def test_uidvalidity_is_part_of_the_key(account: Account, connect: Connect) -> None:
    account.append(RAW)
    mailbox = connect(account)
    old = mailbox.new_ids(10).ids
    mailbox.leave()
    account.remove_uidlist()
    new = mailbox.new_ids(10).ids
    assert old[0].uid == new[0].uid
    assert old[0].uidvalidity != new[0].uidvalidity
    assert mailbox.fetch(old) == []
    assert mailbox.done(old) == frozenset()
    assert account.count() == 1


def test_a_mail_that_is_gone_meanwhile_is_left_out(account: Account, connect: Connect) -> None:
    account.append(RAW)
    mailbox = connect(account)
    [mail] = mailbox.new_ids(10).ids
    gone = MailId(mail.uidvalidity, 99, 10)
    gone_big = MailId(mail.uidvalidity, 98, 9_000_000)
    assert [fetched.id.uid for fetched in mailbox.fetch([mail, gone_big, gone])] == [1]
    assert mailbox.done([gone]) == frozenset()


def test_a_big_mail_comes_in_pieces_as_a_file(account: Account, connect: Connect, tmp_path: Path) -> None:
    raw = b"Subject: big\r\n\r\n" + random.Random(3).randbytes(4_500_000).replace(b"\0", b"0").hex().encode()
    account.append(raw)
    mailbox = connect(account)
    [fetched] = mailbox.fetch(mailbox.new_ids(10).ids)
    assert isinstance(fetched.raw, Path)
    assert fetched.raw.read_bytes() == raw
    assert fetched.arrived_at is not None
    fetched.raw.unlink()
    assert not list(tmp_path.iterdir())


def test_without_uidplus_mail_is_flagged_and_left() -> None:
    need(dovecot_service.available())
    with Dovecot(hide={"UIDPLUS", "IDLE"}) as server:
        account = server.account()
        account.append_many([RAW, b"Subject: other\r\n\r\n"])
        mailbox = _on(account)
        door = Door()
        assert poll_once(mailbox, intake_of(door)).left == (1, 2)
        assert account.uids(criteria="DELETED") == [1, 2]
        account.append(b"Subject: third\r\n\r\n")
        result = poll_once(mailbox, intake_of(door))
        assert (result.lying, result.left, len(door.kept)) == (3, (1, 2, 3), 3)
        before = time.monotonic()
        assert not mailbox.wait(0.3)
        assert time.monotonic() - before >= 0.3
        mailbox.leave()


def _on(account: Account, port: int = 0) -> ImapMailbox:
    box = settings_for(account, port=port or account.port)
    return ImapMailbox(box, Path("/tmp"), {"BOX_PASSWORD": account.password}, silent_seconds=2)  # noqa: S108 - unused


def test_idle_hears_new_mail_within_two_seconds(account: Account, connect: Connect) -> None:
    mailbox = connect(account)
    assert mailbox.new_ids(10).ids == ()
    assert not mailbox.wait(0.2)
    appended: list[float] = []

    def append() -> None:
        time.sleep(0.3)
        account.append(RAW)
        appended.append(time.monotonic())

    thread = threading.Thread(target=append)
    thread.start()
    heard = mailbox.wait(5)
    thread.join()
    assert heard
    assert time.monotonic() - appended[0] < 2
    assert len(mailbox.new_ids(10).ids) == 1


def test_a_black_hole_is_noticed(account: Account, connect: Connect) -> None:
    with ImapProxy((account.host, account.port)) as proxy:
        mailbox = connect(account, port=proxy.port, silent_seconds=0.5)
        mailbox.new_ids(10)
        mailbox.wait(0.1)
        proxy.black_hole = True
        assert not mailbox.wait(0.1)
        with pytest.raises(Unavailable, match="Mailbox") as caught:
            mailbox.new_ids(10)
        assert caught.value.code == "mailbox.broken"
        proxy.black_hole = False
        assert mailbox.new_ids(10).ids == ()


def test_a_line_that_ends_in_idle_is_noticed_and_does_not_spin(account: Account, connect: Connect) -> None:
    with ImapProxy((account.host, account.port)) as proxy:
        mailbox = connect(account, port=proxy.port)
        mailbox.new_ids(10)
        mailbox.wait(0.1)
        proxy.cut()
        with pytest.raises(Unavailable) as caught:
            mailbox.wait(1)
        assert caught.value.code == "mailbox.broken"
        assert mailbox.new_ids(10).ids == ()


def test_a_connection_cut_anywhere_loses_and_doubles_nothing(account: Account) -> None:
    raws = [b"Subject: %d\r\n\r\n%s\r\n" % (number, b"x" * 700) for number in range(40)]
    account.append_many(raws)
    door, codes, rounds = Door(), set(), 0
    intake = intake_of(door)
    with ImapProxy((account.host, account.port), seed=11, cut_after=(300, 9_000)) as proxy:
        mailbox = _on(account, proxy.port)
        while account.count() and rounds < 200:
            rounds += 1
            try:
                poll_once(mailbox, intake)
            except Unavailable as error:
                codes.add(error.code)
        mailbox.leave()
        assert proxy.cuts > 3
    assert account.count() == 0
    assert set(door.raws) == set(raws)
    assert codes <= {"mailbox.broken", "mailbox.unreachable"}


def test_no_cut_hands_over_half_a_mail(account: Account) -> None:
    raws = [b"Subject: small\r\n\r\n%s" % (b"y" * 300), b"Subject: other\r\n\r\n%s" % (b"z" * 300)]
    account.append_many(raws)
    target = (account.host, account.port)
    fetched = 0
    for cut in range(700, 2600, 45):
        with ImapProxy(target, cut_after=(cut, cut)) as proxy:
            mailbox = _on(account, proxy.port)
            try:
                mails = mailbox.fetch(mailbox.new_ids(10).ids)
            except Unavailable:
                continue
            finally:
                mailbox.leave()
            assert [mail.raw for mail in mails] == raws
            fetched += 1
    assert 0 < fetched < 43


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"user": "x", "password_env": "OTHER"}, "mailbox.password"),
        ({"folder": "Nergens"}, "mailbox.refused"),
        ({"port": 1}, "mailbox.unreachable"),
        ({"host": "mail.example.org"}, "mailbox.plain"),
        ({"security": "starttls"}, "mailbox.no_starttls"),
    ],
)
def test_what_is_wrong_is_said(account: Account, connect: Connect, changes: dict[str, object], code: str) -> None:
    with pytest.raises(Unavailable) as caught:
        connect(account, **changes).new_ids(10)
    assert caught.value.code == code


def test_a_wrong_password_is_said_and_not_shown(account: Account, tmp_path: Path, connect: Connect) -> None:
    secret = tmp_path / "secret"
    secret.write_text("fout-wachtwoord\n")
    with pytest.raises(Unavailable) as caught:
        connect(account, password_file=str(secret)).new_ids(10)
    assert caught.value.code == "mailbox.login"
    assert "fout-wachtwoord" not in f"{caught.value} {caught.value.values}"
    secret.write_text(f"{account.password}\n")
    assert connect(account, password_file=str(secret)).new_ids(10).lying == 0


class Pymap(Service):
    """The embedded mailbox of the demonstration."""

    name = "pymap"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    def command(self) -> list[str]:
        program = str(Path(sys.executable).with_name("pymap"))
        options = ["--demo-user", "help@desk.test", "--demo-password", "geheim"]
        return [program, "--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "dict", *options]

    def ready(self) -> bool:
        return answers_on(self.port)


def test_pymap_is_emptied_too(tmp_path: Path) -> None:
    with Pymap() as server:
        box = MailboxSettings(
            "demo", "127.0.0.1", "help@desk.test", port=server.port, security="plain", password_env="P"
        )
        mailbox = ImapMailbox(box, tmp_path, {"P": "geheim"})
        with imaplib.IMAP4("127.0.0.1", server.port) as other:
            other.login("help@desk.test", "geheim")
            for number in range(3):
                other.append("INBOX", "", "", b"Subject: %d\r\n\r\nhello\r\n" % number)
            door = Door()
            assert poll_once(mailbox, intake_of(door)).removed == 3
            assert len(set(door.raws)) == 3
            assert not mailbox.wait(0.1)
            other.append("INBOX", "", "", RAW.replace(b"\x00", b""))
            # imapclient takes a line that comes in two pieces for a broken one; the next verb connects anew.
            with contextlib.suppress(Unavailable):
                assert mailbox.wait(3)
            assert poll_once(mailbox, intake_of(door)).removed == 1
        mailbox.leave()
