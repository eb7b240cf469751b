"""The run of `make cut-sends`, small; and that a broken file goes on where it broke, counted in bytes."""

from __future__ import annotations

import random

from flask import Flask

from helpdesk.ports import Ports
from tests.attack.byte_proxy import ByteProxy
from tests.attack.cut_sends import kept, opened, run
from tests.services.chromium import Chromium
from tests.web.browsing import served
from tests.web.conftest import app, site_ports, staffed_template

__all__ = ["app", "site_ports", "staffed_template"]
SIZE, PIECE = 1_600_000, 256 * 1024


def test_each_send_is_kept_once_and_its_file_whole(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    with served(app) as address, ByteProxy(int(address.rpartition(":")[2]), 0.6, 7) as proxy:
        sends = opened(site_ports, chromium, proxy.port)
        assert run(sends, proxy, 3, random.Random(7)) == []
        assert proxy.cuts >= 3
        sends.page.context.close()


def test_a_broken_file_goes_on_where_it_broke(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    content = b"%PDF-1.7\n" + random.Random(1).randbytes(SIZE)
    with served(app) as address, ByteProxy(int(address.rpartition(":")[2]), 0, 1) as proxy:
        sends = opened(site_ports, chromium, proxy.port)
        before = proxy.up
        sends.send("message", "In stukken", content, lambda: proxy.break_after(int(SIZE * 0.6), up=True))
        assert kept(site_ports, "In stukken") == [content]
        assert proxy.cuts == 1
        assert SIZE < proxy.up - before < SIZE + 2 * PIECE + 100_000, "no more is sent again than the piece that broke"
        sends.page.context.close()
