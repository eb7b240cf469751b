"""What the forms of a ticket hold, from the browser or fresh; checks only what needs the screen. Changes nothing."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flask import request
from werkzeug.datastructures import FileStorage

from helpdesk.errors import Invalid
from helpdesk.text.language import N_
from helpdesk.tickets.drafts import DraftFileView, DraftForm, DraftView
from helpdesk.tickets.replying import Answer
from helpdesk.tickets.views import PersonView
from helpdesk.tickets.writing import FileDraft
from helpdesk.uploads import kinds
from web.sent_files import uploads

MOST_FILES = 20


def fresh_id() -> str:
    """A random id for a form, so that sending it twice does its work once."""
    return secrets.token_hex(16)


def whole(name: str) -> int:
    """A whole number of the form; 0 when it is none."""
    return _number(request.form.get(name, ""))


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def addresses(text: str) -> tuple[str, ...]:
    """Addresses typed with commas, semicolons or on lines of their own."""
    parts = text.replace(";", ",").replace("\n", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


@dataclass(frozen=True)
class Composer:
    """The answer and the note of a ticket as their forms show them; two texts that never mix."""

    opened: str = ""
    text: str = ""
    to: str = ""
    cc: tuple[str, ...] = ()
    status: str = "waiting_for_asker"
    note: str = ""
    version: int = 0
    seen: int = 0
    confirm: tuple[str, ...] = ()
    kept: tuple[DraftFileView, ...] = ()
    answer_saved: dt.datetime | None = None
    note_saved: dt.datetime | None = None
    answer_id: str = field(default_factory=fresh_id)
    note_id: str = field(default_factory=fresh_id)


def stored_composer(answer: DraftView | None, note: DraftView | None) -> Composer:
    """The forms as one's drafts keep them; empty where there is none."""
    shown = Composer(
        opened="answer" if answer else "note" if note else "",
        note=note.form.text if note else "",
        note_saved=note.saved_at if note else None,
    )
    if answer is None:
        return shown
    form = answer.form
    return replace(
        shown,
        text=form.text,
        to=form.to,
        cc=form.cc,
        status=form.status_after,
        version=form.version,
        seen=form.seen,
        kept=tuple(answer.files),
        answer_saved=answer.saved_at,
    )


def typed_composer(opened: str, stored: Composer, confirm: tuple[str, ...] = ()) -> Composer:
    """The form as it was sent, and the other one as its draft keeps it."""
    sent = request.form
    client_id = sent.get("client_id") or fresh_id()
    if opened == "note":
        return replace(stored, opened=opened, note=sent.get("text", ""), note_id=client_id)
    return replace(
        stored,
        opened=opened,
        text=sent.get("text", ""),
        to=sent.get("to", ""),
        cc=tuple(sent.getlist("cc")),
        status=sent.get("status", "waiting_for_asker"),
        version=0,
        seen=whole("seen"),
        confirm=confirm,
        answer_id=client_id,
    )


def sent_draft() -> DraftForm:
    """The form in the request, as a draft."""
    return DraftForm(
        text=request.form.get("text", "").replace("\r\n", "\n"),
        to=request.form.get("to", ""),
        cc=tuple(request.form.getlist("cc")),
        status_after=request.form.get("status", "waiting_for_asker"),
        version=whole("version"),
        seen=whole("seen"),
        client_id=request.form.get("client_id", "")[:64],
    )


def _file(upload: FileStorage) -> FileDraft:
    name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    content = upload.stream.read()
    return FileDraft(name, kinds.check(name, content), content)


def sent_files() -> tuple[FileDraft, ...]:
    """The files in the request, each called what its bytes are. Raises Invalid for what may not come."""
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    if len(uploads) > MOST_FILES:
        raise Invalid(N_("An answer holds at most {count} files."), field="files", count=MOST_FILES)
    for upload in uploads:
        upload.stream.seek(0)
    return tuple(_file(upload) for upload in uploads)


def sent_answer() -> Answer:
    """The answer in the request. Raises Invalid for too many files."""
    return Answer(
        markdown=request.form.get("text", "").replace("\r\n", "\n"),
        to=addresses(request.form.get("to", "")),
        cc=tuple(request.form.getlist("cc")),
        status_after=request.form.get("status", ""),
        version=whole("version"),
        client_id=request.form.get("client_id", "")[:64],
        files=sent_files(),
        uploads=uploads(),
        kept=tuple(
            int(one) for one in request.form.getlist("kept") if one.isascii() and one.isdigit() and len(one) < 19
        ),
    )


def is_outside(address: str, domains: tuple[str, ...]) -> bool:
    """Whether an address is outside the organisation; unknown where its domains are not set."""
    domain = address.rpartition("@")[2].lower()
    return bool(domains) and not any(domain == own or domain.endswith("." + own) for own in domains)


def strangers(answer: Answer, people: Sequence[PersonView], domains: tuple[str, ...]) -> tuple[str, ...]:
    """Recipients outside the organisation who have no part in the ticket: a slip of the pen sends words away."""
    known = {person.address.lower() for person in people}
    return tuple(
        address for address in (*answer.to, *answer.cc) if address.lower() not in known and is_outside(address, domains)
    )
