"""What is done on pages of officers before they are looked at, beside `tests/ui/acts.py`. Looks at nothing."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.ui.place import Place


def withdrawn_version(page: Page, place: Place) -> None:
    """Have a version reckoned anew that a colleague took back."""
    place.run("UPDATE policy SET state = 'withdrawn' WHERE state = 'proposed'")
    with page.expect_navigation():
        page.locator("form[action$='/doorrekenen'] button").click()


def sent_back_bare(page: Page, _place: Place) -> None:
    """Send a list back without a word."""
    page.locator("details:has(form[action$='/terugsturen']) > summary").click()
    with page.expect_navigation():
        page.locator("form[action$='/terugsturen'] button").click()
