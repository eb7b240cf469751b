"""The demonstration's IMAP server: pymap's mailbox in memory, with the mails of INBOX kept as files beside it.

So a mail that was appended survives SIGKILL of this process and the end of `make run`. Flags set later and other
folders are not kept. Loopback only; it knows one user.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
import os
import resource
import ssl
from argparse import Namespace
from collections.abc import Iterable
from email.headerregistry import ContentTypeHeader, HeaderRegistry
from pathlib import Path
from typing import cast

from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message
from pymap.concurrent import Event
from pymap.imap import IMAPService
from pymap.mime import MessageBody, MessageContent, MessageHeader
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import ObjectId
from pymap.selected import SelectedMailbox
from pymap.user import UserMetadata
from pysasl.hashing import BuiltinHash

_BLOCK = 10_000
_HEADER = 64_000
_PLAIN = cast("ContentTypeHeader", HeaderRegistry()("content-type", "text/plain"))
_MEMORY = 2_000_000_000


class KeptMailbox(MailboxData):
    """INBOX: every mail is a file `<uid>.eml`, synced before APPEND answers; its mtime is the INTERNALDATE."""

    def __init__(self, others: MailboxSet, folder: Path) -> None:
        super().__init__(others._content_cache, others._thread_cache)
        self._folder = folder
        self._numbers = folder / "uids.json"
        self._appending = asyncio.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._reserve()

    def _reserve(self) -> None:
        """Take a block of UIDs that is never given out again, and the UIDVALIDITY they belong to (RFC 3501 2.3.1.1)."""
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(self._numbers.read_text())
            self._uid_validity, self._max_uid = said["uidvalidity"], said["next"]
        self._end = self._max_uid + _BLOCK
        _write(self._numbers, json.dumps({"uidvalidity": self._uid_validity, "next": self._end}).encode())

    async def restore(self) -> None:
        """Take back what lay there when we ended, under the UIDs it had."""
        for path in sorted(self._folder.glob("*.eml"), key=lambda path: int(path.stem)):
            when = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            await self._add(int(path.stem), AppendMessage(path.read_bytes(), when, frozenset()))

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        """Keep it before APPEND answers."""
        async with self._appending:
            if self._max_uid + 1 >= self._end:
                self._reserve()
            self._max_uid += 1
            when = append_msg.when or dt.datetime.now(dt.UTC)
            _write(self._folder / f"{self._max_uid}.eml", append_msg.literal, when.timestamp())
            return await self._add(self._max_uid, dataclasses.replace(append_msg, when=when), recent=recent)

    async def _add(self, uid: int, given: AppendMessage, *, recent: bool = False) -> Message:
        """As pymap does it, but for its parsing: one bad Subject would take it minutes and all memory."""
        message = Message(
            uid,
            given.when or dt.datetime.now(dt.UTC),
            given.flag_set,
            email_id=ObjectId.random_email_id(),
            thread_id=ObjectId.random_thread_id(),
            recent=recent,
            content=_unparsed(given.literal),
        )
        async with self.messages_lock.write_lock():
            self._messages[uid] = message
            self._mod_sequences.update([uid])
            self._updated.set()
        return message

    async def update_selected(self, selected: SelectedMailbox, *, wait_on: Event | None = None) -> SelectedMailbox:
        """IDLE begins with what came since the last command (RFC 2177); pymap would wait for the next change."""
        unseen = selected.mod_sequence != self._mod_sequences.highest
        return await super().update_selected(selected, wait_on=None if unseen else wait_on)

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        """Out of INBOX means out of what is kept."""
        moved = await super().move(uid, destination, recent=recent)
        self._forget([uid])
        return moved

    async def delete(self, uids: Iterable[int]) -> None:
        """EXPUNGE."""
        gone = list(uids)
        await super().delete(gone)
        self._forget(gone)

    def _forget(self, uids: Iterable[int]) -> None:
        for uid in uids:
            (self._folder / f"{uid}.eml").unlink(missing_ok=True)


def _unparsed(literal: bytes) -> MessageContent:
    """The bytes as they are; header fields can be asked for up to a limit, the structure of the body can't."""
    data = bytes(literal)
    ends = [end + len(gap) for gap in (b"\r\n\r\n", b"\n\n") if (end := data.find(gap)) >= 0]
    split = min(ends, default=len(data))
    lines = MessageContent._find_lines(data[: split if split <= _HEADER else 0])
    folded = MessageHeader._find_folded(data, memoryview(data), MessageHeader._find_folds(data, lines))
    header = MessageHeader(data, [(0, split, split)], folded)
    return MessageContent(data, header, MessageBody(data, [(split, len(data), len(data))], _PLAIN, []))


def _write(path: Path, data: bytes, when: float | None = None) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    if when is not None:
        os.utime(fresh, (when, when))
    fresh.replace(path)


async def _serve(port: int, user: str, password: str, folder: Path) -> None:
    arguments = Namespace(passlib_cfg=None, inherited_sockets=None, proxy_protocol=None)
    config = Config(
        arguments,
        host="127.0.0.1",
        port=port,
        ssl_context=ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        tls_enabled=False,
        secure_auth=False,
        demo_data=False,
        demo_user=user,
        demo_password=password,
        hash_context=BuiltinHash(rounds=1000),
    )
    config.apply_context()
    login = Login(config)
    hashed = config.hash_context.hash(password)
    await login.demo_user_identity.set(UserMetadata(config, user, password=hashed))
    folders = MailboxSet()
    folders._inbox = inbox = KeptMailbox(folders, folder)
    await inbox.restore()
    config.set_cache[user] = (folders, FilterSet())
    async with contextlib.AsyncExitStack() as stack:
        await IMAPService(DictBackend(login, config), config).start(stack)
        await asyncio.Event().wait()


def serve(port: int, user: str, password: str, folder: Path) -> None:
    """Serve until killed; there is nothing to tidy up. A stranger's odd request may end us, not the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    asyncio.run(_serve(port, user, password, folder))
