"""`make histories`: the reckoning and whole helpdesks against a second way to reckon, through histories by chance.

N histories of the reckoning, each in three time zones, and WHOLE of them through the verbs on DB; SEED draws them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.attack.threads import databases
from tests.histories.draw import STEPS
from tests.histories.pure import ENDS, ZONES, run
from tests.histories.pure import MARKS as HELD_BY_RECKONING
from tests.histories.stories import MARKS, ROUNDS, live
from tests.services.postgres import Postgres
from tests.show_mail import empty_ports

AT_ONCE = 60
"""So many cases share a helpdesk."""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def reckonings(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """The reckoning alone, on every core."""
    parts = [range(part, count, 8) for part in range(8)]
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for more, faults in pool.map(partial(run, seed), parts):
            tally += more
            wrong += faults
    return tally, wrong


def whole(server: Postgres | None, seed: int, cases: int) -> tuple[Counter[str], list[str]]:
    """One helpdesk on an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        url = server.fresh_database() if server else ""
        ports = empty_ports(Path(folder), url)
        try:
            return live(ports, seed, cases)
        finally:
            ports.engine.dispose()
            if server:
                server.drop(url)


def _tell(kind: str, tally: Counter[str], names: tuple[str, ...], more: str, wrong: list[str]) -> bool:
    for line in wrong[:40]:
        _say(f"WRONG {line}")
    held = " ".join(f"{name}={tally[name]}" for name in names)
    _say(f"RESULT histories {kind} histories={tally['histories']} {more} {held} wrong={len(wrong)}")
    return not wrong


def _enough(tally: Counter[str]) -> bool:
    """Whether every twentieth ticket at least was destroyed, held, blocked: else the rest proves little."""
    return all(tally[name] * 20 >= tally["tickets"] for name in ("destroyed", "held", "blocked"))


def main() -> int:
    """Print a RESULT per part. Returns 0 when nothing differs and enough was destroyed, held and blocked."""
    seed, count = int(os.environ.get("SEED", "7")), int(os.environ.get("N", "10000"))
    cases = int(os.environ.get("WHOLE", "240"))
    tally, wrong = reckonings(seed, count)
    zones = f"zones={len(ZONES)} steps={tally['steps']} of={STEPS}"
    good = _tell("reckoning", tally, (*HELD_BY_RECKONING, *ENDS), zones, wrong)
    kinds = os.environ.get("DB", "both").replace("both", "sqlite,postgresql").split(",")
    with databases(kinds) as found:
        for kind, server in found:
            tally, wrong = Counter(), []
            for part in range(-(-cases // AT_ONCE)):
                more, faults = whole(server, seed * 1000 + part, min(AT_ONCE, cases - part * AT_ONCE))
                tally += more
                wrong += faults
            names = (*MARKS, "held_refused", "alone_refused", "tickets", "destroyed", "held", "blocked")
            good &= _tell(kind, tally, names, f"steps_each={ROUNDS}", wrong) and _enough(tally)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
