"""What a chat costs at least: lines in memory, hints over Valkey, one stream per person. No sign-in, no database.

    python -m tests.bench.chat_floor PORT REDIS_URL

POST /say?room=N keeps a line and publishes its room; /events?rooms=N tells it; GET /lines?room=N gives the last line.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
import uvicorn

URL = sys.argv[2] if len(sys.argv) > 2 else ""
LINES: dict[str, bytes] = {}
QUEUES: dict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)
STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
BUS = redis.asyncio.Redis.from_url(URL) if URL else None


async def listen() -> None:
    assert BUS is not None
    async with BUS.pubsub() as hints:
        await hints.psubscribe("floor:*")
        async for message in hints.listen():
            if message["type"] == "pmessage":
                room = message["channel"].decode().partition(":")[2]
                for queue in QUEUES[room]:
                    queue.put_nowait(b"event: hint\ndata: " + message["data"] + b"\n\n")


async def answer(send: Any, body: bytes = b"") -> None:
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body})


async def stream(room: str, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": STREAM})
    queue: asyncio.Queue[bytes] = asyncio.Queue(100)
    QUEUES[room].add(queue)
    await send({"type": "http.response.body", "body": b"event: resync\ndata: {}\n\n", "more_body": True})
    try:
        while True:
            await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
    finally:
        QUEUES[room].discard(queue)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["task"] = asyncio.ensure_future(listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    room = parse_qs(scope["query_string"].decode()).get("room", [""])[0]
    if scope["path"] == "/events":
        await stream(room, send)
    elif scope["path"] == "/say":
        LINES[room] = (await receive())["body"]
        assert BUS is not None
        await BUS.publish(f"floor:{room}", '{"ticket": ' + room + "}")
        await answer(send)
    else:
        await answer(send, LINES.get(room, b""))


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="on")
