"""What pages need, joined: modules as one file, style sheets as one text. Changes no line of theirs.

On a slow line each file before the first paint costs a round trip and a share of the line. The style sheets therefore
come in the page itself: ten kilobytes more a page, and one round trip less before anything is seen.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from web import scripts

SHEETS = ("tokens.css", "app.css", "frame.css", "inbox.css")
"""The style sheets of all pages of staff, in the order of their cascade; what one page needs alone it names itself."""
STYLES = {
    "work": SHEETS,
    "portal": ("tokens.css", "app.css", "portal.css"),
    "chat": ("tokens.css", "app.css", "portal.css", "chat.css"),
    "answers": ("tokens.css", "answers.css"),
}
"""The style sheets that stand in a page: of staff, of people who ask, and of everybody on whatever line."""
OURS = frozenset({"static", "modules"})
"""Endpoints that answer files of ours and nobody's data."""
MODULES = {"all.js": "js", "chat.js": "chat"}
"""Folders of modules by the name of the file that they become: of all pages of staff, and of a chat."""
_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
"""What nobody reads in a page, and everybody would wait for."""
_NOT_JOINED = re.compile(r"@(?:charset|import|namespace)\b|url\(|<|\r")
"""Rules that count only at the start of a file, addresses beside it, and what would end the element it stands in."""


@dataclass(frozen=True)
class Joined:
    """The modules as one file."""

    text: bytes

    @cached_property
    def version(self) -> str:
        """What its address carries: another text, another address."""
        return hashlib.sha256(self.text).hexdigest()[:12]


@dataclass(frozen=True)
class Sheet:
    """The style sheets as they stand in a page."""

    text: str

    @cached_property
    def source(self) -> str:
        """How a policy names this very text (CSP 3, hash-source)."""
        return f"'sha256-{base64.b64encode(hashlib.sha256(self.text.encode()).digest()).decode()}'"


def joined_sheets(folder: Path, style: str = "work") -> str:
    """The style sheets one behind the other, without comments. Raises ValueError for what can't stand in a page."""
    names = STYLES[style]
    texts = [(folder / name).read_text(encoding="utf-8") for name in names]
    for name, text in zip(names, texts, strict=True):
        if found := _NOT_JOINED.search(text):
            raise ValueError(f"{name} has {found[0]}, which can't be joined")
    return _COMMENT.sub("", "".join(texts))


def joined_modules(folder: Path) -> dict[str, Joined]:
    """The modules below a folder of static files, as one file for each of MODULES, by its name."""
    return {name: Joined(scripts.joined(folder / place).encode()) for name, place in MODULES.items()}
