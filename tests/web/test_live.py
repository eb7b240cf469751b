"""The event stream: who hears what, what a slow browser gets, and the whole over a real Valkey and a real socket."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpdesk.adapters.redis_bus import RedisBus
from helpdesk.keys import create_keys, load_keys
from helpdesk.ports import Ports
from tests.services.valkey import Valkey
from tests.web.visitor import Visitor
from web import live

KEY = b"k" * 32


def test_a_token_opens_its_topics_and_a_forged_one_nothing() -> None:
    token = live.make_token(KEY, ["inbox", "ticket:7"])
    assert live.topics_of(KEY, token) == {"inbox", "ticket:7"}
    assert live.topics_of(b"x" * 32, token) == frozenset()
    assert live.topics_of(KEY, token + "x") == frozenset()
    assert live.topics_of(KEY, "") == frozenset()


def test_our_pages_hand_out_a_token_to_advisors_only(site_ports: Ports, marije: Visitor, tess: Visitor) -> None:
    token = marije.get("/werk/stroom").get_json()["token"]
    topics = live.topics_of(site_ports.keys.session, token)
    assert {topic.partition(":")[0] for topic in topics} == {"ticket", "session", "account", "until"}
    assert tess.get("/werk/stroom").status_code == 404


class Browser:
    """What one of them was sent; `reads` says whether there is room for more."""

    def __init__(self, hub: live.Hub, *topics: str) -> None:
        self.heard: list[bytes] = []
        self.reads, self.hung_up = True, False
        self.listener = hub.join(frozenset(topics), self.send, self.let_go)

    async def send(self, message: live.Message) -> None:
        while not self.reads:
            await asyncio.Event().wait()
        self.heard.append(message["body"])

    def let_go(self) -> None:
        self.hung_up = True

    def events(self) -> list[bytes]:
        return [event.rpartition(b"data: ")[2].strip() for event in self.heard]


def test_a_listener_hears_its_topics_only() -> None:
    hub = live.Hub("redis://nowhere", time.time)
    one, all_tickets = Browser(hub, "ticket:7"), Browser(hub, "ticket:*", "ticket:8")
    hub.tell("ticket:7", '{"ticket": 7}')
    hub.tell("ticket:8", '{"ticket": 8}')
    assert one.events() == [b"{}", b'{"ticket": 7}']
    assert all_tickets.events() == [b"{}", b'{"ticket": 7}', b'{"ticket": 8}'], "each once"
    hub.leave(one.listener)
    hub.tell("ticket:7", '{"ticket": 7}')
    assert len(one.heard) == 2


def test_who_reads_nothing_is_let_go_and_who_signed_out_too() -> None:
    hub = live.Hub("redis://nowhere", lambda: 1000.0)
    slow, out = Browser(hub, "inbox"), Browser(hub, "inbox", "session:staff-4")
    over, still = Browser(hub, "until:999"), Browser(hub, "until:1001")
    hub.tell("session:staff-4", '{"kind": "ended"}')
    slow.reads = False
    for number in range(3):
        hub.tell("inbox", f'{{"n": {number}}}')
    hub.to_all(live.PING)
    assert [one.hung_up for one in (slow, out, over, still)] == [True, True, True, False]
    assert [one.heard for one in (slow, out)] == [[live.RESYNC], [live.RESYNC, b""]], "nothing after the end"
    assert [hub.admits(frozenset(one.listener.topics)) for one in (slow, out)] == [True, False], (
        "its token opens nothing any more"
    )
    assert not hub.admits(frozenset())


def test_a_fault_of_one_browser_is_none_of_its_neighbours() -> None:
    hub = live.Hub("redis://nowhere", time.time)

    async def broken(_message: live.Message) -> None:
        raise OSError

    let_go: list[bool] = []
    hub.join(frozenset({"inbox"}), broken, lambda: let_go.append(True))
    other = Browser(hub, "inbox")
    hub.tell("inbox", "{}")
    assert (let_go, other.events()) == ([True], [b"{}", b"{}"])


def test_everybody_is_pinged_in_time_and_never_all_at_once() -> None:
    at = [0.0]
    hub = live.Hub("redis://nowhere", lambda: 1000.0, lambda: at[0])
    assert hub.ping() == live.PING_SECONDS, "there is nobody"
    everybody = [Browser(hub, "inbox") for _ in range(95)]
    pinged = dict.fromkeys(everybody, 0.0)
    while at[0] < 3 * live.PING_SECONDS:
        pause = hub.ping()
        heard = [browser for browser in everybody if live.PING in browser.heard]
        assert len(heard) <= 10, "a hint would wait for all of them"
        for browser in heard:
            assert at[0] - pinged[browser] < live.PING_SECONDS + 1
            pinged[browser] = at[0]
            browser.heard.clear()
        at[0] += pause
    assert min(pinged.values()) >= 2 * live.PING_SECONDS
    hub.leave(everybody[0].listener)
    assert hub.ping() > 0


def test_what_is_not_a_stream_is_refused() -> None:
    app = live.create_live_app("redis://nowhere", KEY, time.time)

    async def status(path: str, query: bytes = b"") -> int:
        said: list[live.Message] = []

        async def receive() -> live.Message:
            return {"type": "http.request"}

        async def send(message: live.Message) -> None:
            said.append(message)

        await app({"type": "http", "path": path, "query_string": query}, receive, send)
        return int(said[0]["status"])

    asked = (("/healthz", b""), ("/readyz", b""), ("/x", b""), ("/events", b"token=x"))
    with ThreadPoolExecutor(1) as apart:  # a browser of another test may hold an event loop in this thread
        found = [apart.submit(asyncio.run, status(path, query)).result() for path, query in asked]
    assert found == [200, 503, 404, 404]


@pytest.fixture
def stream(valkey: Valkey, tmp_path: Path) -> Iterator[tuple[int, bytes]]:
    """A running `python -m web live` and the key its tokens are signed with."""
    keys = tmp_path / "secrets" / "keys.json"
    create_keys(keys)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    environment |= {"HELPDESK_DATA": str(tmp_path), "HELPDESK_REDIS": valkey.url, "HELPDESK_LIVE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "web", "live"], env=environment, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not ready(port):
            assert time.monotonic() < until, "the stream did not come up"
            time.sleep(0.1)
        yield port, load_keys(keys).session
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) is not None


def ready(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def test_a_hint_on_the_bus_reaches_the_browser(valkey: Valkey, stream: tuple[int, bytes]) -> None:
    port, key = stream
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/events?token=" + live.make_token(key, ["ticket:7"]))
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    lines = [answer.readline() for _ in range(3)]
    assert lines[0] == b"event: resync\n"
    bus = RedisBus(valkey.url)
    threading.Timer(0.2, lambda: bus.publish({"ticket:8": {"ticket": 8}})).start()
    threading.Timer(0.4, lambda: bus.publish({"ticket:7": {"ticket": 7, "kind": "replied"}})).start()
    assert answer.readline() == b"event: hint\n"
    assert answer.readline() == b'data: {"ticket": 7, "kind": "replied"}\n'
    connection.close()


def test_who_is_connected_is_noted_and_the_end_of_a_session_ends_the_stream(
    valkey: Valkey, stream: tuple[int, bytes]
) -> None:
    port, key = stream
    bus = RedisBus(valkey.url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    token = live.make_token(key, ["room:7", "here:asker:7", "session:asker-3"])
    connection.request("GET", "/events?token=" + token)
    answer = connection.getresponse()
    assert answer.readline() == b"event: resync\n"
    until = time.monotonic() + live.NOTE_SECONDS + 5
    while not (noted := bus.noted(["asker:7"])[0]) and time.monotonic() < until:
        time.sleep(0.2)
    assert abs(int(noted or 0) - time.time()) < 5
    bus.publish({"session:asker-3": {"kind": "ended"}})
    assert answer.read() == b"data: {}\n\n"
