"""A bounce marks the mail it speaks of, on its ticket, once; and no other."""

from __future__ import annotations

import pytest

from helpdesk.mail.bounces import mark_bounce
from helpdesk.mail.incoming import Bounce, IncomingMail, Sender
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.mail import make
from tests.helpdesk.mail.make import FEMKE

PIET = Sender("piet@ministerie.example", "Piet")


def marked(ports: Ports, mail: IncomingMail, token_address: str = "") -> int | None:
    with unit_of_work(ports, SYSTEM) as unit:
        found = mark_bounce(unit, mail, token_address)
        return found.id if found else None


def bounce(*recipients: str, message_id: str = "", status: str = "5.1.1", delayed: bool = False) -> IncomingMail:
    return IncomingMail(is_bounce=True, bounce=Bounce(recipients, status, message_id, delayed))


@pytest.fixture
def sent(ports: Ports) -> tuple[int, int]:
    """Ids of a ticket and of an answer that went to Femke and Piet."""
    ticket_id, _entry, mail_id = make.queued(ports, cc=[PIET])
    deliver_waiting(ports)
    return ticket_id, mail_id


def test_a_bounce_marks_the_recipient_it_names_once(ports: Ports, sent: tuple[int, int]) -> None:
    ticket_id, mail_id = sent
    message_id = make.stored(ports, mail_id).message_id
    for _again in range(2):
        assert marked(ports, bounce("Piet@Ministerie.example", message_id=f"<{message_id}>")) == mail_id
    assert make.recipients(ports, mail_id) == {FEMKE.address: ("accepted", "250"), PIET.address: ("bounced", "5.1.1")}
    assert make.events(ports, ticket_id) == [("bounced", "5.1.1")]
    assert make.stored(ports, mail_id).state == "sent"


def test_a_bounce_that_names_nobody_of_ours_marks_all(ports: Ports, sent: tuple[int, int]) -> None:
    _ticket, mail_id = sent
    marked(ports, bounce("alias@elsewhere.example", message_id=make.stored(ports, mail_id).message_id, status=""))
    assert make.recipients(ports, mail_id) == dict.fromkeys((FEMKE.address, PIET.address), ("bounced", None))


@pytest.mark.parametrize("where", ["envelope", "recipient", "references", "in_reply_to"])
def test_a_bounce_without_our_message_id_is_known_by_its_token(ports: Ports, sent: tuple[int, int], where: str) -> None:
    _ticket, mail_id = sent
    mail = make.stored(ports, mail_id)
    address, message_id = f"academy+{mail.token}@academie.example", mail.message_id
    told = {
        "envelope": IncomingMail(is_bounce=True),
        "recipient": IncomingMail(is_bounce=True, to=(Sender(address),)),
        "references": IncomingMail(is_bounce=True, references=("x@y", message_id)),
        "in_reply_to": IncomingMail(is_bounce=True, in_reply_to=(message_id,)),
    }
    assert marked(ports, told[where], address if where == "envelope" else "") == mail_id


def test_a_mail_that_is_only_late_is_not_lost(ports: Ports, sent: tuple[int, int]) -> None:
    ticket_id, mail_id = sent
    assert marked(ports, bounce(message_id=make.stored(ports, mail_id).message_id, delayed=True)) == mail_id
    assert set(make.recipients(ports, mail_id).values()) == {("accepted", "250")}
    assert make.events(ports, ticket_id) == []


def test_a_bounce_of_somebody_elses_mail_marks_nothing(ports: Ports, sent: tuple[int, int]) -> None:
    _ticket, mail_id = sent
    token = make.stored(ports, mail_id).token
    forged = f"academy+{token[:-1]}{'a' if token[-1] != 'a' else 'b'}@academie.example"
    assert marked(ports, bounce(FEMKE.address, message_id="other@x.example"), forged) is None
    assert set(make.recipients(ports, mail_id).values()) == {("accepted", "250")}
