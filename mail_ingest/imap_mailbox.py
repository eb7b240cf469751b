"""The mailbox over IMAP (RFC 3501, 2177, 4315); the only importer of imapclient. Decides nothing about a mail."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped] # the package ships no types
from imapclient.exceptions import (  # type: ignore[import-untyped] # as above
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    LoginError,
)
from imapclient.response_parser import parse_fetch_response  # type: ignore[import-untyped] # as above

from helpdesk.errors import Unavailable
from helpdesk.settings import MailboxSettings
from helpdesk.text.language import N_
from mail_ingest import imap_login
from mail_ingest.imap_answers import common_answers
from mail_ingest.mailbox_port import FetchedMail, Listing, MailId
from mail_ingest.spool import IN_MEMORY, Spool, discard

CONNECT_SECONDS = 15
SILENT_SECONDS = 60
"""A server that says nothing for so long while an answer is due is gone: a black hole does not hang us."""
GOODBYE_SECONDS = 2
PIECE = 1_000_000


class ImapMailbox:
    """One mailbox on an IMAP server. It connects when first needed and after a failure; for one thread at a time."""

    def __init__(
        self,
        box: MailboxSettings,
        spool: Path,
        environ: Mapping[str, str],
        *,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self.box = box
        self._spool, self._environ, self._silent_seconds = spool, environ, silent_seconds
        self._client: Any = None
        self._uidvalidity = 0
        self._idling = False
        self._left: set[int] = set()

    def new_ids(self, most: int) -> Listing:
        """List all mail, unread, read or flagged \\Deleted by somebody else alike."""
        with self._talking(N_("Mailbox {name} can't be listed: {fault}.")) as client:
            selected = client.select_folder(self.box.folder)
            uidvalidity = int(selected[b"UIDVALIDITY"])
            if uidvalidity != self._uidvalidity:
                self._uidvalidity, self._left = uidvalidity, set()
            lying = int(selected[b"EXISTS"])
            sizes = self._oldest(client, min(lying, most + len(self._left)))
        self._left.intersection_update(sizes)
        ids = [MailId(uidvalidity, uid, size) for uid, size in sorted(sizes.items()) if uid not in self._left]
        return Listing(uidvalidity, lying, tuple(ids), tuple(sorted(self._left)))

    def _oldest(self, client: Any, count: int) -> dict[int, int]:
        """UID and size of the first mails by sequence number, which is UID order: a search would list them all."""
        if not count:
            return {}
        client.use_uid = False
        try:
            answers = client.fetch(list(range(1, count + 1)), ["UID", "RFC822.SIZE"])
        finally:
            client.use_uid = True
        found = [answer for answer in answers.values() if b"UID" in answer and b"RFC822.SIZE" in answer]
        return {int(answer[b"UID"]): int(answer[b"RFC822.SIZE"]) for answer in found}

    def fetch(self, ids: Sequence[MailId]) -> list[FetchedMail]:
        """Read mails without setting a flag: small ones in one command, big ones in pieces into a file."""
        ours = [mail for mail in ids if mail.uidvalidity == self._uidvalidity]
        small = {mail.uid: mail for mail in ours if mail.size <= IN_MEMORY}
        fetched: list[FetchedMail] = []
        try:
            with self._talking(N_("Mailbox {name} can't be read: {fault}.")) as client:
                fetched.extend(self._fetch_small(client, small))
                big = (self._fetch_big(client, mail) for mail in ours if mail.uid not in small)
                fetched.extend(mail for mail in big if mail)
        except BaseException:
            for mail in fetched:
                discard(mail.raw)
            raise
        return sorted(fetched, key=lambda mail: mail.id.uid)

    def _fetch_small(self, client: Any, small: dict[int, MailId]) -> Iterator[FetchedMail]:
        """All in one command. No bytes for a mail that has a size: it is gone, or the server lost its file."""
        if not small:
            return
        said, data = client._imap.uid("FETCH", ",".join(map(str, small)), "(BODY.PEEK[] INTERNALDATE)")
        client._checkok("fetch", said, data)
        answers = common_answers(data)
        if answers is None:
            read = parse_fetch_response(data, normalise_times=False)
            answers = {uid: (answer.get(b"BODY[]") or b"", answer.get(b"INTERNALDATE")) for uid, answer in read.items()}
        for uid, (raw, arrived_at) in answers.items():
            if uid in small and (raw or not small[uid].size):
                yield FetchedMail(small[uid], raw, arrived_at)

    def _fetch_big(self, client: Any, mail: MailId) -> FetchedMail | None:
        """Pieces until one is empty: the size a server gives is sometimes an estimate. None when it is gone."""
        spool = Spool(self._spool)
        try:
            answer = client.fetch([mail.uid], ["INTERNALDATE"]).get(mail.uid, {})
            while piece := self._piece(client, mail.uid, spool.size):
                spool.write(piece)
                if len(piece) < PIECE and spool.size >= mail.size:
                    break
            if piece is None or not spool.size:
                spool.drop()
                return None
        except BaseException:
            spool.drop()
            raise
        return FetchedMail(mail, spool.take(), answer.get(b"INTERNALDATE"))

    def _piece(self, client: Any, uid: int, start: int) -> bytes | None:
        """Bytes from `start`: empty beyond the end, None when the server no longer has the mail."""
        answer = client.fetch([uid], [f"BODY.PEEK[]<{start}.{PIECE}>"]).get(uid, {})
        piece: bytes | None = answer.get(b"BODY[]<%d>" % start)
        return piece

    def done(self, ids: Sequence[MailId]) -> frozenset[int]:
        """Remove exactly these by UID EXPUNGE (RFC 4315) and look whether they are gone.

        Without UIDPLUS they stay, flagged: a bare EXPUNGE or CLOSE would remove what others flagged.
        """
        uids = [mail.uid for mail in ids if mail.uidvalidity == self._uidvalidity]
        if not uids:
            return frozenset()
        with self._talking(N_("Mailbox {name} can't be emptied: {fault}.")) as client:
            client.add_flags(uids, [b"\\Deleted"], silent=True)
            if client.has_capability("UIDPLUS"):
                client.uid_expunge(uids)
            still = frozenset(client.search(["UID", ",".join(map(str, uids))]))
        self._left |= still
        return still

    def capabilities(self) -> dict[str, bool]:
        """What of the extensions we use the server has: UIDPLUS (RFC 4315), MOVE (RFC 6851), IDLE (RFC 2177)."""
        with self._talking(N_("Mailbox {name} can't be asked: {fault}.")) as client:
            return {name.lower(): bool(client.has_capability(name)) for name in ("UIDPLUS", "MOVE", "IDLE")}

    def wait(self, seconds: float) -> bool:
        """Wait in IDLE (RFC 2177), or just wait where the server has none; the next verb ends the IDLE."""
        if not self.box.idle or not self._can_idle():
            time.sleep(seconds)
            return False
        with self._talking(N_("Mailbox {name} went away: {fault}."), keep_idle=True) as client:
            if not self._idling:
                client.idle()
                self._idling = True
            began = time.monotonic()
            said = client.idle_check(timeout=seconds)
            if not said and time.monotonic() - began < seconds / 2:
                self._end_idle(client)
        return any(len(word) > 1 and word[1] == b"EXISTS" for word in said)

    def leave(self) -> None:
        """Say goodbye if the line still stands, and forget the connection."""
        client = self._client
        if client is None:
            return
        with contextlib.suppress(Exception):
            client.socket().settimeout(GOODBYE_SECONDS)
            self._end_idle(client)
            client.logout()
        self._break()

    def _can_idle(self) -> bool:
        with self._talking(N_("Mailbox {name} can't be asked: {fault}."), keep_idle=True) as client:
            return bool(client.has_capability("IDLE"))

    def _end_idle(self, client: Any) -> None:
        if self._idling:
            self._idling = False
            client.idle_done()

    @contextlib.contextmanager
    def _talking(self, fails: str, *, keep_idle: bool = False) -> Iterator[Any]:
        """The connection, and whatever breaks on it in our words; a broken one is dropped."""
        try:
            if self._client is None:
                self._client = self._connect()
            if not keep_idle:
                self._end_idle(self._client)
            yield self._client
        except Unavailable:
            self._break()
            raise
        except (IMAPClientError, OSError, KeyError, ValueError) as error:
            self._break()
            code = "mailbox.broken" if isinstance(error, IMAPClientAbortError | OSError) else "mailbox.refused"
            raise Unavailable(fails, code=code, name=self.box.name, fault=type(error).__name__) from error

    def _break(self) -> None:
        client, self._client, self._idling = self._client, None, False
        if client is not None:
            self._drop(client)

    def _drop(self, client: Any) -> None:
        with contextlib.suppress(Exception):
            client.shutdown()

    def _connect(self) -> Any:
        box = self.box
        if box.security == "plain" and not imap_login.is_loopback(box.host):
            raise Unavailable(
                "Mailbox {name}: no password goes over the network unencrypted; set security to tls or starttls.",
                code="mailbox.plain",
                name=box.name,
            )
        word = imap_login.secret(box, self._environ)
        client = self._open()
        try:
            # imaplib at its debug level would format every literal for a log, and logs hold no personal data.
            client._imap.debug = 0
            client.normalise_times = False
            self._starttls(client)
            self._sign_in(client, word)
        except BaseException:
            self._drop(client)
            raise
        return client

    def _open(self) -> Any:
        box = self.box
        context = imap_login.tls_context(box) if box.security == "tls" else None
        timeout = SocketTimeout(connect=min(CONNECT_SECONDS, self._silent_seconds), read=self._silent_seconds)
        try:
            return IMAPClient(box.host, box.port, ssl=context is not None, ssl_context=context, timeout=timeout)
        except ssl.SSLCertVerificationError as error:
            raise imap_login.certificate_refused(box, error) from error
        except (IMAPClientError, OSError) as error:
            raise Unavailable(
                "Mailbox {name}: {host} port {port} can't be reached ({fault}).",
                code="mailbox.unreachable",
                name=box.name,
                host=box.host,
                port=box.port,
                fault=type(error).__name__,
            ) from error

    def _starttls(self, client: Any) -> None:
        if self.box.security != "starttls":
            return
        try:
            client.starttls(imap_login.tls_context(self.box))
        except ssl.SSLCertVerificationError as error:
            raise imap_login.certificate_refused(self.box, error) from error
        except (CapabilityError, IMAPClientError) as error:
            raise Unavailable(
                "Mailbox {name}: {host} offers no STARTTLS, or somebody between takes it away; not signed in.",
                code="mailbox.no_starttls",
                name=self.box.name,
                host=self.box.host,
            ) from error

    def _sign_in(self, client: Any, word: str) -> None:
        try:
            if self.box.auth == "xoauth2":
                client.oauth2_login(self.box.user, word)
            elif client.has_capability("AUTH=PLAIN"):
                client.plain_login(self.box.user, word)
            else:
                client.login(self.box.user, word)
        except LoginError as error:
            if isinstance(error.__context__, IMAPClientAbortError):
                raise error.__context__ from error
            raise Unavailable(
                "Mailbox {name}: {host} refused the sign-in.",
                code="mailbox.login",
                name=self.box.name,
                host=self.box.host,
            ) from error
