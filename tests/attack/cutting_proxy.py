"""A TCP proxy that now and then passes a request on and cuts the line before the answer: was it kept, or not?"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from types import TracebackType
from typing import Self


class CuttingProxy:
    """Listens on a port of its own; cuts the `share` of POST requests, drawn by the seed, while `cutting` is set."""

    def __init__(self, to: int, share: float, seed: int) -> None:
        self._to, self._share, self._rng = to, share, random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        self.cutting = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _address = self._listener.accept()
                threading.Thread(target=self._pass, args=(browser,), daemon=True).start()

    def _pass(self, browser: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._to), timeout=60)
        except OSError:
            browser.close()
            return
        doomed = threading.Event()
        back = threading.Thread(target=self._answers, args=(server, browser, doomed), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while piece := browser.recv(65536):
                if piece.startswith(b"POST") and self.cutting and self._rng.random() < self._share:
                    doomed.set()
                server.sendall(piece)
        for end in (server, browser):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _answers(self, server: socket.socket, browser: socket.socket, doomed: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := server.recv(65536):
                if doomed.is_set():
                    self.cuts += 1
                    break
                browser.sendall(piece)
        for end in (server, browser):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
