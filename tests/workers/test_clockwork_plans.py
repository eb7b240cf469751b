"""What is looked for every minute is found by an index: a house of years must not be read through to find nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdesk.ports import SCAN_WAITING, Ports
from tests.letters import letter, receive
from tests.plans import heard_by, plan_of, reads_all
from workers.job import run_here
from workers.schedule import TABLE

OFTEN = 60
"""Seconds: what is done once an hour may count all tickets, for it only reads then."""


@pytest.mark.parametrize("job", [turn.job for turn in TABLE if turn.seconds <= OFTEN])
def test_no_turn_of_a_minute_reads_a_large_table(ports: Ports, job: str) -> None:
    receive(ports, letter())
    kind = ports.engine.dialect.name
    ports = replace(ports, settings=replace(ports.settings, alarm_to="beheer@academie.example"))
    with heard_by(ports) as heard:
        assert run_here(job, ports)
    asked = {
        statement: parameters
        for statement, parameters in heard
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH"))
    }
    assert asked or job == SCAN_WAITING, "without a scanner nothing is asked"
    scans = {
        (statement, line)
        for statement, parameters in asked.items()
        for line in plan_of(ports, statement, parameters)
        if reads_all(kind, line)
    }
    assert not scans, f"a whole table is read: {scans}"
