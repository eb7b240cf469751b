"""A conversation to print or to take away as a file. Reads only."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from helpdesk.tickets import export
from web.frame import frame
from web.guards import needs
from web.inbox.pages import known_view
from web.unit import reading

blueprint = Blueprint("papers", __name__)
TICKET = "/werk/w/<view>/<number>"
NOTES = "notities"


def _with_notes() -> bool:
    return request.args.get(NOTES) == "1"


@blueprint.get(TICKET + "/afdrukken")
@needs("ticket.read")
def printed(view: str, number: str) -> str:
    """The whole conversation on one page; internal notes only when asked for, and then every sheet says so."""
    with reading() as unit:
        found = export.print_view(unit, number, with_notes=_with_notes())
        around = frame(unit, known_view(view))
    return render_template("inbox/print.html", view=view, printed=found, thread=found.thread, **around)


@blueprint.get(TICKET + "/gesprek.eml")
@needs("ticket.read")
def eml(view: str, number: str) -> Response:
    """The conversation as a mail that holds its mails, as a download."""
    known_view(view)
    with reading() as unit:
        mail = export.thread_mail(unit, number, with_notes=_with_notes())
    answer = Response(mail.pieces, mimetype="message/rfc822")
    answer.headers["Content-Disposition"] = f'attachment; filename="{mail.name}"'
    return answer
