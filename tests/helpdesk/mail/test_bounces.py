"""A believed bounce marks the mail it speaks of, once, and no other; what anybody could have written marks nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdesk.mail.bounces import mark_bounce
from helpdesk.mail.incoming import Bounce, IncomingMail, Sender
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.mail.references import make_return_token
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.mail import make
from tests.helpdesk.mail.make import FEMKE

PIET = Sender("piet@ministerie.example", "Piet")


def marked(ports: Ports, mail: IncomingMail, token_address: str = "") -> tuple[int, bool] | None:
    """Id of the mail of ours that was found, and whether the report was believed."""
    with unit_of_work(ports, SYSTEM) as unit:
        found = mark_bounce(unit, mail, token_address)
        return (found.outgoing.id, found.believed) if found else None


def return_path(ports: Ports, mail_id: int) -> str:
    return f"academy+{make_return_token(ports.keys, mail_id)}@academie.example"


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
        assert marked(ports, bounce("Piet@Ministerie.example", message_id=f"<{message_id}>")) == (mail_id, True)
    assert make.recipients(ports, mail_id) == {FEMKE.address: ("accepted", "250"), PIET.address: ("bounced", "5.1.1")}
    assert make.events(ports, ticket_id) == [("bounced", "5.1.1")]
    assert make.stored(ports, mail_id).state == "sent"


@pytest.mark.parametrize("where", ["envelope", "recipient"])
def test_a_report_at_the_return_path_is_believed_though_it_names_a_stranger(
    ports: Ports, sent: tuple[int, int], where: str
) -> None:
    """Femke's mail is forwarded, and the far end knows only its own address; her server sends the report on to us."""
    _ticket, mail_id = sent
    address = return_path(ports, mail_id)
    to = (Sender(address),) if where == "recipient" else ()
    report = replace(bounce("alias@elsewhere.example", status=""), to=to)
    assert marked(ports, report, address if where == "envelope" else "") == (mail_id, True)
    assert make.recipients(ports, mail_id) == dict.fromkeys((FEMKE.address, PIET.address), ("bounced", None))


def test_a_report_at_the_return_path_marks_only_whom_it_names(ports: Ports, sent: tuple[int, int]) -> None:
    _ticket, mail_id = sent
    assert marked(ports, bounce(PIET.address, "x@elsewhere.example"), return_path(ports, mail_id)) == (mail_id, True)
    assert make.recipients(ports, mail_id) == {FEMKE.address: ("accepted", "250"), PIET.address: ("bounced", "5.1.1")}


def known(ports: Ports, mail_id: int, *recipients: str) -> dict[str, IncomingMail]:
    """Reports that lead to our mail by what everybody knows who was shown it."""
    mail = make.stored(ports, mail_id)
    token_address = f"academy+{mail.token}@academie.example"
    said = bounce(*recipients)
    return {
        "message_id": bounce(*recipients, message_id=mail.message_id),
        "recipient": replace(said, to=(Sender(token_address),)),
        "references": replace(said, references=("x@y", mail.message_id)),
        "in_reply_to": replace(said, in_reply_to=(mail.message_id,)),
    }


@pytest.mark.parametrize("where", ["message_id", "recipient", "references", "in_reply_to"])
@pytest.mark.parametrize("names", [(), ("alias@elsewhere.example",)])
def test_without_the_return_path_a_report_that_names_nobody_of_ours_marks_nobody(
    ports: Ports, sent: tuple[int, int], where: str, names: tuple[str, ...]
) -> None:
    """It marked everybody once; but then whoever has seen a Message-ID of ours can say that a mail did not arrive."""
    ticket_id, mail_id = sent
    assert marked(ports, known(ports, mail_id, *names)[where]) == (mail_id, False)
    assert set(make.recipients(ports, mail_id).values()) == {("accepted", "250")}
    assert make.events(ports, ticket_id) == []


@pytest.mark.parametrize("where", ["message_id", "recipient", "references", "in_reply_to"])
def test_without_the_return_path_a_report_is_believed_about_the_recipient_it_names(
    ports: Ports, sent: tuple[int, int], where: str
) -> None:
    _ticket, mail_id = sent
    assert marked(ports, known(ports, mail_id, PIET.address)[where]) == (mail_id, True)
    assert make.recipients(ports, mail_id) == {FEMKE.address: ("accepted", "250"), PIET.address: ("bounced", "5.1.1")}


def test_a_mail_that_is_only_late_is_not_lost(ports: Ports, sent: tuple[int, int]) -> None:
    ticket_id, mail_id = sent
    late = bounce(FEMKE.address, message_id=make.stored(ports, mail_id).message_id, delayed=True)
    assert marked(ports, late) == (mail_id, True)
    assert marked(ports, bounce(delayed=True), return_path(ports, mail_id)) == (mail_id, True)
    assert set(make.recipients(ports, mail_id).values()) == {("accepted", "250")}
    assert make.events(ports, ticket_id) == []


def test_a_bounce_of_somebody_elses_mail_marks_nothing(ports: Ports, sent: tuple[int, int]) -> None:
    _ticket, mail_id = sent
    local, _, domain = return_path(ports, mail_id).partition("@")
    forged = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    for path in (forged, return_path(ports, mail_id + 1)):
        assert marked(ports, bounce(FEMKE.address, message_id="other@x.example"), path) is None
    assert set(make.recipients(ports, mail_id).values()) == {("accepted", "250")}
