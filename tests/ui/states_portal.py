"""The pages for people who ask in every state; `tests/ui/states.py` lists them with all others."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from tests.letters import ASKER
from tests.ui.acts import fields, fold, nearly_over, submit
from tests.ui.place import NEW_HERE, Place
from tests.ui.state import State, down, named, nothing, of
from tests.web.test_shrinking import PHOTO

MINE, DATA, DOOR = "/mijn-vragen", "/mijn-gegevens", "/mijn-vragen/inloggen"


def _solved_meanwhile(page: Page, place: Place) -> None:
    """Add something to a question whose processing was restricted meanwhile."""
    page.locator("#veld-text").fill("Nog iets")
    place.run("UPDATE ticket SET restricted = 1")
    with page.expect_navigation():
        page.locator("form[action$='/bericht'] button").click()


def _asked_twice(page: Page, _place: Place) -> None:
    """Ask for one's data twice."""
    for _time in range(2):
        page.locator("details:has([value=access]) > summary").click()
        with page.expect_navigation():
            page.locator("form:has([value=access]) button").click()


def _nothing_written(page: Page, _place: Place) -> None:
    """Ask for a correction without a word."""
    page.locator("details:has([value=rectification]) > summary").click()
    with page.expect_navigation():
        page.locator("form:has([value=rectification]) button").click()


def _used_meanwhile(page: Page, place: Place) -> None:
    """Use a link that was used in another window."""
    place.run("UPDATE requester_link SET used_at = expires_at")
    with page.expect_navigation():
        page.locator("main form button").click()


def _with_files(page: Page, _place: Place) -> None:
    """Choose a file that comes and one that may not."""
    files = (("Een rooster met een lange naam voor het voorjaar.pdf", b"%PDF-1.7"), ("programma.exe", b"MZ"))
    chosen: list[FilePayload] = [{"name": name, "mimeType": "application/pdf", "buffer": one} for name, one in files]
    page.locator("#veld-files").set_input_files(chosen)
    expect(page.locator("[data-files] li").nth(1).locator("[data-state]")).to_contain_text("Mislukt")
    expect(page.locator("[data-files] input")).to_have_count(1)


def _with_a_photo(page: Page, _place: Place) -> None:
    """Choose a photo that can be made smaller."""
    page.evaluate(PHOTO)
    expect(page.get_by_role("button", name="Verklein foto (")).to_be_visible()
    expect(page.locator("[data-files] input")).to_have_count(1)


def _suggested(page: Page, _place: Place) -> None:
    """Write what an answer fits."""
    page.locator("#veld-subject").fill("Hoe kan ik mijn training verzetten of annuleren?")
    expect(page.locator("[data-found] a").first).to_be_visible()


def _scanned(page: Page, place: Place) -> None:
    """Look again after the virus scanner found something."""
    place.run("UPDATE attachment SET scan = 'quarantined'")
    page.reload()
    expect(page.locator(".said .files").first).to_contain_text("apart gezet")


def _anybody(route: str, kind: str, path: str, shows: str) -> State:
    return State(route, kind, path, shows, who=None)


def _gone(route: str, path: str, status: int, end: str = "") -> State:
    """On the way to the work account: nobody is there, or what comes back is nothing."""
    where = path + "/werkaccount" + end
    return State(route, "error", where, ".box-danger", name=f"work-{status}", who=None, status=status)


