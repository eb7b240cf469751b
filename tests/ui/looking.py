"""Looks at a page as it stands: axe with every rule, the layout, and the focus key by key. Changes nothing that stays.

Mail with its layout stands in a frame without scripts, so nothing could look into it. The sandbox is lifted in the
test's browser, axe looks inside, and what it finds is told apart: the document around the mail (`html`, `head`,
`body`) is ours and counts; what lies in `body` is as its sender wrote it, is counted as foreign, and the reader has
"Show as text" beside it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped] # the wheel ships no types
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
LOOKING = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")
MOST_STOPS = 160
"""Tab stops that are followed on one page; the fullest list has fewer."""
TOGETHER = 20
OURS = ("<html", "<head", "<title", "<body", "<meta")
RULES = """tags => axe.getRules(tags)
  .filter(one => !one.tags.includes("experimental") && !one.tags.includes("deprecated")).map(one => one.ruleId)"""
LIFT = """() => Promise.all([...document.querySelectorAll("iframe[sandbox]")].map(one => new Promise(done => {
  one.removeAttribute("sandbox"); one.loading = "eager"; one.onload = done; one.src = one.src; })))"""


@dataclass
class Sight:
    """What was seen: faults in sentences, and what they were looked for among."""

    faults: list[str] = field(default_factory=list)
    foreign: Counter[str] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    rules: frozenset[str] = frozenset()
    stops: int = 0

    def add(self, other: Sight) -> None:
        """Count another sight in."""
        self.faults += other.faults
        self.foreign += other.foreign
        self.incomplete += other.incomplete
        self.rules |= other.rules
        self.stops += other.stops


def prepare(page: Page) -> None:
    """Put axe into the page and its frames, and the looks beside it."""
    page.evaluate(LIFT)
    for frame in page.frames:
        frame.evaluate(AXE_SCRIPT)
    page.evaluate(LOOKING)


def axe(page: Page) -> Sight:
    """Every rule of the tags on the page and its frames."""
    found: dict[str, Any] = page.evaluate("tags => __looking.rules(tags)", list(TAGS))
    sight = Sight(rules=frozenset(found["rules"]), incomplete=Counter(dict(found["incomplete"])))
    for rule, nodes in found["violations"]:
        for depth, html in nodes:
            if depth > 1 and not html.startswith(OURS):
                sight.foreign[rule] += 1
            else:
                sight.faults.append(f"axe {rule}: {html[:160]}")
    return sight


def layout(page: Page) -> Sight:
    """Sideways scroll, the send button, targets, and text that is cut: as it is, at 200 %, and with text spacing."""
    return Sight(faults=page.evaluate("__looking.layout()"))


def places(page: Page) -> str:
    """Where everything on the page stands; two themes with the same need one look at layout and focus."""
    return str(page.evaluate("__looking.places()"))


def focus(page: Page) -> Sight:
    """Press Tab through the whole page; what has the focus is never fully covered."""
    page.evaluate("__looking.watch()")
    for _ in range(0, MOST_STOPS, TOGETHER):
        for _key in range(TOGETHER):
            page.keyboard.press("Tab")
        said: dict[str, Any] = page.evaluate("__looking.stops()")
        if said["done"]:
            break
    return Sight(faults=list(said["faults"]), stops=int(said["count"]))


def look(page: Page) -> Sight:
    """All of it, on a prepared page."""
    sight = axe(page)
    sight.add(layout(page))
    sight.add(focus(page))
    return sight


def all_rules(page: Page) -> frozenset[str]:
    """Every rule axe has under these tags, but for those it calls experimental or deprecated itself."""
    return frozenset(page.evaluate(RULES, list(TAGS)))
