"""Requests in every state, with tickets of their own, for the screens. Judges nothing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from helpdesk.models import Attachment, Entry, RequestTicket, Ticket, TicketPerson
from helpdesk.people.accounts import account_named, create_account
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding
from helpdesk.privacy.rights import answering, judging, redacting
from helpdesk.privacy.rights.answering import Wish
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive
from tests.web.conftest import PRIYA
from tests.web.visitor import PASSWORD

LONG = "Ik wil graag weten wat u van mij bewaart, van wie u dat heeft en hoelang u het houdt. " * 4


def rights(ports: Ports) -> dict[str, str]:
    """Put it all there; returns ids and numbers by name."""
    numbers = _letters(ports)
    priya = _officer(ports, PRIYA)
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, "petra@academie.example", "Petra Privacy", ["privacy_officer"], PASSWORD, from_start=True)
    petra = _officer(ports, "petra@academie.example")
    said = {
        "asked_bare": _asked(ports, priya, "portability", None),
        "asked": _asked(ports, priya, "access", "noor@x.example"),
        "asked_review": _asked(ports, petra, "access", "noor@x.example"),
        "asked_erasure": _asked(ports, priya, "erasure", "olga@x.example"),
        "asked_right": _asked(ports, priya, "rectification", "olga@x.example"),
    }
    _judged(ports, petra, said["asked_review"])
    with unit_of_work(ports, petra) as unit:
        answering.propose(unit, said["asked_review"], "partly", "Eén bericht gaat over iemand anders.")
    with unit_of_work(ports, priya) as unit:
        late = Wish("restriction", dt.date(2026, 10, 1), "Dit klopt niet.")
        answering.extend(unit, said["asked_erasure"], "Er is veel te zoeken.")
        answering.open_request(unit, late)
    return numbers | {name: str(request_id) for name, request_id in said.items()}


def _letters(ports: Ports) -> dict[str, str]:
    """Two questions of Noor's, one with files of which one was destroyed; one that names her; and one of Olga's."""
    files = ((f"plan {'lang ' * 12}.pdf", b"%PDF-1.4"), ("foto.png", b"\x89PNG"))
    noor = "Noor Verzoek <noor@x.example>"
    receive(
        ports,
        letter(f"Mijn collega Femke de Vries vroeg dat. {LONG}", subject="Van Noor", sender=noor, message_id="<v1@x>"),
        letter("Met bijlagen.", subject="Nog iets", sender=noor, message_id="<v2@x>", files=files),
        letter("Noor Verzoek zei dat ook.", subject="Over Noor", sender="Olga <olga@x.example>", message_id="<v3@x>"),
    )
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        on = select(TicketPerson.ticket_id).where(TicketPerson.address == "noor@x.example").order_by(TicketPerson.id)
        first, then = unit.session.scalars(on)
    return _destroyed(ports, first, then)


def _destroyed(ports: Ports, first: int, then: int) -> dict[str, str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        numbers = {
            row.id: row.number for row in unit.session.scalars(select(Ticket).where(Ticket.id.in_((first, then))))
        }
        entries = {row.ticket_id: row.id for row in unit.session.scalars(select(Entry))}
        (kept, gone) = unit.session.scalars(select(Attachment.id).where(Attachment.ticket_id == then)).all()
    with unit_of_work(ports, _officer(ports, PRIYA)) as unit:
        redacting.redact_file(unit, gone, "secret")
    return {
        "asked_first": numbers[first],
        "asked_files": numbers[then],
        "asked_entry": str(entries[then]),
        "asked_file": str(kept),
    }


def _officer(ports: Ports, email: str) -> Actor:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return Actor(account_named(unit, email).id, frozenset({"privacy_officer"}))


def _asked(ports: Ports, officer: Actor, kind: str, address: str | None) -> int:
    with unit_of_work(ports, officer) as unit:
        on = select(TicketPerson.person_id).where(TicketPerson.address == (address or "")).limit(1)
        wish = Wish(kind, dt.date(2026, 11, 2), LONG, person_id=unit.session.scalar(on))
        request_id = answering.open_request(unit, wish)
    hold_finding.find_waiting(ports)
    if address is not None:
        with unit_of_work(ports, officer) as unit:
            answering.identify(unit, request_id, "known_address")
    return request_id


def _judged(ports: Ports, officer: Actor, request_id: int) -> None:
    """Leave out what only names her."""
    with unit_of_work(ports, officer) as unit:
        here = (RequestTicket.request_id == request_id) & (RequestTicket.state == "candidate")
        found = select(Ticket.number).join(RequestTicket, RequestTicket.ticket_id == Ticket.id).where(here)
        for number in unit.session.scalars(found).all():
            judging.judge(unit, request_id, number, "withheld", "third_party")
