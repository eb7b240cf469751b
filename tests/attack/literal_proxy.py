"""The proxy before the mailbox that can stop half-way through a FETCH literal, so that its reader dies right there."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

from tests.services.imap_proxy import Direction, ImapProxy

_LITERAL = re.compile(rb"BODY\[\](?:<\d+>)? \{(\d+)\}\r\n")
_UNGUARDED = {"EXPUNGE", "CLOSE"}


class LiteralProxy(ImapProxy):
    """While armed, the next literal passes only to its half; then `halfway` is set and the connection falls silent."""

    def __init__(self, target: tuple[str, int], *, seed: int = 0) -> None:
        super().__init__(target, seed=seed)
        self.halfway = threading.Event()
        self._armed = threading.Event()
        self._go_on = threading.Event()

    def arm(self) -> None:
        """Stop in the next literal."""
        self._go_on.clear()
        self.halfway.clear()
        self._armed.set()

    def disarm(self) -> None:
        """Let everything pass; a connection that stands half-way is broken."""
        self._armed.clear()
        self.halfway.clear()
        self._go_on.set()

    def unguarded(self) -> int:
        """How many commands could have removed what others flagged: EXPUNGE without UID, and CLOSE."""
        return sum(command in _UNGUARDED for command in self.commands())

    def _pump(self, pair: tuple[socket.socket, socket.socket], side: Direction, budget: int | None) -> None:
        if side == "client":
            super()._pump(pair, side, budget)
            return
        source, sink = pair[::-1]
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                literal = _LITERAL.search(chunk) if self._armed.is_set() else None
                if literal is not None:
                    self._stop_in(literal, chunk, sink)
                    break
                sink.sendall(chunk)
        self._close(pair)

    def _stop_in(self, literal: re.Match[bytes], chunk: bytes, sink: socket.socket) -> None:
        self._armed.clear()
        half = min(literal.end() + int(literal.group(1)) // 2, len(chunk))
        sink.sendall(chunk[:half])
        self.halfway.set()
        self._go_on.wait(60)
