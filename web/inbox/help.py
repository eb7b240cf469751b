"""The help page: how the workspace goes, and its keys. Reads nothing but who asks."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.filters import _
from web.frame import frame
from web.guards import SIGNED_IN, needs
from web.keys import KEYS, PLACES, keys_json
from web.unit import reading

blueprint = Blueprint("help", __name__)


@blueprint.app_context_processor
def _keys() -> dict[str, object]:
    """The keys for the scripts of every page."""
    return {"keys_json": lambda: keys_json(_)}


@blueprint.get("/werk/hulp")
@needs(SIGNED_IN)
def show() -> str:
    """How things go here."""
    with reading() as unit:
        around = frame(unit)
    tables = [(title, [key for key in KEYS if key.place == place]) for place, title in PLACES.items()]
    return render_template("inbox/help.html", tables=tables, **around)
