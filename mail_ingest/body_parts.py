"""Chooses the body, decodes it and names the attachments. Sees one tree of parts; knows no ticket and no database."""

import html as entities
import mimetypes
import re
from dataclasses import dataclass, field

from helpdesk.mail.incoming import Part
from helpdesk.text.plain import MAX_HTML, crude_text, html_to_text, unmarked
from mail_ingest import charsets, headers, invitations, signed, structure, transfer, winmail
from mail_ingest.budget import Budget
from mail_ingest.structure import Entity

MAX_NESTED_MAILS = 3
MAX_NAME = 200

_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?([a-z0-9._-]{2,40})", re.I)
_LOOKS_LIKE_HTML = re.compile(rb"\s{0,200}(?:<!doctype\s+html|<html\b|<body\b)", re.I)
_CID = re.compile(r"cid:([^\s\"'<>()]{1,200})", re.I)
_FORBIDDEN = re.compile(r"[/\\\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
_ENRICHED_TAG = re.compile(r"<(?!<)[^<>\n]{0,100}>")
_TEXT_KINDS = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/calendar"})
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "application/ms-tnef": ".dat",
}


@dataclass(slots=True)
class Block:
    """One stretch of the body: its text form, its HTML form, or both."""

    text: str = ""
    html: str = ""


@dataclass(slots=True)
class Body:
    """What the parts of a mail come to."""

    text: str = ""
    html: str = ""
    appended: list[str] = field(default_factory=list)
    """Texts that belong to the message though they stand in other parts: invitations, winmail.dat."""
    nested: list[str] = field(default_factory=list)
    """Texts of mails inside this mail."""
    attachments: list[Part] = field(default_factory=list)
    reports: list[bytes] = field(default_factory=list)
    """The message/delivery-status parts."""
    inner_reports: list[bytes] = field(default_factory=list)
    """The same of mails inside this mail: a report that was passed on."""
    returned: list[bytes] = field(default_factory=list)
    """Mails or header blocks that came back inside."""
    budget: Budget = field(default_factory=Budget)
    nesting: int = 0

    def attach(self, part: Part) -> None:
        """Add a file, while there may be more."""
        if self.budget.take("files"):
            self.attachments.append(part)


def read(root: Entity, budget: Budget, nesting: int = 0) -> Body:
    """Reads the whole tree, as far as the budget goes."""
    body = Body(budget=budget, nesting=nesting)
    blocks = _blocks(root, body)
    _choose(blocks, body)
    cids = {each.lower() for each in _CID.findall(body.html)} if body.attachments else set()
    if cids:
        body.attachments = [
            Part(each.filename, each.content_type, each.content, True, each.content_id)
            if each.content_id.lower() in cids
            else each
            for each in body.attachments
        ]
    return body


def _choose(blocks: list[Block], body: Body) -> None:
    """Joins the blocks into one text and, when any part had HTML, one HTML form."""
    blocks = [each for each in blocks if each.text.strip() or each.html.strip()]
    if any(each.html for each in blocks):
        whole = "\n".join(each.html or f"<pre>{entities.escape(each.text)}</pre>" for each in blocks)
        body.html = whole if len(whole) <= MAX_HTML else ""
        if not body.html:
            body.budget.say("html_too_large")
    texts = []
    for each in blocks:
        if each.text.strip():
            texts.append(each.text)
        else:
            texts.append(_text_of(each.html, body, mark_quotes=True))
    body.text = "\n".join(texts)


def _text_of(html: str, body: Body, *, mark_quotes: bool = False) -> str:
    """The text form of HTML, crude once the mail has had its share of the good one."""
    size, tags = len(html), html.count("<")
    if body.budget.take("html", size) < size or body.budget.take("tags", tags) < tags:
        return crude_text(html)
    return html_to_text(html, mark_quotes=mark_quotes)


