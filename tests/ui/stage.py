"""Opens a state of a page in a browser, at any size and in either theme. Judges nothing.

with stage(chromium, folder) as opened:
    page = opened.show(state, SIZES[0], dark=False)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Response, Route, expect

from tests.services.chromium import Chromium
from tests.ui.place import Place, cookie_of, place
from tests.ui.state import State

SIZES = ((1440, 900), (375, 812), (320, 568))
THEMES = ("light", "dark")
PATIENCE = 15_000
"""Milliseconds after which a state that does not come has failed."""
SETTLED = """() => document.readyState === 'complete'
  && (!document.querySelector('script[type=module]') || document.documentElement.classList.contains('js'))"""


@dataclass
class Stage:
    """Both sites, and one browser with one tab at a time."""

    full: Place
    empty: Place
    context: BrowserContext
    page: Page
    statuses: list[int] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    def show(self, state: State, size: tuple[int, int], *, dark: bool = False) -> Page:
        """A page in this state; everything that happened before is undone first; fails when it is not reached."""
        here = self.full if state.full else self.empty
        here.again()
        page = self._fresh(state, size, dark)
        page.goto(here.address + state.path.format(**here.names))
        page.wait_for_function(SETTLED)
        state.act(page, here)
        expect(page.locator(state.shows).first).to_be_visible(timeout=PATIENCE)
        page.wait_for_function(SETTLED)
        assert self.statuses[-1] == state.status, f"{state.id}: {self.statuses[-1]} and not {state.status}"
        return page

    def _fresh(self, state: State, size: tuple[int, int], dark: bool) -> Page:
        """The tab as if it were new: nothing kept in it, signed in as who looks. A new one costs a process."""
        page = self.page
        here = self.full if state.full else self.empty
        page.goto(here.address + "/healthz")
        page.evaluate("sessionStorage.clear(); localStorage.clear()")
        self.context.clear_cookies()
        if state.who is not None:
            cookie = {"name": cookie_of(state.who), "value": here.cookies[state.who], "url": here.address}
            self.context.add_cookies([cookie])  # type: ignore[list-item] # a cookie has no more than this
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        self.statuses.clear()
        self.crashes.clear()
        return page

    def note(self, answer: Response) -> None:
        """Remember the status of an answer that is a page."""
        if answer.request.is_navigation_request() and answer.frame.parent_frame is None:
            self.statuses.append(answer.status)


def _without_sandbox(route: Route) -> None:
    """The document of a mail's frame under its own policy but for the sandbox, or nothing could look into it."""
    answer = route.fetch()
    policy = answer.headers.get("content-security-policy", "").partition("; sandbox")[0]
    kept = {"content-type": answer.headers["content-type"], "content-security-policy": policy}
    route.fulfill(status=answer.status, headers=kept, body=answer.body())


@contextmanager
def stage(chromium: Chromium, folder: Path) -> Iterator[Stage]:
    """Both sites served, with a browser before them."""
    with place(folder / "full", full=True) as full, place(folder / "empty", full=False) as empty:
        context = chromium.browser.new_context(locale="nl-NL", timezone_id="Europe/Amsterdam")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.route("**/werk/bericht/*/html", _without_sandbox)
        opened = Stage(full, empty, context, page)
        page.on("response", opened.note)
        page.on("pageerror", lambda error: opened.crashes.append(str(error)))
        try:
            yield opened
        finally:
            context.close()
