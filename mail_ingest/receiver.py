"""Takes mail by SMTP (RFC 5321) and LMTP (RFC 2033); the only importer of aiosmtpd. Says 250 only when it is kept."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Transaction

from helpdesk.errors import Unavailable
from mail_ingest.dot_stream import DotStream
from mail_ingest.envelope import Source
from mail_ingest.keeper import Accept, Keeper
from mail_ingest.receiver_terms import (
    FAULT,
    NO_RELAY,
    TOO_BIG,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_RECIPIENTS,
    TRY_LATER,
    UNKNOWN,
    Terms,
)
from mail_ingest.recipients import Recipients
from mail_ingest.spool import Spool

log = logging.getLogger(__name__)
logging.getLogger("mail.log").disabled = True
"""aiosmtpd writes addresses and peers to its log; ours holds no personal data."""

IN_MEMORY = 256_000
"""Bytes of one mail kept in memory; lower than the poller's, as there are many connections."""
PIECE = 1 << 30
"""All that has come: flow control keeps that to a few hundred kilobytes."""
STOP_SECONDS = 10


class Handler:
    """Answers at RCPT and hands over at DATA; one for all connections of a door."""

    def __init__(self, terms: Terms, recipients: Recipients, keeper: Keeper, spool: Path) -> None:
        self.terms, self.recipients, self.keeper, self.spool = terms, recipients, keeper, spool
        self.connected: set[SMTP] = set()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd looks the method up by this name
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd passes it
        session: Session,
        transaction: Transaction,  # noqa: ARG002 - as above
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Greet without AUTH: nobody signs in here."""
        session.host_name = hostname
        return [line for line in responses if not line.startswith("250-AUTH")]

    async def handle_RCPT(  # noqa: N802 - as above
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd passes it
        session: Session,  # noqa: ARG002 - as above
        transaction: Transaction,
        address: str,
        options: list[str],
    ) -> str:
        """Refuse early what will never be ours, so that the sender's server tells the sender at once."""
        if not self.recipients.is_our_domain(address):
            return NO_RELAY
        if self.recipients.desk_for(address) is None:
            return UNKNOWN
        if len(transaction.rcpt_tos) >= self.terms.recipients:
            return TOO_MANY_RECIPIENTS
        transaction.rcpt_tos.append(address)
        transaction.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is never a permanent refusal."""
        log.error("receiver", extra={"fault": type(error).__name__})
        return FAULT


class Conversation(SMTP):
    """One SMTP connection. Reads a mail in pieces whatever its lines, and a big one into a file."""

    event_handler: Handler

    async def _handle_client(self) -> None:
        connected = self.event_handler.connected
        connected.add(self)
        try:
            if len(connected) > self.event_handler.terms.connections:
                await self.push(TOO_MANY_CONNECTIONS)
                self._writer.close()
                return
            await super()._handle_client()
        finally:
            connected.discard(self)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        try:
            address: tuple[str | None, str | None] = super()._getaddr(arg)
        except (AttributeError, IndexError, ValueError, RecursionError):
            return None, None
        return address

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd looks the method up by this name
        """Read the mail, hand it over, answer once (SMTP) or once per recipient (LMTP)."""
        if await self.check_helo_needed() or self.envelope is None:
            return
        if not self.envelope.rcpt_tos or arg:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 No valid recipients")
            return
        transaction, spool = self.envelope, Spool(self.event_handler.spool, IN_MEMORY)
        self._reset_timeout(self.event_handler.terms.data_seconds)
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            answer = await self._read_mail(spool)
        except BaseException:
            spool.drop()
            raise
        if answer is None:
            sender = (transaction.mail_from or "").strip("<>")
            recipients = tuple(transaction.rcpt_tos)
            desk = self.event_handler.recipients.desk_for(recipients[0]) or ""
            answer = await self.event_handler.keeper.keep(desk, sender, recipients, spool.take(), spool.size)
        self._reset_timeout()
        self.envelope = self._create_envelope()
        for _ in range(self.answers(transaction)):
            await self.push(answer)

    def answers(self, transaction: Transaction) -> int:  # noqa: ARG002 - LMTP counts its recipients
        """How many answers follow a mail."""
        return 1

    async def _read_mail(self, spool: Spool) -> str | None:
        """Fill the spool up to the line with the lone dot; an answer when the mail can't be taken, None when it can."""
        answer, size, stream = None, 0, DotStream()
        while not stream.ended:
            received = await self._reader.read(PIECE)
            if not received:
                raise asyncio.IncompleteReadError(b"", None)
            piece = stream.feed(received)
            size += len(piece)
            if answer is None:
                answer = self._take_piece(spool, piece, size)
        if stream.beyond and not self._reader.at_eof():
            # All that was buffered has been read, so what follows the mail goes back to the front.
            self._reader.feed_data(stream.beyond)
        return answer

    def _take_piece(self, spool: Spool, piece: bytes, size: int) -> str | None:
        if size <= self.event_handler.terms.size:
            try:
                spool.write(piece)
            except OSError:
                spool.drop()
                return TRY_LATER
            return None
        spool.drop()
        return TOO_BIG


