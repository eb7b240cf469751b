"""The event stream: hints from the bus to the browsers that may hear them. No database, no words of people.

A bare ASGI application. Each browser brings a token that our pages signed, with the topics it may hear; the stream
begins with `resync`, for nothing is kept: what was missed is read from the ordinary pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
from itsdangerous import BadData, URLSafeTimedSerializer

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TOKEN_SECONDS = 120
PING_SECONDS = 20.0
WAITING_HINTS = 100
PREFIX = "helpdesk:"
_RETRY_SECONDS = 1.0
# Any page may connect: only the token opens anything, and no cookie is asked for or taken.
_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
]


def _serializer(key: bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="events")


def make_token(key: bytes, topics: list[str]) -> str:
    """A token with which a browser may hear these topics, for the two minutes in which it must connect."""
    return str(_serializer(key).dumps(topics))


def topics_of(key: bytes, token: str) -> frozenset[str]:
    """The topics of a token; none when it is forged or old."""
    try:
        return frozenset(str(topic) for topic in _serializer(key).loads(token, max_age=TOKEN_SECONDS))
    except BadData:
        return frozenset()


class Hub:
    """One subscription for the whole process, and a bounded queue per browser; a full queue becomes a resync."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[asyncio.Queue[str], frozenset[str]] = {}
        self.connected = False

    def join(self, topics: frozenset[str]) -> asyncio.Queue[str]:
        """A queue that gets the hints of these topics, `resync` first."""
        queue: asyncio.Queue[str] = asyncio.Queue(WAITING_HINTS)
        queue.put_nowait("resync")
        self._listeners[queue] = topics
        return queue

    def leave(self, queue: asyncio.Queue[str]) -> None:
        """The browser is gone."""
        self._listeners.pop(queue, None)

    def tell(self, topic: str, hint: str) -> None:
        """Hand a hint to whoever may hear its topic."""
        for queue, topics in self._listeners.items():
            if topic in topics or topic.partition(":")[0] + ":*" in topics:
                self._put(queue, hint)

    def resync(self) -> None:
        """Hints may have been missed: everybody reads again."""
        for queue in self._listeners:
            self._put(queue, "resync")

    def _put(self, queue: asyncio.Queue[str], hint: str) -> None:
        if queue.full():
            while not queue.empty():
                queue.get_nowait()
            hint = "resync"
        queue.put_nowait(hint)

    async def listen(self) -> None:
        """Subscribe, and again after every fault, for ever."""
        while True:
            try:
                async with redis.asyncio.Redis.from_url(self._url) as connection, connection.pubsub() as hints:
                    await hints.psubscribe(PREFIX + "*")
                    self.connected = True
                    self.resync()
                    async for message in hints.listen():
                        if message["type"] == "pmessage":
                            self.tell(message["channel"].decode().removeprefix(PREFIX), message["data"].decode())
            except (redis.RedisError, OSError) as fault:
                log.warning("bus", extra={"fault": type(fault).__name__})
            self.connected = False
            await asyncio.sleep(_RETRY_SECONDS)


def _event(hint: str) -> bytes:
    if hint == "resync":
        return b"event: resync\ndata: {}\n\n"
    return b"event: hint\ndata: " + json.dumps(json.loads(hint)).encode() + b"\n\n"


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(hub: Hub, topics: frozenset[str], receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
    queue = hub.join(topics)
    gone = asyncio.ensure_future(_hang_up(receive))
    try:
        while not gone.done():
            coming = asyncio.ensure_future(queue.get())
            await asyncio.wait({coming, gone}, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            body = _event(coming.result()) if coming.done() else b"event: ping\ndata: {}\n\n"
            coming.cancel()
            await send({"type": "http.response.body", "body": body, "more_body": True})
    finally:
        gone.cancel()
        hub.leave(queue)


async def _say(send: Send, status: int, word: str) -> None:
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": word.encode() + b"\n"})


async def _lifespan(hub: Hub, receive: Receive, send: Send) -> None:
    await receive()
    listening = asyncio.ensure_future(hub.listen())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await send({"type": "lifespan.shutdown.complete"})


def create_live_app(redis_url: str, key: bytes) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """The ASGI application; `key` is the one our pages sign tokens with."""
    hub = Hub(redis_url)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(hub, receive, send)
            return
        path = scope["path"]
        if path == "/healthz" or (path == "/readyz" and hub.connected):
            await _say(send, 200, "ok")
        elif path != "/events":
            await _say(send, 503 if path == "/readyz" else 404, "no")
        elif topics := topics_of(key, parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]):
            await _stream(hub, topics, receive, send)
        else:
            await _say(send, 403, "no")

    return app
