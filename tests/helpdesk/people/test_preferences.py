"""What an account chooses is kept with it, and nothing that does not exist can be chosen."""

from __future__ import annotations

import datetime as dt

import pytest

from helpdesk.errors import Invalid
from helpdesk.models import OutgoingMail
from helpdesk.people.accounts import create_account
from helpdesk.people.preferences import Preferences, preferences_of, set_preferences
from helpdesk.people.sign_in import session_for, sign_in
from helpdesk.ports import Ports
from helpdesk.tickets.replying import Answer, reply
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import ASKER, letter, receive

EMAIL, PASSWORD = "marije@academie.example", "correct paard batterij"


@pytest.fixture
def account_id(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM) as unit:
        return create_account(unit, EMAIL, "Marije Bos", ["advisor"], PASSWORD)


def test_choices_are_kept_and_come_with_the_session(ports: Ports, account_id: int) -> None:
    chosen = Preferences("dark", "ctrl", True, 20, 112, "compact")
    with unit_of_work(ports, SYSTEM) as unit:
        assert preferences_of(unit, account_id) == Preferences()
        set_preferences(unit, account_id, chosen)
    with unit_of_work(ports, SYSTEM) as unit:
        assert preferences_of(unit, account_id) == chosen
        token = sign_in(unit, EMAIL, PASSWORD).token
        who = session_for(unit, token or "")
    assert (who.theme, who.shortcuts, who.undo_seconds) == ("dark", "ctrl", 20)
    assert (who.text_size, who.density) == (112, "compact")


@pytest.mark.parametrize(
    "chosen",
    [
        Preferences("pink"),
        Preferences(shortcuts="maybe"),
        Preferences(undo_seconds=7),
        Preferences(undo_seconds=-1),
        Preferences(text_size=99),
        Preferences(density="tight"),
    ],
)
def test_what_does_not_exist_is_refused(ports: Ports, account_id: int, chosen: Preferences) -> None:
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(Invalid):
        set_preferences(unit, account_id, chosen)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert preferences_of(unit, account_id) == Preferences()


@pytest.mark.parametrize(("seconds", "waits"), [(None, 0), (30, 30), (0, 0)])
def test_an_answer_waits_as_long_as_its_author_chose(
    ports: Ports, account_id: int, seconds: int | None, waits: int
) -> None:
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM) as unit:
        set_preferences(unit, account_id, Preferences(undo_seconds=seconds))
    with unit_of_work(ports, Actor(account_id, frozenset({"advisor"}))) as unit:
        reply(unit, "2026-00001", Answer("Dat kan.", (ASKER,), "done", 1, "c"))
        mail = unit.session.query(OutgoingMail).filter(OutgoingMail.kind == "answer").one()
        assert mail.send_after == unit.now + dt.timedelta(seconds=waits)
