"""The same without one step of the scrub: in a copy of the tree whose source lacks it, words must be found.

WITHOUT=list names the steps.
"""

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
_DROP = '("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")'
_ANEW = "for table in _DIVIDED)\n"
_PEOPLE = "    yield from sorted((with_people() | set(OF_PEOPLE)) - set(_DIVIDED))\n"


def _step(database: str, find: str, put: str = "", *, tickets: int = 24, path: str = _ENGINE) -> tuple[str, int, Break]:
    return database, tickets, one(find, "", "", path, put, find)


STEPS: dict[str, tuple[str, int, Break]] = {
    "merge": _step("sqlite", "        merge_index(ports)\n"),
    "log": _step("sqlite", "        merge_index(ports)\n        empty_log(ports)\n", "        merge_index(ports)\n"),
    "gaps": _step("sqlite", "        overwrite_gaps(ports)\n", tickets=600),
    "log_again": _step(
        "sqlite", "        overwrite_gaps(ports)\n        empty_log(ports)\n", "        overwrite_gaps(ports)\n"
    ),
    "overwrite": _step("sqlite", "secure_delete=ON", "secure_delete=OFF", path="helpdesk/adapters/database.py"),
    "older": _step("postgresql", "    older_have_ended(ports)\n"),
    "texts": _step("postgresql", _ANEW, 'for table in ("search_text",))\n'),
    "index": _step("postgresql", _ANEW, 'for table in ("content",))\n'),
    "people": _step("postgresql", _PEOPLE),
    "checkpoint": _step("postgresql", _DROP, '("SELECT pg_switch_wal()", "CHECKPOINT")'),
    "switch": _step("postgresql", _DROP, '("CHECKPOINT", "CHECKPOINT")'),
    "drop": _step("postgresql", _DROP, '("CHECKPOINT", "SELECT pg_switch_wal()")'),
}
"""Each step with the database it is for, the tickets it takes to see it missing, and the edit that takes it away."""


def without(step: str) -> int:
    """Run `make canary` in a copy that lacks the step. Returns 1, as the copy does, when words were found in it."""
    if step not in STEPS:
        sys.stdout.write(f"{', '.join(STEPS)}\n")
        return 0 if step == "list" else 2
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
    sys.stdout.flush()
    return 1 if left and int(left.group(1)) else 0
