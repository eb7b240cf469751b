"""Ways to see from outside whether a process serves: sockets, HTTP, Redis. Waits for nothing and changes nothing."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Callable
from pathlib import Path

_SECONDS = 2.0
Ready = Callable[[], bool]


def at_once() -> bool:
    """For a process that nothing waits for."""
    return True


def port_answers(port: int, host: str = "127.0.0.1") -> Ready:
    """Whether something accepts connections there."""

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=_SECONDS):
            return True
        return False

    return ready


def greets(port: int, banner: bytes, host: str = "127.0.0.1") -> Ready:
    """Whether the server says its greeting: `220` for SMTP, `* OK` for IMAP."""

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=_SECONDS) as connection:
            connection.settimeout(_SECONDS)
            return connection.recv(256).startswith(banner)
        return False

    return ready


def http_answers(port: int, path: str, host: str = "127.0.0.1") -> Ready:
    """Whether a GET answers with 2xx."""

    def ready() -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        try:
            connection.request("GET", path)
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ready


def redis_answers(path: Path) -> Ready:
    """Whether a Redis or Valkey on this unix socket answers PING."""

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

    return ready
