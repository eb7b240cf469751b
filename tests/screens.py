"""`make screens`: pictures of the demonstration. Without OUT the two of the README, with OUT=folder every screen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.services.chromium import Chromium

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}
README = ("inbox", "ticket")
TICKET = "main a[href*='/werk/w/open/']"
PAGES = {
    "inbox": "/werk/w/open",
    "ticket": "/werk/w/open",
    "done": "/werk/w/done",
    "new": "/werk/nieuw",
    "search": "/werk/zoeken",
    "parked": "/beheer/geparkeerd",
    "health": "/techniek/gezondheid",
    "settings": "/werk/instellingen",
}
ROOT = Path(__file__).parents[1]


@contextmanager
def demonstration(data: Path) -> Iterator[dict[str, Any]]:
    """`make run` in a folder of its own; yields its run.json once it is ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "workers", "supervise"],
        cwd=ROOT,
        env=environment | {"HELPDESK_DATA": str(data)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("ready:"):
                break
        else:
            raise SystemExit("".join(said))
        yield json.loads((data / "run.json").read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def sign_in(page: Page, web: dict[str, str]) -> None:
    """As the advisor of the demonstration."""
    page.goto(web["url"] + "/inloggen")
    page.fill("input[name=email]", web["email"])
    page.fill("input[name=password]", web["password"])
    page.click("button.primary")
    page.wait_for_url("**/werk/**")


def take(page: Page, address: str, name: str, path: Path) -> None:
    """One screen; the ticket is the first of the list."""
    page.goto(address + PAGES[name])
    if name == "ticket":
        page.click(TICKET)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)


def main() -> None:
    """The README's two, or with OUT every screen, wide and light, narrow and dark."""
    asked = os.environ.get("OUT")
    out = Path(asked or "docs/pictures")
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="hd-") as folder,
        Chromium() as chromium,
        demonstration(Path(folder)) as run,
    ):
        address = run["web"]["url"]
        page = chromium.browser.new_page(viewport=WIDE, color_scheme="light", locale="nl-NL")
        sign_in(page, run["web"])
        for name in PAGES if asked else README:
            take(page, address, name, out / f"{name}.png")
        if asked:
            page.set_viewport_size(NARROW)
            page.emulate_media(color_scheme="dark")
            for name in PAGES:
                take(page, address, name, out / f"{name}-narrow-dark.png")


if __name__ == "__main__":
    main()
