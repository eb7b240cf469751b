"""A real clamd on a unix socket, with two signatures of our own: nothing is downloaded."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import subprocess
from pathlib import Path

from tests.services.process import Service

PROGRAM = Path("/usr/sbin/clamd")
BAD = b"Kwetterzwaluw-in-een-virus"
"""What our signature knows, beside the EICAR test file."""
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_SIGNATURES = "".join(f"Helpdesk.{name}:0:*:{what.hex()}\n" for name, what in (("Bad", BAD), ("Eicar", EICAR)))
_SETTINGS = """
Foreground yes
LocalSocket {folder}/s
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}/temporary
LogFile {folder}/log
StreamMaxLength 25M
MaxThreads 4
ConcurrentDatabaseReload no
OfficialDatabaseOnly no
"""


def available() -> str | None:
    """None, or the sentence that says what is missing."""
    if PROGRAM.exists():
        return None
    return f"No clamd: {PROGRAM} is not there; apt-get install clamav-daemon"


class Clamd(Service):
    """One daemon; it knows `BAD` and `EICAR` and nothing else."""

    name = "clamd"

    @property
    def socket_path(self) -> Path:
        """Its unix socket."""
        return self.folder / "s"

    def command(self) -> list[str]:
        """In the foreground, with settings of its own."""
        for name in ("signatures", "temporary"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "signatures" / "own.ndb").write_text(_SIGNATURES)
        user = pwd.getpwuid(os.geteuid()).pw_name
        (self.folder / "clamd.conf").write_text(_SETTINGS.format(folder=self.folder) + f"User {user}\n")
        return [str(PROGRAM), "--config-file", str(self.folder / "clamd.conf")]

    def ready(self) -> bool:
        """Whether it answers a ping."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.socket_path))
            line.sendall(b"zPING\0")
            return line.recv(16).startswith(b"PONG")
        return False

    def version(self) -> str:
        """As the program says it."""
        said = subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[1]