PORTAL = (
    of(ASKER, "questions.start", "filled", "/", ".tile >> nth=2"),
    _anybody("questions.start", "empty", "/", ".tile >> nth=2"),
    down("questions.start", "/", "ticket_person", ASKER),
    of(ASKER, "questions.start", "open", "/", "#einde", nearly_over),
    of(ASKER, "questions.mine", "filled", MINE, ".own-rows li >> nth=40"),
    nothing("questions.mine", MINE, ".empty", NEW_HERE),
    down("questions.mine", MINE, "ticket_person", ASKER),
    of(ASKER, "questions.ask_form", "filled", MINE + "/nieuw", "#veld-text", fields(subject="Cursus", text="Mag het?")),
    State("questions.ask_form", "filled", MINE + "/nieuw", "[data-files] li", _with_files, "files", who=ASKER),
    State("questions.ask_form", "filled", MINE + "/nieuw", "[data-files] button", _with_a_photo, "photo", who=ASKER),
    State("questions.ask_form", "filled", MINE + "/nieuw", "[data-found] a", _suggested, "suggested", who=ASKER),
    of(ASKER, "questions.ask_form", "empty", MINE + "/nieuw", "#veld-text"),
    of(ASKER, "questions.ask_form", "error", MINE + "/nieuw", ".wrong", submit("/nieuw", subject="Cursus"), 422),
    of(ASKER, "questions.show", "filled", MINE + "/{long}", ".said >> nth=5"),
    of(ASKER, "questions.show", "empty", MINE + "/2026-99999", "h1", status=404),
    of(ASKER, "questions.show", "error", MINE + "/{first}", ".wrong", submit("/bericht", text=" "), 422),
    of(ASKER, "questions.show", "open", MINE + "/{quoted}", ".quoted .text", fold(".quoted")),
    of(ASKER, "questions.show", "conflict", MINE + "/{first}", ".box-danger", _solved_meanwhile, 409),
    named(ASKER, "questions.show", "filled", MINE + "/{html}", ".said .files a", "files"),
    State("questions.show", "filled", MINE + "/{html}", ".said .files", _scanned, "quarantined", who=ASKER),
    of(ASKER, "questions.sent", "filled", MINE + "/{first}/verstuurd", ".ok-box"),
    of(ASKER, "questions.sent", "empty", MINE + "/2026-99999/verstuurd", "h1", status=404),
    down("questions.sent", MINE + "/{first}/verstuurd", "ticket_person", ASKER),
    of(ASKER, "questions.to_print", "filled", MINE + "/{long}/afdrukken", ".said >> nth=5"),
    of(ASKER, "questions.to_print", "empty", MINE + "/2026-99999/afdrukken", "h1", status=404),
    down("questions.to_print", MINE + "/{first}/afdrukken", "ticket_person", ASKER),
    of(ASKER, "own_data.show", "filled", DATA, ".kept-rows li >> nth=15"),
    nothing("own_data.show", DATA, "#wie", NEW_HERE),
    of(ASKER, "own_data.show", "error", DATA, ".wrong", _nothing_written, 422),
    of(ASKER, "own_data.show", "open", DATA, "#wens-objection", fold(".requests details:last-of-type")),
    of(ASKER, "own_data.show", "conflict", DATA, ".box-danger", _asked_twice, 409),
    _anybody("entrance.form", "filled", DOOR, "#veld-email"),
    State("entrance.form", "empty", DOOR, "#veld-email", who=None, full=False),
    State("entrance.form", "error", DOOR, ".wrong", submit("/inloggen", email="geen adres"), who=None, status=422),
    _gone("entrance.form", DOOR, 503),
    _gone("entrance.form", DOOR, 409, "/terug"),
    _gone("sign_in.form", "/inloggen", 503),
    _gone("sign_in.form", "/inloggen", 409, "/terug"),
    State("entrance.sent", "filled", DOOR + "/verstuurd", "#veld-code", fields(code="123456"), who=None),
    _anybody("entrance.sent", "empty", DOOR + "/verstuurd", "#veld-code"),
    State("entrance.sent", "error", DOOR + "/verstuurd", ".wrong", submit("/code", code="1"), who=None, status=422),
    _anybody("entrance.link", "filled", DOOR + "/{sign_in}", ".lead"),
    State("entrance.link", "empty", DOOR + "/niets", "h1", who=None, status=404),
    State("entrance.link", "error", DOOR + "/{sign_in}", "a.primary", _used_meanwhile, who=None, status=409),
    *(
        State(f"statements.{route}", kind, path, "h1", who=who, full=full)
        for route, path in (
            ("privacy", "/privacy"),
            ("accessibility", "/toegankelijkheid"),
            ("help_page", "/hulp"),
            ("no_connection", "/zonder-verbinding"),
        )
        for kind, who, full in (("filled", ASKER, True), ("empty", None, False))
    ),
)
_READS = "no form on it is held against a version of what it shows"
_OPENS = "nothing on it opens"
_TEXT = "a text without a form of its own"
_LOST = "a link that was used is gone, and says so as an error"
_FORMS = ("questions.ask_form", "questions.sent", "questions.to_print", "entrance.form", "entrance.sent")
PORTAL_ABSENT = {
    **dict.fromkeys(((name, "conflict") for name in (*_FORMS, "questions.start", "questions.mine")), _READS),
    **dict.fromkeys(((name, "open") for name in (*_FORMS, "questions.mine", "entrance.link")), _OPENS),
    ("entrance.link", "conflict"): _LOST,
    **dict.fromkeys(
        (
            (f"statements.{name}", kind)
            for name in ("privacy", "accessibility", "help_page", "no_connection")
            for kind in ("error", "open", "conflict")
        ),
        _TEXT,
    ),
}
"""Why a page is not to be had in a state."""
