"""Signing in and out, and what a person sets for himself: language and password."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from helpdesk.errors import HelpdeskError
from helpdesk.people import preferences, second_factor, sign_in
from helpdesk.text.language import LANGUAGES, N_
from web import csrf
from web.errors import sentence, shown_again
from web.filters import _, now, remember_language
from web.frame import frame
from web.guards import SIGNED_IN, asked_by_itself, needs, open_to_all
from web.notices import then
from web.unit import me, reading, writing

blueprint = Blueprint("sign_in", __name__)

STAY = "/werk/blijf"
OWN_PLACES = ("/werk", "/beheer", "/privacybeheer", "/techniek", "/v/")
PROBLEMS = {
    "wrong_password": N_("This e-mail address and password do not belong together."),
    "code_needed": N_("Give the code of your authenticator app as well."),
    "wrong_code": N_("This code is not right. Give the newest one."),
    "too_many": N_("There were too many tries. Wait fifteen minutes."),
}
STATUS = {"too_many": 429}


def own_place(path: str) -> str:
    """The path to go on to, if it is one of ours; never another site's."""
    plain = path.startswith(OWN_PLACES) and not any(char in path for char in "\\\r\n?#") and "//" not in path
    return path if plain else url_for("inbox.start")


@blueprint.get("/inloggen")
@open_to_all("nobody is signed in yet")
def form() -> str | Response:
    """The sign-in form; who is signed in already goes on."""
    if me() is not None:
        return then(own_place(request.args.get("naar", "")))
    return render_template("sign_in/form.html", email="", onward=request.args.get("naar", ""), problem="", code=False)


@blueprint.post("/inloggen")
@open_to_all("nobody is signed in yet")
def enter() -> Response:
    """Try to sign in; the throttle is in the domain."""
    email = request.form.get("email", "")
    with writing() as unit:
        result = sign_in.sign_in(unit, email, request.form.get("password", ""), request.form.get("code") or None)
    if result.token is None:
        problem = result.problem or "wrong_password"
        body = render_template(
            "sign_in/form.html",
            email=email,
            onward=request.form.get("naar", ""),
            problem=_(PROBLEMS[problem]),
            code=problem in {"code_needed", "wrong_code"},
        )
        return make_response(body, STATUS.get(problem, 422))
    answer = then(own_place(request.form.get("naar", "")))
    csrf.set_cookie(answer, csrf.session_cookie(), result.token)
    return answer


@blueprint.post("/uitloggen")
@needs(SIGNED_IN)
def leave() -> Response:
    """End this session."""
    with writing() as unit:
        sign_in.sign_out(unit, g.session_token)
    return _out("signed_out")


@blueprint.get(STAY)
@needs(SIGNED_IN)
@asked_by_itself
def standing() -> dict[str, int]:
    """For how many seconds the session stands if nothing is done any more."""
    who = me()
    return {"seconds": int((who.ends - now()).total_seconds()) if who is not None else 0}


@blueprint.post(STAY)
@needs(SIGNED_IN)
def stay() -> Response:
    """Stay signed in: the session stands as long as a new one."""
    who = me()
    if who is not None:
        with writing() as unit:
            sign_in.touch(unit, who.session_id)
    return then(url_for("inbox.start"), "stays_signed_in")


def _out(notice: str) -> Response:
    answer = then(url_for("sign_in.form"), notice)
    csrf.drop_cookie(answer, csrf.session_cookie())
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.post("/taal")
@open_to_all("the sign-in page has the language switch too")
def choose_language() -> Response:
    """Remember the language: with the account, or in a cookie for who isn't signed in."""
    chosen = request.form.get("taal", "")
    who = me()
    if who is not None:
        with writing() as unit:
            sign_in.set_language(unit, who.account_id, chosen)
    answer = then(_back(request.form.get("naar", "")))
    if chosen in LANGUAGES:
        remember_language(answer, chosen)
    return answer


def _back(path: str) -> str:
    return path if path == url_for("sign_in.form") else own_place(path)


def settings_page(fault: HelpdeskError | None = None) -> str:
    """One's own settings; with the sentence of a form that failed."""
    with reading() as unit:
        account_id = unit.actor.account_id or 0
        values = frame(unit) | {
            "chosen": preferences.preferences_of(unit, account_id),
            "code_on": second_factor.is_on(unit, account_id),
        }
    return render_template(
        "sign_in/settings.html",
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", None) or "",
        undo_choices=preferences.UNDO_SECONDS,
        failed=request.endpoint,
        **values,
    )


@blueprint.get("/werk/instellingen")
@needs(SIGNED_IN)
def settings() -> str:
    """One's own language, password and sessions."""
    return settings_page()


@blueprint.post("/werk/instellingen/wachtwoord")
@needs(SIGNED_IN)
@shown_again(settings_page)
def change_password() -> Response:
    """Replace the password; all sessions end, this one too."""
    with writing() as unit:
        old, new = request.form.get("old", ""), request.form.get("new", "")
        sign_in.change_password(unit, unit.actor.account_id or 0, old, new)
    return _out("password_changed")


@blueprint.post("/werk/instellingen/overal-uitloggen")
@needs(SIGNED_IN)
def leave_everywhere() -> Response:
    """End every session of this account."""
    with writing() as unit:
        sign_in.sign_out_everywhere(unit, unit.actor.account_id or 0)
    return _out("signed_out_everywhere")
