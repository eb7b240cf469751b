"""The run of `make chaos-chat`, small: two pages, few lines, each server killed once."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.attack.chat import heard, wanted
from tests.conftest import need
from tests.services import chromium, valkey


def test_no_line_is_lost_doubled_or_out_of_order() -> None:
    for missing in (chromium.available(), valkey.available()):
        if missing:
            need(missing)
    said = {"LINES": "5", "KILLS": "1", "SEED": "5", "DB": "sqlite", "CHATS": "1", "PACE": "1.2"}
    command = [sys.executable, "-m", "tests.attack.chat"]
    done = subprocess.run(command, env=os.environ | said, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "killed: {'live': 1, 'valkey': 1, 'web': 1}" in done.stdout


def test_the_judge_sees_a_line_that_is_missing_doubled_or_late() -> None:
    good = ["0", "asker 1", "advisor 1", "asker 2", "advisor 2"]
    assert heard(good) == wanted(2)
    for wrong in (good[:-1], [*good, "asker 2"], [good[3], *good[:3], good[4]]):
        assert heard(wrong) != wanted(2)
