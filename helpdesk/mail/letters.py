"""Reads what a mail of ours is made of from the database, so that it can be composed with no connection held.

Must not: change anything, or read the bytes of files (`with_files` does, once the session is closed).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import or_, select

from helpdesk.mail.chat_lines import lines_of, only_given, said_before
from helpdesk.mail.compose import AlarmLine, Letter
from helpdesk.mail.header_fields import usable_ids
from helpdesk.mail.incoming import Part, Sender
from helpdesk.mail.quoted import Quote
from helpdesk.mail.references import make_return_token
from helpdesk.models import Account, Alarm, Attachment, Content, Entry, OutgoingMail, OutgoingRecipient, Ticket
from helpdesk.ports import Blobs
from helpdesk.settings import DeskSettings, Settings
from helpdesk.unit import Unit

_GENERATIONS = 20
_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a mail, its bytes still in the blobs."""

    blob: str
    filename: str
    content_type: str


def desk_of(settings: Settings, key: str | None) -> DeskSettings:
    """The desk by its key; the first one when the settings no longer have it."""
    return next((desk for desk in settings.desks if desk.key == key), settings.desks[0])


def with_files(letter: Letter, enclosures: Sequence[Enclosure], blobs: Blobs) -> Letter:
    """The letter with the bytes of its files. Raises NotFound when one is gone."""
    files = [Part(file.filename, file.content_type, blobs.read(file.blob)) for file in enclosures]
    return replace(letter, files=tuple(files))


def read_letter(unit: Unit, mail: OutgoingMail) -> tuple[Letter, tuple[Enclosure, ...]]:
    """Everything `compose` needs for this mail, and the files it carries."""
    settings = unit.ports.settings
    ticket = unit.session.get(Ticket, mail.ticket_id) if mail.ticket_id is not None else None
    recipients = unit.session.scalars(
        select(OutgoingRecipient).where(OutgoingRecipient.outgoing_id == mail.id).order_by(OutgoingRecipient.id)
    ).all()
    letter = Letter(
        kind=mail.kind,
        language=mail.language,
        message_id=mail.message_id,
        token=mail.token,
        return_token=make_return_token(unit.ports.keys, mail.id),
        date=mail.date,
        seed=mail.seed,
        desk=desk_of(settings, ticket.desk_key if ticket else None),
        to=tuple(Sender(to.address, to.name) for to in recipients if to.role == "to"),
        cc=tuple(Sender(cc.address, cc.name) for cc in recipients if cc.role == "cc"),
        number=ticket.number if ticket else "",
        alarms=_alarms_at(unit, mail.date) if mail.kind == "alarm" else (),
        link_token=unit.ports.keys.link_token(mail.seed) if mail.kind in ("password", "sign_in") else "",
        link_code=unit.ports.keys.link_code(mail.seed) if mail.kind == "sign_in" else "",
    )
    if ticket is not None and mail.kind in ("chat", "transcript"):
        before, given = said_before(unit, mail), only_given(unit, mail, ticket)
        letter = replace(letter, lines=lines_of(unit, mail, ticket), subject=_subject(unit, ticket), only_given=given)
        return replace(letter, references=_capped(before), in_reply_to=before[-1] if before else ""), ()
    if ticket is None or mail.kind not in ("answer", "receipt"):
        return letter, ()
    letter = _answering(unit, letter, mail, ticket)
    if mail.kind != "answer" or mail.entry_id is None:
        return replace(letter, quote=None), ()
    entry = unit.session.get(Entry, mail.entry_id)
    author = unit.session.get(Account, entry.account_id) if entry and entry.account_id else None
    words = _words(unit, entry) if entry else {}
    letter = replace(letter, markdown=words.get("markdown", ""), signature=(author and author.signature) or "")
    return letter, _enclosures(unit, mail.entry_id)


def _answering(unit: Unit, letter: Letter, mail: OutgoingMail, ticket: Ticket) -> Letter:
    """The subject, the quote and the ids that the mail takes over from the one it answers (RFC 5322 3.6.4, 3.6.5)."""
    letter = replace(letter, subject=_subject(unit, ticket))
    parent = unit.session.get(Entry, mail.parent_entry_id) if mail.parent_entry_id is not None else None
    if parent is None:
        return letter
    own, before = _ids_of(unit, parent)
    words = _words(unit, parent)
    headers = _headers(words)
    quote = _quote(words, headers, parent, letter)
    return replace(
        letter,
        subject=quote.subject or letter.subject,
        quote=quote if quote.text else None,
        in_reply_to=own,
        references=_capped([*before, own] if own else before),
    )


