"""Makes the bytes of a mail of ours. Pure: the same letter gives the same bytes, so that a retry is the same mail.

Must not: read the database, the clock or a random source; whatever a mail needs stands in its `Letter`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from helpdesk.mail.header_fields import CRLF, address_field, ids_field, one_line, text_field
from helpdesk.mail.incoming import Part, Sender
from helpdesk.mail.quoted import Quote, quoted_html, quoted_text
from helpdesk.mail.texts import mail_text
from helpdesk.settings import DeskSettings, Settings
from helpdesk.text.alarms import alarm_text
from helpdesk.text.language import LANGUAGES, PSEUDO_LANGUAGE, moment_text
from helpdesk.text.rendering import render_answer, text_to_html, tidy

_REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|antw|antwoord|aw)\s*(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
_CONTENT_TYPE = re.compile(r"(application|audio|font|image|model|text|video)/([a-z0-9][a-z0-9.+-]{0,80})")
_FOLDER_SIGNS = re.compile(r"[\\/:*?\"<>|]")
_FILE_NAME_LIMIT = 120
_AUTOMATIC = {"receipt": "auto-replied"} | dict.fromkeys(
    ("notice", "alarm", "password", "sign_in", "transcript"), "auto-generated"
)
_PLACES = {
    "answer": "/mijn-vragen/",
    "receipt": "/mijn-vragen/",
    "chat": "/chat/",
    "transcript": "/mijn-vragen/",
    "notice": "/v/",
    "alarm": "/v/",
    "password": "/wachtwoord/",
    "sign_in": "/mijn-vragen/inloggen/",
}
_LANGUAGES = {"nl": ("nl",), "en": ("en",), "both": ("nl", "en"), PSEUDO_LANGUAGE: (PSEUDO_LANGUAGE,)}
_STYLE = "font-family:Calibri,Arial,sans-serif;font-size:11pt;overflow-wrap:break-word"


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm as a mail tells it."""

    kind: str
    subject: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One line of a chat as a mail tells it; `seen` when it only stands there for the others to be understood."""

    name: str
    at: datetime
    text: str
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a mail is made of. `number` is the bare public number; ids are without angle brackets.

    `token` is for Reply-To, `return_token` for the envelope; `subject` is that of the mail that is answered,
    `in_reply_to` and `references` are as RFC 5322 3.6.4 wants them. `only_given`: nobody proved the address it goes to.
    """

    kind: str
    language: str
    message_id: str
    token: str
    return_token: str
    date: datetime
    seed: str
    desk: DeskSettings
    to: tuple[Sender, ...] = ()
    cc: tuple[Sender, ...] = ()
    number: str = ""
    subject: str = ""
    markdown: str = ""
    signature: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    quote: Quote | None = None
    files: tuple[Part, ...] = ()
    alarms: tuple[AlarmLine, ...] = ()
    lines: tuple[ChatLine, ...] = ()
    only_given: bool = False
    link_token: str = ""
    link_code: str = ""


def compose(letter: Letter, settings: Settings) -> bytes:
    """The mail, CRLF line ends, 7-bit: headers and a text and an HTML form, with its files."""
    return _head(letter, settings).encode("ascii") + _body(letter, settings)


def return_path(letter: Letter, settings: Settings) -> str:
    """The envelope sender: the desk's address, with a token of its own where the server delivers that (RFC 5321 4.4).

    Not the token of Reply-To and Message-ID: that one is known to whoever was shown our mail, and proves no bounce.
    """
    return _with_token(letter.desk.address, letter.return_token, settings)


def _with_token(address: str, token: str, settings: Settings) -> str:
    if settings.reply_address != "plus" or not token:
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def reply_subject(subject: str) -> str:
    """The subject of an answer: `Re: ` and the subject without such prefixes (RFC 5322 3.6.5)."""
    return f"Re: {_REPLY_PREFIX.sub('', one_line(subject))}".strip()


def _head(letter: Letter, settings: Settings) -> str:
    languages = _LANGUAGES[letter.language]
    desk = Sender(letter.desk.address, _of_desk(letter, "name", languages[0]))
    zone = ZoneInfo(settings.timezone)
    fields = [
        f"Date: {format_datetime(letter.date.astimezone(zone))}{CRLF}",
        address_field("From", [desk]),
        address_field("Reply-To", [Sender(_with_token(desk.address, letter.token, settings), desk.name)]),
        address_field("To", letter.to),
        address_field("Cc", letter.cc),
        text_field("Subject", _said(letter, settings, "subject.txt")[0]),
        ids_field("Message-ID", [letter.message_id]),
        ids_field("In-Reply-To", [letter.in_reply_to] if letter.in_reply_to else []),
        ids_field("References", letter.references),
        f"Content-Language: {', '.join(languages)}{CRLF}",
    ]
    if letter.kind in _AUTOMATIC:
        fields.append(f"Auto-Submitted: {_AUTOMATIC[letter.kind]}{CRLF}X-Auto-Response-Suppress: All{CRLF}")
    return "".join(fields)


