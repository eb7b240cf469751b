"""`make rights`: exports of people out of a generated graph, each against a model that knows nothing of ours.

PEOPLE=1000 TICKETS=1500 EXPORTS=1000 SEED=1 DB=sqlite|postgresql. Prints one RESULT line; ends with 1 when anything
differs. The claims are those of `tests/helpdesk/privacy/rights/test_export.py`, for every person or EXPORTS of them.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.migrating import migrate
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from tests.conftest import DESKS, NOON
from tests.helpdesk.privacy.rights.graph import grown
from tests.helpdesk.privacy.rights.proven import proven
from tests.retention import policy_in_force, staff
from tests.services.postgres import Postgres


def say(line: str) -> None:
    """A line to standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _said(name: str, usual: int) -> int:
    return int(os.environ.get(name, usual))


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    if os.environ.get("DB", "sqlite") == "sqlite":
        yield f"sqlite:///{folder / 'helpdesk.sqlite3'}"
        return
    with Postgres(durable=False) as server:
        yield server.fresh_database()


def _ports(folder: Path, url: str) -> Ports:
    create_keys(folder / "keys.json")
    engine = connect_database(url, durable=False)
    migrate(engine)
    settings = Settings(data=folder, database=url, desks=DESKS, min_free=0, parsers=0, undo_seconds=0)
    memory = (MemoryBus(), MemoryJobs(), MemoryMailer(), SetClock(NOON))
    adapters = (DiskBlobs(folder / "blobs"), *memory, DiskLedger(folder / "ledger"))
    return Ports(settings, load_keys(folder / "keys.json"), engine, *adapters, "rights")


def main() -> int:
    """Grow the graph, export, compare."""
    people, tickets, seed = _said("PEOPLE", 1000), _said("TICKETS", 1500), _said("SEED", 1)
    with tempfile.TemporaryDirectory(prefix="rights-") as name, _database(Path(name)) as url:
        ports = _ports(Path(name), url)
        policy_in_force(ports)
        roles = {"fatima": "functional_admin", "piet": "privacy_officer", "petra": "privacy_officer", "aad": "advisor"}
        admin, officer, second, advisor = (staff(ports, who, role) for who, role in roles.items())
        graph = grown(ports, admin, advisor, people, tickets, seed)
        say(f"{people} people, {tickets} tickets")
        chosen = random.Random(seed).sample(range(people), min(people, _said("EXPORTS", people)))
        faults, begun, longest = 0, time.monotonic(), 0.0
        for done, n in enumerate(chosen, 1):
            at = time.monotonic()
            for fault in proven(ports, graph, n, officer, second):
                faults += 1
                say(f"person {n}: {fault}")
            longest = max(longest, time.monotonic() - at)
            if done % 100 == 0:
                say(f"{done} exports, {faults} faults")
        seconds = time.monotonic() - begun
        ports.engine.dispose()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    say(
        f"RESULT rights people={people} tickets={tickets} exports={len(chosen)} faults={faults} seed={seed} "
        f"seconds={seconds:.0f} longest={longest:.1f} memory={memory}MB"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
