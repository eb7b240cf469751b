"""Requests for tests, through the verbs that people use, and what is in a package."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any
from zipfile import ZipFile

from sqlalchemy import select

from helpdesk.models import Address, Person, RequestTicket, RightsRequest, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding
from helpdesk.privacy.rights import answering, exporting, judging
from helpdesk.privacy.rights.answering import Wish
from helpdesk.unit import SYSTEM, Actor, unit_of_work

RECEIVED = dt.date(2026, 11, 2)


def person_at(ports: Ports, address: str) -> int:
    """The person who writes from this address."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalars(select(Address.person_id).where(Address.value == address)).one()


def asked(ports: Ports, officer: Actor, kind: str, person_id: int, words: str = "Wat weet u van mij?") -> int:
    """A request of somebody who is known, with what belongs to them collected; returns its id."""
    with unit_of_work(ports, officer) as unit:
        request_id = answering.open_request(unit, Wish(kind, RECEIVED, words, person_id=person_id))
    hold_finding.find_waiting(ports)
    with unit_of_work(ports, officer) as unit:
        answering.identify(unit, request_id, "known_address")
    return request_id


def reject_candidates(ports: Ports, officer: Actor, request_id: int) -> int:
    """Say of every ticket in which only a name stands that it is somebody else's; returns how many there were."""
    with unit_of_work(ports, officer) as unit:
        here = (RequestTicket.request_id == request_id) & (RequestTicket.state == "candidate")
        found = select(Ticket.number).join(RequestTicket, RequestTicket.ticket_id == Ticket.id).where(here)
        numbers = unit.session.scalars(found).all()
        for number in numbers:
            judging.judge(unit, request_id, number, "rejected")
    return len(numbers)


def exported(ports: Ports, officer: Actor, second: Actor, request_id: int) -> bytes:
    """The package of a request, approved by a second person and made by a worker."""
    with unit_of_work(ports, officer) as unit:
        answering.propose(unit, request_id, "granted", "Alles wat wij hebben.")
    with unit_of_work(ports, second) as unit:
        answering.release(unit, request_id)
    assert exporting.work(ports) == 1
    with unit_of_work(ports, officer) as unit:
        file = exporting.package(unit, request_id)
    with file.stream as stream:
        return stream.read()


def opened(package: bytes) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files of a package by name, and its data."""
    with ZipFile(io.BytesIO(package)) as source:
        files = {name: source.read(name) for name in source.namelist()}
    return files, json.loads(files["data.json"])


def request_row(ports: Ports, request_id: int) -> RightsRequest:
    """A request as it stands."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.get_one(RightsRequest, request_id)


def person_row(ports: Ports, person_id: int) -> Person:
    """A person as they stand."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.get_one(Person, person_id)
