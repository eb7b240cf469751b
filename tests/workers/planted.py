"""A supervisor over planted children, to be killed by a test: the table is JSON in argv[1]. Not a test itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from workers.child import Process
from workers.readiness import at_once, port_answers
from workers.supervise import EndedError, NotReadyError, Supervisor

SLEEPER = "import time; time.sleep(1000)"
WITH_GRANDCHILDREN = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], start_new_session=True)
if os.fork() == 0 and os.fork() == 0:
    os.setsid()
time.sleep(1000)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
HTTPServer(("127.0.0.1", int(sys.argv[1])), BaseHTTPRequestHandler).serve_forever()
"""


def main() -> int:
    """Run the table until a signal; pids go to pids.json, every line to standard output."""
    said = json.loads(sys.argv[1])
    folder = Path(said["folder"])

    def changed(pids: object) -> None:
        fresh = folder / "pids.new"
        fresh.write_text(json.dumps(pids))
        fresh.replace(folder / "pids.json")

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    table = [
        Process(
            row["name"],
            (sys.executable, "-c", *row["command"]),
            port_answers(row["port"]) if row.get("port") else at_once,
            once=row.get("once", False),
            patience=row.get("patience", 20),
        )
        for row in said["table"]
    ]
    supervisor = Supervisor(os.environ, folder=folder, logs=folder, say=say, changed=changed)
    try:
        supervisor.start(table)
        say("ready")
        supervisor.run()
    except EndedError:
        return 0
    except NotReadyError as fault:
        say(f"error: {fault}")
        return 1
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
