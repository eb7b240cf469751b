"""`make bench-retention`: choosing what is due among few and many tickets, and destroying it beside a floor.

Every ticket of the filling has its entries, files, index and events; those that fall due came by mail, with a file of
50 kB and three notes, 80 words each. The floor unlinks the same files, deletes the same rows by the same statements
and syncs in the same batches of a hundred; a process beside both commits as the poller does. TICKETS=1000000 DUE=100
MANY=500 (0 destroys nothing) ROUNDS=3 SEED=7 DB=sqlite|postgresql DATA=folder to keep the filled databases;
BACKLOG=100000 instead lets the running helpdesk destroy so many while mails come in (`retention_backlog`). Exits with 1
when a limit is missed.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import retention_backlog
from tests.bench.inbox_site import Helpdesk, KeptPostgres
from tests.bench.intake_report import machine
from tests.bench.retention_due import Bench, Timed
from tests.bench.retention_writer import Waits
from tests.services.postgres import Postgres

SMALL, CHOOSE = int(os.environ.get("SMALL", "10000")), 3
"""Tickets of the small one; rounds of choosing, which is over in a moment, for each of destroying."""
MOST_RATIO, MOST_ROWS, LEAST_OF_FLOOR, MOST_WAIT, MOST_MEDIANS = 1.3, 10, 0.5, 0.25, 5
"""Rows are of tickets and people, for each due ticket, to find that it is due and to list it. Waits are seconds."""
_USUAL = {"TICKETS": "1000000", "DUE": "100", "MANY": "500", "ROUNDS": "3", "SEED": "7", "BACKLOG": "0"}


@dataclass(frozen=True)
class Figure:
    """One figure beside its limit."""

    name: str
    value: float
    limit: float
    least: bool = False

    @property
    def missed(self) -> bool:
        """Whether it is on the wrong side of its limit."""
        return self.value < self.limit if self.least else self.value > self.limit

    def __str__(self) -> str:
        return f"{self.name}={self.value:.3g}/{self.limit:.3g}"


def say(line: str) -> None:
    """A line of progress or result."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def choose_in_turns(benches: Sequence[Bench], rounds: int, due: int) -> None:
    """Choose what falls due, and take it away again, in each in turn: whatever else the machine does hits all alike.

    One round first that is not counted.
    """
    for nth in range(rounds + 1):
        for bench in benches:
            ids = bench.falls_due(due)
            bench.choose()
            bench.take_away(ids)
            if nth == 0:
                bench.timed = Timed()


def destroy_in_rounds(bench: Bench, rounds: int, many: int) -> None:
    """Destroy by the product and by the floor, in turn first; one round first that is not counted."""
    bench.timed.destroying, bench.timed.scrubbing, bench.timed.waits = [], [], Waits()
    for nth in range(rounds + 1):
        if nth % 2:
            bench.floor(bench.falls_due(many))
        bench.falls_due(many)
        bench.choose_uncounted()
        bench.destroy(many)
        if not nth % 2:
            bench.floor(bench.falls_due(many))
        if nth == 0:
            timed = bench.timed
            timed.destroying, timed.scrubbing, timed.floor, timed.waits = [], [], [], Waits()


def figures(small: Timed, large: Timed, due: int, kind: str) -> list[Figure]:
    """The contract's figures of one database, each with its limit."""
    median = statistics.median
    ratio = median(large.choosing) / median(small.choosing)
    found = [Figure("choose_ratio", ratio, MOST_RATIO)]
    read = [median(map(sum, zip(one.listed, one.reckoned, strict=True))) for one in (small, large)]
    if kind == "postgresql":
        found.append(Figure("rows_read", read[1], MOST_ROWS * due))
    else:
        found.append(Figure("steps_ratio", read[1] / read[0], MOST_RATIO))
        found.append(Figure("rows_scanned", median(large.scanned), MOST_ROWS * due))
    if not large.destroying:
        return found
    found.append(Figure("of_floor", median(large.floor) / median(large.destroying), LEAST_OF_FLOOR, least=True))
    usual, longest = median(large.waits.commits), max(large.waits.commits)
    found.append(Figure("writer_longest", longest, max(MOST_WAIT, MOST_MEDIANS * usual)))
    return found


