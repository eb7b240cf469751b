"""The printed conversation in a real browser: numbered sheets without the frame, and each says that notes are in it."""

from __future__ import annotations

import re
import zlib

from playwright.sync_api import BrowserContext

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.test_browser import address, context, sign_in
from tests.web.visitor import Visitor

__all__ = ["address", "context"]

TICKET = "/werk/w/open/2026-00001"
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_RUN = re.compile(rb"<([0-9A-F]+)> ?Tj")


def sheets(pdf: bytes) -> list[list[bytes]]:
    """The runs of glyphs of each sheet, in the order in which they are drawn."""
    found = []
    for packed in _STREAM.findall(pdf):
        try:
            drawn = zlib.decompress(packed)
        except zlib.error:
            continue
        if b"BT" in drawn:
            found.append(_RUN.findall(drawn))
    return found


def test_every_sheet_has_its_number_and_says_that_notes_are_in_it(
    site_ports: Ports, marije: Visitor, context: BrowserContext
) -> None:
    receive(site_ports, letter())
    marije.send(marije.page(TICKET).form("/notitie"), text="een regel\n\n" * 120)
    page = context.new_page()
    sign_in(page)
    page.goto(f"{TICKET}/afdrukken?notities=1")
    said = "".join(page.locator(".holds-notes").inner_text().split())
    found = sheets(page.pdf())
    assert len(found) > 2
    assert len({runs[0] for runs in found}) == len(found), "each sheet has its own number"
    # After "n / m" the same glyphs begin every sheet: the words of the heading.
    heads = {tuple(runs[2 : 2 + len(said)]) for runs in found}
    assert len(heads) == 1
    page.goto(f"{TICKET}/afdrukken")
    assert page.locator(".holds-notes").count() == 0
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert not page.locator(".rail").is_visible()
