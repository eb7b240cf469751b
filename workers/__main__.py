"""`python -m workers run | schedule | wait | supervise`: the processes that do the work nobody waits for."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import threading
import time

from helpdesk.errors import HelpdeskError
from workers import launch


def _run(arguments: argparse.Namespace) -> int:
    from helpdesk.logs import configure
    from workers.confined import start_ahead
    from workers.job import own_ports, work_forever, work_off

    configure(arguments.name)
    ports = own_ports()
    if arguments.burst:
        return 0 if work_off(ports) else 1
    start_ahead(ports.settings.parsers)
    return work_forever(ports, arguments.name)


def _schedule(_arguments: argparse.Namespace) -> int:
    from helpdesk.logs import configure
    from workers.job import own_ports
    from workers.schedule import NAME, run_forever

    configure(NAME)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_forever(own_ports(), stop)
    return 0


def _wait(arguments: argparse.Namespace) -> int:
    from workers.beats import missing
    from workers.job import own_ports

    ports = own_ports()
    since = dt.datetime.fromtimestamp(arguments.since, dt.UTC) + ports.settings.clock_offset
    until = time.monotonic() + arguments.seconds
    while late := missing(ports, arguments.names, since):
        if time.monotonic() > until:
            sys.stderr.write(f"No sign of life from: {', '.join(late)}.\n")
            return 1
        time.sleep(0.1)
    return 0


def _supervise(arguments: argparse.Namespace) -> int:
    from workers.start import main as make_run

    if arguments.with_parent:
        launch.die_with_parent(os.getppid(), signal.SIGTERM)
    return make_run(os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workers", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="take nudges and run the jobs they name")
    run.add_argument("--burst", action="store_true", help="run everything that waits once, without Redis, and end")
    run.add_argument("--name", default="worker", help="name of this worker's heartbeat")
    run.set_defaults(do=_run)
    commands.add_parser("schedule", help="nudge the jobs at fixed intervals").set_defaults(do=_schedule)
    wait = commands.add_parser("wait", help="until each of these gave a sign of life")
    wait.add_argument("names", nargs="+")
    wait.add_argument("--since", type=float, default=0.0, help="Unix time after which a sign of life counts")
    wait.add_argument("--seconds", type=float, default=45.0, help="how long to wait at most")
    wait.set_defaults(do=_wait)
    supervise = commands.add_parser("supervise", help="what `make run` does: start everything and keep it running")
    supervise.add_argument("--with-parent", action="store_true", help="end when the process that started us ends")
    supervise.set_defaults(do=_supervise)
    return parser


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 with a sentence why not. Imports are late: the supervisor stays small."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.do(arguments)
    except HelpdeskError as fault:
        from helpdesk.text.language import fault_text, terminal_language

        sys.stderr.write(f"error: {fault_text(fault, terminal_language(os.environ))}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
