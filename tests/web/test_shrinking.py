"""A photo is made smaller before it is sent: by itself on a slow line, else by a press; its name stays."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Page, expect

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.asker import signs_in
from tests.web.browsing import browsing, served
from tests.web.visitor import Visitor

SLOW = "Object.defineProperty(navigator, 'connection', {value: {saveData: true, effectiveType: '4g'}})"
FAST = "Object.defineProperty(navigator, 'connection', {value: {saveData: false, effectiveType: '4g'}})"
PHOTO = """
async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1200 });
  const brush = canvas.getContext("2d");
  const dots = brush.createImageData(2400, 1200);
  for (let at = 0; at < dots.data.length; at += 1) dots.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
  brush.putImageData(dots, 0, 0);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  const bytes = new Uint8Array(await made.arrayBuffer());
  const exif = new TextEncoder().encode("Exif\\0\\0GPS-GEHEIM");
  const head = new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2]);
  const file = new File([head, exif, bytes.slice(2)], "vakantie.jpg", { type: "image/jpeg" });
  const carrier = new DataTransfer();
  carrier.items.add(file);
  const field = document.querySelector("#veld-files");
  field.files = carrier.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return file.size;
}
"""
"""A picture of noise with something a camera wrote along, chosen in the field of the form."""


def asked_with_a_photo(page: Page) -> int:
    """The question form with a large photo chosen; returns its size in bytes."""
    page.goto("/mijn-vragen/nieuw")
    size = page.evaluate(PHOTO)
    assert isinstance(size, int)
    return size


def kept(page: Page, visitor: Visitor) -> bytes:
    """Send the question; the bytes of the file as they are given out."""
    expect(page.locator("[data-files] input")).to_have_count(1)
    page.locator("#veld-text").fill("Zie de foto")
    page.get_by_role("button", name="Verstuur mijn vraag").click()
    page.get_by_role("link", name="Naar je vraag").click()
    link = page.get_by_role("link", name="vakantie.jpg").get_attribute("href")
    return bytes(visitor.client.get(link or "").data)


def test_a_large_photo_goes_smaller(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    visitor = Visitor(app)
    receive(site_ports, letter())
    signs_in(visitor, site_ports)
    cookie = visitor.client.get_cookie("vragen")
    assert cookie is not None
    with served(app) as address:
        for line, words in ((SLOW, "Stuur de foto zoals hij is ("), (FAST, "Verklein foto (")):
            with browsing(chromium, address, width=375, height=812) as context:
                context.add_cookies([{"name": "vragen", "value": cookie.value, "url": address}])
                context.add_init_script(line)
                page = context.new_page()
                size = asked_with_a_photo(page)
                other = page.get_by_role("button", name=words)
                expect(other).to_be_visible()
                if line == FAST:
                    other.click()
                    expect(page.get_by_role("button", name="Stuur de foto zoals hij is (")).to_be_focused()
                expect(page.locator("[data-files] li")).to_have_count(1)
                sent = kept(page, visitor)
            assert b"GPS-GEHEIM" not in sent
            assert 10_000 < len(sent) < size * 0.8
        with browsing(chromium, address) as context:
            context.add_cookies([{"name": "vragen", "value": cookie.value, "url": address}])
            context.add_init_script(SLOW)
            page = context.new_page()
            size = asked_with_a_photo(page)
            page.get_by_role("button", name="Stuur de foto zoals hij is (").click()
            expect(page.get_by_role("button", name="Verklein foto (")).to_be_visible()
            sent = kept(page, visitor)
        assert (b"GPS-GEHEIM" in sent, len(sent)) == (True, size)
