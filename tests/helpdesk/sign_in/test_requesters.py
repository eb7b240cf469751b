"""Signing in by mail: once, for a quarter of an hour, the same for every address, and never by guessing."""

from __future__ import annotations

import re
import threading
from email import message_from_bytes, policy
from typing import cast

import pytest
from sqlalchemy import func, insert, select, text

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import Conflict, Invalid, NotSignedIn
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Address, Attempt, BlockedSender, OutgoingMail, Person, RequesterLink, RequesterSession
from helpdesk.people import requester_sessions
from helpdesk.people.addresses import person_for
from helpdesk.people.requester_sessions import SignedInRequester
from helpdesk.ports import Ports
from helpdesk.sign_in import requesters
from helpdesk.sign_in.requesters import ASKED_PER_ADDRESS, ASKED_PER_DAY, LIFETIME, WRONG_CODES, Entered
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.upkeep import forget
from tests.conftest import DESKS, PortsMaker
from tests.letters import wait

FEMKE, NOBODY = "femke@minbz.example", "niemand@minbz.example"


@pytest.fixture
def known(make_ports: PortsMaker, database_url: str) -> Ports:
    ports = make_ports(database_url, public_url="https://helpdesk.example/", portal_domains=("nieuw.example",))
    with unit_of_work(ports, SYSTEM) as unit:
        person_for(unit, FEMKE, "Femke")
    return ports


def asked(ports: Ports, address: str = FEMKE, language: str = "nl") -> str | None:
    with unit_of_work(ports, SYSTEM) as unit:
        return requesters.ask_for_link(unit, address, language)


def mailed(ports: Ports) -> list[tuple[str, str, str]]:
    """To whom mails left, with the token and the code in each."""
    deliver_waiting(ports)
    found = []
    for _sender, to, raw in cast("MemoryMailer", ports.mailer).sent:
        body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
        assert body is not None
        said = body.get_content()
        (token,) = re.findall(r"https://helpdesk\.example/mijn-vragen/inloggen/(\S+)", said)
        (code,) = re.findall(r"\b\d{6}\b", said.replace(token, ""))
        found.append((to[0], token, code))
    return found


def redeemed(ports: Ports, token: str) -> SignedInRequester:
    with unit_of_work(ports, SYSTEM) as unit:
        session = requesters.redeem(unit, token)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return requester_sessions.session_for(unit, session)


def entered(ports: Ports, browser: str, code: str) -> Entered:
    with unit_of_work(ports, SYSTEM) as unit:
        return requesters.redeem_code(unit, browser, code)


def count(ports: Ports, model: type) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_link_opens_one_session_and_looking_uses_nothing_up(known: Ports) -> None:
    asked(known, " Femke@MinBZ.example ")
    ((to, token, _code),) = mailed(known)
    assert to == FEMKE
    for _look in range(20):
        with unit_of_work(known, SYSTEM, write=False) as unit:
            assert requesters.whose(unit, token) == "f•••@minbz.example"
    who = redeemed(known, token)
    assert (who.address, who.name, who.shared) == (FEMKE, "Femke", False)
    with pytest.raises(Conflict):
        redeemed(known, token)
    with unit_of_work(known, SYSTEM, write=False) as unit:
        assert requesters.whose(unit, token) is None
        assert requesters.whose(unit, token + "x") is None


def test_of_many_at_once_one_succeeds(known: Ports) -> None:
    browser = asked(known)
    ((_to, token, code),) = mailed(known)
    won: list[str] = []
    start = threading.Barrier(6)

    def by_link() -> None:
        start.wait()
        try:
            with unit_of_work(known, SYSTEM) as unit:
                session = requesters.redeem(unit, token)
            won.append(session)
        except Conflict:
            pass

    def by_code() -> None:
        start.wait()
        session = entered(known, browser or "", code).token
        if session:
            won.append(session)

    threads = [threading.Thread(target=one) for one in (by_link, by_code) * 3]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert len(won) == 1
    assert count(known, RequesterSession) == 1


def test_ten_wrong_codes_lock_the_code_and_not_the_person(known: Ports) -> None:
    browser = asked(known) or ""
    ((_to, token, code),) = mailed(known)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    problems = [entered(known, browser, wrong).problem for _try in range(WRONG_CODES)]
    assert problems == ["wrong_code"] * (WRONG_CODES - 1) + ["locked"]
    assert entered(known, browser, code) == Entered(None, "locked")
    assert redeemed(known, token).address == FEMKE
    again = asked(known) or ""
    _to, _token, fresh = mailed(known)[-1]
    assert entered(known, browser, fresh).problem == "link", "a code is good in the browser that asked for it"
    assert entered(known, again, f" {fresh[:3]} {fresh[3:]}").token
    assert entered(known, again, fresh) == Entered(None, "link")


