"""What everybody may read: privacy, accessibility, help. Holds nobody's data."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, current_app, g, render_template, url_for

from helpdesk.privacy.rights.about import RIGHTS, of_asking
from web.guards import open_to_all
from web.unit import ports, reading

blueprint = Blueprint("statements", __name__)
WHY = "what everybody may read about this service"
_SHELL = ("icon.svg", "session.js", "files.js")
"""Files of ours that a browser may keep to show the pages for people who ask."""


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


@blueprint.get("/zonder-verbinding")
@open_to_all(WHY)
def no_connection() -> str:
    """What a browser shows when it can't reach us: kept by it, so it holds nothing of anybody's, and no form."""
    return render_template("portal/no_connection.html")


@blueprint.get("/dienst.js")
@open_to_all("a script of ours holds no data")
def worker() -> Response:
    """The service worker: what it keeps is named in it, so that another release is another worker."""
    asset = current_app.jinja_env.globals["asset"]
    assert callable(asset)  # noqa: S101 - the headers put it there
    files = [url_for("statements.no_connection"), *(str(asset(name)) for name in _SHELL)]
    text = (Path(str(current_app.static_folder)) / "worker.js").read_text(encoding="utf-8")
    release = hashlib.sha256("".join((*files, text)).encode()).hexdigest()[:12]
    body = f"const RELEASE = {json.dumps(release)};\nconst FILES = {json.dumps(files)};\n{text}"
    return Response(body, mimetype="text/javascript")
