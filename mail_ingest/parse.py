"""parse(bytes) -> IncomingMail: pure, bounded, and never raises. Judges nothing and touches no database."""

from helpdesk.mail.incoming import IncomingMail, Sender
from helpdesk.text import language, quoting
from mail_ingest import automatic, body_parts, bounce, charsets, headers, structure
from mail_ingest.budget import Budget
from mail_ingest.structure import Entity

MAX_RAW = 50 * 1024 * 1024
MAX_SUBJECT = 1_000
MAX_FIELDS = 20


def parse(raw: bytes) -> IncomingMail:
    """Reads one mail; whatever is wrong with it or was left out stands in `defects`.

    Above 50 MB only the header block is read (`too_large`). A fault of ours gives the headers and `unreadable`. Raises
    nothing but MemoryError.
    """
    if len(raw) > MAX_RAW:
        return headers_of(raw, "too_large")
    budget = Budget()
    try:
        root = structure.split(raw, budget)
        if not root.fields and root.start >= root.end:
            budget.say("empty")
        return _mail(root, body_parts.read(root, budget), budget)
    except MemoryError:
        raise
    except Exception:  # the promise to every caller: a mail is never lost to a parser fault
        return headers_of(raw, "unreadable")


def headers_of(raw: bytes, why: str) -> IncomingMail:
    """What the header block alone says, with the code `why` the rest was not read. Raises nothing."""
    budget = Budget()
    budget.say(why)
    try:
        return _mail(structure.header_block(raw, budget), body_parts.Body(budget=budget), budget)
    except Exception:  # the second net below the same promise
        return IncomingMail(defects=(why,))


def _mail(root: Entity, body: body_parts.Body, budget: Budget) -> IncomingMail:
    charset = charsets.codec_for(root.parameters.get("charset", ""))
    hint = None if charset is None or charset in charsets.STATEFUL | {"utf-8", "ascii"} else charset
    subject = _subject(root, hint, budget)
    sender = _sender(root, hint, budget)
    return_path = _return_path(root)
    found = bounce.read(root, body, subject, sender, return_path)
    text, new, rest = _texts(body, budget)
    return IncomingMail(
        subject=subject,
        sender=sender,
        to=_all_addresses(root, "to", hint, budget),
        cc=_all_addresses(root, "cc", hint, budget),
        reply_to=_all_addresses(root, "reply-to", hint, budget),
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
        defects=budget.defects,
    )


def _subject(root: Entity, hint: str | None, budget: Budget) -> str:
    value = root.first("subject")
    subject = headers.text(value, hint)
    if len(subject) > MAX_SUBJECT or len(value) > headers.MAX_VALUE:
        budget.say("subject_too_long")
    return subject[:MAX_SUBJECT]


def _texts(body: body_parts.Body, budget: Budget) -> tuple[str, str, str]:
    """The whole text, what is new in it, and the rest."""
    own, *others = _within_budget([body.text, *body.appended, *body.nested], budget)
    if own.count("\n") > quoting.MAX_LINES:
        budget.say("too_many_lines")
    split = quoting.split_reply(own)
    appended = [each.strip() for each in map(quoting.without_marks, others[: len(body.appended)]) if each.strip()]
    nested = [each for each in map(quoting.without_marks, others[len(body.appended) :]) if each.strip()]
    new = "\n\n".join([each for each in (split.new,) if each.strip()] + appended)
    rest = "\n\n".join([each for each in (split.rest,) if each.strip()] + nested)
    text = "\n\n".join([each for each in (quoting.without_marks(own),) if each.strip()] + appended + nested)
    return text, (new or text), (rest if new else "")


def _within_budget(texts: list[str], budget: Budget) -> list[str]:
    return [each[: budget.take("text", len(each))] for each in texts]


def _sender(root: Entity, hint: str | None, budget: Budget) -> Sender | None:
    """The first address in From, of several fields the first that holds one; else Sender."""
    values = root.all("from")
    if len(values) > 1:
        budget.say("several_from")
    for value in [*values, *root.all("sender")]:
        found = headers.addresses(value, hint)
        if found:
            return found[0]
    budget.say("no_sender")
    return None


def _all_addresses(root: Entity, name: str, hint: str | None, budget: Budget) -> tuple[Sender, ...]:
    values = root.all(name)
    found = dict.fromkeys(each for value in values[:MAX_FIELDS] for each in headers.addresses(value, hint))
    cut = len(values) > MAX_FIELDS or any(len(value) > headers.MAX_VALUE for value in values)
    if cut or len(found) > headers.MAX_ADDRESSES:
        budget.say("too_many_recipients")
    return tuple(found)[: headers.MAX_ADDRESSES]


def _return_path(root: Entity) -> str | None:
    values = root.all("return-path")
    if not values:
        return None
    found = headers.addresses(values[0])
    return found[0].address if found else ""
