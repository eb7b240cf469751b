"""An advisor at a real browser, who types: an answer with a file, a note, a draft that keeps itself, a search."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.canary.house import ADVISOR, PASSWORD, House
from tests.canary.words import Words
from tests.services.chromium import Chromium, available

TYPED = ("typed_answer", "typed_note", "typed_draft", "typed_search", "upload", "upload_name")


def typed(house: House, words: Words, numbers: dict[int, str]) -> str:
    """Do so on these tickets, by their place in the order of planting. Returns why not, where there is no browser."""
    if (missing := available()) is not None:
        return missing
    with Chromium() as chromium:
        context = chromium.browser.new_context(base_url=f"http://127.0.0.1:{house.port}", locale="nl-NL")
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto("/inloggen")
        page.get_by_label("E-mailadres").fill(ADVISOR)
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
        page.wait_for_url("**/werk/w/**")
        for ticket, number in numbers.items():
            _on(page, words, ticket, number)
        context.close()
    return ""


def _on(page: Page, words: Words, ticket: int, number: str) -> None:
    doomed = ticket % 2 == 0

    def word(place: str) -> str:
        return words.draw(place, ticket, doomed=doomed)

    page.goto(f"/werk/w/open/{number}#antwoord")
    expect(page.locator("#antwoord-tekst")).to_be_focused()
    page.keyboard.type(f"Dat staat in {word('typed_answer')}.")
    file = {"name": f"{word('upload_name')}.txt", "mimeType": "text/plain", "buffer": word("upload").encode()}
    page.locator("#antwoord input[type=file]").set_input_files(file)  # type: ignore[arg-type] # a dict is allowed
    page.get_by_role("button", name="Verstuur naar").click()
    expect(page.locator(".msg-answer").last).to_contain_text("Dat staat in")
    page.locator("#notitie > summary").click()
    page.locator("#notitie-tekst").click()
    page.keyboard.type(f"Alleen voor ons: {word('typed_note')}.")
    page.locator("#notitie button.primary").click()
    expect(page.locator(".msg-note").last).to_contain_text("Alleen voor ons")
    page.goto("/werk/w/open")
    page.goto(f"/werk/w/open/{number}#antwoord")
    expect(page.locator("#antwoord-tekst")).to_be_focused()
    page.keyboard.type(f"Nog niet af: {word('typed_draft')}")
    expect(page.locator("#antwoord .saved")).to_contain_text("Concept opgeslagen")
    page.locator("#zoek").fill(words.draw("typed_search", -1, doomed=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/zoeken/**")
