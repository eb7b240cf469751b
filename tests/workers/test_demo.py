"""The demonstration: its mailbox, relay, page and first questions."""

from __future__ import annotations

import datetime as dt
import email
import http.client
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped] # the library has no types
from imapclient.exceptions import LoginError  # type: ignore[import-untyped] # as above

from helpdesk.settings_reader import from_env
from tests.services.process import answers_on, free_port, wait_until
from workers.demo import configuration, texts, writing
from workers.demo.people import EMPLOYEES

ROOT = Path(__file__).parents[2]
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
NAMES = ("web", "live", "demo", "imap", "relay", "smtp", "lmtp")


class Demo:
    """The parts of the demonstration as processes, on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ports = {name: free_port() for name in NAMES}
        configuration.write_settings(data / "helpdesk.toml", data, self.ports)
        (data / "run-ports.json").write_text(str(self.ports).replace("'", '"'))
        self.environment = {**os.environ, "HELPDESK_DATA": str(data), "FQDN": "localhost"}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, part: str, port: str) -> None:
        command = [sys.executable, "-m", "workers.demo", part]
        self.processes[part] = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        assert wait_until(lambda: answers_on(self.ports[port])), part

    def kill(self, part: str) -> None:
        process = self.processes.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def imap(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.ports["imap"], ssl=False, timeout=30)
        client.login(configuration.MAILBOX_USER, configuration.password(self.data, "mailbox"))
        return client

    def lying(self) -> list[bytes]:
        with self.imap() as client:
            client.select_folder("INBOX")
            found = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
            return [found[uid][b"BODY[]"] for uid in sorted(found)]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    one = Demo(tmp_path)
    yield one
    for part in list(one.processes):
        one.kill(part)


def test_a_mail_survives_the_kill_of_the_mailbox_and_its_uid_is_not_given_out_again(demo: Demo) -> None:
    first, second = b"Subject: one\r\n\r\nH\xe9 \x00 1\r\n", b"Subject: two\r\n\r\n2\r\n"
    demo.start("mailbox", "imap")
    with demo.imap() as client:
        client.append("INBOX", first, msg_time=NOW)
        client.append("INBOX", second)
        validity = client.select_folder("INBOX")[b"UIDVALIDITY"]
        uids = client.search("ALL")
        client.delete_messages(uids[1:])
        client.expunge(uids[1:])
    demo.kill("mailbox")
    demo.start("mailbox", "imap")
    assert demo.lying() == [first]
    with demo.imap() as client:
        assert client.select_folder("INBOX")[b"UIDVALIDITY"] == validity
        assert client.fetch(uids[:1], ["INTERNALDATE"])[uids[0]][b"INTERNALDATE"].timestamp() == NOW.timestamp()
        client.append("INBOX", second)
        assert max(client.search("ALL")) > uids[1]


def test_hostile_mail_costs_the_mailbox_nothing_and_comes_out_as_it_went_in(demo: Demo) -> None:
    demo.start("mailbox", "imap")
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000))
    mails = [b"Subject: " + b"=?utf-8?q?a?= " * 80_000 + b"\r\n\r\nx", nested, b"no header at all", b"\r\n\0\xff"]
    with demo.imap() as client:
        for one in mails:
            client.append("INBOX", one)
    assert demo.lying() == mails
    spent = Path(f"/proc/{demo.processes['mailbox'].pid}/stat").read_text().split()
    assert (int(spent[13]) + int(spent[14])) / os.sysconf("SC_CLK_TCK") < 3


def test_a_strangers_client_can_look_for_a_mail(demo: Demo) -> None:
    demo.start("mailbox", "imap")
    with demo.imap() as client:
        client.append("INBOX", b"Message-ID: <a@x>\r\nSubject: one\r\n two\r\n\r\nbody\r\n")
        client.append("INBOX", b"Message-ID: <b@x>\r\n\r\nbody\r\n")
        client.select_folder("INBOX")
        (uid,) = client.search(["HEADER", "Message-ID", "<a@x>"])
        found = client.fetch([uid], ["ENVELOPE", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "RFC822.SIZE"])[uid]
    assert found[b"ENVELOPE"].subject == b"one two"
    assert found[b"BODY[HEADER]"].endswith(b" two\r\n\r\n")
    assert (found[b"BODY[TEXT]"], found[b"RFC822.SIZE"]) == (b"body\r\n", 47)


def test_idle_begins_with_what_came_since_the_last_command(demo: Demo) -> None:
    demo.start("mailbox", "imap")
    with demo.imap() as client, demo.imap() as sender:
        client.select_folder("INBOX")
        sender.append("INBOX", b"Subject: x\r\n\r\n")
        client.idle()
        # imapclient waits for a fresh byte, while the first answer may have come along with the one to IDLE; and it
        # fails on half a line.
        sender.append("INBOX", b"Subject: y\r\n\r\n")
        time.sleep(0.5)
        assert (1, b"EXISTS") in client.idle_check(timeout=5)
        client.idle_done()


def test_a_wrong_password_is_refused(demo: Demo) -> None:
    demo.start("mailbox", "imap")
    with (
        IMAPClient("127.0.0.1", demo.ports["imap"], ssl=False) as client,
        pytest.raises(LoginError),
    ):
        client.login(configuration.MAILBOX_USER, "wrong")


def test_the_relay_keeps_every_mail_as_a_file_and_goes_on_counting(demo: Demo) -> None:
    demo.start("relay", "relay")
    for n in range(2):
        with smtplib.SMTP("127.0.0.1", demo.ports["relay"]) as client:
            client.sendmail("a@academie.example", ["femke@x.example"], f"Message-ID: <{n}@x>\r\n\r\nbody {n}\r\n")
        demo.kill("relay")
        demo.start("relay", "relay")
    sent = sorted((demo.data / "sent").glob("*.eml"))
    assert [path.name for path in sent] == ["000001.eml", "000002.eml"]
    mail = email.message_from_bytes(sent[1].read_bytes())
    assert (mail["Delivered-To"], mail["Message-ID"]) == ("femke@x.example", "<1@x>")
    assert sent[1].read_bytes().endswith(b"body 1\r\n")


def ask(port: int, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
    """Status and page after one redirect at most; a POST when there is a form."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        body = None if form is None else urlencode(form)
        connection.request("GET" if form is None else "POST", path, body, headers)
        answer = connection.getresponse()
        text, onward = answer.read().decode(), answer.headers["Location"]
    finally:
        connection.close()
    return ask(port, onward) if onward else (answer.status, text)


