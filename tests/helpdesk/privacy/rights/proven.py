"""Everything that is claimed of the export of one person, against the model: what differs, in a sentence each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from sqlalchemy import select

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.retention.why import kept
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.privacy.rights.asking import asked, exported, opened, person_at, reject_candidates
from tests.helpdesk.privacy.rights.graph import Graph

_ACTIVE = re.compile(r"<(script|link|img|iframe|object|form)\b|\son\w+=|(src|href)=[\"'](https?:)?//", re.IGNORECASE)


def proven(ports: Ports, graph: Graph, n: int, officer: Actor, second: Actor) -> Iterator[str]:
    """Ask, decide by two, export, and say what is missing, too much or not as claimed; nothing if all is well."""
    request_id = asked(ports, officer, "access", person_at(ports, graph.people[n].address))
    reject_candidates(ports, officer, request_id)
    files, data = opened(exported(ports, officer, second, request_id))
    theirs = {ticket.number: messages for ticket, messages in graph.belonging(n)}
    given = {one["number"]: len(one["messages"]) for one in data["tickets"]}
    wanted = {number: len(messages) for number, messages in theirs.items()}
    if given != wanted:
        yield f"messages by ticket are {given} and not {wanted}"
    whole = b"\n".join(files.values()).decode()
    if missing := sorted(word for word in graph.words_of(n) if word not in whole):
        yield f"missing: {missing}"
    if strange := sorted(word for word in graph.strangers(n) if word in whole):
        yield f"of others: {strange}"
    sent = {one.file for _ticket, messages in graph.belonging(n) for one in messages if one.author == n and one.file}
    if sent != {files[name].decode() for name in files if name.startswith("files/")}:
        yield "the files are not theirs"
    yield from _pages(files)
    yield from _dates(ports, data, files)


def _pages(files: dict[str, bytes]) -> Iterator[str]:
    for name in ("index.html", "index.en.html"):
        if _ACTIVE.search(files[name].decode()):
            yield f"{name} needs a script, a form or something from elsewhere"
    said = json.loads(files["manifest.json"])["sha256"]
    if said != {name: hashlib.sha256(files[name]).hexdigest() for name in files if name != "manifest.json"}:
        yield "the manifest is not that of the files"


def _dates(ports: Ports, data: dict[str, Any], files: dict[str, bytes]) -> Iterator[str]:
    told = {one["number"]: one["kept"] for one in data["tickets"] if one["whole"]}
    page = unescape(files["index.html"].decode())
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        for ticket in unit.session.scalars(select(Ticket).where(Ticket.number.in_(told))).all():
            why = kept(unit, ticket, "en")
            same = (why.sentence, why.due_on and why.due_on.isoformat())
            if (told[ticket.number]["sentence"], told[ticket.number]["due_on"]) != same:
                yield f"{ticket.number} is kept otherwise than it says"
            if kept(unit, ticket, "nl").sentence not in page:
                yield f"{ticket.number} does not say until when it is kept"
