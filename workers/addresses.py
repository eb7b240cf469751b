"""The ports of one `make run`: as set, else those of the last time, else free ones. Keeps none of them open.

Free ports are taken below the range from which the kernel gives out ports of its own accord (ip_local_port_range), so
that no outgoing connection sits on the port of a server that is just being restarted.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpdesk.errors import Misconfigured

_FIRST, _COUNT = 20_000, 12_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _any_free(taken: set[int]) -> int:
    for _ in range(1000):
        port = _FIRST + secrets.randbelow(_COUNT)
        if port not in taken and is_free(port):
            return port
    raise Misconfigured("There is no free port on 127.0.0.1.")


def remembered_ports(path: Path) -> dict[str, int]:
    """The ports of the last time by name; none when there was no last time."""
    try:
        said = json.loads(path.read_text())
        return {name: int(port) for name, port in said.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def choose_ports(
    path: Path, names: Sequence[str], wanted: Mapping[str, int], host: str = "127.0.0.1"
) -> tuple[dict[str, int], list[str]]:
    """A port for every name, kept in `path` for the next time; and a sentence for each that had to change.

    Raises Misconfigured when a port of `wanted` (the operator's; 0 means any) is taken.
    """
    before = remembered_ports(path)
    ports: dict[str, int] = {}
    notes = []
    for name in names:
        if set_port := wanted.get(name, 0):
            if not is_free(set_port, host):
                raise Misconfigured(
                    "Port {port} for {name} is taken: stop what uses it, or set another port.", port=set_port, name=name
                )
            ports[name] = set_port
        elif name in before and before[name] not in ports.values() and is_free(before[name]):
            ports[name] = before[name]
        else:
            ports[name] = _any_free(set(ports.values()) | set(before.values()))
            if name in before:
                notes.append(f"Port {before[name]} of {name} is taken meanwhile; it is {ports[name]} now.")
    path.write_text(json.dumps(before | ports, indent=1) + "\n")
    return ports, notes
