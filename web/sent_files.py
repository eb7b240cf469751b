"""The files of a form: those it carries itself, and the ids of those that were sent ahead of it. Decides nothing."""

from __future__ import annotations

from flask import request

from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import Unit
from helpdesk.uploads import sending
from helpdesk.uploads.sending import Progress

SENT_BEFORE = "uploads"
"""The name of the hidden fields with the ids of files that were sent ahead."""


def files() -> tuple[FileDraft, ...]:
    """The files of the form, without the folders some browsers send along."""
    found = []
    for upload in request.files.getlist("files"):
        if upload.filename:
            upload.stream.seek(0)
            name = upload.filename.replace("\\", "/").rpartition("/")[2]
            found.append(FileDraft(name, upload.mimetype or "application/octet-stream", upload.stream.read()))
    return tuple(found)


def uploads() -> tuple[str, ...]:
    """The ids of files that were sent ahead of the form."""
    return tuple(request.form.getlist(SENT_BEFORE))


def chosen(unit: Unit) -> list[Progress]:
    """Those files, for a form that is shown again."""
    return sending.chosen(unit, uploads()) if request.method == "POST" else []