class LmtpConversation(Conversation, LMTP):
    """One LMTP connection: the same, with an answer for each recipient (RFC 2033 section 4.2)."""

    def answers(self, transaction: Transaction) -> int:
        """As many as there were recipients."""
        return len(transaction.rcpt_tos)


class Receiver:
    """Both doors on one event loop in a thread of its own. A port of None leaves that door shut; 0 takes a free one."""

    def __init__(
        self,
        terms: Terms,
        recipients: Recipients,
        accept: Accept,
        now: Callable[[], dt.datetime],
        spool: Path,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.smtp_port = self.lmtp_port = 0
        self._terms, self._tls = terms, tls
        self._pool = ThreadPoolExecutor(terms.threads, thread_name_prefix="accept")
        self._handlers = {
            source: Handler(terms, recipients, Keeper(source, accept, now, self._pool), spool)
            for source in _CONVERSATIONS
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="receiver", daemon=True)
        self._servers: list[asyncio.Server] = []

    def start(self, host: str, *, smtp_port: int | None = None, lmtp_port: int | None = None) -> None:
        """Listen; returns when both ports are open and known. Raises Unavailable when one can't be had."""
        self._thread.start()
        if smtp_port is not None:
            self.smtp_port = self._listen("smtp", host, smtp_port)
        if lmtp_port is not None:
            self.lmtp_port = self._listen("lmtp", host, lmtp_port)

    def _listen(self, source: Source, host: str, port: int) -> int:
        async def listen() -> asyncio.Server:
            return await self._loop.create_server(lambda: self._conversation(source), host, port, backlog=200)

        try:
            server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result()
        except OSError as error:
            raise Unavailable(
                "The receiver can't listen on {host} port {port}.", code="receiver.port", host=host, port=port
            ) from error
        self._servers.append(server)
        bound: int = server.sockets[0].getsockname()[1]
        return bound

    def _conversation(self, source: Source) -> SMTP:
        return _CONVERSATIONS[source](
            self._handlers[source],
            data_size_limit=self._terms.size,
            enable_SMTPUTF8=True,
            hostname=self._terms.hostname,
            ident=source.upper(),
            tls_context=self._tls,
            timeout=self._terms.command_seconds,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=self._loop,
        )

    def stop(self) -> None:
        """Stop listening, finish what is being kept, hang up."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._pool.shutdown(wait=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        end = self._loop.time() + STOP_SECONDS
        while any(handler.keeper.keeping for handler in self._handlers.values()) and self._loop.time() < end:
            await asyncio.sleep(0.02)
        open_now = [one for handler in self._handlers.values() for one in handler.connected]
        for conversation in open_now:
            if isinstance(conversation.transport, asyncio.WriteTransport):
                conversation.transport.close()
        await asyncio.sleep(0.05)


_CONVERSATIONS: dict[Source, type[Conversation]] = {"smtp": Conversation, "lmtp": LmtpConversation}
