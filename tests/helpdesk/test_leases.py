"""Leases: one holder at a time, taken over when it died."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from helpdesk.leases import beat, hold, release
from helpdesk.models import Flag
from helpdesk.ports import Ports
from helpdesk.status import status
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import wait


def test_one_holds_and_the_other_waits_until_it_is_over(ports: Ports) -> None:
    other = replace(ports, holder="other")
    assert hold(ports, "x", 60)
    assert hold(ports, "x", 60), "the holder renews"
    assert not hold(other, "x", 60)
    assert hold(other, "y", 60), "another lease is another matter"
    wait(ports, timedelta(seconds=61))
    assert hold(other, "x", 60)
    assert not hold(ports, "x", 60)


def test_a_lease_given_back_is_free_at_once_but_only_by_its_holder(ports: Ports) -> None:
    other = replace(ports, holder="other")
    hold(ports, "x", 60)
    release(other, "x")
    assert not hold(other, "x", 60)
    release(ports, "x")
    assert hold(other, "x", 60)


def test_a_beat_shows_in_the_status(ports: Ports) -> None:
    beat(ports, "poller")
    wait(ports, timedelta(seconds=90))
    assert status(ports)["processes"] == {"poller": 90}


def test_nobody_holds_anything_during_an_update(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(Flag(name="maintenance", value="on"))
    assert not hold(ports, "x", 60)
