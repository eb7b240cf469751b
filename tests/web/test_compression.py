"""Pages and static files come compressed to who can read that, whole to who can't, and tell nothing by their length."""

from __future__ import annotations

import gzip

import pytest

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.visitor import Visitor

TICKET = "/werk/w/open/2026-00001"


@pytest.mark.parametrize("path", [TICKET, "/werk/w/open", "/inloggen", "/werk/niets"])
def test_a_page_is_the_same_compressed_and_a_fraction_of_the_size(
    site_ports: Ports, marije: Visitor, path: str
) -> None:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(30)))
    plain = marije.client.get(path, follow_redirects=True, headers={"X-Fragment": "list"})
    small = marije.client.get(path, follow_redirects=True, headers={"Accept-Encoding": "gzip", "X-Fragment": "list"})
    assert (plain.headers.get("Content-Encoding"), small.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 2
    assert "Accept-Encoding" in ", ".join(small.headers.getlist("Vary"))
    assert int(small.headers["Content-Length"]) == len(small.data)


def test_static_files_are_compressed_once_and_stay_cacheable(marije: Visitor) -> None:
    page = marije.client.get("/werk/w/open").text
    addresses = [part.split('"')[0] for part in page.split('"')[1:] if part.startswith("/static/")]
    addresses = [address.replace("&amp;", "&") for address in addresses if not address.endswith(".ico")]
    assert len(addresses) >= 4
    for address in addresses:
        small = marije.client.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert gzip.decompress(small.data) == marije.client.get(address).data, address
        assert "immutable" in small.headers["Cache-Control"], address


def test_a_part_that_did_not_change_is_still_not_sent_again(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    asked = {"X-Fragment": "list", "Accept-Encoding": "gzip"}
    first = marije.client.get(TICKET, headers=asked)
    again = marije.client.get(TICKET, headers=asked | {"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


def test_files_of_people_are_never_compressed_with_ours(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter(files=(("a.json", b"[" + b"1," * 2000 + b"1]"),)))
    for path in ("/werk/bestand/1", "/werk/bericht/1/bron.eml"):
        answer = marije.client.get(path, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, None), path


def test_the_same_page_has_many_lengths(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    lengths = {len(marije.client.get(TICKET, headers={"Accept-Encoding": "gzip"}).data) for _time in range(20)}
    assert len(lengths) > 5
