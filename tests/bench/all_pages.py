"""`make bench-pages`: the pages of staff and those of people who ask, or one of the two (ONLY=staff, ONLY=portal)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from tests.bench.page_place import Site
from tests.bench.pages import Report, main, measure
from tests.bench.pages_of_askers import askers
from tests.services.chromium import Chromium


def both(report: Report, place: Site, chromium: Chromium) -> None:
    """Those of people who ask first: the others fill the place with ten thousand questions."""
    askers(report, place, chromium)
    measure(report, place, chromium)


RUNS: dict[str, Callable[[Report, Site, Chromium], None]] = {"": both, "staff": measure, "portal": askers}

if __name__ == "__main__":
    sys.exit(main(RUNS[os.environ.get("ONLY", "")]))
