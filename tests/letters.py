"""Mails for tests: written as people send them, small, and different where it matters."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.utils import format_datetime
from typing import cast

from helpdesk.adapters.memory import SetClock
from helpdesk.ports import Ports
from mail_ingest.accept import accept
from mail_ingest.envelope import Envelope, Receipt
from mail_ingest.filing import drain
from mail_ingest.reading import Readers

DESK = "academy@academie.example"
ASKER = "femke.devries@minbz.example"


def letter(
    text: str = "Kan ik de training Onderhandelen verzetten naar januari?",
    *,
    subject: str = "Training verzetten",
    sender: str = f"Femke de Vries <{ASKER}>",
    to: str = DESK,
    message_id: str | None = "<m1@minbz.example>",
    html: str | None = None,
    files: tuple[tuple[str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """The bytes of a mail; further headers by name, with underscores for hyphens."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(dt.datetime(2026, 11, 22, 9, 42, tzinfo=dt.UTC))
    if message_id:
        mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def envelope(
    ports: Ports, raw: bytes, *, uid: int | None = None, mailbox: str = "academy", uidvalidity: int = 1
) -> Envelope:
    """The envelope of a mail that lies in the mailbox under this UID."""
    return Envelope(
        source="imap",
        mailbox=mailbox,
        desk="academy",
        arrived_at=ports.now() - dt.timedelta(minutes=1) + dt.timedelta(milliseconds=(uid or 0) % 50_000),
        size=len(raw),
        uidvalidity=uidvalidity if uid is not None else None,
        uid=uid,
    )


_UIDS = iter(range(1, 1_000_000))


def put(ports: Ports, *raws: bytes, mailbox: str = "academy") -> list[Receipt]:
    """Put mails through the door, each under the next UID."""
    return accept([(raw, envelope(ports, raw, uid=next(_UIDS), mailbox=mailbox)) for raw in raws], ports)


def wait(ports: Ports, span: dt.timedelta = dt.timedelta(minutes=2)) -> None:
    """Let time pass on the clock of these ports."""
    cast("SetClock", ports.now).move(span)


def receive(ports: Ports, *raws: bytes, mailbox: str = "academy") -> list[Receipt]:
    """Put mails through the door and file them."""
    receipts = put(ports, *raws, mailbox=mailbox)
    drain(ports, Readers(0))
    return receipts
