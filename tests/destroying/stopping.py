"""A command of ours that can be stopped where it stands: `python -m tests.destroying.stopping FOLDER`.

It loads everything, says `ready`, and waits for lines of JSON: the environment, the words of the command, and whether
to note by what it comes. For each it becomes that command, in a process made for it.

A step is anything that becomes durable: a commit, a line in the ledger, a file unlinked, a sync, a program started;
before it and after it. Its name is the way by which the command came there, so the list of steps is the product's own,
whatever it looks like.

While FOLDER holds `armed` the process freezes at that step (`tests.attack.stopper`), and somebody outside kills it.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from tests.attack.stopper import FileGate

Gate = Callable[[str], None]
_UNDER = ("helpdesk.unit", "helpdesk.rows", "helpdesk.adapters", "helpdesk.__main__", "helpdesk.commands")
_RUN = "run"


class Noting:
    """Writes down each step, every time it comes by."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "passed"

    def __call__(self, step: str) -> None:
        """One pass."""
        with self._file.open("a", encoding="utf-8") as out:
            out.write(f"{step}\n")


def way() -> str:
    """The functions of ours through which this was reached, the outermost first; nothing outside a run of lists."""
    names: list[str] = []
    frame: Any = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("helpdesk.") and not module.startswith(_UNDER):
            names.append(frame.f_code.co_name.strip("_<>"))
        frame = frame.f_back
    names.reverse()
    return "/".join(names[names.index(_RUN) + 1 :] if _RUN in names else names)


def watch(gate: Gate) -> None:
    """Look at the gate before and after whatever becomes durable."""

    def pass_by(when: str, what: str) -> None:
        gate(f"{when}:{what}:{way()}")

    def around(holder: Any, name: str, what: str) -> None:
        original = getattr(holder, name)

        @functools.wraps(original)
        def watched(*arguments: Any, **named: Any) -> Any:
            pass_by("before", what)
            result = original(*arguments, **named)
            pass_by("after", what)
            return result

        setattr(holder, name, watched)

    def committing(when: str) -> Callable[[Session], None]:
        def look(session: Session) -> None:
            options: Mapping[str, Any] = getattr(session.bind, "get_execution_options", dict)()
            if not options.get("reading"):
                pass_by(when, "commit")

        return look

    event.listen(Session, "before_commit", committing("before"))
    event.listen(Session, "after_commit", committing("after"))
    around(DiskLedger, "append", "ledger")
    around(DiskBlobs, "destroy", "blobs")
    around(os, "unlink", "unlink")
    around(os, "fsync", "sync")
    around(subprocess, "run", "program")


def main() -> None:
    """Be the command each time it is said to, in a process of its own; say its number, and how it ended."""
    folder = Path(sys.argv[1])
    command = importlib.import_module("helpdesk.__main__")
    _say("ready")
    for line in sys.stdin:
        said = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_be(command.main, folder, said))
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _be(command: Callable[[], None], folder: Path, said: dict[str, Any]) -> int:
    """The command; nothing of the process that was loaded is in its way. Returns its exit code."""
    os.setsid()
    for number, path in ((0, os.devnull), (1, os.devnull), (2, said["errors"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    os.environ.update(said["environment"])
    sys.argv = ["helpdesk", *said["words"]]
    code = 1
    try:
        watch(Noting(folder) if said["noting"] else FileGate(folder))
        command()
        code = 0
    except SystemExit as left:
        code = int(left.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