def _subject(unit: Unit, ticket: Ticket) -> str:
    said = select(Content.text).where(
        Content.ticket_id == ticket.id, Content.entry_id.is_(None), Content.kind == "subject"
    )
    return unit.session.scalar(said) or ""


def _quote(words: dict[str, str], headers: dict[str, Any], parent: Entry, letter: Letter) -> Quote:
    sent = _mailboxes([headers.get("from")])
    sender = sent[0] if sent else Sender(letter.desk.address, letter.desk.name_nl)
    if not sent and parent.account_id is None and letter.to:
        sender = letter.to[0]
    return Quote(
        sender=sender,
        text=words.get("body") or words.get("reply") or words.get("markdown") or "",
        subject=str(headers.get("subject") or ""),
        at=_moment(headers.get("date")) or parent.at,
        to=_mailboxes(headers.get("to")),
    )


def _ids_of(unit: Unit, entry: Entry, generation: int = 0) -> tuple[str, list[str]]:
    """The Message-ID of an entry's mail (empty: it had none) and the ids it referred to, oldest first."""
    headers = _headers(_words(unit, entry))
    if headers:
        own = usable_ids(_strings([headers.get("message_id")]))
        before = usable_ids(_strings(headers.get("references")))
        answered = usable_ids(_strings(headers.get("in_reply_to")))
        return (own[0] if own else ""), before or (answered if len(answered) == 1 else [])
    sent = unit.session.execute(
        select(OutgoingMail.message_id, OutgoingMail.parent_entry_id)
        .where(OutgoingMail.entry_id == entry.id, OutgoingMail.kind == "answer")
        .order_by(OutgoingMail.id.desc())
    ).first()
    if sent is None:
        return "", []
    answered_to = unit.session.get(Entry, sent.parent_entry_id) if sent.parent_entry_id is not None else None
    if answered_to is None or generation >= _GENERATIONS:
        return sent.message_id, []
    parent, before = _ids_of(unit, answered_to, generation + 1)
    return sent.message_id, list(_capped([*before, parent] if parent else before))


def _capped(message_ids: Sequence[str]) -> tuple[str, ...]:
    """The first id, which names the conversation, and the newest ones (RFC 5322 lets long lists be cut)."""
    unique = tuple(dict.fromkeys(message_ids))
    return unique if len(unique) <= _REFERENCES + 1 else (unique[0], *unique[-_REFERENCES:])


def _words(unit: Unit, entry: Entry) -> dict[str, str]:
    kinds = ("body", "reply", "markdown", "headers")
    here = (Content.ticket_id == entry.ticket_id) & (Content.entry_id == entry.id)
    rows = unit.session.execute(select(Content.kind, Content.text).where(here, Content.kind.in_(kinds)))
    return {row.kind: row.text for row in rows}


def _headers(words: dict[str, str]) -> dict[str, Any]:
    try:
        said = json.loads(words.get("headers", "{}"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _strings(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _mailboxes(values: Any) -> tuple[Sender, ...]:
    rows = [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    return tuple(Sender(str(row.get("address") or ""), str(row.get("name") or "")) for row in rows)


def _moment(value: Any) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _enclosures(unit: Unit, entry_id: int) -> tuple[Enclosure, ...]:
    named = (Content.ticket_id == Attachment.ticket_id) & (Content.attachment_id == Attachment.id)
    rows = unit.session.execute(
        select(Attachment.blob, Attachment.content_type, Content.text)
        .outerjoin(Content, named & (Content.kind == "filename"))
        .where(Attachment.entry_id == entry_id)
        .order_by(Attachment.id)
    )
    return tuple(Enclosure(row.blob, row.text or "", row.content_type) for row in rows)


def _alarms_at(unit: Unit, moment: dt.datetime) -> tuple[AlarmLine, ...]:
    """The alarms that were open at that moment: the same whenever the mail is composed."""
    rows = unit.session.scalars(
        select(Alarm)
        .where(Alarm.raised_at <= moment, or_(Alarm.closed_at.is_(None), Alarm.closed_at > moment))
        .order_by(Alarm.id)
    )
    return tuple(AlarmLine(row.kind, row.subject, row.detail, row.raised_at) for row in rows)
