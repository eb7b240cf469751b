"""Signing in: right passwords only, throttled in the database, sessions that can be ended."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest

from helpdesk.errors import Invalid, NotSignedIn
from helpdesk.models import Account, Attempt, WebSession
from helpdesk.people import accounts
from helpdesk.people.sign_in import (
    TRIES_IN_ALL,
    TRIES_PER_ACCOUNT,
    WINDOW,
    change_password,
    session_for,
    sign_in,
    sign_out,
)
from helpdesk.ports import Ports
from helpdesk.sign_in.requesters import ask_for_link
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import wait

EMAIL, PASSWORD = "marije@academie.example", "correct paard batterij"


@pytest.fixture
def account_id(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM) as unit:
        return accounts.create_account(unit, "Marije@Academie.example", "Marije Bos", ["advisor"], PASSWORD)


def attempt(
    ports: Ports, password: str = PASSWORD, email: str = EMAIL, code: str | None = None
) -> tuple[str | None, str | None]:
    with unit_of_work(ports, SYSTEM) as unit:
        result = sign_in(unit, email, password, code)
    return result.token, result.problem


def test_the_right_password_opens_a_session(ports: Ports, account_id: int) -> None:
    token, problem = attempt(ports)
    assert problem is None
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        signed_in = session_for(unit, token or "")
        stored = unit.session.query(WebSession).one()
    assert (signed_in.account_id, signed_in.roles) == (account_id, frozenset({"advisor"}))
    assert token not in (stored.token_hmac, str(stored.data))


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "fout wachtwoord"), ("niemand@academie.example", PASSWORD)])
def test_a_wrong_one_and_an_unknown_account_read_alike(
    ports: Ports, account_id: int, email: str, password: str
) -> None:
    assert attempt(ports, password, email) == (None, "wrong_password")


def test_too_many_tries_close_the_door_for_a_while_even_to_the_right_password(ports: Ports, account_id: int) -> None:
    for _ in range(TRIES_PER_ACCOUNT):
        assert attempt(ports, "fout wachtwoord")[1] == "wrong_password"
    assert attempt(ports) == (None, "too_many")
    wait(ports, WINDOW + dt.timedelta(minutes=1))
    assert attempt(ports)[1] is None
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert all(EMAIL not in row.key_hmac for row in unit.session.query(Attempt))


def test_the_door_closes_by_its_own_wrong_tries_and_not_by_what_is_asked_at_others(
    ports: Ports, account_id: int
) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        for number in range(TRIES_IN_ALL // 2 + 1):
            assert ask_for_link(unit, f"p{number}@minbz.example", "nl")
    assert attempt(ports)[1] is None
    with unit_of_work(ports, SYSTEM) as unit:
        for number in range(TRIES_IN_ALL):
            assert sign_in(unit, f"p{number}@academie.example", "geraden").problem == "wrong_password"
    assert attempt(ports) == (None, "too_many")
    wait(ports, WINDOW)
    assert attempt(ports)[1] is None


def test_a_second_factor_is_asked_for_and_checked(ports: Ports, account_id: int) -> None:
    secret = pyotp.random_base32()
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.get_one(Account, account_id).totp_secret = secret
    assert attempt(ports)[1] == "code_needed"
    assert attempt(ports, code="000000")[1] == "wrong_code"
    assert attempt(ports, code=pyotp.TOTP(secret).at(ports.now()))[1] is None


@pytest.mark.parametrize("ending", ["sign_out", "password", "deactivate", "idle", "change"])
def test_a_session_ends(ports: Ports, account_id: int, ending: str) -> None:
    token = attempt(ports)[0] or ""
    with unit_of_work(ports, SYSTEM) as unit:
        if ending == "sign_out":
            sign_out(unit, token)
        elif ending == "password":
            accounts.set_password(unit, EMAIL, "een heel ander wachtwoord")
        elif ending == "deactivate":
            accounts.deactivate(unit, EMAIL)
        elif ending == "change":
            change_password(unit, account_id, PASSWORD, "een heel ander wachtwoord")
    if ending == "idle":
        wait(ports, dt.timedelta(hours=ports.settings.session_hours, minutes=1))
    with pytest.raises(NotSignedIn), unit_of_work(ports, SYSTEM, write=False) as unit:
        session_for(unit, token)


def test_a_closed_account_signs_in_no_more(ports: Ports, account_id: int) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        accounts.deactivate(unit, EMAIL)
    assert attempt(ports) == (None, "wrong_password")


def test_input_that_can_t_be_is_refused_in_words(ports: Ports, account_id: int) -> None:
    for email, roles, password in (
        (EMAIL, ["advisor"], PASSWORD),
        ("nieuw@x.example", ["koning"], PASSWORD),
        ("nieuw@x.example", ["advisor"], "kort"),
        ("geen adres", ["advisor"], PASSWORD),
    ):
        with pytest.raises(Invalid), unit_of_work(ports, SYSTEM) as unit:
            accounts.create_account(unit, email, "Naam", roles, password)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert [person.email for person in accounts.staff(unit)] == [EMAIL]
