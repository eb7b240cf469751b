"""What somebody does on the pages of answers to bring them into a state. Judges nothing."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.ui.acts import Act, send, write
from tests.ui.place import Place
from tests.web.conftest import SANDER
from tests.web.visitor import Form, Visitor


def _sander(place: Place) -> Visitor:
    sander = Visitor(place.app)
    sander.client.set_cookie("helpdesk", place.cookies[SANDER])
    return sander


def _done(who: Visitor, form: Form, **fields: str) -> None:
    assert who.send(form, fields=fields).status_code == 200


def press_act(name: str) -> Act:
    """Press one of the buttons below the form of an answer, whatever the browser thinks of the fields."""

    def act(page: Page, _place: Place) -> None:
        page.locator("main form").last.evaluate("one => { one.noValidate = true; }")
        with page.expect_navigation():
            page.locator(f"button[name=act][value={name}]").click()

    return act


def published_meanwhile(page: Page, place: Place) -> None:
    """Publish what a colleague just published."""
    sander, path = _sander(place), page.url.removeprefix(place.address)
    _done(sander, sander.page(path).form("/publiceren"))
    with page.expect_navigation():
        page.locator("form[action$='/publiceren'] button").click()


def saved_meanwhile(page: Page, place: Place) -> None:
    """Save an answer that a colleague just saved."""
    sander, path = _sander(place), page.url.removeprefix(place.address)
    _done(sander, sander.page(path).form("/bewerken"), act="draft", title_nl="Anders")
    press_act("draft")(page, place)


def restored_meanwhile(page: Page, place: Place) -> None:
    """Restore a version when a colleague just did."""
    sander, path = _sander(place), page.url.removeprefix(place.address)
    _done(sander, sander.page(path).form("/terugzetten"))
    with page.expect_navigation():
        page.locator("form[action$='/terugzetten'] button").first.click()


def reply_meanwhile(page: Page, place: Place) -> None:
    """Save a reply that was saved in another tab."""
    place.run("UPDATE canned_reply SET version = version + 1")
    with page.expect_navigation():
        page.locator("main form button.primary").click()


def insert(page: Page, place: Place) -> None:
    """Open the choice of what goes into an answer, over the ticket."""
    write("antwoord", "Beste Femke,")(page, place)
    page.locator("#antwoord textarea").press("Control+;")
    expect(page.locator("#zoek-stuk")).to_be_focused()


def unfilled(page: Page, place: Place) -> None:
    """Send an answer in which a place was not filled in."""
    send("antwoord", "De training is op [[dag?]].")(page, place)
