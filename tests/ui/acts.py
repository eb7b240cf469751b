"""What somebody does on a page to bring it into a state: opens, fills, sends, comes second. Judges nothing.

Each act gets the open page and the place, may be done at any size, and ends when what it wanted is there.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.ui.place import SMALLEST_REQUEST, Place
from tests.ui.seeds import TINE
from tests.web.conftest import FENNA, MARIJE, SANDER
from tests.web.visitor import PASSWORD, Visitor

Act = Callable[[Page, Place], None]
LONG_TEXT = "Een antwoord met **nadruk** en een lijst:\n\n- een\n- twee\n\n" * 6


def stay(_page: Page, _place: Place) -> None:
    """The page as it comes."""


def fold(*selectors: str) -> Act:
    """Unfold these, menus and details alike."""

    def act(page: Page, _place: Place) -> None:
        for selector in selectors:
            page.locator(f"{selector} > summary").first.click()
            expect(page.locator(selector).first).to_have_attribute("open", "")

    return act


def drawer(name: str) -> Act:
    """Open a drawer by its button; where there is room it stands there already."""

    def act(page: Page, _place: Place) -> None:
        button = page.locator(f"button[popovertarget={name}]:visible").first
        if button.count() and not page.locator(f"#{name}:popover-open").count():
            button.click()
        expect(page.locator(f"#{name}")).to_be_visible()

    return act


rail = drawer("weergaven")


def write(kind: str, text: str = LONG_TEXT) -> Act:
    """Open the answer or the note and type into it."""

    def act(page: Page, _place: Place) -> None:
        if page.locator(f"#{kind}[open]").count() == 0:
            page.locator(f"#{kind} > summary").click()
        page.locator(f"#{kind} textarea").fill(text)

    return act


def send(kind: str, text: str, to: str = "") -> Act:
    """Write and press the main button."""

    def act(page: Page, place: Place) -> None:
        write(kind, text)(page, place)
        if to:
            page.locator("#aan").fill(to)
        page.locator(f"#{kind} button.primary").click()

    return act


def nearly_over(page: Page, _place: Place) -> None:
    """Some minutes before the session ends."""
    page.locator("#einde").evaluate("one => { one.hidden = false; }")
    expect(page.locator("#einde")).to_be_visible()


def choose(page: Page, _place: Place) -> None:
    """Choose the first two tickets of the list."""
    page.locator("#selecteren > summary").click()
    for row in range(2):
        page.locator("#rijen .pick").nth(row).check()


def late_choice(page: Page, place: Place) -> None:
    """Act on two tickets of which a colleague changed one meanwhile."""
    choose(page, place)
    number = page.locator("#rijen .row").first.get_attribute("id") or ""
    sander = Visitor(place.app)
    sander.client.set_cookie("helpdesk", place.cookies[SANDER])
    form = sander.page(f"/werk/w/open/{number.removeprefix('v-')}").form("/status")
    assert sander.send(form).status_code == 200
    page.locator("#selectie button[value=done]").click()


def press(key: str) -> Act:
    """One key, once the page hears them."""

    def act(page: Page, _place: Place) -> None:
        page.keyboard.press(key)

    return act


def second(page: Page, place: Place) -> None:
    """Send an answer after a colleague has answered."""
    write("antwoord")(page, place)
    sander = Visitor(place.app)
    sander.client.set_cookie("helpdesk", place.cookies[SANDER])
    number = page.url.split("#")[0].split("?")[0].rpartition("/")[2]
    form = sander.page(f"/werk/w/open/{number}").form("/antwoord")
    assert sander.send(form, text="Ik heb het **al geregeld**.").status_code == 200
    page.locator("#antwoord button.primary").click()


def second_to_decide(page: Page, place: Place) -> None:
    """Release a mail on which a colleague has decided."""
    sander = Visitor(place.app)
    sander.client.set_cookie("helpdesk", place.cookies[SANDER])
    assert sander.send(sander.page("/beheer/geparkeerd").form("/vrijgeven")).status_code == 200
    page.locator("form[action$='/vrijgeven'] button").first.click()


def fields(**values: str) -> Act:
    """Fill fields by name."""

    def act(page: Page, _place: Place) -> None:
        for name, value in values.items():
            page.locator(f"main [name={name}]").first.fill(value)

    return act


def submit(action: str, **values: str) -> Act:
    """Fill fields of the form with this address and send it, whatever the browser thinks of its values."""

    def act(page: Page, _place: Place) -> None:
        form = page.locator(f"form[action*='{action}']").first
        form.evaluate("one => { one.noValidate = true; }")
        for name, value in values.items():
            form.locator(f"[name={name}]").fill(value)
        with page.expect_navigation():
            form.evaluate("one => one.requestSubmit()")

    return act


def upload_again(page: Page, _place: Place) -> None:
    """Upload a file of a kind of which one is still open."""
    page.locator("#veld-profile").select_option("m250")
    page.locator("#veld-file").set_input_files({"name": "m250.csv", "mimeType": "text/csv", "buffer": b"a;b"})
    with page.expect_navigation():
        page.get_by_role("button", name="Upload en bekijk").click()


def stopped_meanwhile(page: Page, place: Place) -> None:
    """Start an import that a colleague stopped."""
    place.run("UPDATE import_run SET state = 'stopped' WHERE state = 'preview'")
    with page.expect_navigation():
        page.locator("form[action$='/starten'] button").click()


def answered_meanwhile(page: Page, place: Place) -> None:
    """Take two months for a request that a colleague answered."""
    place.run("UPDATE rights_request SET state = 'closed', closed_on = '2026-11-22' WHERE state = 'collecting'")
    page.locator("section details > summary").first.click()
    page.locator("[name=because]").fill("Er is veel te zoeken.")
    with page.expect_navigation():
        page.locator("form[action$='/verlengen'] button").click()


def left_out_late(page: Page, place: Place) -> None:
    """Leave a message out of a request that a colleague proposed."""
    place.run("UPDATE rights_request SET state = 'review' WHERE state = 'collecting'")
    page.locator("form[action$='/weglaten'] select").first.select_option("third_party")
    with page.expect_navigation():
        page.locator("form[action$='/weglaten'] button").first.click()


def destroyed_meanwhile(page: Page, place: Place) -> None:
    """Destroy the words of a message whose words a colleague destroyed."""
    place.run("UPDATE entry SET redacted = 'health' WHERE id IN (SELECT entry_id FROM redaction)")
    page.locator("#waarom").select_option("health")
    with page.expect_navigation():
        page.locator("form[action$='/vernietigen'] button.danger").click()


def date_gone(page: Page, place: Place) -> None:
    """Take a date back that a colleague took back."""
    place.run(
        "INSERT INTO fact (person_id, type, valid_on, recorded_at, source, supersedes_id, retracts) "
        "SELECT person_id, type, valid_on, recorded_at, 'hand', id, 1 FROM fact WHERE source = 'hand' AND NOT retracts "
        "AND id NOT IN (SELECT supersedes_id FROM fact WHERE supersedes_id IS NOT NULL)"
    )
    form = page.locator("form[action$='/terugnemen']").first
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("[name=reference]").fill("brief")
    with page.expect_navigation():
        form.locator("button").click()


def named_meanwhile(page: Page, place: Place) -> None:
    """Say who asked when a colleague just did."""
    sander = Visitor(place.app)
    sander.client.set_cookie("helpdesk", place.cookies[SANDER])
    path = page.url.split("/wie/")[0].removeprefix(place.address)
    form = next(one for one in sander.page(f"{path}/wie").forms if one.fields.get("kind") == "external")
    assert sander.send(form).status_code == 200
    with page.expect_navigation():
        page.locator("form[action$='/wie/is'] button").first.click()


def then(*acts: Act) -> Act:
    """One after the other."""

    def act(page: Page, place: Place) -> None:
        for one in acts:
            one(page, place)

    return act


def old_form(page: Page, _place: Place) -> None:
    """Send a form whose token is of another session."""
    form = page.locator("form.languages").first
    form.evaluate("one => { one.elements.namedItem('formulier').value = 'oud'; }")
    with page.expect_navigation():
        form.evaluate("one => one.requestSubmit(one.querySelector('button'))")


def without(table: str) -> Act:
    """Come when the database has lost a table."""

    def act(page: Page, place: Place) -> None:
        place.run(f"ALTER TABLE {table} RENAME TO away")
        page.reload()

    return act


def too_large(page: Page, place: Place) -> None:
    """Send more than fits."""
    page.locator("#nieuw-tekst").evaluate("(one, size) => { one.value = 'x'.repeat(size); }", SMALLEST_REQUEST)
    submit("/werk/nieuw")(page, place)


def ended(page: Page, place: Place) -> None:
    """Send what was written after the session ended; without scripts, so that a page says so."""
    place.run("DELETE FROM web_session")
    page.evaluate("document.querySelector('#notitie-tekst').value = 'Geschreven na het einde'")
    page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('#notitie form'))")
    page.wait_for_load_state()


def tried_often(page: Page, place: Place) -> None:
    """Ask for a link until the throttle refuses."""
    for _ in range(4):
        page.goto(place.address + "/wachtwoord-vergeten")
        submit("/wachtwoord-vergeten", email="wie@academie.example")(page, place)


def sign_in(email: str, password: str) -> Act:
    """Send the sign-in form."""
    return submit("/inloggen", email=email, password=password)


code_asked = sign_in(TINE, PASSWORD)


def link_used(page: Page, place: Place) -> None:
    """Choose a password with a link that was used meanwhile."""
    stranger = Visitor(place.app)
    link = page.url.rpartition("/")[2]
    form = stranger.page(f"/wachtwoord/{link}").form("/" + link)
    assert stranger.send(form, new="een heel lang wachtwoord").status_code == 200
    submit("/wachtwoord/", new="nog een lang wachtwoord")(page, place)


def clock_jumped(page: Page, place: Place) -> None:
    """Come when the clock went on by more than anybody lived through."""
    place.run("INSERT INTO flag (name, value) VALUES ('disposal_looked_at', '2026-01-01T12:00:00+00:00')")
    page.reload()


def withdrawn_meanwhile(page: Page, place: Place) -> None:
    """Propose a list that a colleague took back."""
    place.run("UPDATE disposal_list SET state = 'withdrawn' WHERE state = 'open'")
    with page.expect_navigation():
        page.locator("form[action$='/voorstellen'] button").click()


def released_meanwhile(page: Page, place: Place) -> None:
    """Release a hold that a colleague released."""
    place.run(
        "UPDATE hold SET released_by_id = owner_id + 100, released_at = placed_at WHERE release_asked_by_id IS NOT NULL"
    )
    with page.expect_navigation():
        page.locator("form[action$='/opheffen'] button").click()


def proposed_meanwhile(page: Page, place: Place) -> None:
    """Propose a register that a colleague proposed."""
    fenna = Visitor(place.app)
    fenna.client.set_cookie("helpdesk", place.cookies[FENNA])
    form = fenna.page("/privacybeheer/verwerkingsregister/M895").form("/voorstellen")
    assert fenna.send(form).status_code == 200
    with page.expect_navigation():
        page.locator("form[action$='/voorstellen'] button").click()


def counted_only(page: Page, _place: Place) -> None:
    """Ask how many tickets a hold would keep."""
    page.get_by_label("Woorden", exact=True).check()
    for name, words in (("reference", "Woo-2026-15"), ("reason", "Verzoek"), ("query", "training")):
        page.locator(f"[name={name}]").fill(words)
    with page.expect_navigation():
        page.get_by_role("button", name="Alleen tellen").click()


def some_reads(page: Page, place: Place) -> None:
    """Come when an advisor has read some tickets."""
    marije = Visitor(place.app)
    marije.client.set_cookie("helpdesk", place.cookies[MARIJE])
    for path in ("{first}", "{html}", "{long}/afdrukken", "{html}/gesprek.eml"):
        assert marije.get(f"/werk/w/open/{path.format(**place.names)}").status_code == 200
    page.reload()