def _blocks(entity: Entity, body: Body) -> list[Block]:
    """The stretches of body below `entity`, in order; everything else goes into `body` as an attachment."""
    if not entity.children:
        return _leaf(entity, body)
    if entity.content_type != "multipart/alternative":
        return [block for child in entity.children for block in _blocks(child, body)]
    merged = Block()
    for child in entity.children:
        found = _blocks(child, body)
        text = "\n".join(each.text for each in found if each.text.strip())
        html = "\n".join(each.html for each in found if each.html.strip())
        merged.text = merged.text or text
        merged.html = html or merged.html
    return [merged]


def _leaf(entity: Entity, body: Body) -> list[Block]:
    disposition_value = entity.first("content-disposition")
    disposition = disposition_value[:20].strip().lower()
    kind = _kind(entity)
    if kind.startswith("message/"):
        return _message(entity, kind, disposition_value, body)
    content = transfer.decode(entity.body, entity.first("content-transfer-encoding"), body.budget)
    name = _named(filename(entity, disposition_value), body)
    if kind in _CONTAINERS or name.lower() == "winmail.dat":
        return _CONTAINERS.get(kind, _winmail)(entity, name, content, body)
    if kind in _TEXT_KINDS and not disposition.startswith(b"attachment") and not (name and body.attachments):
        blocks = _text_leaf(entity, kind, content, name, body)
        if blocks is not None:
            return blocks
    if kind == "text/rfc822-headers":
        body.returned.append(content)
    if kind == "text/calendar" or name.lower().endswith(".ics"):
        body.appended.append(_invitation(content, body))
    if content.strip() or name or disposition:
        _attach(entity, kind, name, content, disposition, body)
    return []


def _invitation(content: bytes, body: Body) -> str:
    """An invitation as text; a cut one would be misread, so it is read whole or not at all."""
    return invitations.to_text(content) if body.budget.take("calendars", len(content)) == len(content) else ""


def _kind(entity: Entity) -> str:
    """The content type, mended where it is missing or a multipart without parts."""
    kind = entity.content_type
    if kind.startswith("multipart/"):
        return "text/plain"
    if kind == "text/plain" and not entity.first("content-type") and _LOOKS_LIKE_HTML.match(entity.raw, entity.start):
        return "text/html"
    return kind


def _text_leaf(entity: Entity, kind: str, content: bytes, name: str, body: Body) -> list[Block] | None:
    """The block of an inline text part; None when it is to be an attachment."""
    if kind == "text/calendar":
        return None
    if name and not (kind == "text/plain" and entity.depth == 0):
        # A named text part is a file; it is also read when it stands where the body should be.
        _attach(entity, kind, name, content, b"inline", body)
    if kind == "text/plain":
        files, content = transfer.uu_files(content)
        for file_name, data in files:
            decoded = _named(charsets.decode(file_name)[0], body)
            guessed = mimetypes.guess_type(decoded)[0] or "application/octet-stream"
            body.attach(Part(decoded or "attachment", guessed, data))
    text = _decode_text(entity, kind, content, body)
    if kind == "text/html":
        return [Block(html=text)]
    text = unmarked(text)
    if kind != "text/plain":
        text = _ENRICHED_TAG.sub("", text).replace("<<", "<")
    elif entity.parameters.get("format", "").lower() == "flowed":
        text = transfer.unflow(text, delete_space=entity.parameters.get("delsp", "").lower() == "yes")
    return [Block(text=text)]


def _decode_text(entity: Entity, kind: str, content: bytes, body: Body) -> str:
    declared: str | None = entity.parameters.get("charset")
    if kind == "text/html" and not declared:
        meta = _META_CHARSET.search(content[:4096])
        declared = meta.group(1).decode("ascii") if meta else None
    text, wrong = charsets.decode(content[: body.budget.take("source", len(content))], declared)
    if wrong:
        body.budget.say("bad_charset")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _message(entity: Entity, kind: str, disposition_value: bytes, body: Body) -> list[Block]:
    """A mail or a report inside the mail: an attachment whose text is readable."""
    content = transfer.decode(entity.body, entity.first("content-transfer-encoding"), body.budget)
    name = _named(filename(entity, disposition_value), body)
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        body.reports.append(content)
        body.attach(Part(name or "delivery-status.txt", kind, content))
        return []
    if kind not in ("message/rfc822", "message/global", "message/news"):
        _attach(entity, kind, name, content, disposition_value[:20].strip().lower(), body)
        return []
    body.returned.append(content[: structure.MAX_HEADER_BLOCK])
    read_inside = body.nesting < MAX_NESTED_MAILS and bool(body.budget.take("mails"))
    inner = structure.split(content, body.budget) if read_inside else structure.header_block(content, body.budget)
    subject = headers.text(inner.first("subject"))
    name = name or (safe_name(subject[:100]) or "message") + ".eml"
    body.attach(Part(name, "message/rfc822", content))
    if read_inside:
        body.nested.append(_nested_text(inner, subject, body))
    else:
        body.budget.say("mails_unread")
    return []


