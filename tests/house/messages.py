"""Sentences that people may read: what code and templates say, and what the catalogues hold. Judges nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from tests.house.code_tree import PACKAGES, ROOT, repository_files, sources

KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "translate": None}
SHOWN_FAULTS = {
    "Conflict",
    "Invalid",
    "Misconfigured",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "TooMany",
    "Unavailable",
}
"""Errors whose sentence stands on a page (web/errors.py) or at the terminal."""
_PLACEHOLDER = re.compile(r"%\([a-z_0-9]+\)[sd]|\{[a-z_0-9]*\}")


def placeholders(text: str) -> list[str]:
    """The names to be filled in, sorted."""
    return sorted(_PLACEHOLDER.findall(text))


def _templates() -> Iterator[Path]:
    for path in repository_files():
        if path.parts[0] in PACKAGES and "templates" in path.parts and path.suffix in {".html", ".txt"}:
            yield path


def used_messages() -> dict[str, str]:
    """Message id -> one place where it is used."""
    found: dict[str, str] = {}
    files = [(Path(source.path), "python") for source in sources(*PACKAGES)]
    files += [(path, "jinja2.ext:babel_extract") for path in _templates()]
    for path, method in files:
        with (ROOT / path).open("rb") as stream:
            options = {"silent": "false", "trimmed": "true"} if method.startswith("jinja2") else {}
            for line, message, _comments, _context in extract(method, stream, KEYWORDS, (), options):
                identity = message if isinstance(message, str) else message[0]
                found.setdefault(identity, f"{path}:{line}")
    return found | dict(_faults())


def _faults() -> Iterator[tuple[str, str]]:
    for source in sources(*PACKAGES):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in SHOWN_FAULTS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
                    yield first.value, f"{source.path}:{node.lineno}"


def catalogue(language: str) -> Catalog:
    """A language's catalogue, as it lies in the repository."""
    with (ROOT / "helpdesk" / "locale" / language / "messages.po").open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def forms(message: Message) -> list[tuple[str, str]]:
    """Pairs of a source form and its translation; two for a plural."""
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return [(source, translated or "") for source, translated in zip(ids, said, strict=False)]
