"""The event stream: hints from the bus to the browsers that may hear them. No database, no words of people.

A bare ASGI application. Each browser brings a token that our pages signed, with the topics it may hear; the stream
begins with `resync`, for nothing is kept: what was missed is read from the ordinary pages. While a stream is open its
owner is noted as being there; it ends with the session that opened it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
from itsdangerous import BadData, URLSafeTimedSerializer

from helpdesk.chat.presence import KEPT_SECONDS
from helpdesk.ports import note_key

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Coroutine[Any, Any, None]]

TOKEN_SECONDS = 120
PING_SECONDS = 20.0
NOTE_SECONDS = 10.0
PREFIX = "helpdesk:"
HERE, UNTIL, SESSION = "here:", "until:", "session:"
"""What a token says besides topics: under which note its owner is there, until when, and which session it is of."""
_RETRY_SECONDS = 1.0
_AT_ONCE, _BREATH = 10, 0.01
"""So many are pinged or noted in one go, and so many seconds are between two: a hint never waits for all of them."""
RESYNC, PING = b"event: resync\ndata: {}\n\n", b"event: ping\ndata: {}\n\n"
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


class Listener:
    """One browser: the topics it may hear, and the way to it. What is told goes out at once: nothing waits here, and
    nobody has to be woken."""

    __slots__ = ("_let_go", "_send", "over", "topics", "until")

    def __init__(self, topics: frozenset[str], send: Send, let_go: Callable[[], object]) -> None:
        self.topics, self._send, self._let_go = tuple(topics), send, let_go
        self.over = False
        self.until = min((float(one.removeprefix(UNTIL)) for one in topics if one.startswith(UNTIL)), default=0.0)

    def put(self, event: bytes) -> None:
        """Send it. Whoever reads so slowly that it would have to wait is let go: it comes back and reads."""
        if not self.over and not self._sent({"type": "http.response.body", "body": event, "more_body": True}):
            self.over = True
            self._let_go()

    def end(self) -> None:
        """There is nothing more to hear."""
        if not self.over:
            self.over = True
            self._sent({"type": "http.response.body", "body": b""})
            self._let_go()

    def _sent(self, message: Message) -> bool:
        """Whether that went without waiting; a fault of one browser is no fault of the others."""
        step = self._send(message)
        try:
            step.send(None)
        except StopIteration:
            return True
        except Exception as fault:
            log.warning("stream", extra={"fault": type(fault).__name__})
            return False
        step.close()
        return False


class Hub:
    """One subscription for the whole process, and what it says handed to the listeners of each topic."""

    def __init__(self, url: str, now: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url, self._now, self._monotonic = url, now, monotonic
        self._by_topic: dict[str, tuple[Listener, ...]] = {}  # a set takes five times as much, and most hold one
        self._all: dict[Listener, float] = {}  # and when it was pinged last, longest ago first
        self._ended: dict[str, float] = {}  # sessions, for as long as a token of theirs may be about
        self.connected = False

    def admits(self, topics: frozenset[str]) -> bool:
        """Whether there is something to hear, in a session that has not ended since."""
        return bool(topics) and self._ended.keys().isdisjoint(topics)

    def join(self, topics: frozenset[str], send: Send, let_go: Callable[[], object]) -> Listener:
        """A listener to these topics, `resync` first; `let_go` ends its request."""
        listener = Listener(topics, send, let_go)
        self._all[listener] = self._monotonic()
        for topic in topics:
            if not topic.startswith(UNTIL):
                self._by_topic[topic] = (*self._by_topic.get(topic, ()), listener)
        listener.put(RESYNC)
        return listener

    def leave(self, listener: Listener) -> None:
        """The browser is gone."""
        self._all.pop(listener, None)
        for topic in listener.topics:
            others = tuple(one for one in self._by_topic.pop(topic, ()) if one is not listener)
            if others:
                self._by_topic[topic] = others

    def tell(self, topic: str, hint: str) -> None:
        """Hand a hint to whoever may hear its topic; one about a session ends the streams that it opened."""
        if topic.startswith(SESSION):
            now = self._monotonic()
            self._ended = {old: at for old, at in self._ended.items() if now - at < TOKEN_SECONDS} | {topic: now}
            for listener in self._by_topic.get(topic, ()):
                listener.end()
            return
        event = b"event: hint\ndata: " + json.dumps(json.loads(hint)).encode() + b"\n\n"
        for listener in self._of(topic):
            listener.put(event)

    def _of(self, topic: str) -> Iterable[Listener]:
        exact, every = self._by_topic.get(topic, ()), self._by_topic.get(topic.partition(":")[0] + ":*", ())
        return [*exact, *(one for one in every if one not in exact)]

    def to_all(self, event: bytes) -> None:
        """Tell everybody, and let those go whose session is over."""
        for listener in tuple(self._all):
            self._give(listener, event)

    def _give(self, listener: Listener, event: bytes) -> None:
        if listener.until and listener.until < self._now():
            listener.end()
        else:
            listener.put(event)

    def ping(self) -> float:
        """Ping some whose turn it is. Returns the seconds until somebody's turn."""
        now = self._monotonic()
        for listener, pinged_at in tuple(islice(self._all.items(), _AT_ONCE)):
            if pinged_at + PING_SECONDS > now:
                return pinged_at + PING_SECONDS - now
            del self._all[listener]
            self._all[listener] = now
            self._give(listener, PING)
        return _BREATH if self._all else PING_SECONDS

    async def listen(self) -> None:
        """Subscribe, and again after every fault, for ever. Hints may have been missed then: everybody reads again."""
        while True:
            try:
                async with redis.asyncio.Redis.from_url(self._url) as connection, connection.pubsub() as hints:
                    await hints.psubscribe(PREFIX + "*")
                    self.connected = True
                    self.to_all(RESYNC)
                    async for message in hints.listen():
                        if message["type"] == "pmessage":
                            self.tell(message["channel"].decode().removeprefix(PREFIX), message["data"].decode())
            except (redis.RedisError, OSError) as fault:
                log.warning("bus", extra={"fault": type(fault).__name__})
            self.connected = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def beat(self) -> None:
        """Keep the lines open, for ever."""
        while True:
            await asyncio.sleep(self.ping())

    async def note(self) -> None:
        """Note who is there, for ever; what fails is noted the next time."""
        async with redis.asyncio.Redis.from_url(self._url) as connection:
            while True:
                names = [topic.removeprefix(HERE) for topic in self._by_topic if topic.startswith(HERE)]
                parts = [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]
                for part in parts:
                    with contextlib.suppress(redis.RedisError, OSError):
                        await self._note(connection, part)
                    await asyncio.sleep(NOTE_SECONDS / len(parts))
                if not parts:
                    await asyncio.sleep(_RETRY_SECONDS)

    async def _note(self, connection: redis.asyncio.Redis, names: list[str]) -> None:
        async with connection.pipeline(transaction=False) as line:
            for name in names:
                line.set(note_key(name), str(int(self._now())), ex=KEPT_SECONDS)
            await line.execute()


async def _stream(hub: Hub, topics: frozenset[str], receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a request is one
    listener = hub.join(topics, send, task.cancel)
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except asyncio.CancelledError:
        if not listener.over:
            raise
    finally:
        hub.leave(listener)


async def _say(send: Send, status: int, word: str) -> None:
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": word.encode() + b"\n"})


async def _lifespan(hub: Hub, receive: Receive, send: Send) -> None:
    await receive()
    tasks = [asyncio.ensure_future(one) for one in (hub.listen(), hub.beat(), hub.note())]
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await send({"type": "lifespan.shutdown.complete"})


def create_live_app(
    redis_url: str, key: bytes, now: Callable[[], float]
) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """The ASGI application; `key` is the one our pages sign tokens with, `now` the clock in seconds since 1970."""
    hub = Hub(redis_url, now)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(hub, receive, send)
            return
        path = scope["path"]
        if path == "/healthz" or (path == "/readyz" and hub.connected):
            await _say(send, 200, "ok")
        elif path != "/events":
            await _say(send, 503 if path == "/readyz" else 404, "no")
        else:
            word = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if hub.admits(topics := topics_of(key, word)):
                await _stream(hub, topics, receive, send)
            else:
                await _say(send, 404, "no")

    return app
