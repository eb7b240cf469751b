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

from tests.house.breaking import Break, Edit
from tests.house.sabotage import broken, copy_of_the_tree

_ENGINE = "helpdesk/privacy/copies/engine.py"
_GAPS = "helpdesk/adapters/sqlite_gaps.py"
_ZEROS = "            os.pwrite(raw, bytes(end - start), number * size + start)\n"
_EMPTY = "        if not log.exists() or log.stat().st_size == 0:\n            return\n"
_CHECKPOINT = '        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")\n'
_DROP = '("SELECT pg_switch_wal()", "CHECKPOINT")'
_TABLES = "helpdesk/privacy/copies/anew.py"
_ANEW = "for table in DIVIDED)\n"
_PEOPLE = "    yield from sorted((with_people() | set(OF_PEOPLE)) - set(DIVIDED))\n"


def _step(
    database: str, find: str, put: str = "", *, tickets: int = 24, path: str = _ENGINE, also: str = ""
) -> tuple[str, int, Break]:
    edits = [Edit(path, put, find), *([Edit(path, "", also)] if also else [])]
    return database, tickets, Break(find, "", "", tuple(edits))


STEPS: dict[str, tuple[str, int, Break]] = {
    "merge": _step("sqlite", "        if not merge_index(ports, goes_on):\n            return ()\n"),
    "log": _step("sqlite", _EMPTY, "        return\n", path=_GAPS, also=_CHECKPOINT),
    "gaps": _step("sqlite", _ZEROS, tickets=600, path=_GAPS),
    "overwrite": _step("sqlite", "secure_delete=ON", "secure_delete=OFF", path="helpdesk/adapters/database.py"),
    "older": _step("postgresql", "    older_have_ended(ports)\n", path=_TABLES),
    "texts": _step("postgresql", _ANEW, 'for table in ("search_text",))\n', path=_TABLES),
    "index": _step("postgresql", _ANEW, 'for table in ("content",))\n', path=_TABLES),
    "people": _step("postgresql", _PEOPLE, path=_TABLES),
    "switch": _step("postgresql", _DROP, '("CHECKPOINT",)'),
    "checkpoint": _step("postgresql", _DROP, '("SELECT pg_switch_wal()",)'),
}
"""Each step with the database it is for, the tickets it takes to see it missing, and the edit that takes it away."""


def without(step: str) -> int:
    """Run `make canary` in a copy that lacks the step.

    Returns 1, as the copy does, when words were found in it, and 2 when it came to no result.
    """
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
    return 2 if left is None else 1 if int(left.group(1)) else 0
