"""Send the planned mails by their doors, paced by the kills; repeat only what was not taken. Judge nothing."""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.attack.corpus import DESK, Planned
from tests.services.dovecot import Account

_RETRY = 0.3
_HANGS = 10.0


@dataclass
class Sent:
    """What the senders did, together. `times` holds the moment of every mail that was taken."""

    times: list[float] = field(default_factory=list)
    repeats: int = 0
    refused: list[int] = field(default_factory=list)

    def near(self, moment: float, seconds: float) -> bool:
        """Whether a mail was taken within so many seconds of the moment."""
        return any(abs(moment - taken) <= seconds for taken in self.times)


class Sender(threading.Thread):
    """One door. `share` says how far the run has come (0-1): a mail goes when its own moment has."""

    def __init__(
        self, mails: Sequence[Planned], send: Callable[[Planned], bool], share: Callable[[], float], sent: Sent
    ) -> None:
        super().__init__(daemon=True)
        self._mails, self._send, self._share, self._sent = mails, send, share, sent
        self.stop = threading.Event()

    def run(self) -> None:
        """Each mail in its turn, again and again until it is taken or refused for good."""
        for mail in self._mails:
            while self._share() < mail.at and not self.stop.is_set():
                time.sleep(0.02)
            while not self.stop.is_set() and not self._once(mail):
                self._sent.repeats += 1
                time.sleep(_RETRY)
            self._sent.times.append(time.time())

    def _once(self, mail: Planned) -> bool:
        try:
            return self._send(mail)
        except smtplib.SMTPResponseException as error:
            return self._refusal(mail, error.smtp_code)
        except smtplib.SMTPRecipientsRefused as error:
            return self._refusal(mail, min(code for code, _words in error.recipients.values()))
        except (OSError, EOFError, smtplib.SMTPException, imaplib.IMAP4.error):
            return False

    def _refusal(self, mail: Planned, code: int) -> bool:
        """4yz and anything unclear is sent again (RFC 5321 4.2.1); 5yz is final."""
        if code < 500:
            return False
        self._sent.refused.append(mail.number)
        return True


class Mailbox:
    """The IMAP door: APPEND by another client, straight to the server."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client: imaplib.IMAP4 | None = None

    def __call__(self, mail: Planned) -> bool:
        """Put it there with its flags; whether the server said OK."""
        try:
            if self._client is None:
                self._client = self._account.connect()
                self._client.sock.settimeout(_HANGS)
            said, _answer = self._client.append("INBOX", f"({' '.join(mail.flags)})", "", mail.raw)
        except BaseException:
            self._leave()
            raise
        if said != "OK":
            self._leave()
        return said == "OK"

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.shutdown()


class Receiver:
    """The SMTP or LMTP door of the product."""

    def __init__(self, port: int, *, lmtp: bool) -> None:
        self._port, self._lmtp = port, lmtp

    def __call__(self, mail: Planned) -> bool:
        """Hand it over; True means 250. Whatever else happens is raised."""
        kind = smtplib.LMTP if self._lmtp else smtplib.SMTP
        client = kind("127.0.0.1", self._port, timeout=60)
        try:
            client.ehlo_or_helo_if_needed()
            client.sendmail(mail.sender, [DESK], mail.raw)
        finally:
            client.close()
        return True
