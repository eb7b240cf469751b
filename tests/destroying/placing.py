"""Somebody who places holds, in a process of its own: `python -m tests.destroying.placing`.

It says `ready`, reads lines of JSON (environment, account, tickets, pause), and answers each with a line: of every
ticket whether the hold stands, or what was said instead.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

from helpdesk.adapters.memory import MemoryBus, MemoryJobs
from helpdesk.errors import Conflict, NotFound, Unavailable
from helpdesk.ports import Ports
from helpdesk.privacy import holds
from helpdesk.settings_reader import from_env
from helpdesk.unit import Actor, unit_of_work
from helpdesk.wiring import connect
from tests.holds import wish

_TRIES = 5


def place(ports: Ports, actor: Actor, number: str) -> str:
    """Place one; `held`, or the code of what was said."""
    for _ in range(_TRIES):
        try:
            with unit_of_work(ports, actor) as unit:
                placed = holds.place(unit, wish(numbers=[number]))
            return "held" if placed.held else "nothing"
        except (Conflict, NotFound) as refusal:
            return refusal.code
        except Unavailable:
            time.sleep(0.05)
    return "unavailable"


def main() -> None:
    """Place those of each line."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        said: dict[str, Any] = json.loads(line)
        ports = replace(connect(from_env(said["environment"])), bus=MemoryBus(), jobs=MemoryJobs())
        actor = Actor(said["account"], frozenset({"privacy_officer"}))
        answers = []
        for ticket_id, number in said["tickets"]:
            time.sleep(said["pause"])
            answers.append([ticket_id, place(ports, actor, number)])
        ports.engine.dispose()
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
