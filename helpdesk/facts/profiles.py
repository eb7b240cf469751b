"""Profiles of imports: which column of a file means what, per feed, as TOML beside this file and as kept by people.

A column that a profile does not list is not read. Headings that people chose are kept in `import_profile`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import ImportProfile
from helpdesk.text.language import PSEUDO_LANGUAGE, pseudo
from helpdesk.unit import Unit

FOLDER = Path(__file__).parent / "profiles"
FACT_OF = {
    "started_on": "employment.start",
    "ended_on": "employment.end",
    "settled_on": "dismissal.settled",
    "last_login_on": "account.last_login",
}
"""Fields that are dates, by the fact they say."""
DATE_ORDERS = ("dmy", "mdy", "ymd")
_SIGNS = re.compile(r"[\W_]+")


def folded(heading: str) -> str:
    """A heading as it is compared: letters and digits only, lower case."""
    return _SIGNS.sub("", heading).lower()


@dataclass(frozen=True)
class Profile:
    """One kind of file. `creates` says whether a row makes a person; `passes_over` whether nobody is no error."""

    key: str
    feed: str
    title_nl: str
    title_en: str
    processing: str
    kind: str
    creates: bool
    keys: tuple[str, ...]
    required: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    department: str | None = None
    passes_over: bool = False
    not_kept: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    date_order: str = "dmy"

    def number(self, written: str) -> str:
        """A personnel number as it is kept: those of one department never meet those of another."""
        return f"{self.department}:{written}" if self.department else written

    def heading(self, name: str, found: Iterable[str]) -> str:
        """Of the headings of a file the one that means this field; nothing where none does."""
        by_folded = {folded(heading): heading for heading in reversed(list(found))}
        return next((by_folded[one] for one in map(folded, self.columns[name]) if one in by_folded), "")

    def title(self, language: str) -> str:
        """What the profile is called."""
        if language == PSEUDO_LANGUAGE:
            return pseudo(self.title_en)
        return self.title_nl if language == "nl" else self.title_en


def _read(path: Path) -> Profile:
    said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    said["columns"] = {name: tuple(headings) for name, headings in said["columns"].items()}
    said["not_kept"] = {folded(heading): why for heading, why in said.get("not_kept", {}).items()}
    for table in ("kinds", "reasons"):
        said[table] = {folded(word): meaning for meaning, words in said.get(table, {}).items() for word in words}
    for name in ("keys", "required"):
        said[name] = tuple(said[name])
    return Profile(key=path.stem, **said)


@cache
def shipped() -> Mapping[str, Profile]:
    """The profiles that come with the software, by key."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def profile(unit: Unit, key: str) -> Profile:
    """A profile with the headings and the order of dates that people chose for it. Raises NotFound."""
    if key not in shipped():
        raise NotFound("There is no such import. Choose from {names}.", names=", ".join(shipped()))
    own, kept = shipped()[key], _kept(unit, key)
    if kept is None:
        return own
    columns = {name: (*kept.columns.get(name, ()), *headings) for name, headings in own.columns.items()}
    return replace(own, columns=columns, date_order=kept.date_order)


def _kept(unit: Unit, key: str) -> ImportProfile | None:
    return unit.session.scalar(select(ImportProfile).where(ImportProfile.name == key))


def chosen(own: Profile, columns: Mapping[str, str], date_order: str | None) -> Profile:
    """A profile with the headings somebody chooses now. Raises Invalid for a field or an order that does not exist."""
    if unknown := sorted(set(columns) - set(own.columns)):
        raise Invalid(
            "There is no field {name}; choose from {fields}.",
            field="column",
            name=", ".join(unknown),
            fields=", ".join(own.columns),
        )
    if date_order is not None and date_order not in DATE_ORDERS:
        raise Invalid("Dates are written dmy, mdy or ymd.", field="date_order")
    mine = {name: ((columns[name],) if name in columns else headings) for name, headings in own.columns.items()}
    return replace(own, columns=mine, date_order=date_order or own.date_order)


def keep(unit: Unit, own: Profile, columns: Mapping[str, str], date_order: str | None) -> int | None:
    """Keep chosen headings with the profile, so that next time nobody has to. Returns the id of what is kept."""
    kept = _kept(unit, own.key)
    if not columns and date_order is None:
        return kept.id if kept else None
    if kept is None:
        kept = ImportProfile(name=own.key, feed=own.feed, department=own.department, columns={}, changed_at=unit.now)
        unit.session.add(kept)
    before = {name: list(headings) for name, headings in kept.columns.items()}
    for name, heading in columns.items():
        before[name] = [heading, *(other for other in before.get(name, []) if other != heading)]
    kept.columns, kept.date_order = before, date_order or kept.date_order or own.date_order
    kept.changed_at, kept.changed_by_id = unit.now, unit.actor.account_id
    unit.session.flush()
    return kept.id
