"""The thread attack once more through the real doors: IMAP, SMTP and LMTP into the running product, out at a relay."""

from __future__ import annotations

import random
import smtplib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from sqlalchemy import select

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.tickets.replying import Answer, reply
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.attack import findings
from tests.attack.advisor import make_advisor
from tests.attack.crew import Crew
from tests.attack.installation import Installation
from tests.attack.thread_cases import ANSWERS, ATTACKS, DESK, Case, Seen
from tests.attack.thread_reports import FORGED, TRUE
from tests.letters import letter
from tests.services.process import wait_until
from tests.services.relay import Kept

FEMKE = "femke.devries@minbz.example"
SECRET = "zonnebloemgeheim"
NEEDS_A_HAND = {"second-address", "participant", "second-desk's-mailbox"}
"""Answers that take what only verbs or a second mailbox give; the run in memory has them."""
_PATIENCE = 60


@dataclass
class Scene:
    """A running product with one answered ticket of Femke's, under one pair of settings."""

    installation: Installation
    ports: Ports
    number: str
    seen: Seen


def run_at_doors(seed: int, database: str, say: Callable[[str], None]) -> Counter[str]:
    """Every case whose settings can be given to a whole installation; the counts."""
    counts: Counter[str] = Counter()
    for authserv in (False, True):
        for plus in (False, True):
            attacks = [case for case in (*ATTACKS, *FORGED) if (case.authserv, case.plus) == (authserv, plus)]
            answers = [case for case in (*ANSWERS, *TRUE) if (case.authserv, case.plus) == (authserv, plus)]
            answers = [case for case in answers if case.name not in NEEDS_A_HAND]
            if attacks or answers:
                settings = {"reply_address": "plus" if plus else "plain"} | ({} if authserv else {"authserv_id": ""})
                with Installation(database, seed=seed, settings=settings) as installation, Crew(installation, _never):
                    _one_setting(installation, attacks, answers, counts, say)
    return counts


def _never(_role: str) -> bool:
    return False


def _one_setting(
    installation: Installation,
    attacks: Sequence[Case],
    answers: Sequence[Case],
    counts: Counter[str],
    say: Callable[[str], None],
) -> None:
    ports = installation.ports()
    try:
        scene = _scene(installation, ports)
        before = _ticket(ports, scene.number)
        gone_out = len(installation.relay.kept())
        _send(installation, [case.make(scene.seen, _word(case)) for case in attacks])
        _until_filed(scene, 1 + len(attacks), 0)
        tickets = {row["number"]: row for row in findings.all_tickets(ports)}
        counts["attacks"] += len(attacks)
        counts["joined"] += 1 + len(attacks) - len(tickets) + (tickets[scene.number]["entries"] != before["entries"])
        fresh = [ticket for number, ticket in tickets.items() if number != scene.number]
        counts["hints"] += sum((ticket["hint"] or {}).get("number") == scene.number for ticket in fresh)
        leaks = _leaks(installation.relay.kept()[gone_out:], fresh)
        counts["leaked"] += leaks
        _send(installation, [case.make(scene.seen, _word(case)) for case in answers])
        _until_filed(scene, len(tickets), len(before["entries"]) + len(answers))
        counts["answers"] += len(answers)
        joined = len(_ticket(ports, scene.number)["entries"]) - len(before["entries"])
        counts["answers_joined"] += joined
        say(f"doors: {len(attacks)} attacks, {len(answers)} answers ({joined} joined), {leaks} leaks")
    finally:
        ports.engine.dispose()


def _scene(installation: Installation, ports: Ports) -> Scene:
    installation.account.append(letter(f"Kan het? {SECRET}", Cc="Ahmed <ahmed@minbz.example>").replace(b"\n", b"\r\n"))
    wait_until(lambda: bool(findings.all_tickets(ports)), _PATIENCE, 0.2)
    ticket = findings.all_tickets(ports)[0]
    actor: Actor = make_advisor(ports)
    with unit_of_work(ports, actor) as unit:
        version = _version(ports, ticket["number"])
        reply(unit, ticket["number"], Answer(f"Dat kan. {SECRET}", (FEMKE,), "waiting_for_asker", version, "c"))
    wait_until(lambda: _answer(installation) is not None, _PATIENCE, 0.2)
    kept = _answer(installation)
    if kept is None:
        raise RuntimeError("the answer did not reach the relay")
    mail = message_from_bytes(kept.raw, policy=policy.default)
    message_id = str(mail["Message-ID"])
    token, return_token = message_id.split(".")[1], kept.sender.partition("@")[0].partition("+")[2]
    seen = Seen(ticket["number"], message_id, str(mail["Reply-To"]), token, return_token)
    wait_until(lambda: findings.waiting(ports).outgoing == 0, _PATIENCE, 0.2)
    return Scene(installation, ports, ticket["number"], seen)


def _version(ports: Ports, number: str) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalars(select(Ticket.version).where(Ticket.number == number)).one()


def _answer(installation: Installation) -> Kept | None:
    return next((mail for mail in installation.relay.kept() if SECRET in findings.plain_text(mail.raw)), None)


def _word(case: Case) -> str:
    return case.name.replace("'", "")


def _ticket(ports: Ports, number: str) -> dict[str, Any]:
    return next(ticket for ticket in findings.all_tickets(ports) if ticket["number"] == number)


def _send(installation: Installation, raws: list[bytes]) -> None:
    """By the three doors in turn, in an order of chance that the count of mails fixes."""
    random.Random(len(raws)).shuffle(raws)
    for index, raw in enumerate(raws):
        if index % 3 == 0:
            installation.account.append(raw.replace(b"\n", b"\r\n"))
            continue
        kind, port = (
            (smtplib.SMTP, installation.smtp_port) if index % 3 == 1 else (smtplib.LMTP, installation.lmtp_port)
        )
        with kind("127.0.0.1", port) as client:
            client.sendmail("mallory@elders.example", [DESK], raw)


def _until_filed(scene: Scene, tickets: int, entries: int) -> None:
    def done() -> bool:
        left = findings.waiting(scene.ports)
        found = findings.all_tickets(scene.ports)
        there = sum(len(ticket["entries"]) for ticket in found if ticket["number"] == scene.number)
        return len(found) >= tickets and there >= entries and not (left.received or left.outgoing)

    wait_until(done, _PATIENCE, 0.3)
    time.sleep(1)


def _leaks(mails: Sequence[Kept], tickets: Sequence[Mapping[str, Any]]) -> int:
    """Mails that tell of the ticket, and mails to somebody beyond one receipt for each ticket of his own."""
    told = sum(SECRET in message_from_bytes(mail.raw, policy=policy.default).as_string() for mail in mails)
    got = Counter(recipient for mail in mails for recipient in mail.recipients)
    asked = Counter(
        person["address"] for ticket in tickets for person in ticket["people"] if person["role"] == "requester"
    )
    return told + (got - asked).total()
