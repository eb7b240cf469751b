"""A ticket of a request: what it says, what of it goes along, and what is destroyed in it; and the package to fetch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError
from helpdesk.privacy.rights import codes, exporting, judging, reading, rectifying, redacting
from helpdesk.privacy.rights.request_views import request_view
from helpdesk.tickets.files import FileBytes
from helpdesk.unit import Unit
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.paging import number_asked
from web.unit import reading as reading_unit
from web.unit import writing

blueprint = Blueprint("request_tickets", __name__)
ONE = "/privacybeheer/verzoeken/<int:request_id>"
TICKET = ONE + "/vraag/<number>"
POLICY = "sandbox; default-src 'none'"
_PIECE = 1 << 16


def _page(fault: HelpdeskError | None = None, request_id: int = 0, number: str = "") -> str:
    asked = number_asked("voor")
    with reading_unit() as unit:
        found = reading.reviewed(unit, request_id, number, asked if asked > 1 else None)
        view = request_view(unit, request_id)
        around = frame(unit)
    return render_template(
        "admin/request_ticket.html",
        found=found,
        request_id=request_id,
        row=view.row,
        kind=view.row.kind,
        codes=codes,
        problem=sentence(fault) if fault else "",
        **around,
    )


@blueprint.get(TICKET)
@needs("request.handle")
def show(request_id: int, number: str) -> str:
    """One ticket, message by message, beside what goes of it."""
    return _page(request_id=request_id, number=number)


def _done(request_id: int, number: str, notice: str, act: Callable[[Unit], object]) -> Response:
    with writing() as unit:
        act(unit)
    return then(url_for("request_tickets.show", request_id=request_id, number=number), notice)


def _entry_id() -> int:
    said = request.form.get("entry", "")
    return int(said) if said.isascii() and said.isdigit() else 0


@blueprint.post(TICKET + "/weglaten")
@needs("request.handle")
@shown_again(_page)
def leave_out(request_id: int, number: str) -> Response:
    """Leave one message out, or give it along after all."""
    entry_id, reason = _entry_id(), request.form.get("reason", "")
    if reason == "":
        return _done(request_id, number, "request_judged", lambda unit: judging.give(unit, request_id, entry_id))
    return _done(
        request_id, number, "request_judged", lambda unit: judging.leave_out(unit, request_id, entry_id, reason)
    )


@blueprint.post(TICKET + "/vernietigen")
@needs("request.handle")
@shown_again(_page)
def redact(request_id: int, number: str) -> Response:
    """Destroy the words of one message, or one of its files."""
    reason, said = request.form.get("reason", ""), request.form.get("file", "")
    file_id = int(said) if said.isascii() and said.isdigit() else None
    subject, entry_id = request.form.get("subject") == "1", _entry_id()

    def act(unit: Unit) -> None:
        reading.require_within(unit, request_id, number, entry_id, file_id)
        if file_id is not None:
            redacting.redact_file(unit, file_id, reason)
        else:
            redacting.redact_message(unit, entry_id, reason, subject=subject)

    return _done(request_id, number, "redacted", act)


@blueprint.post(TICKET + "/kanttekening")
@needs("request.handle")
@shown_again(_page)
def remark(request_id: int, number: str) -> Response:
    """Let what is right be said beside the messages."""
    words = request.form.get("words", "")
    return _done(request_id, number, "note_saved", lambda unit: rectifying.remark(unit, request_id, number, words))


@blueprint.get(ONE + "/bestand/<int:attachment_id>")
@needs("request.handle")
def file(request_id: int, attachment_id: int) -> Response:
    """A file of a ticket of the request, always as a download."""
    with reading_unit() as unit:
        found = reading.file_of(unit, request_id, attachment_id)
    return _served(found, "application/octet-stream", "file")


@blueprint.post(ONE + "/pakket")
@needs("request.handle")
def package(request_id: int) -> Response:
    """The package, as a download; that it was fetched is written down, so it is no link."""
    with writing() as unit:
        found = exporting.package(unit, request_id)
    return _served(found, "application/zip", found.name)


def _served(found: FileBytes, kind: str, name: str) -> Response:
    answer = Response(_pieces(found.stream), mimetype=kind)
    answer.headers["Content-Length"] = str(found.size)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = POLICY
    answer.call_on_close(found.stream.close)
    return answer


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE):
            yield piece
