"""Puts our mails into the outbox, takes them out again, and puts them back: the verbs on OutgoingMail.

Must not: talk to the relay (`outbox_delivery.py`) or decide who is to be answered (the caller does).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select, text

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.mail.header_fields import one_line, sendable
from helpdesk.mail.incoming import Sender
from helpdesk.mail.letters import desk_of
from helpdesk.mail.references import make_token, message_id_with
from helpdesk.models import Account, Alarm, Entry, OutgoingMail, OutgoingRecipient, Ticket
from helpdesk.models.outgoing_mail import SIGN_IN
from helpdesk.people.addresses import normal
from helpdesk.ports import DELIVER_WAITING
from helpdesk.row_sets import among_said
from helpdesk.settings import Settings
from helpdesk.text.language import LANGUAGES, N_, PSEUDO_LANGUAGE
from helpdesk.unit import Unit

Recipient = Sender
_DAY = dt.timedelta(days=1)
_BETWEEN_ALARMS = dt.timedelta(hours=1)


def is_ours(settings: Settings, address: str) -> bool:
    """Whether an address is one of our own, whatever stands behind a plus sign: mail to it would come back to us."""
    own = {normal(each) for desk in settings.desks for each in (desk.address, *desk.aliases)}
    own |= {normal(box.user) for box in settings.mailboxes if "@" in box.user}
    local, _, domain = normal(address).rpartition("@")
    return normal(address) in own or f"{local.partition('+')[0]}@{domain}" in own


def queue_answer(
    unit: Unit,
    ticket: Ticket,
    entry: Entry,
    to: Sequence[Recipient],
    cc: Sequence[Recipient],
    parent_entry_id: int | None,
) -> OutgoingMail:
    """Queue an advisor's answer; it leaves after the seconds in which it can be taken back.

    Our own addresses are left out, and nobody gets it twice. Raises Invalid (`bad_address`, `no_recipient`).
    """
    chosen = _recipients(unit, to, cc)
    return _queue(
        unit,
        kind="answer",
        ticket=ticket,
        entry_id=entry.id,
        parent_entry_id=parent_entry_id,
        language=_language(unit, ticket.language),
        wait=dt.timedelta(seconds=_undo_seconds(unit, entry)),
        recipients=chosen,
    )


def _undo_seconds(unit: Unit, entry: Entry) -> int:
    """How long the author wants to be able to take an answer back."""
    author = unit.session.get(Account, entry.account_id) if entry.account_id is not None else None
    chosen = author.undo_seconds if author is not None else None
    return unit.ports.settings.undo_seconds if chosen is None else chosen


def queue_receipt(
    unit: Unit,
    ticket: Ticket,
    entry: Entry,
    recipient: Recipient,
    language: str | None,
    sent: Counter[str] | None = None,
) -> OutgoingMail | None:
    """Queue the acknowledgement of a person's mail, in both languages when theirs is not known.

    None when the desk sends none, the address is our own or can't be sent to, or it had its number of automatic
    answers within a day: that ends every loop, whatever the headers said (RFC 3834). With `sent`, what `receipts_to`
    said of the address, nothing is read; the new receipt is counted there.
    """
    settings, address = unit.ports.settings, normal(recipient.address)
    unwanted = not desk_of(settings, ticket.desk_key).receipt or sendable(recipient.address) is None
    if unwanted or is_ours(settings, recipient.address):
        return None
    sent = receipts_to(unit, [address]) if sent is None else sent
    if sent[address] >= settings.receipts_per_day:
        return None
    sent[address] += 1
    return _queue(
        unit,
        kind="receipt",
        ticket=ticket,
        entry_id=entry.id,
        parent_entry_id=entry.id,
        language=_language(unit, language, unknown="both"),
        recipients=[(recipient, "to")],
    )


def queue_lines(
    unit: Unit, ticket: Ticket, kind: str, first_entry_id: int, last_entry_id: int, recipient: Recipient
) -> OutgoingMail:
    """Queue lines of a chat, from one entry up to another: those that were not seen (chat), or all (transcript).

    An answer to it comes back into the ticket.
    """
    mail = _queue(
        unit,
        kind=kind,
        ticket=ticket,
        entry_id=last_entry_id,
        language=_language(unit, ticket.language),
        recipients=[(recipient, "to")],
    )
    mail.first_entry_id = first_entry_id
    return mail


def queue_notice(unit: Unit, ticket: Ticket, recipient: Recipient, language: str | None) -> OutgoingMail:
    """Queue a mail to an advisor that something changed: number and link, no word of the ticket (RD-05)."""
    language = _language(unit, language)
    return _queue(unit, kind="notice", ticket=ticket, language=language, recipients=[(recipient, "to")])


def queue_password_link(
    unit: Unit, address: str, name: str, language: str | None, give_up_at: dt.datetime
) -> OutgoingMail:
    """Queue the mail with which somebody who works here sets a new password; after `give_up_at` it is worth nothing.

    The link's token follows from the mail's seed and our key (`Keys.link_token`).
    """
    language = _language(unit, language)
    mail = _queue(unit, kind="password", language=language, recipients=[(Sender(address, name), "to")])
    mail.give_up_at = give_up_at
    return mail


def queue_sign_in(
    unit: Unit, address: str, language: str | None, give_up_at: dt.datetime, *, wanted: bool
) -> OutgoingMail:
    """Queue the mail with which somebody who asks signs in; what it holds follows from its seed and our key.

    One that is not `wanted` is written all the same and never sent, so that asking takes as long for any address.
    """
    mail = _queue(unit, kind="sign_in", language=_language(unit, language), recipients=[(Sender(address), "to")])
    mail.give_up_at = give_up_at
    mail.state = "queued" if wanted else "cancelled"
    return mail


def forget_sign_in(unit: Unit) -> None:
    """Delete sign-in mails whose time is over, with who got them and their links."""
    over = delete(OutgoingMail).where(text(SIGN_IN), OutgoingMail.give_up_at <= unit.now)
    unit.session.execute(over.where(OutgoingMail.state != "sending").execution_options(synchronize_session=False))


def queue_alarm(unit: Unit, address: str) -> OutgoingMail | None:
    """Queue one mail with all open alarms; None when each was mailed before, or one is under an hour old.

    Alarms hold names of mailboxes and codes, no personal data.
    """
    fresh = unit.session.scalar(select(Alarm.id).where(Alarm.closed_at.is_(None), Alarm.mailed_at.is_(None)).limit(1))
    recent = unit.session.scalar(select(Alarm.id).where(Alarm.mailed_at > unit.now - _BETWEEN_ALARMS).limit(1))
    if fresh is None or recent is not None or sendable(address) is None:
        return None
    for alarm in unit.session.scalars(select(Alarm).where(Alarm.closed_at.is_(None))):
        alarm.mailed_at = unit.now
    return _queue(unit, kind="alarm", language=_language(unit, None), recipients=[(Sender(address), "to")])


def cancel(unit: Unit, outgoing: OutgoingMail) -> None:
    """Take a queued mail back for ever. Raises Conflict (`sent`) when it left, or is just leaving."""
    mail = _fresh(unit, outgoing.id)
    accepted = any(recipient.state == "accepted" for recipient in recipients_of(unit, mail.id))
    if mail.state != "queued" or accepted:
        raise Conflict(N_("The answer has been sent already."), code="sent")
    unit.claim(OutgoingMail, mail.id, mail.version)
    mail.state = "cancelled"


def requeue(unit: Unit, outgoing_id: int) -> None:
    """Send a mail again to everybody who did not get it: the same mail with the same Message-ID.

    Raises NotFound, and Conflict (`nothing_to_send`) when it still waits, was taken back, or everybody got it.
    """
    mail = _fresh(unit, outgoing_id)
    missed = [each for each in recipients_of(unit, mail.id) if each.state in ("refused", "bounced")]
    if mail.state not in ("failed", "sent") or not missed:
        raise Conflict(N_("There is nobody left to send this to."), code="nothing_to_send")
    unit.claim(OutgoingMail, mail.id, mail.version)
    for recipient in missed:
        recipient.state, recipient.status_code, recipient.changed_at = "waiting", None, unit.now
    mail.state, mail.attempts, mail.reply_code, mail.claimed_at = "queued", 0, None, None
    mail.next_try_at, mail.give_up_at = unit.now, unit.now + unit.ports.settings.retry_for
    unit.nudge(DELIVER_WAITING)


def recipients_of(unit: Unit, outgoing_id: int) -> Sequence[OutgoingRecipient]:
    """The recipients of a mail of ours as they stand now."""
    return unit.session.scalars(
        select(OutgoingRecipient)
        .where(OutgoingRecipient.outgoing_id == outgoing_id)
        .order_by(OutgoingRecipient.id)
        .execution_options(populate_existing=True)
    ).all()


def _fresh(unit: Unit, outgoing_id: int) -> OutgoingMail:
    unit.session.flush()
    mail = unit.session.get(OutgoingMail, outgoing_id, populate_existing=True)
    if mail is None:
        raise NotFound(N_("There is no such mail."))
    return mail


def _language(unit: Unit, wished: str | None, *, unknown: str = "") -> str:
    """The language of a mail to somebody who wishes this one; the pseudo-language, where it is set, goes above all."""
    usual = unit.ports.settings.language
    if usual == PSEUDO_LANGUAGE:
        return usual
    return wished if wished in LANGUAGES and wished is not None else unknown or usual


def _recipients(unit: Unit, to: Sequence[Recipient], cc: Sequence[Recipient]) -> list[tuple[Recipient, str]]:
    chosen: dict[str, tuple[Recipient, str]] = {}
    for role, given in (("to", to), ("cc", cc)):
        for recipient in given:
            if sendable(recipient.address) is None:
                raise Invalid(N_("This is not an e-mail address we can send to."), field=role, code="bad_address")
            if not is_ours(unit.ports.settings, recipient.address):
                chosen.setdefault(normal(recipient.address), (recipient, role))
    if not any(role == "to" for _recipient, role in chosen.values()):
        raise Invalid(N_("Choose at least one person to send this to."), field="to", code="no_recipient")
    return list(chosen.values())


def receipts_to(unit: Unit, addresses: Iterable[str]) -> Counter[str]:
    """How many receipts went, or are to go, to each normalised address within the last day."""
    wanted = set(addresses)
    if not wanted:
        return Counter()
    went = _receipts(unit.session.get_bind().dialect.name)
    said = {"addresses": list(wanted), "since": unit.now - _DAY}
    return Counter({row.address: row.count for row in unit.session.execute(went, said)})


@cache
def _receipts(dialect: str) -> Select[*tuple[Any, ...]]:
    return (
        select(OutgoingRecipient.address, func.count().label("count"))
        .join(OutgoingMail, OutgoingMail.id == OutgoingRecipient.outgoing_id)
        .where(
            among_said(dialect, OutgoingRecipient.address, "addresses"),
            OutgoingMail.kind == "receipt",
            OutgoingMail.state != "cancelled",
            OutgoingMail.date > bindparam("since"),
        )
        .group_by(OutgoingRecipient.address)
    )


def _queue(
    unit: Unit,
    *,
    kind: str,
    language: str,
    recipients: Sequence[tuple[Recipient, str]],
    ticket: Ticket | None = None,
    entry_id: int | None = None,
    parent_entry_id: int | None = None,
    wait: dt.timedelta = dt.timedelta(0),
) -> OutgoingMail:
    settings = unit.ports.settings
    token = make_token(unit.ports.keys, ticket.id, entry_id) if ticket is not None and entry_id is not None else ""
    plain_id = f"hd.{secrets.token_hex(16)}@{settings.mail_domain}"
    mail = unit.rows.add(
        OutgoingMail,
        {
            "ticket_id": ticket.id if ticket is not None else None,
            "entry_id": entry_id,
            "parent_entry_id": parent_entry_id,
            "kind": kind,
            "state": "queued",
            "message_id": message_id_with(token, settings.mail_domain) if token else plain_id,
            "token": token,
            "date": unit.now,
            "seed": secrets.token_hex(12),
            "template": kind,
            "language": language,
            "send_after": unit.now + wait,
            "next_try_at": unit.now + wait,
            "give_up_at": unit.now + settings.retry_for,
        },
    )
    for recipient, role in recipients:
        _put_recipient(unit, mail.id, recipient, role)
    if not wait and kind != "receipt":  # for receipts the filer nudges, once, when it is through
        unit.nudge(DELIVER_WAITING)
    return mail


def _put_recipient(unit: Unit, outgoing_id: int, recipient: Recipient, role: str) -> None:
    said = {"outgoing_id": outgoing_id, "role": role, "state": "waiting", "changed_at": unit.now}
    said |= {"name": one_line(recipient.name, 300), "address": normal(recipient.address)}
    unit.rows.put(OutgoingRecipient, said)
