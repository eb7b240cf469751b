"""Says whether every mail of a set has become what its manifest promises. Reads as `ticket show --json` does."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from helpdesk.models import OutgoingMail, OutgoingRecipient
from helpdesk.ports import Ports
from helpdesk.search import newest_hits
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.unit import SYSTEM, unit_of_work

Line = Mapping[str, Any]


def tickets_of(ports: Ports) -> list[dict[str, Any]]:
    """Every ticket as the command line shows it."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [ticket_json(unit, row["number"]) for row in ticket_list_json(unit)]


def raw_digests(folder: Path) -> list[str]:
    """SHA-256 of each mail of a set as IMAP hands it over, with CR LF, in order."""
    paths = sorted((folder / "msgs").glob("*.eml"))
    return [hashlib.sha256(_crlf(path.read_bytes())).hexdigest() for path in paths]


def _crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def judge(lines: Sequence[Line], digests: Sequence[str], tickets: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each thing that is wrong: a mail not there once and whole, a thread in the wrong ticket."""
    places: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for ticket in tickets:
        for entry in ticket["entries"]:
            if entry["inbound"] is not None:
                places[entry["raw_sha256"]].append((ticket["number"], entry))
    wrong = [f"{len(places)} different mails are filed, {len(lines)} were sent"] if len(places) != len(lines) else []
    ticket_of: dict[str, str] = {}
    for line, digest in zip(lines, digests, strict=True):
        found = places[digest]
        if len(found) != 1:
            wrong.append(f"mail {line['i']} is there {len(found)} times")
            continue
        number, entry = found[0]
        wrong += [f"mail {line['i']} in {number}: {what}" for what in _faults(line, entry)]
        if ticket_of.setdefault(line["root"], number) != number:
            wrong.append(f"mail {line['i']} is in {number}, its thread in {ticket_of[line['root']]}")
    shared = [number for number, count in Counter(ticket_of.values()).items() if count > 1]
    return wrong + [f"ticket {number} holds more than one thread" for number in shared]


def _faults(line: Line, entry: Mapping[str, Any]) -> list[str]:
    files = sorted(file["sha256"] for file in entry["attachments"])
    found = []
    if line["marker"] not in entry["text"]:
        found.append("its marker is not in the text")
    if line["probe"] not in entry["text"]:
        found.append("its letters beyond ASCII are damaged")
    if files != sorted(file["sha256"] for file in line["attachments"]):
        found.append("its files are damaged")
    if not entry["indexed"]:
        found.append("it is not indexed")
    if line["kind"] == "html" and entry["html_state"] not in ("clean", "waiting"):
        found.append(f"its HTML is {entry['html_state']}")
    return found


def not_found(ports: Ports, lines: Sequence[Line]) -> list[str]:
    """Mails whose marker, which stands in no other, the search does not lead to one ticket."""
    wrong = []
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        for line in lines:
            hits = {ticket_id for batch in newest_hits(unit, line["marker"]) for _entry_id, ticket_id in batch}
            if len(hits) != 1:
                wrong.append(f"mail {line['i']}: a search for its marker finds {len(hits)} tickets")
    return wrong


def receipts_wrong(ports: Ports, lines: Sequence[Line]) -> list[str]:
    """Askers who have not as many receipts in the outbox as they opened tickets, up to the daily limit."""
    limit = ports.settings.receipts_per_day
    threads = {line["root"]: line["from"] for line in lines if line["reply_to"] is None}
    due = Counter({asker: min(limit, count) for asker, count in Counter(threads.values()).items()})
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(
            select(OutgoingRecipient.address, func.count().label("count"))
            .join(OutgoingMail, OutgoingMail.id == OutgoingRecipient.outgoing_id)
            .where(OutgoingMail.kind == "receipt")
            .group_by(OutgoingRecipient.address)
        )
        there = Counter({row.address: row.count for row in rows})
    return [
        f"{there[asker]} receipts are in the outbox for an asker who is due {due[asker]}"
        for asker in due | there
        if due[asker] != there[asker]
    ]


def unseen(lines: Sequence[Line], digests: Sequence[str], tickets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of damages, done to copies of the tickets, that `judge` does not notice."""
    return [name for name, damaged in damages(lines, tickets) if not judge(lines, digests, damaged)]


def damages(lines: Sequence[Line], tickets: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Copies of the tickets, each damaged in one named way."""
    whole = [deepcopy(dict(ticket)) for ticket in tickets]
    with_files = next(e for t in whole for e in t["entries"] if e["attachments"])
    first = whole[0]["entries"][0]
    probe = next(line["probe"] for line in lines if line["mid"].strip("<>") == first["headers"]["message_id"])

    def changed(entry: dict[str, Any], **values: Any) -> list[dict[str, Any]]:
        copies = deepcopy(whole)
        next(e for t in copies for e in t["entries"] if e["id"] == entry["id"]).update(values)
        return copies

    yield "a mail is lost", whole[1:]
    yield "a mail is there twice", [*whole, deepcopy(whole[0])]
    yield "its words are gone", changed(first, text="")
    yield (
        "a letter is damaged",
        changed(first, text=first["text"].replace(probe, probe.encode("ascii", "replace").decode())),
    )
    yield "a file is damaged", changed(with_files, attachments=[{**with_files["attachments"][0], "sha256": "0" * 64}])
    yield "it is not indexed", changed(first, indexed=False)
    joined = deepcopy(whole)
    joined[0]["entries"] += joined.pop(1)["entries"]
    yield "two threads are one ticket", joined
