"""Somebody who asks, at a browser that others use as well: signed out, nothing of them is left in its profile.

A page of another site that may be kept is opened in the same profile: its word must be found there, or nobody looked.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.canary.house import House
from tests.canary.scan import Scan
from tests.canary.words import Word, Words
from tests.services.chromium import FLAGS, PROGRAMS, available
from tests.web.sites import HOST, signed

AT_BROWSER = ("subject", "text", "file", "file_name", "more", "chat", "widget")
PROFILE = tuple(f"profile_{place}" for place in AT_BROWSER)
UNSENT = "profile_unsent"
"""Words that are sent, and one that is typed and left: no part of any ticket."""
OFFERED = "address"
"""What browsers offer to fill in again: a field for one's own address must say that it is one (WCAG 1.3.5)."""
_DOOR = "/mijn-vragen/inloggen"
_KEPT = "<!doctype html><title>{word}</title><p>{word}<script>localStorage.setItem('said', '{word}')</script>"


@dataclass(frozen=True)
class Profile:
    """What a profile holds: in how many places the other site's word, and where any of ours."""

    control: int
    left: Scan


def at_a_shared_machine(house: House, words: Words, address: str) -> Profile | str:
    """Ask, read, add, chat and use the widget as this person, sign out and close. Returns why not, without a browser.

    A browser with windows keeps a history, and what was typed into fields: it is taken where there is one.
    """
    if (missing := available()) is not None:
        return missing
    control = Words(secrets.randbits(32), []).draw("control", 0, doomed=False)
    folder = house.installation.folder / "profile"
    with (
        _other_site(house, control, address) as site,
        sync_playwright() as driver,
        driver.chromium.launch_persistent_context(
            folder,
            executable_path=next(path for path in reversed(PROGRAMS) if path.exists()),
            args=list(FLAGS),
            base_url=f"http://127.0.0.1:{house.port}",
            locale="nl-NL",
        ) as context,
    ):
        context.set_default_timeout(20_000)
        _lives(context, house, words, address)
        _in_a_frame(context, words, site)
        page = context.new_page()
        page.goto(f"{site}/bewaard")
        page.goto("about:blank")
    ours = [word for word in words.all if word.place != OFFERED]
    found = Scan([*ours, Word(control, "control", 0, doomed=False)]).look({"profile": folder})
    hits = {hit for hit in found.hits if hit[0].word == control}
    for hit in hits:
        del found.hits[hit]
    return Profile(len(hits), found)


def _lives(context: BrowserContext, house: House, words: Words, address: str) -> None:
    """What somebody does who asks, from signing in to signing out."""
    page = context.new_page()
    page.goto(_DOOR)
    page.locator("input[name=email]").fill(address)
    page.locator("main button").first.click()
    page.wait_for_url("**/verstuurd")
    page.goto(f"{_DOOR}/{house.token()}")
    page.locator("main button").first.click()
    page.wait_for_url("**/mijn-vragen")
    _asks(page, partial(words.draw, ticket=-7, doomed=True))
    page.goto("/mijn-gegevens")
    page.goto("/chat")
    said = words.draw("profile_chat", -7, doomed=True)
    page.locator("textarea[name=text]").fill(f"Het gaat over {said}.")
    page.locator("form[data-say] button").first.click()
    expect(page.locator("#regels .text").last).to_contain_text(said)
    page.locator("textarea[name=text]").fill(f"Dit stuur ik niet: {words.draw(UNSENT, -1, doomed=True)}")
    page.goto("/mijn-vragen")
    page.locator("form[action$='/uitloggen'] button").first.click()
    page.wait_for_url("**/inloggen**")
    page.close()


def _asks(page: Page, draw: Any) -> None:
    subject, more = draw("profile_subject"), draw("profile_more")
    page.goto("/mijn-vragen/nieuw")
    page.locator("input[name=subject]").fill(f"Over {subject}")
    page.locator("textarea[name=text]").fill(f"Het gaat over {draw('profile_text')}.")
    file = {"mimeType": "text/plain", "buffer": f"In het bestand staat {draw('profile_file')}.\n".encode()}
    page.locator("input[type=file]").set_input_files({"name": f"{draw('profile_file_name')}.txt"} | file)  # type: ignore[arg-type] # a dict is allowed
    page.get_by_role("button", name="Verstuur mijn vraag").click()
    page.get_by_role("heading", name="Je vraag is verstuurd").wait_for()
    page.goto("/mijn-vragen")
    page.get_by_role("link", name=subject).first.click()
    page.locator("textarea[name=text]").fill(f"Nog iets over {more}.")
    page.locator("form[action$='/bericht'] button.primary").click()
    expect(page.get_by_text(more)).to_be_visible()
    page.get_by_role("link", name="Afdrukken").click()
    expect(page.get_by_text(more)).to_be_visible()


def _in_a_frame(context: BrowserContext, words: Words, site: str) -> None:
    page, said = context.new_page(), words.draw("profile_widget", -8, doomed=True)
    page.goto(site)
    page.get_by_role("button", name="Chat met een leeradviseur").click()
    frame = page.frame_locator("iframe")
    frame.locator("textarea[name=text]").fill(f"Het gaat over {said}.")
    frame.locator("form[data-say] button").first.click()
    expect(frame.locator("#regels .text").last).to_contain_text(said)
    page.close()


@contextmanager
def _other_site(house: House, word: str, address: str) -> Iterator[str]:
    """A site that shows the chat and says who looks, and has a page of its own that browsers may keep."""
    home, origin = f"http://127.0.0.1:{house.port}", house.site

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _mark, query = self.path.partition("?")
            script = f'<script src="{home}/widget.js" data-identity="/token" defer></script>'
            claims = {"iss": origin, "aud": home, "exp": int(time.time()) + 60, "jti": secrets.token_hex(12)}
            claims |= {"nonce": query.partition("challenge=")[2], "email": address}
            body = {
                "/": HOST.format(home=home, script=script),
                "/token": signed(claims),
                "/bewaard": _KEPT.format(word=word),
            }.get(path, "")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "max-age=3600" if path == "/bewaard" else "no-store")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", int(origin.rpartition(":")[2])), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()
