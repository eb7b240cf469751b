"""`make hostile`: every bomb by IMAP and by SMTP into a running helpdesk; measured, opened page by page, counted.

By environment: SEED= draws sizes (0.5 to 3 times) and pairs, ONLY=name,… DOORS=imap,smtp,lmtp DB=sqlite|postgresql.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from tests.attack.hostile_bombs import Bomb, assemble, bombs, sentence, word_of
from tests.attack.hostile_house import House
from tests.attack.hostile_judge import judge, planted_faults
from tests.attack.hostile_meter import Meter
from tests.attack.hostile_piece import Piece, plain
from tests.attack.hostile_trial import Outcome, Trial

_APART = 100_000
"""Between the numbers of two doors: the same bomb by another door is another mail."""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _harmless(number: int, seed: int) -> Bomb:
    """No bomb at all: what the plain mails around it cost, and a first turn for every process."""
    word = word_of(number, seed)
    return assemble("none", word, [Piece(b"", (plain(sentence(word)),))])


def _trials(house: House, meter: Meter, door: str, at: int) -> list[Outcome]:
    """All bombs by one door, each printed as it is done."""
    seed = int(os.environ["SEED"]) if os.environ.get("SEED") else None
    only = tuple(name for name in os.environ.get("ONLY", "").split(",") if name)
    outcomes = []
    for bomb in (_harmless(at + _APART - 1, seed or 0), *bombs(seed, only, first=at)):
        outcome = Trial(house, meter, bomb, door).run()
        _say(outcome.line)
        outcomes.append(outcome)
    return outcomes


def main() -> int:
    """0 when every limit was kept and every planted fault found."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    doors = tuple(os.environ.get("DOORS", "imap,smtp").split(","))
    database, began = os.environ.get("DB", "sqlite"), time.monotonic()
    with House(database) as house, Meter(house.roots()) as meter:
        found = {door: _trials(house, meter, door, at * _APART) for at, door in enumerate(doors)}
        limit = house.ports.settings.raw_limit
    outcomes = [outcome for each in found.values() for outcome in each[1:]]
    counts = judge(outcomes, limit)
    planted, seen = planted_faults(found[doors[0]][0], limit)
    _say(
        f"RESULT hostile db={database} bombs={len(outcomes)} doors={','.join(doors)} {counts.line()} "
        f"most_cpu={max(each.cpu for each in outcomes):.2f} most_rss={max(each.rss for each in outcomes) / 1e6:.0f} "
        f"slowest_plain={max(each.slowest_plain for each in outcomes):.1f} "
        f"plain_cpu={max(each[0].cpu for each in found.values()):.2f} planted={planted} planted_found={seen} "
        f"seconds={time.monotonic() - began:.0f}"
    )
    return 0 if counts.good and planted == seen else 1


if __name__ == "__main__":
    sys.exit(main())
