"""`make histories`: the reckoning and whole helpdesks against a second way to reckon, through histories by chance.

N histories of DEEDS deeds through the verbs on each DB, and RECKONINGS of the reckoning alone in three time zones; SEED
draws them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tests.attack.threads import databases
from tests.histories.draw import STEPS
from tests.histories.pure import ENDS, ZONES, run
from tests.histories.pure import MARKS as HELD_BY_RECKONING
from tests.histories.stories import COUNTED, MARKS, ROUNDS, live, too_few
from tests.services.postgres import Postgres
from tests.show_mail import empty_ports

AT_ONCE = 200
"""So many histories share a helpdesk."""


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


def deeds() -> int:
    """How many things happen in each history, beside the daily turns."""
    return int(os.environ.get("DEEDS", ROUNDS))


def whole(url: str, seed: int, cases: int) -> tuple[Counter[str], list[str]]:
    """One helpdesk on an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        ports = empty_ports(Path(folder), url)
        try:
            return live(ports, seed, cases, deeds())
        finally:
            ports.engine.dispose()


def helpdesks(server: Postgres | None, seed: int, cases: int) -> tuple[Counter[str], list[str]]:
    """So many histories, in helpdesks side by side, one on every core."""
    sizes = [min(AT_ONCE, cases - start) for start in range(0, cases, AT_ONCE)]
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for places in _in_turn(range(len(sizes)), os.cpu_count() or 1):
            urls = [server.fresh_database() if server else "" for _ in places]
            for more, faults in pool.map(whole, urls, [seed * 1000 + n for n in places], [sizes[n] for n in places]):
                tally += more
                wrong += faults
            if server:
                for url in urls:
                    server.drop(url)
            _say(f"{tally['histories']} histories, {len(wrong)} wrong")
    return tally, wrong


def _in_turn(numbers: range, many: int) -> Iterator[range]:
    return (numbers[start : start + many] for start in range(0, len(numbers), many))


def _tell(kind: str, tally: Counter[str], names: tuple[str, ...], more: str, wrong: list[str]) -> bool:
    for line in wrong[:40]:
        _say(f"WRONG {line}")
    held = " ".join(f"{name}={tally[name]}" for name in names)
    _say(f"RESULT histories {kind} histories={tally['histories']} {more} {held} wrong={len(wrong)}")
    return not wrong


def main() -> int:
    """Print a RESULT per part. Returns 0 when nothing differs and enough was destroyed, held and blocked."""
    seed, cases = int(os.environ.get("SEED", "7")), int(os.environ.get("N", "400"))
    tally, wrong = reckonings(seed, int(os.environ.get("RECKONINGS", "10000")))
    zones = f"zones={len(ZONES)} steps={tally['steps']} of={STEPS}"
    good = _tell("reckoning", tally, (*HELD_BY_RECKONING, *ENDS), zones, wrong)
    kinds = os.environ.get("DB", "both").replace("both", "sqlite,postgresql").split(",")
    with databases(kinds) as found:
        for kind, server in found:
            tally, wrong = helpdesks(server, seed, cases)
            rare = too_few(tally)
            names = (*MARKS, "held_refused", "alone_refused", "tickets", *COUNTED)
            more = f"deeds_each={deeds()} turns={tally['turns']} too_few={','.join(rare) or 'none'}"
            good &= _tell(kind, tally, names, more, wrong) and not rare
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
