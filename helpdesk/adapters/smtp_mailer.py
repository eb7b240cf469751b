"""Hands bytes to the relay and says what it answered; knows nothing of tickets."""

from __future__ import annotations

import contextlib
import functools
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from helpdesk.errors import PermanentRefusal, TemporaryRefusal, Unavailable
from helpdesk.ports import Delivery
from helpdesk.settings import Settings

LONGEST_SENDING = 100
"""Seconds after which a sending has ended, one way or the other; the outbox's lease is longer."""
_CONNECT_TIMEOUT = 10
_ANSWER_TIMEOUT = 60


class SmtpMailer:
    """One connection per mail: the relay is next door, and a kept connection hides a dead one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        """Read once: a new authority file counts from the next start."""
        return ssl.create_default_context(cafile=self._settings.smtp_ca_file or None)

    def _connect(self) -> smtplib.SMTP:
        said = self._settings
        relay: smtplib.SMTP | None = None
        try:
            if said.smtp_security == "tls":
                relay = smtplib.SMTP_SSL(said.smtp_host, said.smtp_port, timeout=_CONNECT_TIMEOUT, context=self._tls)
            else:
                relay = smtplib.SMTP(said.smtp_host, said.smtp_port, timeout=_CONNECT_TIMEOUT)
            if said.smtp_security == "starttls":
                relay.starttls(context=self._tls)
            if said.smtp_user:
                relay.login(said.smtp_user, Path(said.smtp_password_file).read_text(encoding="utf-8").strip())
        except (OSError, smtplib.SMTPException) as fault:
            if relay is not None:
                relay.close()
            raise Unavailable(
                "The relay at {host}:{port} can't be used: {fault}.",
                code="relay",
                host=said.smtp_host,
                port=said.smtp_port,
                fault=type(fault).__name__,
            ) from fault
        return relay

    def send(self, sender: str, recipients: Sequence[str], message: bytes) -> Delivery:
        """Send; see the port. A connection cut before the final answer counts as not taken (`relay_cut`)."""
        end = time.monotonic() + LONGEST_SENDING
        relay = self._connect()
        try:
            with _cut_at(relay, end):
                refused = relay.sendmail(sender, list(recipients), message)
        except smtplib.SMTPRecipientsRefused as fault:
            raise _refusal([code for code, _text in fault.recipients.values()]) from fault
        except smtplib.SMTPResponseException as fault:
            raise _refusal([fault.smtp_code]) from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise Unavailable("The relay hung up.", code="relay_cut") from fault
        else:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                relay.putcmd("quit")
            return Delivery({address: str(code) for address, (code, _text) in refused.items()})
        finally:
            relay.close()

    def ping(self) -> None:
        """Connect, say hello, leave."""
        relay = self._connect()
        try:
            relay.noop()
        except (OSError, smtplib.SMTPException) as fault:
            raise Unavailable("The relay hung up.", code="relay_cut") from fault
        finally:
            relay.close()


def _refusal(codes: Sequence[int]) -> PermanentRefusal | TemporaryRefusal | Unavailable:
    """Permanent only when every recipient was refused for good (RFC 5321 4.2.1); half an answer is a cut."""
    if not codes or not all(400 <= code < 600 for code in codes):
        return Unavailable("The relay hung up.", code="relay_cut")
    later = [code for code in codes if code < 500]
    return TemporaryRefusal(code=str(later[0])) if later else PermanentRefusal(code=str(codes[0]))


@contextlib.contextmanager
def _cut_at(relay: smtplib.SMTP, end: float) -> Iterator[None]:
    """Hang up at that time: a time-out for each answer alone would let a slow relay hold us for ever."""
    connection, seconds = relay.sock, end - time.monotonic()
    if connection is None or seconds <= 0:
        raise smtplib.SMTPServerDisconnected("too slow")
    connection.settimeout(_ANSWER_TIMEOUT)

    def cut() -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
