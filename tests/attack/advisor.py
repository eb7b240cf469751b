"""An advisor who answers while the processes die: by the product's verbs, each answer once. Knows nothing of kills."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.errors import Conflict, Unavailable
from helpdesk.models import Ticket, TicketPerson
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.replying import Answer, reply
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.attack.corpus import Planned


@dataclass(frozen=True, slots=True)
class Written:
    """One answer that the product took: the marker in its text, and to whom."""

    marker: str
    to: str


def make_advisor(ports: Ports) -> Actor:
    """An account that may answer, and its actor."""
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "adviseur@academie.example", "An Adviseur", ["advisor"], None)
    return Actor(account_id, frozenset({"advisor"}))


class Advisor(threading.Thread):
    """Answers the planned mails' tickets, each when it is there; every answer is repeated until it is taken."""

    def __init__(self, ports: Ports, mails: Sequence[Planned], share: Callable[[], float], seed: int) -> None:
        super().__init__(daemon=True)
        self._ports, self._mails, self._share, self._seed = ports, mails, share, seed
        self._actor = make_advisor(ports)
        self.written: list[Written] = []
        self.stop = threading.Event()

    def run(self) -> None:
        """One answer per mail, in order."""
        for mail in self._mails:
            while self._share() < mail.at and not self.stop.is_set():
                time.sleep(0.05)
            marker = f"Antwoordzin {self._seed} {mail.number} voor u."
            while not self.stop.is_set() and not self._once(mail, marker):
                time.sleep(0.3)
            if not self.stop.is_set():
                self.written.append(Written(marker, mail.sender))

    def _once(self, mail: Planned, marker: str) -> bool:
        try:
            with unit_of_work(self._ports, self._actor) as unit:
                found = unit.session.execute(
                    select(Ticket.number, Ticket.version)
                    .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
                    .where(TicketPerson.address == mail.sender, TicketPerson.role == "requester")
                    .order_by(Ticket.id)
                    .limit(1)
                ).first()
                if found is None:
                    return False
                text = f"Beste collega,\n\n{marker} Met **groet**, de Academie"
                answer = Answer(text, (mail.sender,), "waiting_for_asker", found.version, f"answer-{mail.number}")
                reply(unit, found.number, answer)
        except (Unavailable, Conflict):
            return False
        return True
