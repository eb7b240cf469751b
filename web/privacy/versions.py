"""Two versions of a register beside each other: what differs, word by word, and what the newer one would do to tickets.

Decides nothing itself.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.privacy import effects, policies
from helpdesk.privacy.policies import STATE, PolicyView
from helpdesk.retention.register.differences import differences
from helpdesk.retention.register.load import load
from helpdesk.retention.register.model import Register
from helpdesk.text.language import N_
from helpdesk.unit import Unit
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("versions", __name__)
ONE = "/privacybeheer/verwerkingsregister/<processing>"
SHIPPED = "meegeleverd"
"""Stands for the text that comes with the software, which may not have been proposed yet."""
FIELD = {
    "nl": N_("name"),
    "en": N_("name in English"),
    "fields_nl": N_("which data"),
    "fields_en": N_("which data, in English"),
    "fields_intro_nl": N_("words before the data"),
    "purpose_nl": N_("purpose"),
    "purpose_en": N_("purpose, in English"),
    "term_nl": N_("term"),
    "term_en": N_("term, in English"),
    "source_nl": N_("source"),
    "mandatory_nl": N_("whether people must give them"),
    "decision_nl": N_("our decision"),
    "selection_list": N_("selection list"),
    "ground_nl": N_("legal ground"),
    "title_nl": N_("title"),
    "name_nl": N_("name of the processing"),
    "name_en": N_("name of the processing, in English"),
    "controller_nl": N_("controller"),
}
"""Texts of the register in words; what the software reads keeps its own name."""
KIND = {
    "new": N_("new"),
    "gone": N_("gone"),
    "changed": N_("changed"),
}


def _pair(unit: Unit, processing: str) -> tuple[str, str, Register, Register, list[PolicyView]]:
    """The two versions that are asked for; else the one in force beside the newest proposal, or the text shipped."""
    known = policies.versions(unit, processing)
    by_state = {state: [one.version for one in known if one.state == state] for state in STATE}
    newest = next(iter(by_state["proposed"]), SHIPPED)
    oldest = next(iter([*by_state["in_force"], *by_state["retired"]]), newest)
    old, new = request.values.get("van") or oldest, request.values.get("naar") or newest
    if {old, new} - {SHIPPED, *(one.version for one in known)}:
        raise NotFound("There is no such register.")
    return old, new, _register(unit, processing, old), _register(unit, processing, new), known


def _register(unit: Unit, processing: str, name: str) -> Register:
    if name == SHIPPED:
        return load(policies.shipped_text(processing))
    return policies.register_of(unit, name)


def _page(fault: HelpdeskError | None = None, processing: str = "") -> str:
    with reading() as unit:
        policies.shipped_text(processing)
        old, new, before, after, known = _pair(unit, processing)
        proposed = any(one.version == new and one.state == "proposed" for one in known)
        foreseen = effects.foreseen(unit, new) if proposed else None
        around = frame(unit)
    return render_template(
        "privacy/versions.html",
        processing=processing,
        old=old,
        new=new,
        shipped=SHIPPED,
        versions=known,
        rows=differences(before, after),
        foreseen=foreseen,
        states=STATE,
        fields=FIELD,
        row_kinds=KIND,
        problem=sentence(fault) if fault else "",
        **around,
    )


@blueprint.get(ONE + "/verschil")
@needs("policy.read")
def show(processing: str) -> str:
    """What differs between two versions, and what the newer one would do while it is proposed."""
    return _page(processing=processing)


@blueprint.post(ONE + "/doorrekenen")
@needs("policy.propose")
@shown_again(_page)
def reckon(processing: str) -> Response:
    """Have it reckoned anew what a proposal would do."""
    version = request.form.get("naar", "")
    with writing() as unit:
        effects.ask(unit, version)
    return then(url_for("versions.show", processing=processing, naar=version), "effect_asked")
