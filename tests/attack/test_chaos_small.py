"""The fault run in small, one kill in each named point; what its judge can find; and the order of syncs, traced."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from tests.attack.corpus import Writer
from tests.attack.fault_run import FaultRun, Plan
from tests.attack.fsync import Order, prove_order
from tests.attack.kills import draw
from tests.attack.points import POINTS
from tests.services import dovecot, postgres
from tests.services.fixtures import need

SEED = 7


def test_nothing_is_lost_or_doubled_when_killed_once_in_each_point(capsys: pytest.CaptureFixture[str]) -> None:
    need(dovecot.available())
    report = FaultRun(Plan("sqlite", SEED, mails=60, kills=len(POINTS), timeout=120), lambda _line: None).run()
    with capsys.disabled():
        print(f"\n{report.line()}")  # noqa: T201 - the figures belong in the log of the test run
    assert report.good, (report.problems, report.wrong)
    assert report.kills == Counter({point.name: 1 for point in POINTS})
    assert report.counts["sent"] == report.counts["in_tickets"] == 60
    assert report.counts["planted"] == report.counts["planted_found"] > 0


def test_the_same_seed_gives_the_same_mails_and_kills() -> None:
    assert Writer(SEED, 80).all() == Writer(SEED, 80).all()
    assert Writer(SEED, 80).all() != Writer(SEED + 1, 80).all()
    assert draw(SEED, 60, 2000, "sqlite") == draw(SEED, 60, 2000, "sqlite")


def test_the_mails_have_every_kind_and_door() -> None:
    mails = Writer(SEED, 600).all()
    kinds, doors = Counter(mail.kind for mail in mails), Counter(mail.door for mail in mails)
    assert kinds["copy"] == 30
    assert all(kinds[kind] >= 18 for kind in ("no_id", "same_id", "early_reply"))
    assert abs(doors["imap"] / len(mails) - 2 / 3) < 0.02
    assert min(doors["smtp"], doors["lmtp"]) > 0
    assert sum("\\Deleted" in mail.flags for mail in mails) == 5


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_full_plan_kills_three_times_in_each_point_and_server(database: str) -> None:
    kills = draw(SEED, 60, 2000, database)
    per_point = Counter(kill.point for kill in kills if kill.point)
    assert len(kills) == 60
    assert all(per_point[point.name] == 3 for point in POINTS)
    assert sum(kill.renumber for kill in kills) == 1
    assert all(sum(kill.target == name for kill in kills) >= 3 for name in ("valkey", "sink"))
    assert sum(kill.target == "postgresql" for kill in kills) == (3 if database == "postgresql" else 0)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_all_is_synced_before_the_mailbox_is_told(database: str) -> None:
    need(dovecot.available())
    need(None if shutil.which("strace") else "No strace: apt-get install strace")
    need(postgres.available() if database == "postgresql" else None)
    proof = prove_order(database, SEED, 9)
    assert proof.good, proof.line()


def test_a_store_before_the_sync_is_seen() -> None:
    order = Order("sqlite")
    order.read('7 1.0 openat(AT_FDCWD, "/d/blobs/incoming/ab", O_RDWR|O_CREAT|O_EXCL, 0600) = 9</d/blobs/incoming/ab>')
    order.read('7 1.1 write(9</d/blobs/incoming/ab>, "x", 1) = 1')
    order.read('7 1.2 sendto(5<TCP:[1]>, "A1 UID STORE 4 +FLAGS.SILENT (\\\\Deleted)\\r\\n", 40, 0, NULL, 0) = 40')
    assert order.stores == 1
    assert len(order.early) == 1
