"""The same without one step of the scrub: in a copy of the tree whose source lacks it, words must be found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.house.breaking import Break, one
from tests.house.sabotage import broken, copy_of_the_tree

_ENGINE = "helpdesk/privacy/copies/engine.py"
STEPS: dict[str, tuple[str, int, Break]] = {
    "merge": ("sqlite", 24, one("merge", "", "", _ENGINE, "", "        merge_index(ports)\n")),
    "gaps": (
        "sqlite",
        600,
        one("gaps", "", "", _ENGINE, "", "        overwrite_gaps(ports)\n        empty_log(ports)\n"),
    ),
    "log": (
        "sqlite",
        24,
        one("log", "", "", _ENGINE, "        if row is not None:\n", "        if row is not None and row[0] == 0:\n"),
    ),
    "overwrite": (
        "sqlite",
        24,
        one("overwrite", "", "", "helpdesk/adapters/database.py", "secure_delete=OFF", "secure_delete=ON"),
    ),
    "anew": (
        "postgresql",
        24,
        one("anew", "", "", _ENGINE, "    for table in ():\n", "    for table in to_write_anew(ports):\n"),
    ),
    "wal": (
        "postgresql",
        24,
        one(
            "wal",
            "",
            "",
            _ENGINE,
            'for statement in ("SELECT 1",):',
            'for statement in ("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"):',
        ),
    ),
}
"""Each step with the database it is for, the tickets it takes to see it missing, and the edit that takes it away."""


def without(step: str) -> int:
    """Run `make canary` in a copy that lacks the step. Returns 1, as the copy does, when words were found in it."""
    if step not in STEPS:
        sys.stderr.write(f"There is no such step; there are: {', '.join(STEPS)}\n")
        return 2
    database, tickets, edit = STEPS[step]
    environment = {name: said for name, said in os.environ.items() if name != "WITHOUT"} | {"DB": database}
    with tempfile.TemporaryDirectory(prefix="hd-without-") as folder:
        copy_of_the_tree(Path(folder))
        with broken(Path(folder), edit):
            done = subprocess.run(
                [sys.executable, "-m", "tests.canary"],
                cwd=folder,
                env={"TICKETS": str(tickets)} | environment | {"PYTHONPATH": folder},
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
    sys.stdout.write(done.stdout)
    left = re.search(r"destroyed_found=(\d+)", done.stdout)
    sys.stdout.write(f"RESULT canary without={step} database={database} found={left.group(1) if left else '-'}\n")
    return 1 if left and int(left.group(1)) else 0
