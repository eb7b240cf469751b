"""Pages for administrators: mail that waits for a decision, and how the processes are. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError
from helpdesk.status import status
from helpdesk.tickets import parked
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import ports, reading, writing

blueprint = Blueprint("admin", __name__)


def _parked_page(fault: HelpdeskError | None = None, inbound_id: int | None = None) -> str:
    with reading() as unit:
        mails = parked.parked_page(unit)
        around = frame(unit)
    return render_template(
        "admin/parked.html",
        mails=mails,
        reasons=parked.DISCARD_REASONS,
        problem=sentence(fault) if fault else "",
        problem_id=inbound_id,
        **around,
    )


@blueprint.get("/beheer/geparkeerd")
@needs("mail.decide")
def parked_mail() -> str:
    """Mails that wait for a person, oldest first."""
    return _parked_page()


@blueprint.post("/beheer/geparkeerd/<int:inbound_id>/vrijgeven")
@needs("mail.decide")
@shown_again(_parked_page)
def release(inbound_id: int) -> Response:
    """File the mail whatever the rules say."""
    with writing() as unit:
        parked.release(unit, inbound_id)
    return then(url_for("admin.parked_mail"), "released")


@blueprint.post("/beheer/geparkeerd/<int:inbound_id>/opnieuw")
@needs("mail.decide")
@shown_again(_parked_page)
def retry(inbound_id: int) -> Response:
    """File the mail again, rules included."""
    with writing() as unit:
        parked.retry(unit, inbound_id)
    return then(url_for("admin.parked_mail"), "retried")


@blueprint.post("/beheer/geparkeerd/<int:inbound_id>/weggooien")
@needs("mail.decide")
@shown_again(_parked_page)
def discard(inbound_id: int) -> Response:
    """Decide, with a reason, that the mail becomes no ticket."""
    with writing() as unit:
        parked.discard(unit, inbound_id, request.form.get("reason", ""))
    return then(url_for("admin.parked_mail"), "discarded")


@blueprint.get("/techniek/gezondheid")
@needs("health.read")
def health() -> str:
    """Alarms, mailboxes, queues and signs of life."""
    with reading() as unit:
        around = frame(unit)
    return render_template("admin/health.html", status=status(ports()), **around)
