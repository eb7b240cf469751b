"""The files of a form: those it carries itself, and the ids of those that were sent ahead of it. Decides nothing."""

from __future__ import annotations

from flask import request

from helpdesk.text.language import N_
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import Unit
from helpdesk.uploads import sending
from helpdesk.uploads.sending import LARGEST_FILE, Progress

LARGEST_FORM = 60_000_000
"""Bytes of a form of people who ask that is read: more than may come, so that a file is refused by its name and beside
what was typed, and not the form with all of it."""
TOO_MUCH = N_("The files are together larger than 25 MB. Send fewer or smaller files.")
SENT_BEFORE = "uploads"
"""The name of the hidden fields with the ids of files that were sent ahead."""


def files() -> tuple[FileDraft, ...]:
    """The files of the form, without the folders some browsers send along; of one too large a byte more than may be."""
    found = []
    for upload in request.files.getlist("files"):
        if upload.filename:
            upload.stream.seek(0)
            name = upload.filename.replace("\\", "/").rpartition("/")[2]
            content = upload.stream.read(LARGEST_FILE + 1)
            found.append(FileDraft(name, upload.mimetype or "application/octet-stream", content))
    return tuple(found)


def uploads() -> tuple[str, ...]:
    """The ids of files that were sent ahead of the form."""
    return tuple(request.form.getlist(SENT_BEFORE))


def chosen(unit: Unit) -> list[Progress]:
    """Those files, for a form that is shown again."""
    return sending.chosen(unit, uploads()) if request.method == "POST" else []
