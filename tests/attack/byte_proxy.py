"""A TCP proxy that breaks connections at a random byte, of what is asked or of what is answered; counts what passes."""

from __future__ import annotations

import contextlib
import math
import random
import socket
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_LEAST, _MOST = 60, 1_500_000


@dataclass
class _Doom:
    """After how many bytes in which direction a connection breaks; never, without a direction."""

    up: bool | None
    left: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, piece: bytes, *, up: bool) -> bytes:
        """What of this piece still passes."""
        if self.up is not up:
            return piece
        with self.lock:
            some = piece[: self.left]
            self.left -= len(some)
            return some


class ByteProxy:
    """Listens on a port of its own; breaks the `share` of connections, drawn by the seed, while `cutting` is set."""

    def __init__(self, to: int, share: float, seed: int) -> None:
        self._to, self._share, self._rng = to, share, random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = self.up = self.down = 0
        self.cutting = True
        self._limits: dict[bool, int] = {}

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def break_after(self, count: int, *, up: bool) -> None:
        """Once so many bytes more were asked, or answered, the connection that brings them breaks, and no other."""
        self._limits[up] = (self.up if up else self.down) + count

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _address = self._listener.accept()
                doom = self._drawn()
                threading.Thread(target=self._pass, args=(browser, doom), daemon=True).start()

    def _drawn(self) -> _Doom:
        if not self.cutting or self._rng.random() >= self._share:
            return _Doom(None, 0)
        after = int(math.exp(self._rng.uniform(math.log(_LEAST), math.log(_MOST))))
        return _Doom(self._rng.random() < 0.5, after)

    def _pass(self, browser: socket.socket, doom: _Doom) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._to), timeout=60)
        except OSError:
            browser.close()
            return
        back = threading.Thread(target=self._pump, args=(server, browser, doom, False), daemon=True)
        back.start()
        self._pump(browser, server, doom, True)

    def _under_limit(self, piece: bytes, *, up: bool) -> bytes:
        """What of this piece passes before its direction breaks; it is counted."""
        so_far = self.up if up else self.down
        limit = self._limits.get(up)
        if limit is not None and so_far + len(piece) > limit:
            del self._limits[up]
            piece = piece[: max(0, limit - so_far)]
        if up:
            self.up += len(piece)
        else:
            self.down += len(piece)
        return piece

    def _pump(self, source: socket.socket, target: socket.socket, doom: _Doom, up: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                some = self._under_limit(doom.passes(piece, up=up), up=up)
                target.sendall(some)
                if len(some) < len(piece):
                    self.cuts += 1
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
