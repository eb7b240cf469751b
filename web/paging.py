"""Pages by number, for lists that stand still while one reads them. Asks no database."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

_MOST = 100_000
"""The highest number of a page that anybody may ask for."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Page `number` of a list of `total` things, `size` of them on each."""

    number: int
    total: int
    size: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max((self.total + self.size - 1) // self.size, 1)

    @property
    def skip(self) -> int:
        """How many things stand on the pages before."""
        return (self.number - 1) * self.size

    @property
    def before(self) -> int | None:
        """The page before, if there is one."""
        return min(self.number - 1, self.last) if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """The next page, if there is one."""
        return self.number + 1 if self.number < self.last else None


def number_asked(name: str) -> int:
    """The page that the address asks for, from 1."""
    asked = request.args.get(name, "")
    return max(int(asked), 1) if asked.isascii() and asked.isdigit() and int(asked[:7]) <= _MOST else 1


def id_in(said: str) -> int | None:
    """The id that somebody sent, if it can be one."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def id_asked(name: str) -> int | None:
    """The id in the address, if there is one that can be."""
    return id_in(request.args.get(name, ""))
