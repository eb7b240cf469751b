"""A TCP proxy before a mail server that records, rewrites, cuts and black-holes; TLS passes unread."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

Direction = Literal["client", "server"]
COMMAND = re.compile(rb"^[A-Za-z0-9]+ ((?:UID )?[A-Za-z]+)", re.M)


class ImapProxy:
    """Listens on `port` and passes bytes to and from the target.

    `cut_after=(low, high)` breaks each connection after a seeded number of bytes from the server. `rewrite` changes
    what the server says, chunk by chunk. While `black_hole` is true nothing passes and nothing is closed.
    """

    name = "imap-proxy"

    def __init__(
        self,
        target: tuple[str, int],
        *,
        seed: int = 0,
        cut_after: tuple[int, int] | None = None,
        rewrite: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.target, self.cut_after, self.rewrite = target, cut_after, rewrite
        self.host, self.port, self.black_hole = "127.0.0.1", 0, False
        self.transcript: list[tuple[Direction, bytes]] = []
        self.connections = self.cuts = 0
        self._random = random.Random(seed)
        self._listener: socket.socket | None = None
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()

    def start(self) -> Self:
        """Listen: on the first start on a free port, later on the same one."""
        listener = socket.create_server((self.host, self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Refuse new connections and break those that stand."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut()

    kill = stop

    def cut(self) -> None:
        """Break every connection now."""
        for pair in list(self._pairs):
            self._close(pair)

    def sent_by(self, side: Direction) -> bytes:
        """Everything one side said, in order."""
        with self._lock:
            return b"".join(chunk for who, chunk in self.transcript if who == side)

    def commands(self) -> list[str]:
        """The names of the commands the client gave, such as `UID FETCH`."""
        return [name.decode().upper() for name in COMMAND.findall(self.sent_by("client"))]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self.connections += 1
            pair = (client, server)
            self._pairs.add(pair)
            budget = self._random.randint(*self.cut_after) if self.cut_after else None
            threading.Thread(target=self._pump, args=(pair, "client", None), daemon=True).start()
            threading.Thread(target=self._pump, args=(pair, "server", budget), daemon=True).start()

    def _pump(self, pair: tuple[socket.socket, socket.socket], side: Direction, budget: int | None) -> None:
        source, sink = pair if side == "client" else pair[::-1]
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if self.black_hole:
                    continue
                if side == "server" and self.rewrite:
                    chunk = self.rewrite(chunk)
                with self._lock:
                    self.transcript.append((side, chunk))
                if budget is not None and len(chunk) >= budget:
                    sink.sendall(chunk[:budget])
                    self.cuts += 1
                    break
                budget = None if budget is None else budget - len(chunk)
                sink.sendall(chunk)
        self._close(pair)

    def _close(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
