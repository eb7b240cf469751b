"""What a named break consists of. Breaks nothing itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """Replace `find`, which stands there exactly once, by `put`; without `find`, add `put` at the end."""

    path: str
    put: str
    find: str = ""


@dataclass(frozen=True)
class Break:
    """`check` must fail on the broken tree and say something that `says` (a regular expression) finds.

    A check is a step of `make check` (`imports`, `house:test_sizes`), or a file of tests with a selection.
    """

    name: str
    check: str
    says: str
    edits: tuple[Edit, ...]


def one(name: str, check: str, says: str, path: str, put: str, find: str = "") -> Break:
    """A break of one edit."""
    return Break(name, check, says, (Edit(path, put, find),))
