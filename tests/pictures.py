"""`make pictures`: the README's pictures, taken of the demonstration in both themes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.services.chromium import Chromium
from tests.services.process import wait_until
from tests.ui.stage import THEMES

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1280, "height": 760}
LARGEST = 200_000
"""Bytes of one picture, so that the README loads on a slow line."""
LIST = "/werk/w/open"
TICKET = "main a[href*='/werk/w/open/']"
DESK, NEXT = "/werk/chat", "Neem"
ASKER = "femke.devries@ministerie.example"
SAID = (
    "Kan ik de cursus onderhandelen ook in Jakarta volgen?",
    "Goede vraag! De volgende start op 11 januari, ook online. Zal ik een plaats vrijhouden?",
    "Graag, dank u wel. Moet mijn leidinggevende dat nog goedkeuren?",
)
_CODE = re.compile(r"\b\d{6}\b")


@contextmanager
def demonstration(data: Path) -> Iterator[dict[str, Any]]:
    """`make run` in a folder of its own; yields its run.json once it is ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "workers", "supervise"],
        cwd=ROOT,
        env=environment | {"HELPDESK_DATA": str(data), "HELPDESK_CHAT_HOURS": "mon-sun 00:00-23:59"},
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


def sign_in_asker(page: Page, url: str, sent: Path) -> None:
    """As somebody who asks, by the code that is mailed."""
    page.goto(url + "/mijn-vragen/inloggen")
    page.fill("input[name=email]", ASKER)
    page.click("main button.primary")
    page.fill("input[name=code]", _code(sent))
    page.locator("form", has=page.locator("input[name=code]")).locator("button").click()
    page.wait_for_url("**/mijn-vragen**")


def _code(sent: Path) -> str:
    found = list[str]()

    def came() -> bool:
        mails = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in sent.rglob("*.eml"))
        bodies = (mail.get_body(("plain",)) for mail in mails if ASKER in str(mail["To"]))
        found.extend(code for body in bodies if body is not None for code in _CODE.findall(body.get_content()))
        return bool(found)

    if not wait_until(came, 30):
        raise SystemExit(f"no code was mailed to {ASKER}")
    return found[-1]


def chat(desk: Page, asker: Page, url: str) -> None:
    """An advisor and somebody who asks, in the middle of it."""
    desk.goto(url + DESK)
    desk.select_option("#bereikbaar", "available")
    desk.locator("form.presence button").click()
    asker.goto(url + "/chat")
    asker.fill("textarea[name=text]", SAID[0])
    asker.click("button[type=submit].primary, form button.primary")
    asker.wait_for_url("**/chat/*")
    desk.goto(url + DESK)
    desk.locator("button", has_text=NEXT).first.click()
    for who, text in ((desk, SAID[1]), (asker, SAID[2])):
        who.fill("textarea[name=text]", text)
        who.press("textarea[name=text]", "Enter")
        for page in (desk, asker):
            page.get_by_text(text).first.wait_for()


def take(page: Page, name: str) -> None:
    """One picture of the page in each theme. Raises SystemExit when it is too large."""
    for theme in THEMES:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        path = OUT / f"{name}-{theme}.png"
        page.screenshot(path=path, animations="disabled")
        if path.stat().st_size > LARGEST:
            raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, at most {LARGEST}")


def main() -> None:
    """The list, a ticket, and a chat at the desk."""
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
        asker = chromium.browser.new_context(locale="nl-NL").new_page()
        sign_in_asker(asker, run["web"]["url"], Path(folder) / "sent")
        chat(page, asker, run["web"]["url"])
        take(page, "chat")


if __name__ == "__main__":
    main()
