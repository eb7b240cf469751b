"""Reports of failed delivery: RFC 3464, or free text. Says of whom they speak; marks nothing and sends nothing.

The only importer of flufl.bounce.
"""

import email
import logging
import re
from dataclasses import replace
from email.policy import compat32

from flufl.bounce import all_failures

from helpdesk.mail.incoming import Bounce, Sender
from mail_ingest import headers, machine_words
from mail_ingest.body_parts import Body
from mail_ingest.structure import Entity

# The library logs what it stumbles on, and that may be a person's mail.
logging.getLogger("flufl.bounce").disabled = True

MAX_REPORT = 64 * 1024
MAX_SCAN = 128 * 1024
MAX_LINES, MAX_LINE = 2_000, 998
"""What the library reads: each of its readers walks through every line, and a report stands at the beginning."""
MAX_RECIPIENTS = 100

_FIELD = re.compile(r"^([A-Za-z-]{3,40})[ \t]*:[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.M)
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,100}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_MESSAGE_ID = re.compile(r"^[ \t>]*message-id[ \t]*:\s*<?([^<>\s]{3,500})>?", re.I | re.M)
_DELIVERED = ("delivered", "relayed", "expanded")


def read(root: Entity, body: Body, subject: str, sender: Sender | None, return_path: str | None) -> Bounce | None:
    """What a bounce says, or None when the mail is none."""
    if body.reports:
        report = _from_reports(body.reports)
        if report is None or report.recipient:
            return _completed(report, root, body) if report else None
    failed = headers.addresses(b",".join(root.all("x-failed-recipients")))
    if failed:
        return _completed(Bounce(tuple(each.address for each in failed)), root, body)
    text = body.text[:MAX_SCAN]
    if machine_words.is_absence(subject) or not (body.reports or _worth_a_look(root, subject, sender, return_path)):
        return None
    delayed, recipients = _from_library(root)
    if not (body.reports or _reports_failure(root, subject, sender, text, found=bool(recipients))):
        return None
    inner = _from_reports(body.inner_reports) if body.inner_reports else None
    if inner is not None and inner.recipient:
        return _completed(inner, root, body)
    own = {each.address.lower() for each in headers.addresses(root.first("to"))}
    recipients = recipients or _from_text(text, own | ({sender.address.lower()} if sender else set()))
    return _completed(Bounce(recipients, delayed=delayed or machine_words.is_delay(subject, text)), root, body)


def _is_machine(root: Entity, sender: Sender | None) -> bool:
    """Whether the mail says that a mail server wrote it."""
    named = sender is not None and machine_words.is_daemon(sender.address, sender.name)
    report = "delivery-status" in root.parameters.get("report-type", "")
    return named or report or bool(root.first("x-ms-exchange-message-is-ndr"))


def _worth_a_look(root: Entity, subject: str, sender: Sender | None, return_path: str | None) -> bool:
    return return_path == "" or sender is None or machine_words.is_failure_subject(subject) or _is_machine(root, sender)


def _reports_failure(root: Entity, subject: str, sender: Sender | None, text: str, *, found: bool) -> bool:
    """Whether a failed delivery is what this mail is about.

    Of a mail server, subject or text must say so. Of anybody else (a null return path is also what automatic answers
    have, and a person may forward a bounce) the report must have a known form as well.
    """
    subject_says = machine_words.is_failure_subject(subject)
    text_says = machine_words.tells_failure(machine_words.before_original(text))
    if _is_machine(root, sender):
        return subject_says or text_says or found
    if machine_words.is_answer_or_forward(subject):
        return False
    return (subject_says and (text_says or found)) or (text_says and found)


def _from_reports(reports: list[bytes]) -> Bounce | None:
    """The delivery-status parts (RFC 3464): of whom, with which status. None when there is no recipient in them."""
    recipients: dict[str, str] = {}
    actions: list[str] = []
    originals: list[str] = []
    for report in reports[:10]:
        for block in _blocks(report):
            address = _recipient(block, "final-recipient", "original-recipient", "x-actual-recipient")
            action = block.get("action", "").lower()
            if not (address or action) or action.startswith(_DELIVERED):
                continue
            actions.append(action)
            code = _STATUS.search(block.get("status", "")) or _STATUS.search(block.get("diagnostic-code", ""))
            recipients.setdefault(address, code.group(1) if code else "")
            originals += filter(None, [_recipient(block, "original-recipient")])
    if not actions and not recipients:
        return None if _all_well(reports) else Bounce()
    found = tuple(each for each in recipients if each)[:MAX_RECIPIENTS]
    delayed = bool(actions) and all(each.startswith("delayed") for each in actions)
    status = next((each for each in recipients.values() if each), "")
    return Bounce(found, status, delayed=delayed, original_recipient=tuple(dict.fromkeys(originals))[:MAX_RECIPIENTS])


