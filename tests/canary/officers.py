"""What officers do with a ticket's words: give a person all that is kept of them, destroy a part, make a backup."""

from __future__ import annotations

import contextlib
import json
import re

from sqlalchemy import func, select

from helpdesk.models import Entry, RightsRequest, Ticket
from helpdesk.unit import SYSTEM, unit_of_work
from tests.canary.house import ADVISOR, ARCHIVIST, OFFICER, House
from tests.canary.words import Words

_OWN = ("name", "address")
"""Of who asked for access, the request keeps them for its own term (rule C)."""


def gives_access(house: House, words: Words, ticket: int, number: str) -> None:
    """A request for access of who asked this ticket: the package is made, and the answer given."""
    today = house.ports.now().date().isoformat()
    as_officer, as_second = ("--as", OFFICER), ("--as", ARCHIVIST)
    asked = ("--received", today, "--wish", "wat bewaart u?", "--ticket", number)
    house.command("request", "open", "access", *asked, *as_officer)
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        request_id = str(unit.session.scalars(select(func.max(RightsRequest.id))).one())
    house.command("request", "identify", request_id, "known_address", *as_officer)
    house.command("request", "propose", request_id, "granted", "--reasons", "alles wat er is", *as_officer)
    house.command("request", "release", request_id, *as_second)
    house.command("request", "answered", request_id, *as_officer)
    words.spare(ticket, _OWN)


def redacts(house: House, number: str, word: str) -> None:
    """Destroy the note of a kept ticket that holds this word."""
    note = select(func.max(Entry.id)).join(Ticket, Ticket.id == Entry.ticket_id)
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        entry_id = unit.session.scalars(note.where(Ticket.number == number, Entry.kind == "note")).one()
    house.command("request", "redact", "message", str(entry_id), "health", "--as", ADVISOR)
    said = house.command("ticket", "show", number, "--json")
    if word in said:
        raise RuntimeError("the part that was destroyed is still shown")


def no_backups(house: House) -> bool:
    """Whether there are none; while one is there that should be gone the command says so by its exit code."""
    with contextlib.suppress(RuntimeError):
        return not json.loads(house.command("backup", "list", "--json"))
    return False


def certificates(house: House, days: int) -> int:
    """Issue every certificate that there is, so many days after the start, as page and as JSON. Returns how many."""
    house.installation.environment |= {"HELPDESK_CLOCK_OFFSET": f"P{days}D"}
    there = re.findall(r"^(\S+)  (\S+)  \d+$", house.command("certificate", "--as", ARCHIVIST), re.MULTILINE)
    for rule, period in there:
        for shape in ("json", "html"):
            said = house.command("certificate", rule, period, "--format", shape, "--as", ARCHIVIST)
            (house.certificates / f"{rule}-{period}.{shape}").write_text(said, encoding="utf-8")
    return len(there)
