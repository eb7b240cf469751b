"""What every page loads, as two files instead of twenty: the modules, and the style sheets. Changes no line of theirs.

On a slow line each file before the first paint costs a share of the line and a place in the queue, and a page can't be
painted before the last style sheet is there. Their addresses carry a hash of what is in them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from web import scripts

SHEETS = ("tokens.css", "app.css", "inbox.css")
"""The style sheets of all pages, in the order of their cascade; what one page needs alone it names itself."""
OURS = frozenset({"static", "modules", "sheets"})
"""Endpoints that answer files of ours and nobody's data."""
_FIRST_ONLY = re.compile(r"@(?:charset|import|namespace)\b")


@dataclass(frozen=True)
class Joined:
    """One such file."""

    text: bytes
    mimetype: str

    @cached_property
    def version(self) -> str:
        """What its address carries: another text, another address."""
        return hashlib.sha256(self.text).hexdigest()[:12]


def joined_sheets(folder: Path) -> str:
    """The style sheets one behind the other. Raises ValueError for a rule that only counts at the start of a file."""
    texts = [(folder / name).read_text(encoding="utf-8") for name in SHEETS]
    for name, text in zip(SHEETS, texts, strict=True):
        if found := _FIRST_ONLY.search(text):
            raise ValueError(f"{name} has {found[0]}, which can't be joined")
    return "".join(texts)


def joined_files(folder: Path) -> dict[str, Joined]:
    """The joined files of a folder of static files, by the endpoint that answers them."""
    return {
        "modules": Joined(scripts.joined(folder / "js").encode(), "text/javascript"),
        "sheets": Joined(joined_sheets(folder / "css").encode(), "text/css"),
    }
