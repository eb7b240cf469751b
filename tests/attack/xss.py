"""`make attack-xss`: hostile strings in every place of a mail, opened in Chromium in every place where it is seen."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from tests.attack import xss_control, xss_plants
from tests.attack.xss_detector import KINDS
from tests.attack.xss_places import PLACES, Visit, sign_in
from tests.attack.xss_site import Site, fill, site
from tests.attack.xss_strings import Hostile, listed, own_strings, some
from tests.services.chromium import Chromium, available

OWN = 400
_A_STRETCH = 100
"""Strings that the same tabs are used for."""
_NAMES = {"script": "scripts", "off_origin": "requests_off_origin", "navigation": "navigations"}


@dataclass(frozen=True)
class Outcome:
    """What a run found; `problems` is empty when nothing ran, nothing left, and the control kept its formatting."""

    strings: int
    visit: Visit
    missed: list[str]
    frame_found: bool
    control: list[str]

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, for the reader."""
        left_out = [f"{place} was not visited" for place in PLACES if not self.visit.visited[place]]
        blind = [] if self.frame_found else ["the unclean frame was not noticed"]
        return [*self.visit.seen.lines, *self.visit.wrong, *self.missed, *blind, *self.control, *left_out]

    def line(self) -> str:
        """The RESULT line."""
        counts = self.visit.seen.counts
        seen = " ".join(f"{_NAMES.get(kind, kind)}={counts[kind]}" for kind in KINDS)
        planted = len(xss_plants.PLANTS) + 1
        found = planted - len(self.missed) - (not self.frame_found)
        return (
            f"RESULT attack-xss strings={self.strings} places={len(PLACES)} pages={self.visit.pages} "
            f"looks={self.visit.visited.total()} carried={carried(self.visit.site)} refused={self.visit.refused} "
            f"planted={planted} planted_found={found} {seen} wrong={len(self.visit.wrong)} "
            f"control_ok={int(not self.control)}"
        )


def carried(made: Site) -> str:
    """In how many of subject, name and text the whole string came in, of how many; the rest was cut or unreadable."""
    whole = 0
    for each in made.filled:
        wanted = _letters(each.hostile.text)
        name = each.thread.people[0].name if each.thread.people else ""
        whole += sum(wanted in _letters(shown) for shown in (each.thread.subject, name, each.mail.text))
    return f"{whole}/{3 * len(made.filled)}"


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and not char.isspace())


def run(strings: Sequence[Hostile], browser: Browser, folder: Path) -> Outcome:
    """Fill a product with the strings, visit everything, and say what was seen."""
    with site(folder) as made:
        missed = xss_plants.missed(browser, made.bare)
        fill(made, strings)
        context = browser.new_context(base_url=made.address, locale="nl-NL")
        try:
            sign_in(context, made.address)
            frame_found = _unclean_is_noticed(made, Visit(made, context))
            visit = Visit(made, context)
            visit.lists()
            for number, each in enumerate(made.filled):
                if number % _A_STRETCH == 0:
                    sys.stderr.write(f"{number}/{len(made.filled)}\n")
                    visit.renew()
                visit.ticket(each)
                visit.files(each)
            visit.bare()
            control = xss_control.differences(visit.tab(), made)
            visit.merged()
            visit.close()
        finally:
            context.close()
        return Outcome(len(strings), visit, missed, frame_found, control)


def _unclean_is_noticed(made: Site, visit: Visit) -> bool:
    """Whether the frame of a mail that was never cleaned is noticed, as markup and as something stopped."""
    visit.framed(made.planted)
    visit.close()
    return visit.seen.counts["markup"] > 1 and visit.seen.counts["stopped"] > 0


def main() -> int:
    """Run with our own strings (SEED=, COUNT=) or with those of LIST=; print what is wrong. Returns the exit code."""
    missing = available()
    if missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    seed, given = int(os.environ.get("SEED", "7")), os.environ.get("LIST")
    strings = listed(Path(given)) if given else own_strings(seed, OWN)
    strings = some(strings, int(os.environ.get("COUNT") or len(strings)), seed)
    with tempfile.TemporaryDirectory() as folder, Chromium() as chromium:
        outcome = run(strings, chromium.browser, Path(folder))
    for line in outcome.problems[:200]:
        sys.stdout.write(f"WRONG {line}\n")
    sys.stdout.write(outcome.line() + "\n")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
