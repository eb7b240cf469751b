"""The rows of drafts: finding, writing and removing them with their words. Knows nothing of who may do so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import NotFound
from helpdesk.models import Content, Draft, DraftFile, Ticket
from helpdesk.tickets.writing import storable
from helpdesk.unit import Unit

_PEOPLE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class DraftForm:
    """A form as it was typed; `version` and newest entry `seen` are those of the ticket when the form was made.

    `client_id` names the form, as it does when it is sent.
    """

    text: str
    to: str = ""
    cc: tuple[str, ...] = ()
    status_after: str = "waiting_for_asker"
    version: int = 0
    seen: int = 0
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class DraftFileView:
    """A file kept with a draft; size in bytes."""

    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as its form shows it again."""

    kind: str
    saved_at: dt.datetime
    form: DraftForm
    files: list[DraftFileView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in the list of one's own."""

    number: str
    subject: str
    kind: str
    saved_at: dt.datetime
    text: str
    files: list[DraftFileView]


def find(unit: Unit, ticket_id: int, kind: str) -> Draft | None:
    """The actor's own draft of this kind on the ticket."""
    return unit.session.scalar(
        select(Draft)
        .where(Draft.ticket_id == ticket_id, Draft.account_id == unit.actor.account_id, Draft.kind == kind)
        .execution_options(populate_existing=True)
    )


def find_all(unit: Unit, ticket_id: int) -> Sequence[Draft]:
    """The actor's own drafts on the ticket."""
    mine = select(Draft).where(Draft.ticket_id == ticket_id, Draft.account_id == unit.actor.account_id)
    return unit.session.scalars(mine.execution_options(populate_existing=True)).all()


def files_of(unit: Unit, draft: Draft) -> Sequence[DraftFile]:
    """The files kept with a draft, in the order they were chosen."""
    return unit.session.scalars(select(DraftFile).where(DraftFile.draft_id == draft.id).order_by(DraftFile.id)).all()


def write(unit: Unit, ticket: Ticket, kind: str, form: DraftForm) -> Draft:
    """The row by insert-or-update, so that two tabs that save at once leave one; then its words."""
    if unit.actor.account_id is None:
        raise NotFound("There is no such draft.")
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        "status_after": form.status_after[:20],
        "ticket_version": form.version,
        "seen_entry_id": form.seen,
        "saved_at": unit.now,
    }
    row = dialect.insert(Draft).values(ticket_id=ticket.id, account_id=unit.actor.account_id, kind=kind, **values)
    connection.execute(
        row.on_conflict_do_update(index_elements=[Draft.ticket_id, Draft.account_id, Draft.kind], set_=values)
    )
    draft = find(unit, ticket.id, kind)
    assert draft is not None  # noqa: S101 - the statement above wrote it
    _forget(unit, draft, Content.kind.in_(("draft", "draft_people")))
    say(unit, draft, "draft", storable(form.text))
    people = json.dumps({"to": form.to, "cc": form.cc}, ensure_ascii=False)
    if kind == "answer" and len(people) <= _PEOPLE_LIMIT:
        say(unit, draft, "draft_people", storable(people))
    return draft


def say(unit: Unit, draft: Draft, kind: str, text: str, file_id: int | None = None) -> None:
    """Write one text of a draft."""
    unit.session.execute(
        insert(Content).values(
            ticket_id=draft.ticket_id, draft_id=draft.id, draft_file_id=file_id, kind=kind, text=text
        )
    )


def _forget(unit: Unit, draft: Draft, *which: ColumnElement[bool]) -> None:
    own = (Content.ticket_id == draft.ticket_id, Content.draft_id == draft.id)
    unit.session.execute(delete(Content).where(*own, *which))


def remove(unit: Unit, draft: Draft | None) -> None:
    """Delete a draft with its words; the bytes of its files are left to `unlink_dropped`."""
    if draft is None:
        return
    unit.session.execute(update(DraftFile).where(DraftFile.draft_id == draft.id).values(draft_id=None))
    _forget(unit, draft)
    unit.session.execute(delete(Draft).where(Draft.id == draft.id))


def view_of(unit: Unit, draft: Draft) -> DraftView:
    """A draft with everything its form needs."""
    texts: dict[str, str] = {}
    names: dict[int, str] = {}
    for row in unit.session.execute(
        select(Content.kind, Content.text, Content.draft_file_id).where(
            Content.ticket_id == draft.ticket_id, Content.draft_id == draft.id
        )
    ):
        if row.draft_file_id is None:
            texts[row.kind] = row.text
        else:
            names[row.draft_file_id] = row.text
    people = json.loads(texts.get("draft_people", "{}"))
    form = DraftForm(
        text=texts.get("draft", ""),
        to=people.get("to", ""),
        cc=tuple(people.get("cc", ())),
        status_after=draft.status_after,
        version=draft.ticket_version,
        seen=draft.seen_entry_id,
    )
    files = [DraftFileView(row.id, names.get(row.id, ""), row.size) for row in files_of(unit, draft)]
    return DraftView(draft.kind, draft.saved_at, form, files)