def _all_well(reports: list[bytes]) -> bool:
    """A report of success: every action says delivered, relayed or expanded."""
    actions = [block["action"].lower() for report in reports[:10] for block in _blocks(report) if "action" in block]
    return bool(actions) and all(each.startswith(_DELIVERED) for each in actions)


def _blocks(report: bytes) -> list[dict[str, str]]:
    text = report[:MAX_REPORT].decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "")
    return [
        {name.lower(): " ".join(value.split()) for name, value in reversed(_FIELD.findall(block))}
        for block in re.split(r"\n[ \t]*\n", text)
    ]


def _recipient(block: dict[str, str], *names: str) -> str:
    for name in names:
        kind, _, address = block.get(name, "").rpartition(";")
        found = _ADDRESS.search(address)
        if found and "x400" not in kind.lower():
            return found.group()
    return ""


def _from_library(root: Entity) -> tuple[bool, tuple[str, ...]]:
    """What flufl.bounce finds: whether it is only a delay, and the recipients."""
    try:
        lines = root.raw[:MAX_SCAN].split(b"\n", MAX_LINES)[:MAX_LINES]
        message = email.message_from_bytes(b"\n".join(line[:MAX_LINE] for line in lines), policy=compat32)
        if not message["from"]:
            message["From"] = "nobody@invalid"
        temporary, permanent = all_failures(message)
    except Exception:  # the library's readers fail in many ways on odd mail; ours goes on without them
        return False, ()
    found = [each.decode("ascii", "ignore") for each in sorted(permanent or temporary)]
    recipients = dict.fromkeys(match.group() for match in map(_ADDRESS.search, found) if match)
    return bool(temporary) and not permanent, tuple(recipients)[:MAX_RECIPIENTS]


def _from_text(text: str, own: set[str]) -> tuple[str, ...]:
    """The addresses that the report's own words name, above the copy of the original mail."""
    spoken = machine_words.before_original(text)[:16_000]
    found = [match.group() for match in _ADDRESS.finditer(spoken)]
    strangers = [
        each for each in dict.fromkeys(found) if each.lower() not in own and not machine_words.is_daemon(each, "")
    ]
    return tuple(strangers[:MAX_RECIPIENTS])


def _completed(found: Bounce, root: Entity, body: Body) -> Bounce:
    """Adds status code and the id of the original mail from the rest of the mail."""
    text = body.text[:MAX_SCAN]
    status = found.status
    if not status:
        code = _STATUS.search(machine_words.before_original(text))
        status = code.group(1) if code else ""
    return replace(
        found,
        recipient=found.recipient or _returned_recipient(body),
        status=status,
        original_message_id=_original_id(root, body, text),
    )


def _returned_recipient(body: Body) -> tuple[str, ...]:
    """To whom the mail went that came back; only when that is one address."""
    for returned in body.returned:
        found = _ADDRESS.findall(_returned_field(returned, "to"))
        if len(found) == 1:
            return (found[0],)
    return ()


def _returned_field(returned: bytes, name: str) -> str:
    block = re.split(rb"\n\r?\n", returned.lstrip(b"\r\n")[:MAX_REPORT], maxsplit=1)[0]
    fields = _FIELD.findall(block.decode("utf-8", "replace").replace("\r\n", "\n"))
    return next((" ".join(value.split()) for key, value in fields if key.lower() == name), "")


def _original_id(root: Entity, body: Body, text: str) -> str:
    for returned in body.returned:
        value = _returned_field(returned, "message-id")
        if value:
            return headers.message_id(value.encode())
    named = _MESSAGE_ID.search(text)
    if named:
        return named.group(1)
    replied = headers.message_ids(root.first("in-reply-to")) or headers.message_ids(root.first("references"))
    return replied[-1] if replied else ""
