"""Compares what there was of each ticket with what there is now: whole, or gone and told so once. Pure; asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.destroying.sight import Row, Sight

_DECIDED = {
    "ticket": {"retention_state", "version", "recheck_on"},
    "disposal_item": {"state", "reason"},
    "outgoing_mail": {"state", "version"},
}
"""What the decision itself writes; nothing else of a ticket may change before it is gone."""
_HELD = ("event", "hold_ticket", "disposal_item", "read")
"""What comes to a ticket when it is held, or leaves a list."""


@dataclass
class Verdict:
    """Counts by kind of fault, and a line for each."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def fault(self, kind: str, line: str) -> None:
        """Count one."""
        self.counts[kind] += 1
        self.lines.append(f"{kind}: {line}")

    def add(self, other: Verdict, where: str) -> None:
        """Take up those of another one."""
        self.counts += other.counts
        self.lines += [f"{where}: {line}" for line in other.lines]


def half_way(before: Sight, now: Sight, doomed: Collection[int]) -> Verdict:
    """After a kill, before anything was finished: each ticket is whole, or gone, or hidden and on its way."""
    verdict = Verdict()
    told = now.told("intent")
    for ticket_id in doomed:
        row = before.row(ticket_id) or {}
        left = set(before.rows[ticket_id]) & set(now.rows.get(ticket_id, {}))
        state = now.state(ticket_id)
        if not left and not now.files_of(ticket_id):
            if not told[row["destroy_id"]]:
                verdict.fault("lost", f"ticket {ticket_id} is gone, and no intent is in the ledger")
            continue
        _rows_whole(verdict, before, now, ticket_id)
        if state != "destroying" or not told[row["destroy_id"]]:
            _files_whole(verdict, before, now, ticket_id)
        if ticket_id in now.seen:
            verdict.fault("seen", f"ticket {ticket_id} is being destroyed, and shown")
    _kept(verdict, before, now, set(before.rows) - set(doomed))
    return verdict


def finished(before: Sight, now: Sight, doomed: Collection[int]) -> Verdict:
    """After a run that came to its end: the doomed are gone with all of theirs, once; all others are as before."""
    verdict = Verdict()
    _gone(verdict, before, now, doomed)
    _kept(verdict, before, now, set(before.rows) - set(doomed))
    _no_orphans(verdict, now)
    if now.chain:
        verdict.fault("chain", now.chain)
    if now.waiting:
        verdict.fault("not_told", f"{now.waiting} lines wait for the ledger")
    if now.lists.keys() - {"done"}:
        verdict.fault("not_done", f"lists: {dict(now.lists)}")
    if now.done_noted != now.lists["done"]:
        verdict.fault("doubled_done", f"{now.done_noted} times a list was done, and there are {now.lists['done']}")
    for line in now.differences:
        verdict.fault("reconcile", line)
    return verdict


def raced(before: Sight, now: Sight, placed: Mapping[int, bool]) -> Verdict:
    """After holds were placed while lists ran; `placed` says which placer was told that the hold stands."""
    verdict = Verdict()
    held = {ticket_id for ticket_id, stands in placed.items() if stands}
    _gone(verdict, before, now, set(placed) - held)
    for ticket_id in held:
        if not now.rows.get(ticket_id) or now.told("destroyed")[(before.row(ticket_id) or {})["destroy_id"]]:
            verdict.fault("held_and_gone", f"ticket {ticket_id}")
            continue
        if now.state(ticket_id) not in ("blocked:hold", "waiting:merged"):
            verdict.fault("held_and_listed", f"ticket {ticket_id} is {now.state(ticket_id)}")
        changed = _changed(before, now, ticket_id, _HELD, {"ticket": _DECIDED["ticket"] | {"due_on"}})
        if changed or before.files_of(ticket_id) != now.files_of(ticket_id):
            verdict.fault("held_and_damaged", f"ticket {ticket_id}: {changed[:3] or 'its files'}")
    _kept(verdict, before, now, set(before.rows) - set(placed))
    _no_orphans(verdict, now)
    return verdict


def _gone(verdict: Verdict, before: Sight, now: Sight, doomed: Collection[int]) -> None:
    intents, done = now.told("intent"), now.told("destroyed")
    for ticket_id in doomed:
        name = (before.row(ticket_id) or {})["destroy_id"]
        left = set(before.rows[ticket_id]) & set(now.rows.get(ticket_id, {}))
        kinds = {key.partition(" ")[0] for key in before.rows[ticket_id]}
        if "ticket" in {key.partition(" ")[0] for key in left}:
            verdict.fault("not_gone", f"ticket {ticket_id}")
        elif left:
            verdict.fault("half", f"of ticket {ticket_id} with rows in {len(kinds)} tables there is {sorted(left)[0]}")
        files = [key for key, whose in before.named.items() if whose == ticket_id and key in now.files]
        if files:
            verdict.fault("orphan_files", f"{len(files)} files of ticket {ticket_id} are there")
        for kind, told in (("intent", intents[name]), ("done", done[name])):
            if told != 1:
                verdict.fault(f"{'doubled' if told else 'missing'}_{kind}", f"ticket {ticket_id}: {told} times")
    strangers = (intents.keys() | done.keys()) - {str((before.row(one) or {})["destroy_id"]) for one in doomed}
    for name in strangers:
        verdict.fault("lost", f"the ledger calls {name} destroyed, which was to stay")


def _kept(verdict: Verdict, before: Sight, now: Sight, kept: Collection[int]) -> None:
    for ticket_id in kept:
        changed = _changed(before, now, ticket_id)
        if changed or before.files_of(ticket_id) != now.files_of(ticket_id):
            verdict.fault("kept_changed", f"ticket {ticket_id}: {changed[:3] or 'its files'}")


def _no_orphans(verdict: Verdict, now: Sight) -> None:
    for key in now.files.keys() - now.named.keys():
        verdict.fault("orphan_files", f"{key} belongs to nothing")
    for key in now.named.keys() - now.files.keys():
        verdict.fault("bytes_lost", f"{key} is not on the disk")
    for line in now.loose:
        verdict.fault("orphan_rows", line)


def _rows_whole(verdict: Verdict, before: Sight, now: Sight, ticket_id: int) -> None:
    if changed := _changed(before, now, ticket_id, decided=_DECIDED):
        verdict.fault("half", f"ticket {ticket_id}: {changed[:3]}")


def _files_whole(verdict: Verdict, before: Sight, now: Sight, ticket_id: int) -> None:
    if before.files_of(ticket_id) != now.files_of(ticket_id):
        verdict.fault("half", f"ticket {ticket_id} can be seen, and not all of its files are there")


def _changed(
    before: Sight,
    now: Sight,
    ticket_id: int,
    but: Collection[str] = (),
    decided: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """Which rows of a ticket are not as before, but for these tables and for what the decision writes."""
    was, there = before.rows.get(ticket_id, {}), now.rows.get(ticket_id, {})
    keys = [key for key in was.keys() | there.keys() if key.partition(" ")[0] not in but]
    return sorted(key for key in keys if _plain(key, was.get(key), decided) != _plain(key, there.get(key), decided))


def _plain(key: str, row: Row | None, decided: Mapping[str, Collection[str]] | None) -> dict[str, Any] | None:
    written = (decided or {}).get(key.partition(" ")[0], ())
    return row if row is None else {name: value for name, value in row.items() if name not in written}
