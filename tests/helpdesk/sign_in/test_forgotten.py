"""A forgotten password: one mail, one use, a quarter of an hour; and nobody learns which accounts exist."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import cast

import pytest
from sqlalchemy import text

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import Conflict, Invalid
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Attempt, OutgoingMail, SignInLink
from helpdesk.people import accounts
from helpdesk.people.sign_in import sign_in
from helpdesk.ports import Ports
from helpdesk.sign_in.forgotten import (
    ASKED_IN_ALL,
    ASKED_PER_ADDRESS,
    LIFETIME,
    ask_for_link,
    is_good,
    set_forgotten_password,
)
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import wait

EMAIL, PASSWORD, NEW = "marije@academie.example", "correct paard batterij", "een heel nieuw wachtwoord"


@pytest.fixture
def linked(make_ports: PortsMaker, database_url: str) -> Ports:
    ports = make_ports(database_url, public_url="https://helpdesk.example/")
    with unit_of_work(ports, SYSTEM) as unit:
        accounts.create_account(unit, EMAIL, "Marije Bos", ["advisor"], PASSWORD)
    return ports


def asked(ports: Ports, email: str = EMAIL) -> bool:
    with unit_of_work(ports, SYSTEM) as unit:
        return ask_for_link(unit, email)


def mailed(ports: Ports) -> list[str]:
    """The tokens in the mails that left."""
    deliver_waiting(ports)
    found = []
    for _sender, to, raw in cast("MemoryMailer", ports.mailer).sent:
        assert to == (EMAIL,)
        body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
        assert body is not None
        found += re.findall(r"https://helpdesk\.example/wachtwoord/(\S+)", body.get_content())
    return found


def redeem(ports: Ports, token: str, password: str = NEW) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        set_forgotten_password(unit, token, password)


def opens(ports: Ports, password: str) -> bool:
    with unit_of_work(ports, SYSTEM) as unit:
        return sign_in(unit, EMAIL, password).token is not None


def test_the_link_sets_a_password_once(linked: Ports) -> None:
    assert asked(linked, " Marije@Academie.example ")
    assert asked(linked)
    first, second = mailed(linked)
    with unit_of_work(linked, SYSTEM, write=False) as unit:
        assert is_good(unit, first)
        assert not is_good(unit, first + "x")
    with pytest.raises(Invalid):
        redeem(linked, first, "kort")
    redeem(linked, first)
    assert opens(linked, NEW)
    assert not opens(linked, PASSWORD)
    for used in (first, second):
        with pytest.raises(Conflict):
            redeem(linked, used, PASSWORD)


def test_the_link_is_worth_nothing_after_a_quarter_of_an_hour(linked: Ports) -> None:
    asked(linked)
    (token,) = mailed(linked)
    wait(linked, LIFETIME)
    with pytest.raises(Conflict):
        redeem(linked, token)
    assert opens(linked, PASSWORD)
    asked(linked)
    with unit_of_work(linked, SYSTEM, write=False) as unit:
        assert unit.session.query(SignInLink).count() == 1, "old links are forgotten"


def test_a_new_password_or_a_closed_account_ends_the_links(linked: Ports) -> None:
    asked(linked)
    (token,) = mailed(linked)
    with unit_of_work(linked, SYSTEM) as unit:
        accounts.set_password(unit, EMAIL, NEW)
        assert not is_good(unit, token)
        accounts.deactivate(unit, EMAIL)
    assert asked(linked)
    assert len(mailed(linked)) == 1


def test_an_unknown_address_reads_and_is_throttled_like_a_known_one(linked: Ports) -> None:
    for email in (EMAIL, "niemand@academie.example", ""):
        assert [asked(linked, email) for _ in range(ASKED_PER_ADDRESS + 1)] == [True] * ASKED_PER_ADDRESS + [False]
    wait(linked, LIFETIME)
    assert asked(linked)
    with unit_of_work(linked, SYSTEM, write=False) as unit:
        assert unit.session.query(OutgoingMail).count() == ASKED_PER_ADDRESS + 1
        assert all("@" not in row.key_hmac for row in unit.session.query(Attempt))


def test_the_door_has_a_throttle_of_its_own(linked: Ports) -> None:
    answers = [asked(linked, f"a{number}@academie.example") for number in range(ASKED_IN_ALL + 2)]
    assert answers == [True] * ASKED_IN_ALL + [False] * 2
    assert opens(linked, PASSWORD), "asking for links does not close the sign-in door"


def test_no_column_holds_the_token(linked: Ports) -> None:
    asked(linked)
    (token,) = mailed(linked)
    with linked.engine.connect() as connection:
        for table in ("sign_in_link", "outgoing_mail", "attempt"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608 - names of our own
            assert rows
            assert token not in str(rows)


def test_without_a_public_address_no_link_is_made(make_ports: PortsMaker, linked: Ports) -> None:
    ports = make_ports(linked.settings.database, public_url="")
    assert asked(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.query(OutgoingMail).count() == 0
