"""People as plans need them, and how those stand whom earlier rows of a file have changed. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helpdesk.facts.spells import Standing

_pack = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a plan needs one; an id below nought is somebody the file itself makes."""

    id: int
    number: str
    kind: str
    processing: str
    name: str
    department: str
    account_status: str
    facts: tuple[Standing, ...] = ()


class Changed(Mapping[int, Known]):
    """Whom a file changes, by id, each packed into a few bytes: there may be a hundred thousand, and few are asked for.

    Nobody asks for somebody the file itself makes, since people are looked for in the database: they are not kept.
    """

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}

    def put(self, person: Known) -> None:
        """How somebody stands now."""
        if person.id < 0:
            return
        facts = [(fact.id, fact.type, fact.valid_on.toordinal(), fact.source) for fact in person.facts]
        words = (person.number, person.kind, person.processing, person.name, person.department, person.account_status)
        self._packed[person.id] = _pack((*words, facts)).encode()

    def clear(self) -> None:
        """Forget them all."""
        self._packed.clear()

    def __getitem__(self, person_id: int) -> Known:
        number, kind, processing, name, department, status, facts = json.loads(self._packed[person_id])
        standing = (Standing(fact_id, said, dt.date.fromordinal(day), source) for fact_id, said, day, source in facts)
        return Known(person_id, number, kind, processing, name, department, status, tuple(standing))

    def __contains__(self, person_id: object) -> bool:
        return person_id in self._packed

    def __iter__(self) -> Iterator[int]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)
