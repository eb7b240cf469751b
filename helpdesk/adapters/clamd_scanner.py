"""Asks ClamAV's daemon over its unix socket whether bytes hold something it knows (clamd(8), INSTREAM)."""

from __future__ import annotations

import socket
import struct
import time
from typing import BinaryIO

from helpdesk.errors import Unavailable

_PIECE = 1 << 16
_LONGEST_ANSWER = 4096


class ClamdScanner:
    """One connection for each file: `zINSTREAM`, pieces with their length in front, a length of nought, the answer."""

    def __init__(self, path: str, seconds: float = 30) -> None:
        self._path, self._seconds = path, seconds

    def finds(self, stream: BinaryIO) -> bool:
        """Whether it finds something; see the port."""
        until = time.monotonic() + self._seconds
        try:
            with socket.socket(socket.AF_UNIX) as line:
                self._patient(line, until)
                line.connect(self._path)
                line.sendall(b"zINSTREAM\0")
                while piece := stream.read(_PIECE):
                    self._patient(line, until)
                    line.sendall(struct.pack("!L", len(piece)) + piece)
                line.sendall(struct.pack("!L", 0))
                said = self._answer(line, until)
        except OSError as fault:
            raise Unavailable("The virus scanner does not answer.", code="scanner") from fault
        if said.endswith(b" FOUND"):
            return True
        if said != b"stream: OK":
            raise Unavailable("The virus scanner can't look at this file.", code="scanner")
        return False

    def ping(self) -> None:
        """Raise Unavailable when it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(self._path)
                line.sendall(b"zPING\0")
                said = line.recv(16)
        except OSError as fault:
            raise Unavailable("The virus scanner does not answer.", code="scanner") from fault
        if not said.startswith(b"PONG"):
            raise Unavailable("The virus scanner does not answer.", code="scanner")

    @staticmethod
    def _patient(line: socket.socket, until: float) -> None:
        """Wait for no longer than is left; raises OSError when nothing is."""
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)

    def _answer(self, line: socket.socket, until: float) -> bytes:
        said = b""
        while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
            self._patient(line, until)
            piece = line.recv(_LONGEST_ANSWER)
            if not piece:
                break
            said += piece
        return said.strip(b"\0\n")
