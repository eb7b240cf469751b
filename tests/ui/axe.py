"""`make axe`: every page in every state, at every size, in both themes, looked at in full; first faults are planted.

ONLY=word looks at the screens with this word in their name; JOBS=n browsers work at once (2). Changes nothing.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.services.chromium import Chromium
from tests.ui import looking
from tests.ui.looking import Sight
from tests.ui.planted import planted
from tests.ui.stage import SIZES, THEMES, Stage, stage
from tests.ui.state import State
from tests.ui.states import STATES


@dataclass
class Found:
    """What one browser saw."""

    runs: int = 0
    sight: Sight = field(default_factory=Sight)
    planted: tuple[int, int] = (0, 0)
    unreached: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Count another browser's part in."""
        self.runs += other.runs
        self.sight.add(other.sight)
        self.planted = (self.planted[0] + other.planted[0], self.planted[1] + other.planted[1])
        self.unreached += other.unreached


def themed(page: Page, theme: str) -> None:
    """Change the theme of the page that is shown."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")


def examine(opened: Stage, state: State, size: tuple[int, int], themes: tuple[str, ...] = THEMES) -> list[Sight]:
    """One state at one size, looked at in full in each theme; the faults name the screen.

    A theme changes colours: where everything stands where it stood before, layout and focus are as they were seen.
    """
    page = opened.show(state, size, dark=themes[0] == "dark")
    looking.prepare(page)
    sights, places, shape = [], [], Sight()
    for theme in themes:
        themed(page, theme)
        sights.append(looking.axe(page))
        places.append(looking.places(page))
    for theme, sight, place in zip(themes, sights, places, strict=True):
        if theme == themes[0] or place != places[0]:
            themed(page, theme)
            shape = looking.layout(page)
            shape.add(looking.focus(page))
        sight.add(shape)
        sight.faults += [f"script: {crash}" for crash in opened.crashes]
        sight.faults = [f"{state.id} {size[0]} {theme}: {fault}" for fault in sight.faults]
    return sights


def part(names: list[str]) -> Found:
    """The states with these names, by one browser."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    found = Found()
    with (
        tempfile.TemporaryDirectory(prefix="hd-") as folder,
        Chromium() as chromium,
        stage(chromium, Path(folder)) as opened,
    ):
        faults = planted(opened)
        found.planted = (sum(faults.values()), len(faults))
        for state in (one for one in STATES if one.id in names):
            for size in SIZES:
                _count(found, opened, state, size)
    return found


def _count(found: Found, opened: Stage, state: State, size: tuple[int, int]) -> None:
    try:
        for sight in examine(opened, state, size):
            found.runs += 1
            found.sight.add(sight)
            for fault in sight.faults:
                sys.stdout.write(fault + "\n")
    except (AssertionError, Error) as fault:
        found.unreached.append(f"{state.id} {size[0]}")
        sys.stdout.write(f"{state.id} {size[0]}: not reached: {str(fault)[:500]}\n")
    sys.stdout.flush()


def line(states: list[State], found: Found) -> str:
    """The RESULT line; `states` are counted over all routes, so that runs = states x sizes x themes."""
    axe = [fault for fault in found.sight.faults if ": axe " in fault]
    said = {
        "routes": len({state.route for state in states}),
        "states": len(states),
        "sizes": len(SIZES),
        "themes": len(THEMES),
        "runs": found.runs,
        "violations": len(axe),
        "layout_faults": len(found.sight.faults) - len(axe),
        "unreached": len(found.unreached),
        "rules": len(found.sight.rules),
        "tab_stops": found.sight.stops,
        "incomplete": found.sight.incomplete.total(),
        "foreign": found.sight.foreign.total(),
        "planted_found": f"{found.planted[0]}/{found.planted[1]}",
    }
    return "RESULT axe " + " ".join(f"{name}={value}" for name, value in said.items())


def main() -> int:
    """Run all parts and say what they saw."""
    began = time.monotonic()
    only, jobs = os.environ.get("ONLY", ""), int(os.environ.get("JOBS", "2"))
    states = [state for state in STATES if only in state.id]
    parts = [[state.id for state in states[n::jobs]] for n in range(jobs)]
    found = Found()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for one in pool.map(part, [names for names in parts if names]):
            found.add(one)
    kinds = Counter(state.kind for state in states)
    sys.stdout.write(f"states by kind: {dict(kinds)}; {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(f"incomplete, for a person to judge: {dict(found.sight.incomplete)}\n")
    sys.stdout.write(f"foreign, in the HTML of mails: {dict(found.sight.foreign)}\n")
    sys.stdout.write(line(states, found) + "\n")
    whole = found.runs == len(states) * len(SIZES) * len(THEMES) > 0
    return 0 if whole and not found.sight.faults and found.planted[0] == found.planted[1] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
