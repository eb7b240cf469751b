"""parse(bytes) -> IncomingMail: pure, bounded, and never raises. Judges nothing and touches no database."""

from helpdesk.mail.incoming import IncomingMail, Sender
from helpdesk.text import language, quoting
from mail_ingest import automatic, body_parts, bounce, charsets, headers, structure
from mail_ingest.structure import Entity

MAX_RAW = 50 * 1024 * 1024
MAX_SUBJECT = 4_000
MAX_TEXT = 2 * 1024 * 1024
MAX_DEFECTS = 30


def parse(raw: bytes) -> IncomingMail:
    """Reads one mail; whatever is wrong with it stands in `defects`.

    Above 50 MB only the header block is read (`too_large`). A fault of ours gives the headers and `unreadable`.
    """
    defects: list[str] = []
    if len(raw) > MAX_RAW:
        return _headers_only(raw, [*defects, "too_large"])
    try:
        return _read(structure.split(raw, defects), defects)
    except Exception:  # the promise to every caller: a mail is never lost to a parser fault
        return _headers_only(raw, ["unreadable"])


def _headers_only(raw: bytes, defects: list[str]) -> IncomingMail:
    try:
        root = structure.header_block(raw, defects)
        return _mail(root, body_parts.Body(defects=defects), defects)
    except Exception:  # the second net below the same promise
        return IncomingMail(defects=tuple(defects))


def _read(root: Entity, defects: list[str]) -> IncomingMail:
    if not root.fields and root.start >= root.end:
        defects.append("empty")
    return _mail(root, body_parts.read(root, defects), defects)


def _mail(root: Entity, body: body_parts.Body, defects: list[str]) -> IncomingMail:
    charset = charsets.codec_for(root.parameters.get("charset", ""))
    hint = None if charset is None or charset in charsets.STATEFUL | {"utf-8", "ascii"} else charset
    subject = headers.text(root.first("subject"), hint)[:MAX_SUBJECT]
    sender = _sender(root, hint, defects)
    return_path = _return_path(root)
    found = bounce.read(root, body, subject, sender, return_path)
    text, new, rest = _texts(body, defects)
    return IncomingMail(
        subject=subject,
        sender=sender,
        to=_all_addresses(root, "to", hint),
        cc=_all_addresses(root, "cc", hint),
        reply_to=_all_addresses(root, "reply-to", hint),
        return_path=return_path,
        message_id=headers.message_id(root.first("message-id")),
        in_reply_to=headers.message_ids(root.first("in-reply-to")),
        references=headers.message_ids(b" ".join(root.all("references"))),
        date=headers.date(root.first("date")),
        text=text,
        html=body.html,
        reply_text=new,
        quoted_text=rest,
        attachments=tuple(body.attachments),
        is_auto_reply=automatic.is_auto_reply(root, subject, return_path),
        is_bounce=found is not None,
        bounce=found,
        answer_unwanted=automatic.answer_unwanted(root),
        list_id=headers.text(root.first("list-id"))[:300],
        authentication_results=tuple(headers.text(each) for each in root.all("authentication-results")[:50]),
        language=language.detect(new),
        defects=tuple(dict.fromkeys(defects))[:MAX_DEFECTS],
    )


def _texts(body: body_parts.Body, defects: list[str]) -> tuple[str, str, str]:
    """The whole text, what is new in it, and the rest."""
    split = quoting.split_reply(body.text[:MAX_TEXT])
    if len(body.text) > MAX_TEXT:
        defects.append("text_too_large")
    appended = [each.strip() for each in body.appended if each.strip()]
    nested = [each for each in body.nested if each.strip()]
    new = "\n\n".join([each for each in (split.new,) if each.strip()] + appended)
    rest = "\n\n".join([each for each in (split.rest,) if each.strip()] + nested)
    text = "\n\n".join(
        [each for each in (quoting.without_marks(body.text[:MAX_TEXT]),) if each.strip()] + appended + nested
    )
    return text, (new or text), (rest if new else "")


def _sender(root: Entity, hint: str | None, defects: list[str]) -> Sender | None:
    """The first address in From, of several fields the first that holds one; else Sender."""
    values = root.all("from")
    if len(values) > 1:
        defects.append("several_from")
    for value in [*values, *root.all("sender")]:
        found = headers.addresses(value, hint)
        if found:
            return found[0]
    defects.append("no_sender")
    return None


def _all_addresses(root: Entity, name: str, hint: str | None) -> tuple[Sender, ...]:
    found = [each for value in root.all(name)[:20] for each in headers.addresses(value, hint)]
    return tuple(dict.fromkeys(found))[: headers.MAX_ADDRESSES]


def _return_path(root: Entity) -> str | None:
    values = root.all("return-path")
    if not values:
        return None
    found = headers.addresses(values[0])
    return found[0].address if found else ""
