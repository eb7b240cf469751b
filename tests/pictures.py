"""`make pictures`: the README's pictures, taken of the demonstration in both themes."""

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
from tests.ui.stage import THEMES

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1280, "height": 800}
LARGEST = 200_000
"""Bytes of one picture, so that the README loads on a slow line."""
LIST = "/werk/w/open"
TICKET = "main a[href*='/werk/w/open/']"


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


def take(page: Page, name: str) -> None:
    """One picture of the page in each theme. Raises SystemExit when it is too large."""
    for theme in THEMES:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        path = OUT / f"{name}-{theme}.png"
        page.screenshot(path=path, animations="disabled")
        if path.stat().st_size > LARGEST:
            raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, at most {LARGEST}")


def main() -> None:
    """The list, and a ticket with an answer being written."""
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="hd-") as folder,
        Chromium() as chromium,
        demonstration(Path(folder)) as run,
    ):
        page = chromium.browser.new_page(viewport=SIZE, locale="nl-NL")
        sign_in(page, run["web"])
        page.goto(run["web"]["url"] + LIST)
        page.wait_for_load_state("networkidle")
        take(page, "inbox")
        page.goto(run["web"]["url"] + str(page.locator(TICKET).first.get_attribute("href")))
        page.wait_for_load_state("networkidle")
        take(page, "ticket")


if __name__ == "__main__":
    main()
