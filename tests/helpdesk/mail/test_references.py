"""Tokens lead back to what they were made for, and nobody else can make one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.keys import Keys
from helpdesk.mail.references import (
    Reference,
    make_return_token,
    make_token,
    message_id_with,
    read_return_token,
    read_token,
    returned_to,
    tokens_in,
)

OLD = Keys(b"d", b"s", {"1": b"one" * 10}, "1")
KEYS = Keys(b"d", b"s", {"1": b"one" * 10, "2": b"two" * 10}, "2")


@given(st.integers(1, 2**50), st.integers(1, 2**50))
def test_a_token_says_what_it_was_made_for_in_any_case_and_after_a_rotation(ticket_id: int, entry_id: int) -> None:
    token = make_token(OLD, ticket_id, entry_id)
    assert read_token(KEYS, token) == read_token(KEYS, token.upper()) == Reference(ticket_id, entry_id)
    assert make_token(KEYS, ticket_id, entry_id) != token


def test_no_letter_of_a_token_can_be_changed() -> None:
    token = make_token(KEYS, 42, 7)
    letters = string.ascii_lowercase + string.digits + "-"
    changed = {token[:at] + letter + token[at + 1 :] for at in range(len(token)) for letter in letters} - {token}
    # A leading zero names the same ticket in another spelling; no other change may be read.
    assert not [forged for forged in changed if read_token(KEYS, forged) is not None]


@pytest.mark.parametrize(
    "forged", ["", "2-2a-7-", "9-2a-7-abcdefghijklmnopqrst", "2-2a-7-abcdefghijklmnopqrst\n", "é" * 40]
)
def test_nonsense_is_no_token(forged: str) -> None:
    assert read_token(KEYS, forged) is None


def test_tokens_are_found_in_addresses_first_and_in_our_message_ids_each_once() -> None:
    first, second = make_token(KEYS, 1, 2), make_token(KEYS, 3, 4)
    ids = [message_id_with(second, "academie.example"), message_id_with(first, "academie.example"), "x@y.example"]
    addresses = ["femke@ministerie.example", f"academy+{first}@academie.example", "academy+x@academie.example"]
    assert tokens_in(KEYS, addresses, ids) == [Reference(1, 2), Reference(3, 4)]


@given(st.integers(1, 2**50))
def test_the_token_of_a_return_path_and_that_of_an_answer_cannot_stand_in_for_each_other(mail_id: int) -> None:
    token = make_return_token(OLD, mail_id)
    assert read_return_token(KEYS, token) == read_return_token(KEYS, token.upper()) == mail_id
    assert read_token(KEYS, token) is None
    assert read_return_token(KEYS, make_token(KEYS, mail_id, 0)) is None
    assert returned_to(KEYS, ["x@y.example", f"academy+{token}@a.example", f"academy+{token}@a.example"]) == [mail_id]


def test_no_letter_of_a_return_paths_token_can_be_changed() -> None:
    token = make_return_token(KEYS, 42)
    changed = {token[:at] + letter + token[at + 1 :] for at in range(len(token)) for letter in "01ab-"} - {token}
    assert len(changed) > 100
    assert not [forged for forged in changed if read_return_token(KEYS, forged) is not None]
