"""Who is there, who types and how far was read: notes on the bus that last seconds. Writes no row.

A note is a time, or an id and a time; that there is none says nothing. The event stream keeps the notes of whoever is
connected (`web/live.py`); a page without a stream leaves one each time it asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from helpdesk.unit import Unit

ASKER_GONE = dt.timedelta(seconds=60)
ADVISOR_GONE = dt.timedelta(minutes=2)
TYPES_FOR = dt.timedelta(seconds=8)
KEPT_SECONDS = 3600
_TYPING_SECONDS = 10


def asker_name(ticket_id: int) -> str:
    """The note of the person who asked a ticket."""
    return f"asker:{ticket_id}"


def advisor_name(account_id: int) -> str:
    """The note of an advisor's chat desk."""
    return f"desk:{account_id}"


def _typing_name(ticket_id: int, side: str) -> str:
    return f"typing:{ticket_id}:{side}"


def _read_name(ticket_id: int, side: str) -> str:
    return f"read:{ticket_id}:{side}"


def note_here(unit: Unit, name: str) -> None:
    """Somebody is there now."""
    unit.ports.bus.note({name: _said(unit.now)}, KEPT_SECONDS)


def seen_at(unit: Unit, names: Sequence[str]) -> list[dt.datetime | None]:
    """When each was there last, as far as it is known. Raises Unavailable when nobody can say."""
    return [_time(word) for word in unit.ports.bus.noted(names)]


def note_typing(unit: Unit, ticket_id: int, side: str) -> None:
    """Somebody writes: `side` is asker or advisor. Told at once, and gone by itself."""
    unit.ports.bus.note({_typing_name(ticket_id, side): _said(unit.now)}, _TYPING_SECONDS)
    unit.ports.bus.publish(
        {f"{room}:{ticket_id}": {"ticket": ticket_id, "kind": "typing", "by": side} for room in ("ticket", "room")}
    )


def note_said(unit: Unit, ticket_id: int, side: str) -> None:
    """Somebody said what they were writing: they write no longer, and who asks is there."""
    here = {asker_name(ticket_id): _said(unit.now)} if side == "asker" else {}
    unit.ports.bus.note({_typing_name(ticket_id, side): "0"} | here, KEPT_SECONDS)


def note_read(unit: Unit, ticket_id: int, side: str, entry_id: int) -> None:
    """That side had everything up to this entry on its screen."""
    unit.ports.bus.note({_read_name(ticket_id, side): f"{_said(unit.now)} {entry_id}"}, KEPT_SECONDS)
    unit.ports.bus.publish(
        {f"{room}:{ticket_id}": {"ticket": ticket_id, "kind": "read", "by": side} for room in ("ticket", "room")}
    )


def signs(
    unit: Unit, ticket_ids: Iterable[int], side: str, here: str = ""
) -> tuple[set[int], dict[int, tuple[int, dt.datetime]]]:
    """In which tickets that side writes now, and by ticket the newest entry it had on its screen, and when.

    None where it is not known. `here` names who is there now and asks. Raises Unavailable when nobody can say.
    """
    ids = list(ticket_ids)
    names = [*(_typing_name(ticket_id, side) for ticket_id in ids), *(_read_name(ticket_id, side) for ticket_id in ids)]
    words = unit.ports.bus.noted(names, {here: _said(unit.now)} if here else None, KEPT_SECONDS)
    typing, read = words[: len(ids)], words[len(ids) :]
    types = {
        ticket_id
        for ticket_id, word in zip(ids, typing, strict=True)
        if (at := _time(word)) is not None and unit.now - at <= TYPES_FOR
    }
    return types, {ticket_id: upto for ticket_id, word in zip(ids, read, strict=True) if (upto := _upto(word))}


def _upto(word: str | None) -> tuple[int, dt.datetime] | None:
    at, _, entry_id = (word or "").partition(" ")
    moment = _time(at)
    return None if moment is None or not entry_id.isdecimal() else (int(entry_id), moment)


def _said(at: dt.datetime) -> str:
    return str(int(at.timestamp()))


def _time(word: str | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(int(word), dt.UTC) if word and word.isdecimal() else None
