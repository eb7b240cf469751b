"""The second factor: turned on by proof, each code once, turned off by its owner or an administrator."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from helpdesk.errors import Invalid
from helpdesk.models import WebSession
from helpdesk.people import accounts, second_factor
from helpdesk.people.sign_in import sign_in
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import wait

EMAIL, PASSWORD = "marije@academie.example", "correct paard batterij"


@pytest.fixture
def account_id(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM) as unit:
        return accounts.create_account(unit, EMAIL, "Marije Bos", ["advisor"], PASSWORD)


def turned_on(ports: Ports, account_id: int) -> pyotp.TOTP:
    secret = second_factor.fresh_secret()
    app = pyotp.TOTP(secret)
    with unit_of_work(ports, SYSTEM) as unit:
        second_factor.turn_on(unit, account_id, PASSWORD, secret, app.at(ports.now()))
    return app


def problem(ports: Ports, code: str | None) -> str | None:
    with unit_of_work(ports, SYSTEM) as unit:
        return sign_in(unit, EMAIL, PASSWORD, code).problem


def test_each_code_opens_one_session(ports: Ports, account_id: int) -> None:
    app = turned_on(ports, account_id)
    assert problem(ports, None) == "code_needed"
    assert problem(ports, app.at(ports.now())) == "wrong_code", "the code that turned it on is used up"
    wait(ports)
    code = app.at(ports.now())
    assert problem(ports, f"{code[:3]} {code[3:]}") is None
    assert problem(ports, code) == "wrong_code"
    assert problem(ports, app.at(ports.now() - dt.timedelta(seconds=30))) == "wrong_code", "nor an older one"
    wait(ports, dt.timedelta(minutes=1))
    assert problem(ports, app.at(ports.now() - dt.timedelta(seconds=30))) is None, "half a minute of drift is allowed"


@pytest.mark.parametrize("given", ["", "000000", "é", "12345", "1" * 400])
def test_it_is_not_turned_on_without_proof(ports: Ports, account_id: int, given: str) -> None:
    secret = second_factor.fresh_secret()
    right = pyotp.TOTP(secret).at(ports.now())
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(Invalid) as fault:
        second_factor.turn_on(unit, account_id, PASSWORD, secret, given)
    assert fault.value.field == "code"
    for bad in ("A" * 16, secret.lower(), "1" * 32):
        with unit_of_work(ports, SYSTEM) as unit, pytest.raises(Invalid):
            second_factor.turn_on(unit, account_id, PASSWORD, bad, right)
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(Invalid) as fault:
        second_factor.turn_on(unit, account_id, "verkeerd", secret, right)
    assert fault.value.field == "password"
    assert problem(ports, None) is None


def test_its_owner_turns_it_off_and_an_administrator_takes_it_off(ports: Ports, account_id: int) -> None:
    turned_on(ports, account_id)
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(Invalid):
        second_factor.turn_off(unit, account_id, "verkeerd")
    with unit_of_work(ports, SYSTEM) as unit:
        assert second_factor.is_on(unit, account_id)
        second_factor.turn_off(unit, account_id, PASSWORD)
        assert not second_factor.is_on(unit, account_id)
    assert problem(ports, None) is None
    wait(ports)
    turned_on(ports, account_id)
    with unit_of_work(ports, SYSTEM) as unit:
        second_factor.take_off(unit, EMAIL)
        assert unit.session.query(WebSession).count() == 0
    assert problem(ports, None) is None


def test_the_app_reads_secret_account_and_issuer() -> None:
    address = second_factor.app_address("A" * 32, EMAIL, "Helpdesk")
    assert urlsplit(address).scheme == "otpauth"
    assert parse_qs(urlsplit(address).query) == {"secret": ["A" * 32], "issuer": ["Helpdesk"]}
