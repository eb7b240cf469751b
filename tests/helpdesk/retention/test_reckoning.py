"""The cases of retention 4.2, each with the state, the rule and the date that must come of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from helpdesk.retention.reckoning import Asker, Known, Matter, Reckoning, reckon
from helpdesk.retention.register.load import shipped

REGISTERS = shipped()
TODAY = dt.date(2030, 1, 1)
START, END, SETTLED, LOGIN = "employment.start", "employment.end", "dismissal.settled", "account.last_login"
_OWN_TO_COME = "waiting:settlement"


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _asker(*facts: tuple[str, str], kind: str = "employee", person: int = 1, processing: str = "551") -> Asker:
    return Asker(person, kind, processing, tuple(Known(name, _day(day)) for name, day in facts))


def _reckoned(*askers: Asker, today: dt.date = TODAY, **known: Any) -> Reckoning:
    matter = Matter(
        opened_on=known.pop("opened", dt.date(2026, 11, 22)),
        last_contact_on=known.pop("contact", dt.date(2026, 12, 1)),
        askers=askers,
        done=known.pop("done", True),
        **known,
    )
    return reckon(matter, REGISTERS, today)


def test_without_a_register_everything_waits() -> None:
    matter = Matter(TODAY, TODAY, (_asker((SETTLED, "2010-01-01")),), done=True)
    assert reckon(matter, {}, TODAY).state == "waiting:register"


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((), "waiting:employment"),
        (((START, "2010-01-01"),), "waiting:employment"),
        (((END, "2029-06-30"),), "waiting:settlement"),
        (((END, "2030-06-30"),), "waiting:employment"),
        (((SETTLED, "2027-01-01"),), "dated"),
        (((END, "2026-12-01"), (SETTLED, "2027-01-01")), "dated"),
        (((START, "2010-01-01"), (END, "2026-12-01"), (SETTLED, "2027-01-01")), "dated"),
        (((START, "2010-01-01"), (SETTLED, "2027-01-01")), "dated"),
        # hired again: the open spell stops the clock, though the old one is settled, before or after the new start
        (((END, "2026-12-01"), (SETTLED, "2027-01-01"), (START, "2028-01-01")), "waiting:employment"),
        (((END, "2026-12-01"), (START, "2027-01-01"), (SETTLED, "2027-03-01")), "waiting:employment"),
        # and gone again: only a settlement of the new spell starts it anew
        (((SETTLED, "2027-01-01"), (START, "2028-01-01"), (END, "2029-01-01")), "waiting:settlement"),
        (((SETTLED, "2027-01-01"), (START, "2028-01-01"), (END, "2029-01-01"), (SETTLED, "2029-02-01")), "dated"),
        # hired again until a day that is still to come: not gone yet, whatever of the old spell is settled
        (((SETTLED, "2027-01-01"), (START, "2028-01-01"), (END, "2031-01-01")), "waiting:employment"),
        # the old spell's settlement came late, after the new start: it is not that of the new end
        (
            ((END, "2026-12-01"), (START, "2027-01-01"), (SETTLED, "2027-03-01"), (END, "2029-01-01")),
            "waiting:settlement",
        ),
    ],
)
def test_employees(facts: tuple[tuple[str, str], ...], state: str) -> None:
    assert _reckoned(_asker(*facts)).state == state


def test_the_end_of_employment_never_stands_for_the_settlement() -> None:
    found = _reckoned(_asker((END, "2001-01-01")))
    assert (found.state, found.due_on) == ("waiting:settlement", None)


def test_the_date_is_the_day_after_seven_years() -> None:
    leap = _asker((SETTLED, "2020-02-29"))
    early = {"opened": dt.date(2019, 1, 1)}
    before, on = (_reckoned(leap, today=day, **early) for day in (dt.date(2027, 2, 28), dt.date(2027, 3, 1)))
    assert (before.state, before.due_on, before.rule) == ("dated", dt.date(2027, 3, 1), "R1")
    assert before.recheck_on == on.due_on
    assert on.state == "due"
    assert before.version == REGISTERS["551"].version


def test_a_second_spell_counts_from_its_own_settlement() -> None:
    found = _reckoned(
        _asker((SETTLED, "2027-01-01"), (START, "2028-01-01"), (END, "2029-01-01"), (SETTLED, "2029-02-01"))
    )
    assert found.due_on == dt.date(2036, 2, 2)


def test_outside_people_count_from_their_last_sign_in_or_message() -> None:
    signed_in = _reckoned(_asker((LOGIN, "2026-12-31"), kind="external"), today=dt.date(2027, 1, 1))
    assert (signed_in.rule, signed_in.due_on) == ("R13", dt.date(2027, 7, 1))
    wrote = _reckoned(_asker(kind="external"), today=dt.date(2027, 1, 1))
    assert (wrote.rule, wrote.due_on) == ("R13", dt.date(2027, 6, 2))
    assert _reckoned(_asker(kind="trainer"), today=dt.date(2027, 1, 1)).rule == "R13"


def test_whoever_was_employed_is_an_employee() -> None:
    found = _reckoned(_asker((SETTLED, "2027-01-01"), (LOGIN, "2027-01-05"), kind="external"))
    assert (found.rule, found.due_on) == ("R1", dt.date(2034, 1, 2))


def test_unknown_senders_wait_for_a_match_and_then_for_half_a_year() -> None:
    stranger = _asker(kind="unknown")
    first = _reckoned(stranger, today=dt.date(2026, 12, 6))
    assert (first.state, first.recheck_on) == ("waiting:match", dt.date(2026, 12, 7))
    then = _reckoned(stranger, today=dt.date(2026, 12, 7))
    assert (then.state, then.rule, then.due_on) == ("dated", "U", dt.date(2027, 6, 2))
    assert _reckoned(today=dt.date(2026, 12, 7)).rule == "U"


def test_of_two_requesters_the_later_date_holds_and_the_earlier_is_masked() -> None:
    found = _reckoned(_asker((SETTLED, "2027-01-01")), _asker((SETTLED, "2028-01-01"), person=2))
    assert found.due_on == dt.date(2035, 1, 2)
    assert found.mask_on == ((1, dt.date(2034, 1, 2)),)
    assert found.recheck_on == dt.date(2034, 1, 2)


def test_of_two_requesters_one_who_waits_makes_the_ticket_wait() -> None:
    assert _reckoned(_asker((SETTLED, "2001-01-01")), _asker(person=2)).state == "waiting:employment"
    assert _reckoned(_asker((END, "2001-01-01")), _asker(person=2, kind="unknown")).state == "waiting:settlement"


def test_a_ticket_born_after_its_term_counts_from_its_last_message() -> None:
    found = _reckoned(_asker((SETTLED, "2015-01-01")))
    assert (found.rule, found.due_on) == ("R13", dt.date(2027, 6, 2))
    on_the_last_day = _reckoned(_asker((SETTLED, "2019-11-22")))
    assert (on_the_last_day.rule, on_the_last_day.due_on) == ("R1", dt.date(2026, 11, 23))


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({"done": False}, "blocked:open"),
        ({"held": True}, "blocked:hold"),
        ({"held": True, "done": False}, "blocked:hold"),
        ({"restricted": True}, "blocked:restricted"),
        ({"original_in_mailbox": True}, "blocked:original"),
        ({}, "due"),
    ],
)
def test_what_blocks_a_due_ticket(known: dict[str, Any], state: str) -> None:
    settled = _asker((SETTLED, "2020-01-01"))
    early = {"opened": dt.date(2019, 1, 1)}
    assert _reckoned(settled, **early, **known).state == state
    assert _reckoned(settled, today=dt.date(2026, 1, 1), **early, **known).state == "dated"


def test_an_open_ticket_past_its_date_is_looked_at_again_when_silence_closes_it() -> None:
    settled = _asker((SETTLED, "2020-01-01"))
    found = _reckoned(settled, opened=dt.date(2019, 1, 1), contact=dt.date(2029, 12, 1), done=False, today=TODAY)
    assert (found.state, found.recheck_on) == ("blocked:open", dt.date(2030, 3, 2))


def test_the_other_processing_counts_from_the_end_of_employment() -> None:
    other: dict[str, Any] = {"processing": "M895"}
    found = _reckoned(_asker((START, "2010-01-01"), (END, "2028-02-29"), **other))
    assert (found.rule, found.due_on, found.version) == ("R16", dt.date(2033, 3, 1), REGISTERS["M895"].version)
    assert _reckoned(_asker((END, "2020-01-01"), (START, "2021-01-01"), **other)).state == "waiting:employment"
    inherited = _reckoned(_asker(kind="unknown", **other))
    assert (inherited.rule, inherited.version) == ("U", REGISTERS["551"].version)