def test_the_employee_writes_receives_and_answers_without_script(demo: Demo) -> None:
    demo.start("mailbox", "imap")
    demo.start("page", "demo")
    page = demo.ports["demo"]
    form = {"who": "femke.devries", "subject": "Vraag <b>1</b>", "text": "Hallo é"}
    assert "Verstuurd." in ask(page, "/", form)[1]
    sent = writing.mail(EMPLOYEES["sam.okafor"], "Antwoord <script>", "Dag <i>Femke</i>", at=NOW)
    sent.replace_header("Delivered-To", EMPLOYEES["femke.devries"].address)
    (demo.data / "sent").mkdir()
    (demo.data / "sent" / "000001.eml").write_bytes(sent.as_bytes())
    assert "Antwoord &lt;script&gt;" in ask(page, "/inbox?who=femke.devries")[1]
    assert "000001" not in ask(page, "/inbox?who=sam.okafor")[1]
    assert ask(page, "/mail/000001?who=sam.okafor")[0] == 404
    mail = ask(page, "/mail/000001?who=femke.devries")[1]
    assert "Dag &lt;i&gt;Femke&lt;/i&gt;" in mail
    assert "<script" not in mail + ask(page, "/")[1]
    ask(page, "/", {"who": "femke.devries", "number": "000001", "text": "Dank"})
    question, answer = map(email.message_from_bytes, demo.lying())
    assert question["Subject"] == "Vraag <b>1</b>"
    assert answer["In-Reply-To"] == sent["Message-ID"]


def test_another_sites_form_is_refused(demo: Demo) -> None:
    demo.start("page", "demo")
    assert ask(demo.ports["demo"], "/", {"who": "x"}, Origin="http://evil.example")[0] == 400
    assert ask(demo.ports["demo"], "/", {"who": "x"}, Host="evil.example:80")[0] == 400


def test_the_mailbox_that_is_gone_is_said_in_words(demo: Demo) -> None:
    demo.start("page", "demo")
    said = ask(demo.ports["demo"], "/", {"who": "femke.devries", "subject": "x", "text": "y"})
    assert "verstuur het nog eens" in said[1]


def test_the_first_questions_are_a_dozen_in_two_languages_of_every_kind() -> None:
    mails = texts.first_mails(NOW)
    assert len(mails) >= 12
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    languages = [EMPLOYEES[re.sub("@.*", "", mail["Return-Path"][1:])].language for mail in mails]
    assert {"nl", "en"} == set(languages)
    assert [mail["In-Reply-To"] for mail in mails if mail["In-Reply-To"]] == [mails[0]["Message-ID"]]
    kinds = {part.get_content_type() for mail in mails for part in mail.walk()}
    assert {"text/plain", "text/html", "image/png", "application/pdf", "multipart/related"} <= kinds
    assert sum(mail["Auto-Submitted"] == "auto-replied" for mail in mails) == 1
    picture = next(part for mail in mails for part in mail.walk() if part.get_content_type() == "image/png")
    html = next(part for mail in mails for part in mail.walk() if part.get_content_type() == "text/html")
    assert f"cid:{picture['Content-ID'][1:-1]}" in html.get_content()


def test_the_settings_file_is_ours_until_somebody_writes_another(tmp_path: Path) -> None:
    path = tmp_path / "helpdesk.toml"
    assert configuration.is_ours(path)
    configuration.write_settings(path, tmp_path, dict.fromkeys(NAMES, 25_000))
    assert configuration.is_ours(path)
    settings = from_env({"HELPDESK_DATA": str(tmp_path)})
    assert (settings.demo, settings.mailboxes[0].port, settings.mail_domain) == (True, 25_000, "academie.example")
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("demo = true\n")
    assert not configuration.is_ours(path)
