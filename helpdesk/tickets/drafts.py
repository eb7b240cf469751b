"""Answers and notes that are not sent yet, kept on the server so that no crash, reload or sign-out loses them.

Must not: reach a mail, the search index or another account. A draft goes with its ticket; a merge leaves it there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, select, text

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Content, Draft, DraftFile, Entry, Ticket
from helpdesk.models.draft import DRAFT_KINDS
from helpdesk.models.ticket import SHOWN
from helpdesk.people.access import require, ticket_for
from helpdesk.tickets.draft_rows import (
    DraftFileView,
    DraftForm,
    DraftRow,
    DraftView,
    files_of,
    find,
    find_all,
    remove,
    say,
    view_of,
    write,
)
from helpdesk.tickets.writing import FileDraft, storable
from helpdesk.unit import Unit

__all__ = ["DraftFileView", "DraftForm", "DraftRow", "DraftView"]

MOST_FILES = 20
_LATE = dt.timedelta(minutes=1)
_VERBS = {"answer": "ticket.reply", "note": "ticket.note"}


def save_draft(unit: Unit, number: str, kind: str, form: DraftForm) -> dt.datetime | None:
    """Keep the form, replacing what was kept; returns the time, or None when there is nothing to keep.

    An empty text without files removes the draft. A save that was under way while its form was sent is passed over.
    """
    ticket = _ticket(unit, number, kind)
    if form.client_id and _just_sent(unit, form.client_id):
        return None
    known = find(unit, ticket.id, kind)
    if not form.text.strip() and (known is None or not files_of(unit, known)):
        remove(unit, known)
        return None
    write(unit, ticket, kind, form)
    return unit.now


def draft_of(unit: Unit, number: str, kind: str) -> DraftView | None:
    """One's own draft on this ticket, if there is one."""
    draft = find(unit, _ticket(unit, number, kind).id, kind)
    return None if draft is None else view_of(unit, draft)


def drafts_of(unit: Unit, number: str) -> dict[str, DraftView]:
    """One's own drafts on this ticket, by kind."""
    ticket = ticket_for(unit, number, "ticket.read")
    return {draft.kind: view_of(unit, draft) for draft in find_all(unit, ticket.id)}


def discard_draft(unit: Unit, number: str, kind: str) -> None:
    """Throw one's own draft away, files included; the timeline keeps nothing of it."""
    remove(unit, find(unit, _ticket(unit, number, kind).id, kind))


def list_drafts(unit: Unit) -> list[DraftRow]:
    """One's own drafts, newest first."""
    require(unit.actor, "ticket.read")
    rows = unit.session.execute(
        select(Draft, Ticket.number)
        .join(Ticket, Ticket.id == Draft.ticket_id)
        .where(Draft.account_id == unit.actor.account_id, text(SHOWN))
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
    ).all()
    tickets = [draft.ticket_id for draft, _number in rows]
    subjects = dict(
        unit.session.execute(
            select(Content.ticket_id, Content.text).where(Content.ticket_id.in_(tickets), Content.kind == "subject")
        ).all()
    )
    views = [(draft, number, view_of(unit, draft)) for draft, number in rows]
    return [
        DraftRow(number, subjects.get(draft.ticket_id, ""), draft.kind, draft.saved_at, view.form.text, view.files)
        for draft, number, view in views
    ]


def left_behind(unit: Unit, ticket_id: int) -> list[tuple[str, str]]:
    """The numbers and kinds of one's own drafts on tickets that were merged into this one."""
    rows = unit.session.execute(
        select(Ticket.number, Draft.kind)
        .join(Draft, Draft.ticket_id == Ticket.id)
        .where(Ticket.merged_into_id == ticket_id, Draft.account_id == unit.actor.account_id)
        .order_by(Ticket.number, Draft.kind)
    )
    return [(row.number, row.kind) for row in rows]


def bring_along(unit: Unit, number: str, kind: str) -> str:
    """Let one's own draft on a merged ticket go to the ticket that holds its entries, below what one wrote there.

    Files go along; the recipients are those of the other ticket. Returns its number. Raises NotFound without a draft.
    """
    source = _ticket(unit, number, kind)
    draft = find(unit, source.id, kind)
    if draft is None or source.merged_into_id is None:
        raise NotFound("There is no such draft.")
    target = ticket_for(unit, source.merged_into_id, _VERBS[kind])
    brought, known = view_of(unit, draft), find(unit, target.id, kind)
    there = view_of(unit, known).form if known else DraftForm("", version=target.version)
    write(unit, target, kind, replace(there, text="\n\n".join(filter(None, (there.text.strip(), brought.form.text)))))
    if brought.files:
        keep_files(unit, target.number, files_to_send(unit, source.id, [file.id for file in brought.files]))
    remove(unit, draft)
    return target.number


