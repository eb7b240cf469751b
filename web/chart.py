"""Stacked bars as numbers of an inline SVG: where each begins, how high it is, and the lines behind it. Draws nothing.

One unit is a pixel, so that words are as large as elsewhere; what is wider than its place is scrolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, TOP, BOTTOM, LEFT = 230, 22, 178, 56
"""Of the whole; where the highest bar ends, where all begin; the room for numbers beside them."""
SLOT, WIDE, GAP, LINES = 34, 60, 2, 4
"""How wide the place of a bar is, and of one with longer words above it; between two parts; how many lines."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its parts from the ground up as (top, height), and the middle and the left of its slot."""

    slot: int
    middle: int
    parts: tuple[tuple[float, float], ...]
    top: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in order, each `bar` wide in a place of its own, and the lines behind them as (height, number)."""

    width: int
    slot: int
    bar: int
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]


def chart_of(values: Sequence[Sequence[int]], slot: int = SLOT) -> Chart:
    """A chart of these values, the parts of each bar from the ground up, each in a place `slot` wide."""
    step = _step(max((sum(parts) for parts in values), default=0))
    scale = (BOTTOM - TOP) / (step * LINES)
    bars = tuple(_bar(LEFT + place * slot, slot, parts, scale) for place, parts in enumerate(values))
    lines = tuple((BOTTOM - step * line * scale, step * line) for line in range(LINES + 1))
    return Chart(LEFT + slot * len(values) + 4, slot, slot * 3 // 5, bars, lines)


def _step(most: int) -> int:
    """The distance of two lines: 1, 2 or 5 with zeros, so that four of them reach the highest bar."""
    wanted, unit = max(1, -(-most // LINES)), 1
    while True:
        for round_number in (unit, 2 * unit, 5 * unit):
            if round_number >= wanted:
                return round_number
        unit *= 10


def _bar(left: int, slot: int, parts: Sequence[int], scale: float) -> Bar:
    ground, found = float(BOTTOM), []
    for part in parts:
        height = max(round(part * scale, 1), 1.0) if part else 0.0
        gap = GAP if part and ground < BOTTOM else 0
        found.append((round(ground - gap - height, 1), height))
        ground -= gap + height if part else 0
    return Bar(left, left + slot // 2, tuple(found), round(ground, 1))
