"""`make screens OUT=folder`: a picture of every screen of `tests/ui/states.py`, in both themes, at five widths.

OUT/index.html shows them side by side. ONLY=part of a name and WIDTHS=1440,375 take fewer. A screen whose state is
not reached is named at the end, and the run fails. Judges nothing else: somebody looks.
"""

from __future__ import annotations

import html
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.services.chromium import Chromium
from tests.ui.stage import THEMES, Stage, stage
from tests.ui.state import State
from tests.ui.states import STATES

HEIGHTS = {1440: 900, 1024: 768, 768: 1024, 375: 812, 320: 568}
"""The height of the window by its width."""
INDEX = """<!doctype html><meta charset="utf-8"><title>Screens</title><meta name="color-scheme" content="light dark">
<style>body{font:15px/1.5 sans-serif;margin:1rem}div{display:flex;gap:8px;overflow:auto}img{height:24rem}</style>
"""


def take(page: Page, path: Path) -> None:
    """A picture: of a workspace what the window shows, of another page all of it."""
    page.screenshot(path=path, full_page=page.locator(".workspace").count() == 0, animations="disabled")


def every(opened: Stage, states: Sequence[State], widths: Sequence[int], out: Path) -> list[str]:
    """Take them all as OUT/<name>-<width>-<theme>.png; returns what was not reached."""
    missed = []
    for state in states:
        for width in widths:
            try:
                page = opened.show(state, (width, HEIGHTS[width]))
                for theme in THEMES:
                    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
                    take(page, out / f"{state.id}-{width}-{theme}.png")
            except (AssertionError, Error) as fault:
                missed.append(f"{state.id} at {width}: {str(fault).splitlines()[0]}")
    return missed


def index(states: Sequence[State], widths: Sequence[int], out: Path) -> None:
    """OUT/index.html, a row for each screen."""
    rows = []
    for state in states:
        names = [f"{state.id}-{width}-{theme}.png" for width in widths for theme in THEMES]
        images = "".join(f'<a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>' for name in names)
        rows.append(f"<h2>{html.escape(state.id)}</h2><div>{images}</div>")
    (out / "index.html").write_text(INDEX + "\n".join(rows), encoding="utf-8")


def main() -> None:
    """Every screen into OUT; 1 when one was not reached."""
    asked = os.environ.get("OUT")
    if not asked:
        raise SystemExit("make screens OUT=folder [ONLY=part of a name] [WIDTHS=1440,375]")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    out = Path(asked)
    out.mkdir(parents=True, exist_ok=True)
    widths = [int(width) for width in os.environ.get("WIDTHS", "").split(",") if width] or list(HEIGHTS)
    states = [state for state in STATES if os.environ.get("ONLY", "") in state.id]
    with (
        tempfile.TemporaryDirectory(prefix="hd-") as folder,
        Chromium() as chromium,
        stage(chromium, Path(folder)) as opened,
    ):
        missed = every(opened, states, widths, out)
    index(states, widths, out)
    sys.stdout.writelines(f"not reached: {line}\n" for line in missed)
    taken = (len(states) * len(widths) - len(missed)) * len(THEMES)
    counted = f"screens={len(states)} widths={len(widths)} themes={len(THEMES)}"
    sys.stdout.write(f"RESULT {counted} pictures={taken} missed={len(missed)}\n")
    raise SystemExit(1 if missed or not taken else 0)


if __name__ == "__main__":
    main()