def drafts_on(unit: Unit, ticket_id: int) -> list[tuple[str, dt.datetime]]:
    """The kinds and times of everybody's drafts on a ticket, without a word of them."""
    rows = unit.session.execute(
        select(Draft.kind, Draft.saved_at).where(Draft.ticket_id == ticket_id).order_by(Draft.kind, Draft.saved_at)
    )
    return [(row.kind, row.saved_at) for row in rows]


def keep_files(unit: Unit, number: str, files: Sequence[FileDraft]) -> list[DraftFileView]:
    """Keep files with the draft of the answer, which is made if need be; returns all it has.

    For an answer that could not be sent: nobody chooses the files again. Raises Invalid above twenty files.
    """
    ticket = _ticket(unit, number, "answer")
    draft = find(unit, ticket.id, "answer")
    if draft is None:
        draft = write(unit, ticket, "answer", DraftForm("", version=ticket.version))
    if len(files_of(unit, draft)) + len(files) > MOST_FILES:
        raise Invalid("An answer holds at most {count} files.", field="files", count=MOST_FILES)
    keys = unit.ports.blobs.stage([file.content for file in files if not file.blob])
    unit.after_commit(lambda: unit.ports.blobs.settle(keys))
    fresh = iter(keys)
    for file in files:
        row = DraftFile(
            ticket_id=ticket.id,
            draft_id=draft.id,
            blob=file.blob or next(fresh),
            content_type=storable(file.content_type, 100),
            size=file.size,
        )
        unit.session.add(row)
        unit.session.flush()
        say(unit, draft, "draft_filename", storable(file.name, 500), row.id)
    return view_of(unit, draft).files


def drop_file(unit: Unit, number: str, file_id: int) -> None:
    """Take one file off the draft of the answer."""
    draft = find(unit, _ticket(unit, number, "answer").id, "answer")
    row = unit.session.get(DraftFile, file_id)
    if draft is None or row is None or row.draft_id != draft.id:
        raise NotFound("There is no such file.")
    _let_go(unit, [row])


def files_to_send(unit: Unit, ticket_id: int, wanted: Sequence[int]) -> list[FileDraft]:
    """The bytes of kept files, to go with an answer. Raises NotFound for one that is not in one's own draft."""
    draft = find(unit, ticket_id, "answer") if wanted else None
    names = {file.id: file.name for file in view_of(unit, draft).files} if draft else {}
    rows = {row.id: row for row in files_of(unit, draft)} if draft else {}
    if set(wanted) - set(rows):
        raise NotFound("There is no such file.")
    return [
        FileDraft(names[each], rows[each].content_type, unit.ports.blobs.read(rows[each].blob))
        for each in dict.fromkeys(wanted)
    ]


def sent(unit: Unit, ticket_id: int, kind: str) -> None:
    """The draft became an answer or a note: it goes in the same transaction."""
    remove(unit, find(unit, ticket_id, kind))


def take_back(unit: Unit, ticket: Ticket, form: DraftForm, files: Sequence[FileDraft]) -> None:
    """Make a taken-back answer a draft again; what was written since stands below it, so that no word is lost."""
    if unit.actor.account_id is None:
        return
    known = find(unit, ticket.id, "answer")
    since = view_of(unit, known).form.text if known else ""
    write(unit, ticket, "answer", replace(form, text=f"{form.text}\n\n{since}" if since.strip() else form.text))
    if files:
        keep_files(unit, ticket.number, files)


def unlink_dropped(unit: Unit, limit: int = 500) -> int:
    """Unlink the bytes of files that were dropped, then their rows; a crash between leaves a row for the next time."""
    rows = unit.session.scalars(select(DraftFile).where(DraftFile.draft_id.is_(None)).limit(limit)).all()
    unit.ports.blobs.destroy([row.blob for row in rows])
    unit.session.execute(delete(DraftFile).where(DraftFile.id.in_([row.id for row in rows])))
    return len(rows)


def _ticket(unit: Unit, number: str, kind: str) -> Ticket:
    if kind not in DRAFT_KINDS:
        raise Invalid("A draft is an answer or a note.", field="kind")
    return ticket_for(unit, number, _VERBS[kind])


def _just_sent(unit: Unit, client_id: str) -> bool:
    sent_after = select(Entry.id).where(Entry.client_id == client_id, Entry.at > unit.now - _LATE)
    return unit.session.scalar(sent_after) is not None


def _let_go(unit: Unit, rows: Sequence[DraftFile]) -> None:
    """The bytes are unlinked by the next sweep; the name goes now."""
    for row in rows:
        unit.session.execute(delete(Content).where(Content.ticket_id == row.ticket_id, Content.draft_file_id == row.id))
        row.draft_id = None
    unit.session.flush()
