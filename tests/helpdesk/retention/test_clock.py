"""Until a register is in force every ticket waits for it, and its state is one of RD-24."""

from __future__ import annotations

import pytest

from helpdesk.ports import Ports
from helpdesk.retention.clock import is_state, reckon
from helpdesk.status import status
from tests.letters import letter, receive


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("waiting:register", True),
        ("blocked:original", True),
        ("dated", True),
        ("destroying", True),
        ("waiting", False),
        ("dated:soon", False),
        ("destroyed", False),
        ("", False),
    ],
)
def test_states_are_those_of_the_register(word: str, right: bool) -> None:
    assert is_state(word) is right


def test_what_is_reckoned_is_a_state() -> None:
    assert reckon().state == "waiting:register"
    assert reckon(original_in_mailbox=True).state == "blocked:original"


def test_the_states_add_up_to_all_tickets(ports: Ports) -> None:
    receive(ports, *(letter(f"{n}", message_id=f"<{n}@x>") for n in range(5)))
    found = status(ports)
    assert sum(found["retention"].values()) == found["tickets"] == found["tickets_created"] == 5
    assert all(is_state(word) for word in found["retention"])
