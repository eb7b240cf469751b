"""Many streams and a few requests over plain sockets, in one process: what a chat's browsers ask, and no more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

_TICKET = re.compile(rb'"ticket": ?(\d+)')
TOKEN_SECONDS = 60.0
"""So long a page shows a token again that has opened nothing."""
Heard = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes


class Requests:
    """Kept-alive connections to one server, used by turns."""

    def __init__(self, port: int, count: int = 8) -> None:
        self._port, self._free = port, asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]()
        for _ in range(count):
            self._free.put_nowait(None)

    async def ask(self, method: str, path: str, cookie: str = "", body: bytes = b"", kind: str = "") -> Answer:
        """One request; a connection that was closed meanwhile is made anew. Raises OSError."""
        pair = await self._free.get()
        try:
            for fresh in (False, True):
                if pair is None or fresh:
                    pair = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    return await self._one(pair, method, path, cookie, body, kind)
                except (OSError, asyncio.IncompleteReadError, ValueError):
                    if fresh:
                        raise OSError("no answer") from None
            raise OSError("no answer")
        except OSError:
            pair = None
            raise
        finally:
            self._free.put_nowait(pair)

    async def _one(
        self,
        pair: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        method: str,
        path: str,
        cookie: str,
        body: bytes,
        kind: str,
    ) -> Answer:
        reader, writer = pair
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nCookie: {cookie}\r\nX-Chat: 1\r\n"
        head += f"Content-Type: {kind}\r\n" if kind else ""
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        said = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", said)
        if length is None:
            raise ValueError("no length")
        return Answer(int(said[9:12]), await reader.readexactly(int(length[1])))


@dataclass
class Streams:
    """Open streams of `count` people; each is opened again when it ends, with pauses as the page's."""

    port: int
    path_of: Callable[[int], Awaitable[str]]
    count: int
    heard: Heard
    resynced: Callable[[int], None] = lambda _index: None
    open: set[int] = field(default_factory=set)
    going: bool = True

    async def run(self) -> None:
        """Until `going` is over."""
        await asyncio.gather(*(self._keep(index) for index in range(self.count)))

    async def _keep(self, index: int) -> None:
        tries, path, until = 0, "", 0.0
        await asyncio.sleep(index / 1000)
        while self.going:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError, KeyError, json.JSONDecodeError):
                if time.perf_counter() > until:
                    path, until = await self.path_of(index), time.perf_counter() + TOKEN_SECONDS
                await self._listen(index, path)
            if index in self.open:
                tries, until = 0, 0.0
            self.open.discard(index)
            if self.going:
                await asyncio.sleep(min(0.5 * 2**tries, 16) * random.uniform(0.5, 1.5))
                tries += 1

    async def _listen(self, index: int, path: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=4096)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            said = await reader.readuntil(b"\r\n\r\n")
            if said[9:12] != b"200":
                raise ValueError(said[9:12])
            self.open.add(index)
            while self.going:
                line = await reader.readline()
                if not line:
                    return
                if line.startswith(b"data: ") and (found := _TICKET.search(line)):
                    self.heard(index, int(found[1]), time.perf_counter())
                elif line.startswith(b"event: resync"):
                    self.resynced(index)
        finally:
            writer.close()


def percentile(values: list[float], share: float) -> float:
    """The value below which this share lies, in milliseconds; endless without values."""
    if not values:
        return float("inf")
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000
