"""Names processes so that another one on the same machine can tell whether they still run. Knows nothing of leases.

A lease that a killed process left behind need not be waited for: the process that was started in its place sees that
its holder is gone. On another machine, or without /proc, nothing is ever said to be gone.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
from pathlib import Path

_HOLDER = re.compile(r"^(?P<machine>[^:]+):(?P<pid>\d+)\.(?P<started>\d+):[0-9a-f]{8}$")


def _machine() -> str:
    """Host and process namespace: the same number means the same process only where both are equal."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""
    return f"{socket.gethostname()[:40]}/{''.join(re.findall('[0-9]', space))}".replace(":", "-")


def _started(pid: int) -> int:
    """When the process began, in ticks since boot; 0 when it is gone or dead already (proc(5), stat)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def this_process() -> str:
    """A name of this process: machine, pid, time of its start, a random word; at most 90 characters."""
    return f"{_machine() or socket.gethostname()[:50]}:{os.getpid()}.{_started(os.getpid())}:{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Whether the process of that name ran on this machine and runs no longer; False whenever it can't be known."""
    named = _HOLDER.match(holder)
    machine = _machine()
    if named is None or not machine or named["machine"] != machine or named["started"] == "0":
        return False
    return _started(int(named["pid"])) != int(named["started"])
