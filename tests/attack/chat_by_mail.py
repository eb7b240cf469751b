"""The end of `make chaos-chat`: who asked leaves, gets the conversation by mail, and answers that."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Late

from helpdesk.chat.lines import own_lines
from helpdesk.chat.rooms import own_room
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import TicketPerson
from helpdesk.ports import Ports
from helpdesk.unit import Actor, unit_of_work
from tests.letters import letter, receive
from tests.services.process import wait_until
from tests.services.relay import Relay

LEAVE = "() => document.querySelector('form[action$=\"/einde\"] input[value=end]').form.requestSubmit()"
LAST = """text => [...document.querySelectorAll('#regels > li .text')].at(-1)?.textContent.trim() === text"""
PATIENCE_MS = 30_000


def transcript_of(ports: Ports, relay: Relay, address: str) -> EmailMessage | None:
    """The newest mail that the relay has for this address; none when nothing left the house."""
    deliver_waiting(ports)
    found = [kept for kept in relay.kept() if address in kept.recipients]
    return message_from_bytes(found[-1].raw, policy=policy.default) if found else None


def words_of(mail: EmailMessage) -> str:
    """What stands in a mail as plain text."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def answer_of(mail: EmailMessage, address: str, text: str, *, token: bool) -> bytes:
    """An answer as mail programs write it, all of ours quoted below; one that lost our Reply-To, or kept it."""
    quoted = "\n".join(f"> {line}" for line in words_of(mail).splitlines())
    return letter(
        f"{text}\n\nOp ma 30 nov. 2026 om 10:02 schreef {mail['From']}:\n{quoted}\n",
        subject=f"Re: {mail['Subject']}",
        sender=address,
        to=str(mail["Reply-To"] if token else mail["From"]),
        message_id=f"<answer-{address}>",
        In_Reply_To=str(mail["Message-ID"]),
        References=str(mail["Message-ID"]),
    )


def leave_and_answer(
    ports: Ports, relay: Relay, asker: Actor, number: str, pages: dict[str, Page], *, token: bool
) -> tuple[str, list[str]]:
    """The conversation as it came by mail, and what is wrong with the answer to it.

    The answer must stand in the same ticket, marked as a mail, and on the advisor's open desk, which nobody reloads.
    """
    assert asker.requester is not None
    address, text, wrong = asker.requester.address, f"Dank, {'met' if token else 'zonder'} kenmerk.", []
    with pages["asker"].expect_navigation():
        pages["asker"].evaluate(LEAVE)
    wait_until(lambda: transcript_of(ports, relay, address) is not None, 20, 0.5)
    mail = transcript_of(ports, relay, address)
    if mail is None:
        return "", [f"{number}: no transcript came"]
    receive(ports, answer_of(mail, address, text, token=token))
    with unit_of_work(ports, asker, write=False) as unit:
        last = own_lines(unit, own_room(unit, number).ticket).rows[-1]
        tickets = unit.session.query(TicketPerson).filter_by(address=address, role="requester").count()
    if (last.text.strip(), last.by_mail, tickets) != (text, True, 1):
        wrong.append(f"{number}: the answer by mail became {last.text[:80]!r}, {tickets} tickets")
    if "advisor" in pages:
        try:
            pages["advisor"].wait_for_function(LAST, arg=text, timeout=PATIENCE_MS)
        except Late:
            wrong.append(f"{number}: the open desk does not show the answer by mail")
    return words_of(mail), wrong