def _nested_text(inner: Entity, subject: str, body: Body) -> str:
    found = read(inner, body.budget, body.nesting + 1)
    body.inner_reports += found.reports + found.inner_reports
    lines = [
        f"{label}: {headers.text(inner.first(label.lower()))}"
        for label in ("From", "Date", "To")
        if inner.first(label.lower())
    ]
    return "\n".join([*lines, f"Subject: {subject}", "", found.text, *found.nested])


def _opaque(entity: Entity, name: str, content: bytes, body: Body) -> list[Block]:
    """An S/MIME part stays an attachment; what it only signs is read as well."""
    _attach(entity, entity.content_type, name or "smime.p7m", content, b"attachment", body)
    inside = signed.signed_content(content) if body.nesting < MAX_NESTED_MAILS else None
    if inside is None:
        return []
    body.nesting += 1
    return _blocks(structure.split(inside, body.budget), body)


def _winmail(entity: Entity, name: str, content: bytes, body: Body) -> list[Block]:
    found = winmail.read(content)
    if found is None or not (found.files or found.text or found.html):
        _attach(entity, "application/ms-tnef", name or "winmail.dat", content, b"attachment", body)
        return []
    for number, file in enumerate(found.files, 1):
        kind = file.content_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        body.attach(
            Part(
                _named(file.name, body) or f"attachment-{number}",
                kind,
                file.content,
                content_id=file.content_id.strip("<>"),
            )
        )
    if not found.files:
        _attach(entity, "application/ms-tnef", name or "winmail.dat", content, b"attachment", body)
    body.appended.append(found.text or _text_of(found.html, body))
    return []


_CONTAINERS = {
    "application/ms-tnef": _winmail,
    "application/vnd.ms-tnef": _winmail,
    "application/pkcs7-mime": _opaque,
    "application/x-pkcs7-mime": _opaque,
}


def _attach(entity: Entity, kind: str, name: str, content: bytes, disposition: bytes, body: Body) -> None:
    content_id = headers.message_id(entity.first("content-id"))
    if not name:
        extension = _EXTENSIONS.get(kind) or mimetypes.guess_extension(kind) or ".bin"
        name = f"attachment-{len(body.attachments) + 1}{extension}"
    inline = disposition.startswith(b"inline") and kind.startswith("image/")
    body.attach(Part(name, kind, content, inline, content_id))


def filename(entity: Entity, disposition: bytes) -> str:
    """The name that a part gives itself, as it stands there; empty when it gives none."""
    name = headers.parameters(disposition).get("filename", "") if disposition else ""
    name = name or entity.parameters.get("name", "")
    if not name and entity.first("content-location"):
        name = headers.text(entity.first("content-location")).rpartition("/")[2]
    return name


def _named(name: str, body: Body) -> str:
    if len(name) > MAX_NAME:
        body.budget.say("name_too_long")
    return safe_name(name)


def safe_name(name: str) -> str:
    """A file name without folders, control characters and tricks with writing direction, at most 200 characters."""
    name = _FORBIDDEN.sub("_", " ".join(name.split())).strip()
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        name = stem[: MAX_NAME - 12] + dot + extension[:10] if dot else name[:MAX_NAME]
    return "" if name.strip("._ ") == "" else name
