"""The export of a person's data: one ZIP, made by a worker when two people decided on it, gone after a week (P7D).

Holds some messages of one ticket in memory at a time; its bytes lie among the blobs under a random key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import select, update

from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.models import RightsRequest
from helpdesk.people.access import require
from helpdesk.ports import Ports
from helpdesk.privacy.rights import about, pages, parts
from helpdesk.privacy.rights.codes import DECISION, EXPORTED, GIVING
from helpdesk.privacy.rights.masking import Directory
from helpdesk.privacy.rights.others import directory
from helpdesk.privacy.rights.parts import EntryPart, TicketPart
from helpdesk.read_log import note_reads
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.text.language import day_text, words_of
from helpdesk.tickets.files import FileBytes
from helpdesk.unit import SYSTEM, Unit, unit_of_work

log = logging.getLogger(__name__)
KEPT = dt.timedelta(days=7)
_PIECE = 1 << 16
_LANGUAGES = ("nl", "en")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""ZIP knows no time zone; no file of a package says more than the page does."""


def work(ports: Ports) -> int:
    """Destroy exports whose week is over, and make those that were approved. Returns how many were made."""
    expire(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        waits = select(RightsRequest.id).where(
            RightsRequest.state == "released",
            RightsRequest.kind.in_(EXPORTED),
            RightsRequest.decision.in_(GIVING),
            RightsRequest.export_until.is_(None),
        )
        ids = unit.session.scalars(waits.order_by(RightsRequest.id)).all()
    made = 0
    for request_id in ids:
        try:
            made += make(ports, request_id)
        except HelpdeskError as fault:
            log.warning("an export waits", extra={"code": fault.code})
    return made


def make(ports: Ports, request_id: int) -> bool:
    """Make one export; false when another process did meanwhile. What a crash leaves is swept like any blob."""
    key = secrets.token_hex(16)
    path = ports.blobs.hatch() / key
    try:
        _Package(ports, request_id).write(path)
        ports.blobs.adopt([key])
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    with unit_of_work(ports, SYSTEM) as unit:
        here = (RightsRequest.id == request_id) & (RightsRequest.state == "released")
        kept = update(RightsRequest).where(here, RightsRequest.export_until.is_(None))
        done = unit.session.execute(
            kept.values(export_blob=key, export_until=unit.now + KEPT).returning(RightsRequest.id)
        ).scalar()
        if done is not None:
            note(unit, "request.export", "request", request_id)
            unit.after_commit(lambda: ports.blobs.settle([key]))
    if done is None:
        path.unlink(missing_ok=True)
    return done is not None


def expire(ports: Ports) -> int:
    """Destroy the bytes of exports whose week is over, then let go of their keys. Returns how many."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        over = (RightsRequest.export_blob.is_not(None)) & (RightsRequest.export_until <= unit.now)
        rows = unit.session.execute(select(RightsRequest.id, RightsRequest.export_blob).where(over)).all()
    for request_id, key in ((row.id, row.export_blob or "") for row in rows):
        ports.blobs.destroy([key])
        with unit_of_work(ports, SYSTEM) as unit:
            here = (RightsRequest.id == request_id) & (RightsRequest.export_blob == key)
            unit.session.execute(update(RightsRequest).where(here).values(export_blob=None))
            note(unit, "request.export_gone", "request", request_id)
    return len(rows)


def package(unit: Unit, request_id: int) -> FileBytes:
    """The export of a request, for whoever handles requests; the fetch is written down, at its tickets too.

    Raises NotFound.
    """
    require(unit.actor, "request.handle")
    found = unit.session.get(RightsRequest, request_id)
    if found is None or found.export_blob is None or found.export_until is None or found.export_until <= unit.now:
        raise NotFound("There is no export, or its week is over.", code="no_export")
    note(unit, "request.fetch", "request", request_id)
    note_reads(unit, parts.accepted(unit, found), "export")
    blobs = unit.ports.blobs
    stream = blobs.open(found.export_blob)
    return FileBytes(f"AVG-{request_id}.zip", "application/zip", blobs.size(found.export_blob), stream)


@dataclass
class _Package:
    """One ZIP in the making: pages in two languages, data.json, the files, and a manifest with their SHA-256."""

    ports: Ports
    request_id: int
    _sums: dict[str, str] = field(default_factory=dict)
    _places: dict[int, str] = field(default_factory=dict)
    _heads: dict[int, TicketPart] = field(default_factory=dict)
    """Each ticket without its messages, asked once: both pages and the data say the same of it."""

    def write(self, path: Path) -> None:
        """Write all of it; each ticket is read in a unit of its own, so that nothing waits for a long one."""
        with self._reading() as (unit, found):
            known, ids = directory(unit), parts.accepted(unit, found)
            out = parts.left_out(unit, found)
            person_id, decision = found.person_id, found.decision or ""
            reasons, today = found.decision_text or "", day_of(unit.now)
        with path.open("xb") as raw, ZipFile(raw, "w", ZIP_DEFLATED) as target:
            self._files(target, known, ids)
            for language in _LANGUAGES:
                said = f"{words_of(language)(DECISION[decision])}. {reasons}"
                with self._text(target, pages.NAMES[language]) as write:
                    self._all(write, pages.head(language, day_text(today, language), said))
                    self._about(write, ids, person_id, language)
                    for part, entries in self._tickets(known, ids):
                        self._all(write, pages.ticket(part, entries, self._places, language))
                    self._all(write, pages.left_out(out, language))
                    self._all(write, pages.tail())
            with self._text(target, "data.json") as write:
                self._json(write, known, ids, person_id)
            with self._text(target, "manifest.json") as write:
                write(json.dumps({"sha256": dict(self._sums)}, indent=1))

    @contextmanager
    def _reading(self) -> Iterator[tuple[Unit, RightsRequest]]:
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            yield unit, unit.session.get_one(RightsRequest, self.request_id)

    @staticmethod
    def _all(write: Callable[[str], object], pieces: Iterator[str]) -> None:
        for piece in pieces:
            write(piece)

    def _tickets(self, known: Directory, ids: list[int]) -> Iterator[tuple[TicketPart, Iterator[EntryPart]]]:
        for ticket_id in ids:
            with self._reading() as (unit, found):
                if ticket_id not in self._heads:
                    self._heads[ticket_id] = parts.ticket_part(unit, found, ticket_id, known, _LANGUAGES)
                part = self._heads[ticket_id]
                yield part, parts.every_entry(unit, found, part)

    def _files(self, target: ZipFile, known: Directory, ids: list[int]) -> None:
        for part, entries in self._tickets(known, ids):
            for entry in entries:
                for file in entry.files:
                    if not file.withheld:
                        self._places[file.id] = self._copy(target, part.number, file.name, file.blob)

    def _copy(self, target: ZipFile, number: str, name: str, blob: str) -> str:
        plain = "".join(char if char.isalnum() or char in "._-" else "_" for char in name)[-80:].lstrip(".") or "file"
        place = f"files/{number}-{len(self._places) + 1:04}-{plain}"
        with self.ports.blobs.open(blob) as source, target.open(ZipInfo(place, _EPOCH), "w", force_zip64=True) as out:
            digest = hashlib.sha256()
            while piece := source.read(_PIECE):
                out.write(piece)
                digest.update(piece)
        self._sums[place] = digest.hexdigest()
        return place

    @contextmanager
    def _text(self, target: ZipFile, name: str) -> Iterator[Callable[[str], object]]:
        info = ZipInfo(name, _EPOCH)
        info.compress_type = ZIP_DEFLATED
        digest = hashlib.sha256()
        with target.open(info, "w", force_zip64=True) as raw, TextIOWrapper(raw, "utf-8") as out:

            def write(text: str) -> None:
                digest.update(text.encode())
                out.write(text)

            yield write
        self._sums[name] = digest.hexdigest()

    def _about(self, write: Callable[[str], object], ids: list[int], person_id: int | None, language: str) -> None:
        rules = self._rules(ids)
        with self._reading() as (unit, _found):
            told = about.processing(unit, rules, language)
            self._all(write, pages.about(told, about.looked_at(unit, ids, language), language))
            if person_id is not None:
                self._all(write, pages.person(about.person(unit, person_id, language), language))

    def _rules(self, ids: list[int]) -> set[str]:
        """The rules the tickets fall under, and the one for who is known and has none."""
        with self._reading() as (unit, found):
            return about.rules_of(unit, ids, found.person_id)

    def _json(self, write: Callable[[str], object], known: Directory, ids: list[int], person_id: int | None) -> None:
        with self._reading() as (unit, found):
            told: dict[str, Any] = {
                "schema": "helpdesk-access-1",
                "person": None if person_id is None else about.person(unit, person_id, "en"),
                "processing": about.processing(unit, self._rules(ids), "en"),
                "seen_by": about.looked_at(unit, ids, "en"),
                "left_out": [{"number": row.number, "reason": row.reason} for row in parts.left_out(unit, found)],
            }
        write(json.dumps(told, ensure_ascii=False, indent=1)[:-2] + ',\n "tickets": [')
        for at, (part, entries) in enumerate(self._tickets(known, ids)):
            write(",\n" if at else "\n")
            write(json.dumps(_ticket_json(part), ensure_ascii=False)[:-1] + ', "messages": [')
            for turn, entry in enumerate(entries):
                write((",\n" if turn else "\n") + json.dumps(_entry_json(entry, self._places), ensure_ascii=False))
            write("]}")
        write("\n]}\n")


def _ticket_json(part: TicketPart) -> dict[str, Any]:
    kept = part.kept["en"]
    return {
        "number": part.number,
        "subject": part.subject,
        "whole": part.whole,
        "status": part.status,
        "channel": part.channel,
        "opened_at": part.opened_at.isoformat(),
        "done_at": part.done_at and part.done_at.isoformat(),
        "kept": {
            "state": kept.state,
            "rule": kept.rule,
            "due_on": kept.due_on and kept.due_on.isoformat(),
            "sentence": kept.sentence,
        }
        if part.whole
        else None,
        "events": [{"at": at.isoformat(), "what": kind} for at, kind in part.events],
    }


def _entry_json(entry: EntryPart, places: dict[int, str]) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "author": entry.author,
        "text": entry.text,
        "left_out": entry.withheld,
        "destroyed": entry.redacted,
        "files": [
            {"name": file.name, "size": file.size, "place": places.get(file.id), "left_out": file.withheld}
            for file in entry.files
        ],
    }
