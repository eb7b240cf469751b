"""What everybody may read: privacy, accessibility, help. Holds nobody's data."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from helpdesk.privacy.rights.about import RIGHTS, of_asking
from web.guards import open_to_all
from web.unit import ports, reading

blueprint = Blueprint("statements", __name__)
WHY = "what everybody may read about this service"


@blueprint.get("/privacy")
@open_to_all(WHY)
def privacy() -> str:
    """What is done with people's data, in the words of the registers in force."""
    with reading() as unit:
        told = of_asking(unit, g.language)
    return render_template("portal/privacy.html", told=told, rights=RIGHTS, desks=ports().settings.desks)


@blueprint.get("/toegankelijkheid")
@open_to_all(WHY)
def accessibility() -> str:
    """How accessible the pages are meant to be, and where to say that they are not."""
    return render_template("portal/accessibility.html", desks=ports().settings.desks)


@blueprint.get("/hulp")
@open_to_all(WHY)
def help_page() -> str:
    """How to ask, sign in, and reach us otherwise."""
    return render_template("portal/help.html", desks=ports().settings.desks)
