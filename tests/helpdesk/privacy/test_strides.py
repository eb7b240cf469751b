"""How many tickets go into one transaction follows what transactions take, so that writers wait for a moment only."""

from __future__ import annotations

from helpdesk.ports import Ports
from helpdesk.privacy import deciding, destruction
from helpdesk.privacy.strides import MOMENT, Stride
from helpdesk.tickets.merging import merge
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import due, ledger, listed, pass_window
from tests.holds import let_terms_end, states


def test_a_stride_shrinks_at_once_and_grows_step_by_step(ports: Ports) -> None:
    stride, alone = Stride(ports, 100), ports.engine.dialect.name == "sqlite"
    first = stride.size
    assert stride.of(first + first // 4) == first + first // 4
    assert stride.of(3 * first) == first
    stride.took(first, 4 * MOMENT)
    assert stride.size == (first // 4 if alone else 100)
    stride.took(stride.size, 0.0)
    assert stride.size == (first // 4 * 2 if alone else 100)
    stride.took(1, 100.0)
    assert stride.size == (1 if alone else 100)
    stride.took(0, 100.0)
    for _ in range(9):
        stride.took(stride.size, 0.0)
    assert stride.size == 100


def test_what_was_merged_goes_in_the_transaction_of_what_it_went_into(
    ports: Ports, admin: Actor, officer: Actor
) -> None:
    numbers = due(ports, 5)
    for number in numbers[:2]:
        with unit_of_work(ports, SYSTEM) as unit:
            merge(unit, number, numbers[4])
    let_terms_end(ports)
    listed(ports, admin, officer)
    pass_window(ports)
    (found,) = destruction.ready(ports)
    slow = Stride(ports, 1)
    batch = deciding.decide(ports, found, slow)
    assert [[one.id == one.root for one in family] for family in batch.families()] == [
        [True],
        [True],
        [False, False, True],
    ]
    assert destruction.run(ports).destroyed == 5
    assert states(ports) == []
    assert sum("merged=1" in entry.parts for entry in ledger(ports, "destroyed")) == 2