def _body(letter: Letter, settings: Settings) -> bytes:
    text = "\n\n-----\n\n".join(tidy(part) for part in _said(letter, settings, "body.txt"))
    parts = zip(_LANGUAGES[letter.language], _said(letter, settings, "body.html"), strict=True)
    html = "\n<hr>\n".join(f'<div lang="{language}">\n{part.strip()}\n</div>' for language, part in parts)
    page = (
        f'<!DOCTYPE html>\n<html lang="{_LANGUAGES[letter.language][0]}">\n<head><meta charset="utf-8"></head>\n'
        f'<body style="{_STYLE}">\n{html}\n</body>\n</html>'
    )
    mail = EmailMessage(policy=SMTP)
    # Quoted-printable leaves no line too long, none that begins with "From " and no space that a relay may cut.
    mail.set_content(text, cte="quoted-printable")
    mail.make_alternative(boundary=f"=_a_{letter.seed}")
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    if letter.files:
        mail.make_mixed(boundary=f"=_m_{letter.seed}")
    for number, file in enumerate(letter.files, 1):
        _attach(mail, file, number)
    return mail.as_bytes()


def _attach(mail: EmailMessage, file: Part, number: int) -> None:
    known = _CONTENT_TYPE.fullmatch(file.content_type.lower())
    main, sub = known.groups() if known else ("application", "octet-stream")
    name = _FOLDER_SIGNS.sub("_", one_line(file.filename)).lstrip(".")
    stem, dot, ending = name.rpartition(".")
    if len(name) > _FILE_NAME_LIMIT:
        name = f"{(stem or ending)[: _FILE_NAME_LIMIT - 20]}{dot}{ending[-15:] if dot else ''}"
    mail.add_attachment(file.content, main, sub, cte="base64", filename=name or f"file-{number}")


def _said(letter: Letter, settings: Settings, part: str) -> list[str]:
    """One part of the mail's text in each of its languages; a subject only in the first."""
    languages = _LANGUAGES[letter.language][: 1 if part == "subject.txt" else 2]
    return [
        mail_text(settings, letter.kind, language, part, _values(letter, settings, language)) for language in languages
    ]


def _values(letter: Letter, settings: Settings, language: str) -> dict[str, Any]:
    """What a mail text may use; `texts.SAMPLE` has the same names."""
    zone = ZoneInfo(settings.timezone)
    shown = f"V-{letter.number}" if letter.number else ""
    rendered = render_answer(letter.markdown)
    signature = tidy("\n\n".join(filter(None, (letter.signature, _of_desk(letter, "signature", language)))))
    return {
        "number": shown,
        "link": _link(letter, settings),
        "code": letter.link_code,
        "subject": _subject(letter, settings, shown),
        "desk": _of_desk(letter, "name", language),
        "only_given": letter.only_given,
        "answer_within": _of_desk(letter, "answer_within", language),
        "answer": rendered.text,
        "answer_html": Markup(rendered.html),  # noqa: S704 - cleaned by render_answer
        "signature": signature,
        "signature_html": Markup(text_to_html(signature)),  # noqa: S704 - escaped by text_to_html
        "quote": quoted_text(letter.quote, language, zone) if letter.quote else "",
        "quote_html": Markup(quoted_html(letter.quote, language, zone) if letter.quote else ""),  # noqa: S704 - escaped there
        **_lines(letter, language, zone),
        "alarms": [
            {
                "kind": line.kind,
                "said": alarm_text(line.kind, language),
                "subject": line.subject,
                "detail": line.detail,
                "since": moment_text(line.since, language, zone),
            }
            for line in letter.alarms
        ],
    }


def _lines(letter: Letter, language: str, zone: ZoneInfo) -> dict[str, Any]:
    """The lines of a chat as one text each: what is new, and what was said before it."""
    found: dict[str, Any] = {}
    for name, seen in (("said", False), ("before", True)):
        parts = [
            f"{line.name}, {moment_text(line.at, language, zone)}:\n{line.text}"
            for line in letter.lines
            if line.seen is seen
        ]
        found[name] = tidy("\n\n".join(parts))
        found[f"{name}_html"] = Markup(text_to_html(found[name]))  # noqa: S704 - escaped by text_to_html
    return found


def _of_desk(letter: Letter, what: str, language: str) -> str:
    """What the operator set for the desk in this language."""
    said: str = getattr(letter.desk, f"{what}_{language if language in LANGUAGES else 'en'}")
    return said


def _link(letter: Letter, settings: Settings) -> str:
    """Where a mail leads: who asks to the own question, who works here to the ticket."""
    if not settings.public_url:
        return ""
    place, what = _PLACES[letter.kind], letter.link_token or letter.number
    return f"{settings.public_url.rstrip('/')}{place}{what}" if what else ""


def _subject(letter: Letter, settings: Settings, shown: str) -> str:
    if letter.only_given:
        return f"Chat {shown}"
    if letter.kind in ("receipt", "transcript"):
        return _REPLY_PREFIX.sub("", one_line(letter.subject)) or shown
    subject = reply_subject(letter.subject)
    if subject == "Re:":
        return f"Re: {shown}"
    if letter.kind == "answer" and settings.number_in_subject and shown.lower() not in subject.lower():
        return f"{subject} [{shown}]"
    return subject
