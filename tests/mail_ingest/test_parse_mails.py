"""Our own small mails, each with the facts it must yield beside it."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpdesk.mail.incoming import IncomingMail
from mail_ingest.parse import parse

MAILS = Path(__file__).parents[1] / "mails"

# The name of a fact in the .toml -> what the mail must give for it to be equal.
EQUAL: dict[str, Callable[[IncomingMail], Any]] = {
    "subject": lambda mail: mail.subject,
    "from": lambda mail: mail.sender.address if mail.sender else "",
    "from_name": lambda mail: mail.sender.name if mail.sender else "",
    "to": lambda mail: [each.address for each in mail.to],
    "cc_names": lambda mail: [each.name for each in mail.cc],
    "message_id": lambda mail: mail.message_id,
    "in_reply_to": lambda mail: list(mail.in_reply_to),
    "references": lambda mail: list(mail.references),
    "date": lambda mail: mail.date,
    "reply": lambda mail: mail.reply_text,
    "attachments": lambda mail: [each.filename for each in mail.attachments],
    "inline": lambda mail: [each.filename for each in mail.attachments if each.inline],
    "contents": lambda mail: [each.content.decode() for each in mail.attachments],
    "is_auto_reply": lambda mail: mail.is_auto_reply,
    "is_bounce": lambda mail: mail.is_bounce,
    "answer_unwanted": lambda mail: mail.answer_unwanted,
    "list_id": lambda mail: mail.list_id,
    "language": lambda mail: mail.language,
    "bounce_recipient": lambda mail: list(mail.bounce.recipient) if mail.bounce else None,
    "bounce_original_recipient": lambda mail: list(mail.bounce.original_recipient) if mail.bounce else None,
    "bounce_status": lambda mail: mail.bounce.status if mail.bounce else None,
    "bounce_message_id": lambda mail: mail.bounce.original_message_id if mail.bounce else None,
    "bounce_delayed": lambda mail: mail.bounce.delayed if mail.bounce else None,
}
CONTAINED: dict[str, Callable[[IncomingMail], Any]] = {
    "text_contains": lambda mail: mail.text,
    "reply_contains": lambda mail: mail.reply_text,
    "quoted_contains": lambda mail: mail.quoted_text,
    "defects": lambda mail: mail.defects,
}


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_mail_yields_its_facts(path: Path) -> None:
    facts = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    mail = parse(path.read_bytes())

    assert facts
    assert "unreadable" not in mail.defects
    for name, wanted in facts.items():
        if name in EQUAL:
            expected = wanted.lstrip("\n") if name == "reply" else wanted
            assert EQUAL[name](mail) == expected, name
        elif name == "reply_not_contains":
            assert not [each for each in wanted if each in mail.reply_text], name
        else:
            assert [each for each in wanted if each not in CONTAINED[name](mail)] == [], name


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_line_ends_change_nothing(path: Path) -> None:
    raw = path.read_bytes().replace(b"\r\n", b"\n")
    mail, other = parse(raw), parse(raw.replace(b"\n", b"\r\n"))

    assert (other.subject, other.sender, other.text, other.reply_text) == (
        mail.subject,
        mail.sender,
        mail.text,
        mail.reply_text,
    )
    assert [each.filename for each in other.attachments] == [each.filename for each in mail.attachments]
