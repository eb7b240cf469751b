"""What is fuzzed, what must hold of each result, and targets with a planted fault that the fuzzer must find."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator

from helpdesk.mail.incoming import IncomingMail
from helpdesk.text.html_limits import MAX_CHARACTERS
from helpdesk.text.plain import QUOTE_START
from helpdesk.text.quoting import MAX_LINES, split_reply
from helpdesk.text.sanitize import clean_mail_html
from mail_ingest import headers
from mail_ingest.parse import MAX_SUBJECT, parse
from tests.helpdesk.text.test_sanitize import Reader, dangers

_EMPTY = re.compile(r"<(span|font)\b[^>]*></\1>")
Check = Callable[[bytes], Iterator[None] | None]
"""What must hold of one input; one with several calls yields between them, and each call has its own time."""


class BrokenPromiseError(AssertionError):
    """A result that is not what its function promises; the message says which promise."""


def _promise(kept: object, what: str) -> None:
    if not kept:
        raise BrokenPromiseError(what)


def check_parse(raw: bytes) -> None:
    """`parse` never raises nor meets a fault of ours, stays within its limits, and gives text that can be stored."""
    mail = parse(raw)
    _promise("unreadable" not in mail.defects, "a fault of ours was swallowed")
    for text in _strings(mail):
        _promise("\0" not in text, "a NUL in a text")
        text.encode()
    _promise(mail.reply_text.strip() or not mail.text.strip(), "an empty reply of a mail with text")
    _promise(QUOTE_START not in mail.text + mail.reply_text + mail.quoted_text, "a mark of ours in a text")
    _promise(
        len(mail.subject) <= MAX_SUBJECT and len(set(mail.defects)) == len(mail.defects),
        "subject too long, or a defect twice",
    )
    _promise(len(mail.references) <= headers.MAX_REFERENCES, "too many references")
    _promise(max(map(len, (mail.to, mail.cc))) <= headers.MAX_ADDRESSES, "too many recipients")
    _promise(mail.date is None or mail.date.tzinfo is not None, "a date without a zone")
    for file in mail.attachments:
        _promise(file.filename and not set("/\\") & set(file.filename), "a file name that is empty or holds a folder")
        _promise(isinstance(file.content, bytes), "a file without bytes")
    _promise(not mail.is_bounce or mail.bounce is not None, "a bounce that says nothing")


def _strings(mail: IncomingMail) -> list[str]:
    people = [*mail.recipients, *mail.reply_to, *filter(None, [mail.sender])]
    bounce = [*mail.bounce.recipient, *mail.bounce.original_recipient, mail.bounce.status] if mail.bounce else []
    return [
        *(mail.subject, mail.text, mail.html, mail.reply_text, mail.quoted_text, mail.message_id, mail.list_id),
        *(*mail.references, *mail.in_reply_to, *mail.authentication_results, *mail.defects, *bounce),
        *(each.address + each.name for each in people),
        *(each.filename + each.content_type + each.content_id for each in mail.attachments),
    ]


def check_clean(raw: bytes) -> Iterator[None]:
    """`clean_mail_html` gives nothing that acts, says so when it refuses, and finds nothing to clean in its own output.

    To write a tree down and read it again is not always the same tree (HTML 13.3): a link across blocks is opened
    again in each. So the second cleaning must keep every word, and every element with exactly the same attributes; but
    for a span or font around nothing, which that may make.
    """
    html = raw.decode("utf-8", "replace")
    first = clean_mail_html(html)
    _promise((first.html is None) == (first.refused is not None), "refused and cleaned at once, or neither")
    yield
    clean_mail_html(html, lambda content_id: f"/werk/bestand/{len(content_id)}/inline")
    if first.html is None:
        return
    found = dangers(first.html)
    _promise(not found, f"something that acts: {found[:3]}")
    _promise("\0" not in first.html, "a NUL in the HTML")
    yield
    again = clean_mail_html(first.html)
    if again.refused is None:
        one, other = (Reader(_without_empty(html)) for html in (first.html, again.html or ""))
        _promise(one.shown == other.shown, "cleaning twice takes words away")
        _promise(set(one.tags) == set(other.tags), "cleaning twice takes elements away")
        _promise(set(one.attributes) == set(other.attributes), "cleaning twice changes attributes")
    else:
        _promise(len(first.html) > MAX_CHARACTERS // 8, "its own output is refused")


def _without_empty(html: str) -> str:
    while (less := _EMPTY.sub("", html)) != html:
        html = less
    return html


def check_split(raw: bytes) -> None:
    """`split_reply` loses no line, invents none, and leaves something new of every text that says something.

    A line that holds a mark of ours and nothing but signs of quoting goes with its mark.
    """
    text = raw.decode("utf-8", "replace")
    split = split_reply(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    said = (line for line in lines if QUOTE_START not in line or line.strip(f" \t>{QUOTE_START}"))
    shown = "\n".join(said).replace(QUOTE_START, "")
    _promise(split.new.strip() or not shown.strip(), "nothing is new in a text that says something")
    lost = _words(shown) - _words(f"{split.new}\n{split.rest}")
    _promise(not lost, f"words are lost: {list(lost)[:3]}")
    made_up = _words(f"{split.new}\n{split.rest}") - _words(shown)
    _promise(not made_up, f"words are made up: {list(made_up)[:3]}")
    _promise(split.new.count("\n") + split.rest.count("\n") <= shown.count("\n") + MAX_LINES, "lines are made up")


def _words(text: str) -> Counter[str]:
    """Letters and digits of a text: an address that was broken over lines is joined, so lines can't be compared."""
    return Counter(char for char in text if not char.isspace())


TARGETS: dict[str, Check] = {"parse": check_parse, "clean": check_clean, "split": check_split}


def _crashes(raw: bytes) -> None:
    if b"=?" in raw:
        raise RecursionError("planted")


def _breaks(raw: bytes) -> None:
    _promise(b"--" not in raw, "planted")


def _hangs(raw: bytes) -> None:
    while b"--" in raw:
        time.process_time()


def _grows(raw: bytes) -> None:
    if b"--" in raw:
        len(bytearray(b"x") * (300 << 20))


_KEPT: list[bytes] = []


def _leaks(raw: bytes) -> None:
    if b"--" in raw:
        _KEPT.append(b"x" * (40 << 20))


def _dies(raw: bytes) -> None:
    if b"--" in raw:
        raise SystemExit(3)


PLANTED: dict[str, tuple[str, Check]] = {
    "planted-crash": ("crash", _crashes),
    "planted-break": ("broken", _breaks),
    "planted-hang": ("hang", _hangs),
    "planted-growth": ("growth", _grows),
    "planted-leak": ("growth", _leaks),
    "planted-death": ("crash", _dies),
}
"""Targets that fail on inputs that are common; with the kind of fault that must be reported."""
