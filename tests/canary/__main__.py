"""`make canary`: words planted as people plant them are nowhere after the destruction of their tickets, others are.

WORDS=file has words of your own planted, one a line; KEEP=1 leaves a copy of all folders; DB=sqlite|postgresql|both;
TICKETS=, SEED=; WITHOUT=step takes one step of the scrub away in a copy of the tree, and must find something.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk.ports import EXPIRE_BACKUPS
from helpdesk.retention import clock
from helpdesk.tickets.show import ticket_json
from helpdesk.unit import SYSTEM, unit_of_work
from tests.canary.house import ADMIN, ARCHIVIST, House
from tests.canary.officers import certificates, no_backups, redacts
from tests.canary.planting import let_it_be_over, plant
from tests.canary.scan import Scan
from tests.canary.shared_machine import Profile
from tests.canary.without import without
from tests.canary.words import PASSING, PLACES, Word, Words, read_words


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _shown(house: House, numbers: Iterable[str]) -> dict[str, str]:
    """A digest of all there is to each ticket: what `ticket show --json` says, which has that of every file."""
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        whole = {number: json.dumps(ticket_json(unit, number), sort_keys=True, default=str) for number in numbers}
    return {number: hashlib.sha256(said.encode()).hexdigest() for number, said in whole.items()}


def _destroy(house: House) -> int:
    """By the commands that people give: list, propose, approve, run when the window has passed."""
    house.command("disposal", "propose", "--as", ADMIN)
    waiting = json.loads(house.command("disposal", "list", "--as", ARCHIVIST, "--json"))
    for one in waiting:
        house.command("disposal", "propose", str(one["id"]), "--as", ADMIN)
        house.command("disposal", "approve", str(one["id"]), "--as", ARCHIVIST)
    with house.slow_reader():
        house.go_to(409)
        house.begin_a_log_file()
        began = time.monotonic()
        house.command("disposal", "run", "--clock-is-right", "--as", ARCHIVIST)
        for one in waiting:
            house.until(lambda number=one["id"]: _done(house, number), "a list is done")  # type: ignore[misc] # bound at once
    _say(f"  destroyed in {time.monotonic() - began:.1f} s")
    return len(waiting)


def _done(house: House, number: int) -> bool:
    return bool(
        json.loads(house.command("disposal", "show", str(number), "--as", ARCHIVIST, "--json"))["state"] == "done"
    )


@dataclass(frozen=True)
class Found:
    """The scans before the destruction, after it, and with every process stopped."""

    before: Scan
    after: Scan
    stopped: Scan

    @property
    def left(self) -> set[Word]:
        """What stood anywhere afterwards."""
        return self.after.words() | self.stopped.words()

    @property
    def kept(self) -> set[Word]:
        """What stood somewhere at both times."""
        return self.after.words() & self.stopped.words()


def run(database: str, seed: int, count: int, own: list[str]) -> bool:
    """One run on one database. Prints what was found before and after; whether all is as it must be."""
    words = Words(seed, own)
    with House(database, seed) as house:
        made = plant(house, words, count)
        before = Scan(words.all).look(house.folders(written=True))
        good = _said_before(words, before)
        let_it_be_over(house, made)
        if made.redacted:
            redacts(house, *made.redacted)
        house.go_to(400)
        house.ports.jobs.nudge(EXPIRE_BACKUPS)
        house.until(lambda: no_backups(house), "a backup whose time is over is gone")
        clock.tick(house.ports)
        shown = _shown(house, made.kept)
        lists = _destroy(house)
        now = _shown(house, made.kept)
        same = sum(now[number] == shown[number] for number in made.kept)
        papers = certificates(house, 520)
        after = Scan(words.all).look(house.folders())
        house.stop()
        found = Found(before, after, Scan(words.all).look(house.folders()))
        if os.environ.get("KEEP") == "1":
            _say(f"  kept in {house.keep()}")
    numbers, clean = _counted(words, found)
    signed_out, empty = _signed_out(made.profile)
    _say(
        f"RESULT canary database={database} seed={seed} tickets={count} lists={lists} certificates={papers} {numbers} "
        f"{signed_out} others_same={same} of={len(made.kept)}"
    )
    return good and clean and empty and same == len(made.kept) and lists > 0


def _signed_out(profile: Profile | None) -> tuple[str, bool]:
    """What the browser of somebody who signed out holds, for the line, and whether that is nothing of theirs."""
    if profile is None:
        return "profile=none", True
    for word, place, form in sorted(profile.left.hits, key=str):
        _say(f"LEFT {word.word[:40]} of {word.place} in {place} as {form}")
    found = len(profile.left.words())
    return f"profile_control={profile.control} profile_found={found}", profile.control > 0 and not found


def _said_before(words: Words, before: Scan) -> bool:
    """Print where each was found; whether every place that keeps anything, and every word in it, was seen."""
    _say(f"  found before, by place: {before.told(1)}")
    _say(f"  found before, by encoding: {before.told(2)}")
    _say(f"  found before, by where planted: {before.where_planted()}")
    for place, why in words.skipped.items():
        _say(f"  not planted: {place}: {why}")
    seen = {word.place for word in before.words()}
    nowhere = [place for place in PLACES if place not in {*PASSING, *words.skipped, *seen}]
    for place in nowhere:
        _say(f"UNSEEN before: any word of {place}")
    unseen = _staying(words) - before.words()
    for word in sorted(unseen, key=str):
        _say(f"UNSEEN before: {word.word[:40]} of {word.place}")
    return not nowhere and not unseen


def _staying(words: Words) -> set[Word]:
    return {word for word in words.all if word.place not in PASSING}


def _counted(words: Words, found: Found) -> tuple[str, bool]:
    """The numbers of the line, and whether nothing of the doomed was left, and all of the others was there."""
    there = _staying(words)
    doomed = {word for word in words.all if word.doomed}
    left, kept = doomed & found.left, {word for word in there if not word.doomed}
    for word, place, form in sorted({*found.after.hits, *found.stopped.hits}, key=str):
        if word in left:
            _say(f"LEFT {word.word[:40]} of {word.place} in {place} as {form}")
    numbers = (
        f"words={len(words.all)} found_before={len(there & found.before.words())} of={len(there)} "
        f"destroyed_words={len(doomed)} destroyed_found={len(left)} kept_found={len(kept & found.kept)} of={len(kept)}"
    )
    return numbers, not left and kept <= found.kept


def main() -> int:
    """A run per database. Returns 0 when nothing was left of what was destroyed, and all of the rest was."""
    if step := os.environ.get("WITHOUT", ""):
        return without(step)
    seed, count = int(os.environ.get("SEED", "7")), int(os.environ.get("TICKETS", "24"))
    own = read_words(os.environ.get("WORDS", ""))
    kinds = os.environ.get("DB", "both").replace("both", "sqlite,postgresql").split(",")
    good = [run(kind, seed, count, own) for kind in kinds]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
