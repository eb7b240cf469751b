"""The pages in a real browser with JavaScript off: the whole walk, and the layout at several widths."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from helpdesk.ports import Ports
from helpdesk.tickets.cleaning import drain as clean
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.conftest import MARIJE
from tests.web.test_inert import parked_mail
from tests.web.visitor import PASSWORD

LONG = "Deelnemerslijst-basisopleiding-voorjaar-" * 4
SMALLEST_TARGET = 24
TARGETS = """() => [...document.querySelectorAll('a, button, summary, input, select, textarea')].filter(one => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const inText = one.tagName === 'A' && style.display === 'inline' && one.closest('p, td, li, .text, .ours');
  return box.width && !inText && !one.closest('.vh, .skip') && one.className !== 'skip' &&
    !one.closest('.row h2') && (box.width < %d || box.height < %d);
}).map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)


@pytest.fixture
def context(chromium: Chromium, address: str) -> Iterator[BrowserContext]:
    made = chromium.browser.new_context(java_script_enabled=False, base_url=address, locale="nl-NL")
    made.set_default_timeout(10_000)
    yield made
    made.close()


def sign_in(page: Page) -> None:
    page.goto("/werk")
    page.get_by_label("E-mailadres").fill(MARIJE)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()


def test_the_whole_walk_without_scripts(site_ports: Ports, context: BrowserContext) -> None:
    receive(site_ports, letter(html="<p>Kan ik <b>verzetten</b>?</p>", files=(("rooster.pdf", b"%PDF-1.4"),)))
    clean(site_ports)
    page = context.new_page()
    sign_in(page)
    page.get_by_role("link", name="Training verzetten").click()
    expect(page).to_have_title("Training verzetten – Helpdesk")
    assert page.frame_locator("iframe").locator("b").inner_text() == "verzetten"
    page.get_by_text("Beantwoorden").click()
    page.get_by_label("Antwoord", exact=True).fill("Dat **kan**, in januari.")
    page.get_by_role("button", name="Verstuur naar Femke de Vries").click()
    expect(page.locator(".msg-answer strong")).to_have_text("kan")
    page.locator("#notitie summary").click()
    page.get_by_label("Notitie", exact=True).fill("Planning gebeld.")
    page.get_by_role("button", name="Bewaar notitie").click()
    expect(page.locator(".msg-note")).to_contain_text("Interne notitie – Marije Bos")
    page.get_by_text("Toewijzen…").click()
    page.get_by_label("Toewijzen aan").select_option("Sander Kok")
    page.get_by_role("button", name="Wijs toe").click()
    expect(page.locator(".notice")).to_have_text("De vraag is toegewezen.")
    page.get_by_role("button", name="Afhandelen").click()
    expect(page.locator(".ticket-head")).to_contain_text("Afgehandeld")
    page.get_by_label("Zoek in alle vragen").fill("januari")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.locator(".row")).to_have_count(1)
    with page.expect_download() as download:
        page.goto("/werk/w/alle/2026-00001")
        page.get_by_role("link", name="rooster.pdf").click()
    assert download.value.suggested_filename == "rooster.pdf"
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")


def test_nothing_of_a_hostile_mail_runs(site_ports: Ports, chromium: Chromium, address: str) -> None:
    evil = "<script>document.title='kwaad'</script><img src=x onerror=\"document.title='kwaad'\">"
    receive(site_ports, letter(evil, subject=evil, html=f"<p>{evil}</p>", files=(("kwaad.html", evil.encode()),)))
    clean(site_ports)
    context = chromium.browser.new_context(base_url=address)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page)
    page.goto("/werk/w/open/2026-00001")
    page.wait_for_load_state("networkidle")
    assert page.title().startswith("<script>document.title='kwaad'</script>")
    assert all(url.startswith(address) for url in asked)
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    assert frame.evaluate("document.querySelectorAll('script, [onerror]').length") == 0
    height = page.locator("iframe").bounding_box()
    assert height is not None
    assert height["height"] < 400, "our script fits the frame to its mail"
    context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 256), (375, 812), (1024, 768), (1440, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_and_targets_are_large_enough(
    site_ports: Ports, chromium: Chromium, address: str, width: int, height: int, scheme: str
) -> None:
    receive(site_ports, letter(f"Zie https://minbz.example/{LONG}", subject=LONG, Cc=f"{LONG} <ahmed@minbz.example>"))
    receive(site_ports, letter("Nog iets", subject=f"Re: {LONG}", message_id="<m2@minbz.example>"))
    parked_mail(site_ports, letter(subject=LONG))
    context = chromium.browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto("/inloggen")
    found = {"/inloggen": problems(page, width)}
    sign_in(page)
    for path in (
        *("/werk/w/open", "/werk/w/open/2026-00001", "/werk/w/open/2026-00002", "/werk/nieuw", "/werk/zoeken"),
        *("/beheer/geparkeerd", "/techniek/gezondheid", "/werk/instellingen", "/werk/bericht/1/bron", "/niets"),
    ):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.name = ''; one.open = true; })")
        found[path] = problems(page, width)
    context.close()
    assert len(found) == 11
    assert {path: what for path, what in found.items() if what} == {}


def problems(page: Page, width: int) -> list[str]:
    """What is wrong with the layout of the page as it stands."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    small: list[str] = page.evaluate(TARGETS % (SMALLEST_TARGET, SMALLEST_TARGET))
    return ([f"{wide} wide"] if wide > width else []) + small
