"""Writes entries and their words, files and index; knows nothing of what they mean for the ticket."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from helpdesk.mail.incoming import Laid
from helpdesk.models import Attachment, Content, Entry
from helpdesk.ports import SCAN_WAITING
from helpdesk.retention import clock
from helpdesk.search import index_new_entry
from helpdesk.unit import Unit
from helpdesk.uploads.scanning import at_first
from helpdesk.uploads.sending import take

BODY_LIMIT = 1_000_000
INDEX_LIMIT = 60_000
_CONTROL = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A file to be kept with an entry."""

    name: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""
    laid: Laid | None = None
    """The bytes when they lie among the blobs already, not synced; `content` is empty then."""
    blob: str = ""
    """The key of its bytes once they are staged, or where they lie already."""
    scan: str = ""
    """What the scanner said of it; nothing where nobody asked."""

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if self.laid is None else self.laid.size


@dataclass(slots=True)
class EntryDraft:
    """Everything of an entry before it has an id; `texts` by content kind."""

    kind: str
    at: dt.datetime
    texts: dict[str, str] = field(default_factory=dict)
    headers: dict[str, Any] | None = None
    files: Sequence[FileDraft] = ()
    account_id: int | None = None
    person_id: int | None = None
    inbound_id: int | None = None
    message_id_digest: str | None = None
    parent_digest: str | None = None
    root_digest: str | None = None
    client_id: str | None = None
    html: str = ""
    verdict: str | None = None
    defects: str | None = None
    html_reason: str | None = None
    index: str = ""


def storable(text: str, limit: int = BODY_LIMIT) -> str:
    """Text both databases can hold: no NUL, no lone surrogate, at most `limit` characters."""
    text = text[:limit]
    if "\0" not in text and (text.isascii() or _encodes(text)):
        return text  # The usual case: going through it letter by letter costs twenty times as much.
    return _CONTROL.sub("\ufffd", text)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def write_subject(unit: Unit, ticket_id: int, subject: str) -> None:
    """Write the subject of a ticket."""
    unit.rows.put(Content, {"ticket_id": ticket_id, "kind": "subject", "text": storable(subject, 1000)})


def write_entry(unit: Unit, ticket_id: int, draft: EntryDraft) -> Entry:
    """Write an entry with its words, files and index; bytes are staged now and settled after the commit."""
    entry = unit.rows.add(
        Entry,
        {
            "ticket_id": ticket_id,
            "kind": draft.kind,
            "at": draft.at,
            "account_id": draft.account_id,
            "person_id": draft.person_id,
            "inbound_id": draft.inbound_id,
            "message_id_digest": draft.message_id_digest,
            "parent_digest": draft.parent_digest,
            "root_digest": draft.root_digest,
            "client_id": draft.client_id,
            "verdict": draft.verdict,
            "defects": draft.defects,
            "html_state": "waiting" if draft.html else "none",
            "html_reason": draft.html_reason,
        },
    )
    texts = {kind: storable(text) for kind, text in draft.texts.items() if text}
    if draft.html:
        texts["html_source"] = storable(draft.html)
    if draft.headers is not None:
        texts["headers"] = storable(json.dumps(draft.headers, ensure_ascii=False))
    for kind, text in texts.items():
        unit.rows.put(Content, {"ticket_id": ticket_id, "entry_id": entry.id, "kind": kind, "text": text})
    _write_files(unit, ticket_id, entry.id, draft.files)
    clock.touch(unit, ticket_id)
    names = " ".join(storable(file.name, 500) for file in draft.files)
    index_new_entry(unit, ticket_id, entry.id, f"{storable(draft.index, INDEX_LIMIT)} {names}")
    return entry


def stage_files(unit: Unit, files: Sequence[FileDraft]) -> list[FileDraft]:
    """The files with their bytes staged and synced, all at once; they are settled after the commit."""
    if not files:
        return []
    blobs = unit.ports.blobs
    fresh = iter(blobs.stage([file.content for file in files if file.laid is None]))
    blobs.adopt([file.laid.key for file in files if file.laid is not None])
    keys = [next(fresh) if file.laid is None else file.laid.key for file in files]
    unit.after_commit(lambda: blobs.settle(keys))
    return [replace(file, blob=key) for file, key in zip(files, keys, strict=True)]


def sent_before(unit: Unit, tokens: Sequence[str]) -> list[FileDraft]:
    """The files that were sent in pieces ahead of a form, by their ids: from now on they belong to what is written."""
    return [
        FileDraft(file.name, file.content_type, b"", laid=Laid(file.blob, file.size), blob=file.blob, scan=file.scan)
        for file in take(unit, tokens)
    ]


def _write_files(unit: Unit, ticket_id: int, entry_id: int, files: Sequence[FileDraft]) -> None:
    """Write a row per file, and its name as content."""
    staged = [*(file for file in files if file.blob), *stage_files(unit, [file for file in files if not file.blob])]
    for file in staged:
        scan = file.scan or at_first(unit.ports)
        if scan == "waiting":
            unit.nudge(SCAN_WAITING)
        attachment = unit.rows.add(
            Attachment,
            {
                "ticket_id": ticket_id,
                "entry_id": entry_id,
                "blob": file.blob,
                "content_type": storable(file.content_type, 100),
                "size": file.size,
                "inline": file.inline,
                "content_id": storable(file.content_id, 300) or None,
                "scan": scan,
            },
        )
        said = {"ticket_id": ticket_id, "entry_id": entry_id, "attachment_id": attachment.id, "kind": "filename"}
        unit.rows.put(Content, said | {"text": storable(file.name, 500)})
