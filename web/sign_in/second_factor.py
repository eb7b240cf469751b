"""Turning the code of an authenticator app on and off. The rules are in the domain."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.people import second_factor
from web.errors import sentence, shown_again
from web.filters import _
from web.frame import frame
from web.guards import SIGNED_IN, needs
from web.notices import then
from web.sign_in.views import settings_page
from web.unit import me, reading, writing

blueprint = Blueprint("second_factor", __name__)


def _picture(address: str) -> Markup:
    """The address as a QR picture: part of the page, which is never stored, so that no other address holds the secret.

    Black on white whatever the colours of the page, with the four clear modules around it that scanners need.
    """
    drawn = segno.make(address, micro=False)
    return Markup(drawn.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704 - made by the library of squares, holds no text


def _page(fault: HelpdeskError | None = None) -> str:
    """The secret stands in the form until a code proves that the app has it; only then is it kept."""
    who = me()
    secret = request.form.get("secret") or second_factor.fresh_secret()
    address = second_factor.app_address(secret, who.email if who else "", _("Helpdesk"))
    with reading() as unit:
        around = frame(unit)
    return render_template(
        "sign_in/second_factor.html",
        secret=secret,
        address=address,
        picture=_picture(address),
        problem=sentence(fault) if fault else "",
        problem_field=fault.field if isinstance(fault, Invalid) else "",
        **around,
    )


@blueprint.get("/werk/instellingen/code")
@needs(SIGNED_IN)
def form() -> str:
    """A fresh secret, to be put into the app."""
    return _page()


@blueprint.post("/werk/instellingen/code")
@needs(SIGNED_IN)
@shown_again(_page)
def turn_on() -> Response:
    """Ask for a code from now on."""
    sent = request.form
    with writing() as unit:
        second_factor.turn_on(
            unit,
            unit.actor.account_id or 0,
            sent.get("password", ""),
            sent.get("secret", ""),
            sent.get("code", ""),
        )
    return then(url_for("sign_in.settings"), "totp_on")


@blueprint.post("/werk/instellingen/code-uit")
@needs(SIGNED_IN)
@shown_again(settings_page)
def turn_off() -> Response:
    """Ask for no code any more."""
    with writing() as unit:
        second_factor.turn_off(unit, unit.actor.account_id or 0, request.form.get("password", ""))
    return then(url_for("sign_in.settings"), "totp_off")
