"""The fault run, `make chaos`: mail comes in by every door while everything is killed; nothing is lost or doubled.

Sizes by environment: MAILS=2000 KILLS=60 SEED=7 DB=sqlite|postgresql|both POINTS=list|name,… FSYNC=1 TIMEOUT=seconds.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time

from tests.attack.fault_run import FaultRun, Plan
from tests.attack.fsync import prove_order
from tests.attack.points import BY_NAME, POINTS


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _list_points() -> int:
    for point in POINTS:
        _say(f"{point.name:22} {'/'.join(point.roles):18} {point.says}")
    return 0


def main() -> int:
    """One run per database; 0 when every limit was met."""
    asked = os.environ.get("POINTS", "")
    if asked == "list":
        return _list_points()
    chosen = tuple(BY_NAME[name] for name in asked.split(",") if name) or POINTS
    databases = {"both": ("sqlite", "postgresql")}.get(os.environ.get("DB", "both"), (os.environ.get("DB", ""),))
    seed = int(os.environ.get("SEED", "7"))
    good = True
    logging.getLogger().addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for database in databases:
        if os.environ.get("FSYNC") == "1":
            proof = prove_order(database, seed, int(os.environ.get("MAILS", "60")))
            _say(proof.line())
            good &= proof.good
            continue
        plan = Plan(
            database=database,
            seed=seed,
            mails=int(os.environ.get("MAILS", "2000")),
            kills=int(os.environ.get("KILLS", "60")),
            points=chosen,
            timeout=float(os.environ.get("TIMEOUT", "1800")),
        )
        began = time.monotonic()
        report = FaultRun(plan, _say).run()
        for line in report.wrong[:40]:
            _say(f"  {line}")
        _say(f"{report.line()} seconds={time.monotonic() - began:.0f}")
        good &= report.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
