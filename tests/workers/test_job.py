"""Jobs by name: what a nudge starts, what a fault becomes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import pytest

from helpdesk.adapters.memory import MemoryJobs
from helpdesk.errors import Unavailable
from helpdesk.leases import hold
from helpdesk.ports import CLEAN_WAITING, DELIVER_WAITING, FILE_WAITING, JOBS, Ports
from workers import job
from workers.beats import missing
from workers.schedule import LEASE_SECONDS, NAME, TABLE, Schedule

BURST = [FILE_WAITING, CLEAN_WAITING, DELIVER_WAITING]


@dataclass
class Planted:
    """Jobs in place of the real ones: which ran, and what they raise."""

    ran: list[str] = field(default_factory=list)
    raises: dict[str, Exception] = field(default_factory=dict)

    def find(self, name: str) -> job.Job:
        def planted(_ports: Ports) -> None:
            self.ran.append(name)
            if name in self.raises:
                raise self.raises[name]

        return planted


@dataclass
class Clock:
    """A monotonic clock that is moved by hand."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


class NoRedis(MemoryJobs):
    """A queue that can't be reached."""

    def ping(self) -> None:
        raise Unavailable(code="redis")


def test_every_job_of_the_list_is_a_function() -> None:
    for name in JOBS:
        assert callable(job.resolve(name)), name


def test_a_job_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown job"):
        job.resolve("os:system")


def test_the_real_jobs_find_nothing_in_an_empty_database(ports: Ports) -> None:
    assert job.work_off(ports)
    assert all(job.run_here(name, ports) for name in JOBS)


def test_a_burst_runs_everything_that_waits_and_says_whether_it_came_through(ports: Ports) -> None:
    planted = Planted(raises={FILE_WAITING: Unavailable(code="database")})
    assert not job.work_off(ports, planted.find)
    assert planted.ran == BURST
    planted.raises.clear()
    assert job.work_off(ports, planted.find)


def test_a_fault_is_logged_by_kind_and_place_never_by_value(ports: Ports, caplog: pytest.LogCaptureFixture) -> None:
    planted = Planted(raises={FILE_WAITING: ValueError("femke@ministerie.example")})
    assert not job.run_here(FILE_WAITING, ports, planted.find)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    said = vars(record)
    assert (said["fault"], said["job"]) == ("ValueError", FILE_WAITING)
    assert "test_job.py:" in said["code"]
    assert "femke" not in str(said)


def nudged(ports: Ports) -> list[str]:
    assert isinstance(ports.jobs, MemoryJobs)
    return ports.jobs.nudges


def test_the_scheduler_nudges_each_job_as_often_as_the_table_says(ports: Ports) -> None:
    clock = Clock()
    schedule = Schedule(ports, clock)
    for _ in range(241):
        schedule.tick()
        clock.seconds += 0.5
    assert set(nudged(ports)) == set(JOBS)
    for turn in TABLE:
        assert abs(nudged(ports).count(turn.job) - (120 / turn.seconds + 1)) <= 1, turn.job
        assert turn.why
    assert missing(ports, [NAME], ports.now()) == []


def test_the_scheduler_does_the_work_itself_while_redis_is_gone(ports: Ports) -> None:
    planted, alone = Planted(), replace(ports, jobs=NoRedis())
    schedule = Schedule(alone, Clock(), lambda name, given: job.run_here(name, given, planted.find))
    schedule.tick()
    assert set(planted.ran) == set(JOBS)
    assert nudged(alone) == []


def test_only_one_scheduler_works_and_another_takes_over_when_it_leaves(ports: Ports) -> None:
    assert hold(replace(ports, holder="other:1:x"), NAME, LEASE_SECONDS)
    clock = Clock()
    second = Schedule(ports, clock)
    second.tick()
    assert nudged(ports) == []
    first = Schedule(replace(ports, holder="other:1:x"), clock)
    first.leave()
    clock.seconds += 10
    second.tick()
    assert set(nudged(ports)) == set(JOBS)


def test_who_gave_no_sign_of_life_is_named(ports: Ports) -> None:
    assert missing(ports, ["worker-1"], ports.now()) == ["worker-1"]
