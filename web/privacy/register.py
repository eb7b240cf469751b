"""The register of processing as pages: the entries, their versions, who put them in force. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, request, url_for

from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.people.access import can
from helpdesk.people.two_people import second_refused
from helpdesk.privacy import effects, policies
from helpdesk.privacy.policies import STATE, PolicyView
from helpdesk.retention.register.differences import machine_form
from helpdesk.retention.register.export import as_html, as_json, as_text
from helpdesk.retention.register.lint import Finding, lint
from helpdesk.retention.register.load import load, shipped
from helpdesk.retention.register.model import Register
from helpdesk.retention.register.outline import outline
from helpdesk.text.language import translator
from helpdesk.unit import Unit
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import actor, reading, writing

blueprint = Blueprint("register", __name__)
ALL = "/privacybeheer/verwerkingsregister"
ONE = ALL + "/<processing>"
_FILES = {"txt": (as_text, "text/plain"), "html": (as_html, "text/html"), "json": (as_json, "application/json")}


@blueprint.get(ALL)
@needs("policy.read")
def show_list() -> str:
    """The registers that come with the software, and which version of each is in force."""
    with reading() as unit:
        rows = [(one, policies.versions(unit, key)) for key, one in sorted(shipped().items())]
        around = frame(unit)
    return render_template("privacy/registers.html", rows=rows, states=STATE, **around)


def _chosen(unit: Unit, processing: str, known: list[PolicyView]) -> tuple[Register, PolicyView | None]:
    """The version that is asked for; else the one in force, the newest proposal, or the text that comes along."""
    asked = request.values.get("versie", "")
    wanted = [one for one in known if one.version == asked] if asked else []
    if asked and not wanted:
        raise NotFound("There is no such register.")
    wanted += [one for state in ("in_force", "proposed") for one in known if one.state == state]
    if wanted:
        return policies.register_of(unit, wanted[0].version), wanted[0]
    return load(policies.shipped_text(processing)), None


def _page(fault: HelpdeskError | None = None, processing: str = "") -> str:
    with reading() as unit:
        known = policies.versions(unit, processing)
        own = load(policies.shipped_text(processing))
        register, view = _chosen(unit, processing, known)
        waits = view is not None and view.state == "proposed"
        approves = waits and can(unit.actor, "policy.approve")
        said = second_refused(unit, "policy.approve", view.proposed_by_id) if view and approves else None
        foreseen = effects.foreseen(unit, view.version) if view and waits else None
        around = frame(unit)
    words = translator(g.language).gettext
    return render_template(
        "privacy/register.html",
        processing=processing,
        register=register,
        version=view,
        versions=known,
        lines=outline(register),
        rules=[(rule, register.subjects[rule.subject], machine_form(rule)) for rule in register.rules.values()],
        tensions=[(one, words(one.sentence).format(**one.said()), _decided(register, one)) for one in lint(register)],
        foreseen=foreseen,
        states=STATE,
        may_propose=can(actor(), "policy.propose") and own.version not in {one.version for one in known},
        may_withdraw=waits and can(actor(), "policy.propose"),
        waits=waits,
        may_approve=approves and said is None,
        refused=sentence(said) if said else "",
        problem=sentence(fault) if fault else "",
        **around,
    )


def _decided(register: Register, one: Finding) -> str:
    """What was decided about the row that a tension is about."""
    rule = register.rules.get(one.row)
    return rule.decision_nl if rule else ""


@blueprint.get(ONE)
@needs("policy.read")
def show(processing: str) -> str:
    """One entry in the order of its public text, with its versions and tensions."""
    return _page(processing=processing)


@blueprint.get(ONE + "/register.<kind>")
@needs("policy.read")
def as_file(processing: str, kind: str) -> Response:
    """The entry to take away: as text, HTML or JSON."""
    if kind not in _FILES:
        raise NotFound("There is no such file.")
    with reading() as unit:
        register, _view = _chosen(unit, processing, policies.versions(unit, processing))
    make, mimetype = _FILES[kind]
    answer = Response(make(register), mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="register_{register.id}.{kind}"'
    return answer


@blueprint.post(ONE + "/voorstellen")
@needs("policy.propose")
@shown_again(_page)
def propose(processing: str) -> Response:
    """Propose the text that comes with the software."""
    with writing() as unit:
        version = policies.propose(unit, policies.shipped_text(processing))
    return then(url_for("register.show", processing=processing, versie=version), "register_proposed")


@blueprint.post(ONE + "/in-werking")
@needs("policy.approve")
@shown_again(_page)
def approve(processing: str) -> Response:
    """Put a proposed version in force, as the second person."""
    with writing() as unit:
        policies.approve(unit, request.form.get("versie", ""), request.form.get("sha256", ""))
    return then(url_for("register.show", processing=processing), "register_approved")


@blueprint.post(ONE + "/terugnemen")
@needs("policy.propose")
@shown_again(_page)
def withdraw(processing: str) -> Response:
    """Take a proposal back."""
    with writing() as unit:
        policies.withdraw(unit, request.form.get("versie", ""))
    return then(url_for("register.show", processing=processing), "register_withdrawn")
