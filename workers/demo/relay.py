"""The demonstration's relay: takes every mail and keeps it as a file. Delivers nothing anywhere; loopback only."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_LARGEST = 60_000_000


class Keeper:
    """Writes `<folder>/000001.eml`, …; the trace headers say who it went to (RFC 5321 section 4.4)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._last = max((int(path.stem) for path in folder.glob("[0-9]*.eml")), default=0)

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks the method up by this name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd passes it
        session: Session,  # noqa: ARG002 - as above
        envelope: Envelope,
    ) -> str:
        """Keep it, synced, and only then say so."""
        try:
            self._keep(envelope)
        except OSError:
            return "452 4.3.1 The disk is full"
        return "250 2.0.0 Kept"

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        trace = [f"Return-Path: <{envelope.mail_from or ''}>"]
        trace += [f"Delivered-To: {address}" for address in envelope.rcpt_tos]
        fresh = self._folder / "next"
        with fresh.open("wb") as out:
            out.write("".join(f"{line}\r\n" for line in trace).encode("utf-8", "surrogateescape") + content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._folder / f"{self._last + 1:06d}.eml")
        self._last += 1
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


async def _serve(port: int, folder: Path) -> None:
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="relay.academie.example", data_size_limit=_LARGEST, enable_SMTPUTF8=True),
        "127.0.0.1",
        port,
    )
    await ended.wait()
    server.close()


def serve(port: int, folder: Path) -> None:
    """Serve until SIGTERM."""
    asyncio.run(_serve(port, folder))
