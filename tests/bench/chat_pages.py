"""The people at their pages, for `make bench-chat`: what each heard and asked for, of ours and of the floor program."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.bench.chat_client import Requests
from tests.bench.chat_site import Site

_FORM = re.compile(r'name="formulier" value="(\w+)"')


@dataclass
class Talk:
    """The people at their pages: what each has heard, and when."""

    site: Site
    asks: Requests
    forms: dict[int, str] = field(default_factory=dict)
    newest: dict[int, tuple[int, int]] = field(default_factory=dict)
    said_at: dict[str, float] = field(default_factory=dict)
    kept_at: dict[str, float] = field(default_factory=dict)
    told_at: dict[str, float] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)
    twice: int = 0
    hints: dict[int, float] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def stream_path(self, index: int) -> str:
        """A fresh token, as the page asks for one."""
        person = self.site.people[index]
        answer = await self.asks.ask("GET", f"/chat/{person.number}/stroom", person.cookie)
        return f"/events?token={json.loads(answer.body)['token']}"

    def heard(self, index: int, ticket: int, at: float) -> None:
        """A hint: ask for the lines."""
        self.hints[ticket] = at
        if index in self.newest:
            self.look(index)

    def look(self, index: int) -> None:
        """Ask for what is new; one question at a time for each page."""
        if index in self.busy:
            self.again.add(index)
        elif index in self.newest:
            self.busy.add(index)
            task = asyncio.ensure_future(self._look(index))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _look(self, index: int) -> None:
        try:
            while True:
                self.again.discard(index)
                try:
                    await self._ask(index)
                except OSError:
                    await asyncio.sleep(0.5)
                    self.again.add(index)
                if index not in self.again:
                    return
        finally:
            self.busy.discard(index)

    async def _ask(self, index: int) -> None:
        person, (after, have) = self.site.people[index], self.newest[index]
        path = f"/chat/{person.number}/regels?after={after}&have={have}"
        text = (await self.asks.ask("GET", path, person.cookie)).body.decode()
        at = time.perf_counter()
        newest, count = (re.search(rf'data-{name}="(\d+)"', text) for name in ("newest", "count"))
        if newest is None or count is None:
            raise OSError("no lines")
        for word in re.findall(r"bench-line-\d+", text):
            self.twice += word in self.came
            self.told_at.setdefault(word, self.hints.get(person.ticket_id, at))
            self.came.setdefault(word, at)
        self.newest[index] = (int(newest[1]), int(count[1]))

    async def say(self, index: int, word: str) -> None:
        """The advisor's line, again until it is kept."""
        person = self.site.people[index]
        path, cookie = f"/werk/chat/{person.number}", self.site.advisors[person.advisor]
        body = urlencode({"formulier": self.forms[person.advisor], "text": word, "client_id": f"id-{word}"}).encode()
        self.said_at[word] = time.perf_counter()
        for _ in range(20):
            try:
                answer = await self.asks.ask("POST", path, cookie, body, "application/x-www-form-urlencoded")
                if answer.status == 200:
                    self.kept_at[word] = time.perf_counter()
                    return
            except OSError:
                pass
            await asyncio.sleep(0.3)

    async def begin(self, chats: int) -> None:
        """Open the pages, several at a time, so that the web has its caches before streams are counted."""
        for advisor, cookie in enumerate(self.site.advisors):
            page = (await self.asks.ask("GET", "/werk/chat", cookie)).body.decode()
            self.forms[advisor] = _FORM.search(page)[1]  # type: ignore[index] # our own page
        for index in range(chats):
            self.newest[index] = (0, 0)
        for _ in range(2):
            await asyncio.gather(*(self._look(index) for index in range(chats)))
        self.came.clear()


@dataclass
class Floor:
    """The people at the pages of the floor program: as `Talk`, with a room for a chat."""

    asks: Requests
    chats: int
    hints: dict[int, float] = field(default_factory=dict)
    came: dict[str, float] = field(default_factory=dict)
    said: dict[str, float] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def _look(self, room: int) -> None:
        word = (await self.asks.ask("GET", f"/lines?room={room}")).body.decode()
        self.came.setdefault(word, time.perf_counter())

    def heard(self, index: int, ticket: int, at: float) -> None:
        """A hint: ask for the line."""
        self.hints[ticket] = at
        if index < self.chats:
            task = asyncio.ensure_future(self._look(ticket))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def path(self, index: int) -> str:
        """Where the person listens."""
        return f"/events?room={index + 1}"

    async def talk(self, rate: float, seconds: float) -> list[float]:
        """Say lines; what each took."""
        began = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            word, room = f"floor-{number:06}", number * 7 % self.chats + 1
            self.said[word] = time.perf_counter()
            await self.asks.ask("POST", f"/say?room={room}", "", word.encode())
        await asyncio.sleep(1)
        return [self.came[word] - at for word, at in self.said.items() if word in self.came]
