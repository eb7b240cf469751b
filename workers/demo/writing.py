"""Writes mails as an employee's mail program and the organisation's mail server would. Sends nothing."""

from __future__ import annotations

import datetime as dt
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from workers.demo.configuration import AUTHSERV_ID, DESK_ADDRESS
from workers.demo.people import DOMAIN, Employee


def mail(
    sender: Employee,
    subject: str,
    text: str,
    *,
    at: dt.datetime,
    to: str = DESK_ADDRESS,
    references: tuple[str, ...] = (),
    message_id: str | None = None,
) -> EmailMessage:
    """A mail as it lies in the mailbox: with the trace headers of the server that took it (RFC 8601, RFC 5321)."""
    message = EmailMessage()
    message["Return-Path"] = f"<{sender.address}>"
    message["Delivered-To"] = DESK_ADDRESS
    message["Authentication-Results"] = f"{AUTHSERV_ID}; dmarc=pass header.from={DOMAIN}"
    message["Received"] = f"from mail.{DOMAIN} by {AUTHSERV_ID} with ESMTPS; {format_datetime(at)}"
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id or make_msgid(domain=DOMAIN)
    if references:
        message["In-Reply-To"] = references[-1]
        message["References"] = " ".join(references)
    message.set_content(text, charset="utf-8")
    return message


def answer(sender: Employee, received: EmailMessage, text: str, *, at: dt.datetime) -> EmailMessage:
    """An answer to a mail that was received, quoting it (RFC 5322 section 3.6.4)."""
    subject = str(received["Subject"] or "")
    back = str(received["Reply-To"] or received["From"] or DESK_ADDRESS)
    chain = (*str(received["References"] or "").split(), str(received["Message-ID"] or "")[:998])
    quoted = "\n".join(f"> {line}" for line in body_of(received).splitlines())
    said = "schreef" if sender.language == "nl" else "wrote"
    whole = f"{text}\n\n{received['Date']}, {received['From']} {said}:\n{quoted}\n"
    again = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    return mail(sender, again, whole, at=at, to=back, references=tuple(one for one in chain if one))


def body_of(message: EmailMessage) -> str:
    """The text of a mail of ours."""
    body = message.get_body(("plain", "html"))
    return "" if body is None else str(body.get_content())
