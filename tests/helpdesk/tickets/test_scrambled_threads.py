"""Mails of one thread that come in any order end in one ticket; those of somebody else never do."""

from __future__ import annotations

from itertools import permutations

import pytest

from helpdesk.ports import Ports
from helpdesk.tickets.show import ticket_list_json
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive

IDS = tuple(f"<{name}@minbz.example>" for name in "abcd")


def thread_mail(place: int, **more: str) -> bytes:
    """The mail at this place of a thread: it answers the one before it and names all."""
    before = IDS[:place]
    named = {"In_Reply_To": before[-1], "References": " ".join(before)} if before else {}
    subject = "Re: Training verzetten" if before else "Training verzetten"
    return letter(f"Bericht {place}.", subject=subject, message_id=IDS[place], **(named | more))  # type: ignore[arg-type] # headers by name


def tickets(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return len(ticket_list_json(unit))


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_any_order_is_one_ticket(ports: Ports, order: tuple[int, ...]) -> None:
    for place in order:
        receive(ports, thread_mail(place))
    assert tickets(ports) == 1


def test_an_answer_that_names_only_its_parent_is_joined_by_it(ports: Ports) -> None:
    receive(ports, letter("Later.", message_id=IDS[1], In_Reply_To=IDS[0]))
    receive(ports, thread_mail(0))
    assert tickets(ports) == 1


def test_somebody_elses_early_answer_joins_nothing(ports: Ports) -> None:
    receive(ports, thread_mail(2, sender="Mallory <mallory@elders.example>"))
    receive(ports, thread_mail(0))
    receive(ports, thread_mail(1))
    assert tickets(ports) == 2


def test_two_answers_of_an_outsider_to_a_mail_that_is_here_stay_apart(ports: Ports) -> None:
    receive(ports, thread_mail(0))
    for name in ("x", "y"):
        receive(ports, thread_mail(1, sender="Mallory <mallory@elders.example>").replace(b"<b@", f"<{name}@".encode()))
    assert tickets(ports) == 3