def report(kind: str, small: Timed, large: Timed, said: dict[str, int]) -> bool:
    """Print the RESULT line; whether no limit was missed."""
    median, found = statistics.median, figures(small, large, said["DUE"], kind)
    for one in found:
        if one.missed:
            say(f"MISSED {kind} {one}")
    say(
        f"RESULT bench-retention db={kind} small={SMALL} tickets={said['TICKETS']} due={said['DUE']} "
        f"seed={said['SEED']} "
        f"choose_small={median(small.choosing):.3f} choose={median(large.choosing):.3f} "
        f"reckoned_small={median(small.reckoned):.0f} reckoned={median(large.reckoned):.0f} "
        f"{' '.join(map(str, found))} {destroyed(large, said['MANY'])} missed={sum(one.missed for one in found)}"
    )
    return not any(one.missed for one in found)


def destroyed(large: Timed, many: int) -> str:
    """What it took, in words of the RESULT line."""
    if not large.destroying:
        return "destroyed=0"
    waits = large.waits
    took, floor, scrub, wait = (
        statistics.median(times) for times in (large.destroying, large.floor, large.scrubbing, waits.commits)
    )
    return (
        f"destroyed={many} destroy={took:.2f} per_second={many / took:.0f} floor={floor:.2f} scrub={scrub:.2f} "
        f"commits={len(waits.commits)} writer_median={wait:.3f} disk_longest={max(waits.disk, default=0.0):.3f} "
        f"over={sum(took > MOST_WAIT for took in waits.commits)}"
    )


@contextlib.contextmanager
def filled(kind: str, sizes: Sequence[int], folder: Path, seed: int) -> Iterator[list[Helpdesk]]:
    """Filled databases of one kind: PostgreSQL is filled without care, and started anew as it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)

    def prepared(server: Postgres | None) -> list[Helpdesk]:
        found = [Helpdesk(kind, size, seed, folder / str(size), server) for size in sizes]
        for helpdesk in found:
            helpdesk.prepare()
        return found

    if kind == "sqlite":
        yield prepared(None)
        return
    with KeptPostgres(folder / "server", durable=False) as server:
        prepared(server)
    with KeptPostgres(folder / "server") as server:
        yield prepared(server)


def measure(kind: str, folder: Path, said: dict[str, int]) -> bool:
    """Both sizes on one kind of database."""
    with filled(kind, (SMALL, said["TICKETS"]), folder / kind, said["SEED"]) as helpdesks:
        for helpdesk in helpdesks:
            say(f"  {kind} {helpdesk.tickets} tickets, {helpdesk.bytes_on_disk() // 1_000_000} MB")
        benches = [Bench(helpdesk, said["SEED"]) for helpdesk in helpdesks]
        try:
            choose_in_turns(benches, CHOOSE * said["ROUNDS"], said["DUE"])
            if said["MANY"]:
                destroy_in_rounds(benches[-1], said["ROUNDS"], said["MANY"])
        finally:
            for bench in benches:
                bench.ports.engine.dispose()
    return report(kind, benches[0].timed, benches[-1].timed, said)


def backlog(kind: str, folder: Path, said: dict[str, int]) -> bool:
    """The running helpdesk against a backlog on one kind of database."""
    many = said["BACKLOG"]
    with filled(kind, [retention_backlog.tickets_for(many)], folder / kind, said["SEED"]) as (helpdesk,):
        found = retention_backlog.run(helpdesk, many, said["SEED"], say)
    say(f"RESULT bench-retention-backlog db={kind} {found}")
    return not found.missed


def main(kinds: Sequence[str] = ()) -> int:
    """A RESULT line per database; 0 when every limit was met on each."""
    said = {name: int(os.environ.get(name) or usual) for name, usual in _USUAL.items()}
    kinds = kinds or (os.environ.get("DB") or "both").replace("both", "sqlite,postgresql").split(",")
    say(f"machine: {machine()}")
    with contextlib.ExitStack() as stack:
        data = os.environ.get("DATA") or stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-bench-"))
        Path(data).mkdir(parents=True, exist_ok=True)
        Path(data).chmod(0o755)
        work = backlog if said["BACKLOG"] else measure
        good = [work(kind, Path(data), said) for kind in kinds]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