def test_after_a_quarter_of_an_hour_nothing_is_good_and_nothing_is_left(known: Ports) -> None:
    browser = asked(known) or ""
    ((_to, token, code),) = mailed(known)
    asked(known, NOBODY)
    wait(known, LIFETIME)
    with pytest.raises(Conflict):
        redeemed(known, token)
    assert entered(known, browser, code).problem == "link"
    forget(known)
    assert (count(known, RequesterLink), count(known, OutgoingMail)) == (0, 0)
    with known.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM outgoing_recipient")).scalar() == 0


def test_any_address_writes_the_same_and_only_a_known_one_gets_mail(known: Ports) -> None:
    def rows() -> list[int]:
        return [count(known, model) for model in (OutgoingMail, RequesterLink, Attempt, Person, Address)]

    wrote = []
    with unit_of_work(known, SYSTEM) as unit:
        person_for(unit, "spam@buiten.example")
        unit.rows.write()
        unit.session.execute(insert(BlockedSender).values(address="spam@buiten.example", blocked_at=unit.now))
    for address in (FEMKE, NOBODY, "spam@buiten.example", DESKS[0].address):
        before = rows()
        answers = [bool(asked(known, address)) for _ in range(ASKED_PER_ADDRESS + 1)]
        assert answers == [True] * ASKED_PER_ADDRESS + [False], address
        wrote.append([now - then for now, then in zip(rows(), before, strict=True)])
    assert wrote == [wrote[0]] * 4
    assert {to for to, _token, _code in mailed(known)} == {FEMKE}
    with unit_of_work(known, SYSTEM, write=False) as unit:
        seeds = unit.session.scalars(select(OutgoingMail.seed).where(OutgoingMail.state == "cancelled")).all()
        assert len(seeds) == 3 * ASKED_PER_ADDRESS
        assert not any(requesters.whose(unit, known.keys.link_token(seed)) for seed in seeds)
        assert all("@" not in row.key_hmac for row in unit.session.scalars(select(Attempt)))
    with pytest.raises(Invalid):
        asked(known, "geen adres")


def test_of_many_who_ask_at_once_no_more_are_answered_than_one_after_the_other(known: Ports) -> None:
    start, answers = threading.Barrier(3 * ASKED_PER_ADDRESS), []

    def ask() -> None:
        start.wait()
        answers.append(bool(asked(known)))

    threads = [threading.Thread(target=ask) for _ in range(3 * ASKED_PER_ADDRESS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert sorted(answers) == [False] * 2 * ASKED_PER_ADDRESS + [True] * ASKED_PER_ADDRESS


def test_a_day_has_an_end_too(known: Ports) -> None:
    answers = []
    for _round in range(ASKED_PER_DAY // ASKED_PER_ADDRESS + 1):
        answers.append(bool(asked(known, NOBODY)))
        answers += [bool(asked(known, NOBODY)) for _ in range(ASKED_PER_ADDRESS - 1)]
        wait(known, LIFETIME)
    assert answers == [True] * ASKED_PER_DAY + [False] * ASKED_PER_ADDRESS


def test_a_domain_that_the_operator_named_makes_a_person_once_it_is_proven(known: Ports) -> None:
    asked(known, "nieuw@nieuw.example", "en")
    assert count(known, Person) == 1, "nobody is made by asking"
    ((to, token, _code),) = mailed(known)
    assert to == "nieuw@nieuw.example"
    assert redeemed(known, token).address == "nieuw@nieuw.example"
    assert count(known, Person) == 2


def test_a_session_slides_ends_and_is_ended_everywhere(known: Ports) -> None:
    sessions = []
    for _ in range(2):
        asked(known)
        _to, token, _code = mailed(known)[-1]
        with unit_of_work(known, SYSTEM) as unit:
            sessions.append(requesters.redeem(unit, token))
    wait(known, LIFETIME * 24)
    with unit_of_work(known, SYSTEM) as unit:
        who = requester_sessions.session_for(unit, sessions[0])
        requester_sessions.touch(unit, who.session_id)
    wait(known, LIFETIME * 24)
    with unit_of_work(known, SYSTEM) as unit:
        assert requester_sessions.session_for(unit, sessions[0]).address == FEMKE
        with pytest.raises(NotSignedIn):
            requester_sessions.session_for(unit, sessions[1])
    forget(known)
    assert count(known, RequesterSession) == 1
    with unit_of_work(known, SYSTEM) as unit:
        requester_sessions.sign_out_everywhere(unit, who)
    assert count(known, RequesterSession) == 0


def test_no_column_holds_a_token_or_a_code(known: Ports) -> None:
    browser = asked(known) or ""
    ((_to, token, code),) = mailed(known)
    with unit_of_work(known, SYSTEM) as unit:
        session = requesters.redeem(unit, token)
    with known.engine.connect() as connection:
        for table in ("requester_link", "requester_session", "outgoing_mail", "attempt"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 - names of our own
            assert not any(secret in rows for secret in (token, browser, session, f"'{code}'")), table
