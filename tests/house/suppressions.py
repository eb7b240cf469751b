"""Every place where a check is switched off, with its reason; one without a reason fails `make check`. Removes none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house import test_given, test_imports, test_migrations, test_sizes
from tests.house.code_tree import ROOT, sources

_MARK = re.compile(
    r"#\s*(?P<what>noqa(?::\s*[A-Z]+\d*(?:,\s*[A-Z]+\d*)*)?|type:\s*ignore(?:\[[\w,\s-]+\])?|pragma:\s*[\w ]+)"
    r"(?P<rest>.*)$"
)
_SKIP = re.compile(r"\bpytest\.(skip|xfail|importorskip)\(|\bpytest\.mark\.(skip|skipif|xfail)\b")
_TABLES = ("lint.ignore", "per-file-ignores", "filterwarnings")
_QUOTED = re.compile(r'^\s*"(?P<what>[^"]+)",?\s*(?:#\s*(?P<reason>.+))?$')
_LETTERS = 4
"""A reason has at least so many letters."""


@dataclass(frozen=True)
class Suppression:
    """One check switched off in one place."""

    place: str
    what: str
    reason: str

    @property
    def explained(self) -> bool:
        """Whether somebody said why."""
        return sum(letter.isalpha() for letter in self.reason) >= _LETTERS


def _comments() -> Iterator[Suppression]:
    for source in sources():
        for line, comment in source.comments():
            if mark := _MARK.search(comment):
                yield Suppression(f"{source.path}:{line}", mark["what"].strip(), mark["rest"].strip(" -#:\t"))


def _skips() -> Iterator[Suppression]:
    for source in sources("tests"):
        lines = source.text.splitlines()
        for number, line in enumerate(lines, 1):
            if source.path.startswith("tests/house/") or not (mark := _SKIP.search(line)):
                continue
            reason = line[mark.end() :].strip("()\"' ") or (lines[number].strip() if number < len(lines) else "")
            yield Suppression(f"{source.path}:{number}", mark[0].rstrip("("), reason)


def _configured() -> Iterator[Suppression]:
    """Entries of the lists in pyproject.toml that switch checks off; the reason stands on the line or above it."""
    inside, above = "", ""
    for number, line in enumerate((ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = "per-file-ignores" if "per-file-ignores" in bare else ""
        elif bare.startswith("ignore = ["):
            inside = "lint.ignore"
        elif bare.startswith("filterwarnings"):
            for word in re.findall(r'"(ignore[^"]*)"', bare):
                yield Suppression(f"pyproject.toml:{number}", f"filterwarnings {word}", bare.partition("#")[2] or above)
        elif inside in _TABLES and (entry := _QUOTED.match(line)):
            yield Suppression(f"pyproject.toml:{number}", f"{inside} {entry['what']}", entry["reason"] or "")
        elif bare == "]" and inside == "lint.ignore":
            inside = ""
        above = bare.lstrip("# ") if bare.startswith("#") else ""


def _exemptions() -> Iterator[Suppression]:
    tables = (
        ("test_sizes.py", "length of", test_sizes.EXEMPT),
        ("test_given.py", "clock in", test_given.CLOCKS),
        ("test_given.py", "environment in", test_given.ENVIRONMENT),
        ("test_migrations.py", "difference in", test_migrations.ENGINE_ONLY),
        ("test_imports.py", "no import of", test_imports.NOT_IMPORTED),
    )
    for place, what, table in tables:
        for name, reason in table.items():
            yield Suppression(f"tests/house/{place}", f"{what} {name}", reason)


def all_suppressions() -> list[Suppression]:
    """All of them: comments, skips, configuration and the exemptions of the house tests."""
    return [*_comments(), *_skips(), *_configured(), *_exemptions()]
