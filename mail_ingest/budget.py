"""What one mail may cost to read, over all its parts and the mails inside it; what was left out is said as a defect.

The limits are those of the whole mail, so that no nesting and no number of parts gets round them. Knows no mail.
"""

from __future__ import annotations

from typing import Literal

from helpdesk.text.plain import MAX_HTML, MAX_TAGS

Kind = Literal["parts", "headers", "mended", "mails", "source", "text", "html", "tags", "calendars", "files"]

LIMITS: dict[Kind, tuple[int, str]] = {
    "parts": (500, "too_many_parts"),
    "headers": (1024 * 1024, "headers_too_large"),
    "mended": (100, "bad_header_line"),
    "mails": (20, "mails_unread"),
    "source": (8 * 1024 * 1024, "text_too_large"),
    "text": (1_000_000, "text_too_large"),
    "html": (MAX_HTML, "text_simplified"),
    "tags": (MAX_TAGS, "text_simplified"),
    "calendars": (200_000, "calendar_unread"),
    "files": (500, "too_many_files"),
}
"""How much there is of each for one mail (bytes of header blocks, of text parts before they are decoded and of
calendars; characters of text and HTML), and the code of the sentence that says that it was not enough."""


class Budget:
    """Counts down while one mail is read. `defects` holds each code once, in the order in which it came up."""

    def __init__(self) -> None:
        self._left = {kind: limit for kind, (limit, _code) in LIMITS.items()}
        self._defects: dict[str, None] = {}

    @property
    def defects(self) -> tuple[str, ...]:
        """The codes of all that was wrong or left out."""
        return tuple(self._defects)

    def say(self, code: str) -> None:
        """Note that something was wrong or left out."""
        self._defects[code] = None

    def take(self, kind: Kind, wanted: int = 1) -> int:
        """How much of `wanted` may be used: what is left, at most. Says so when that is less."""
        given = min(self._left[kind], wanted)
        self._left[kind] -= given
        if given < wanted:
            self.say(LIMITS[kind][1])
        return given
