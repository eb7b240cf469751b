"""Starts the servers: gunicorn with threads for the pages, uvicorn for the event stream; the only importer of both."""

from __future__ import annotations

import gc
import resource
import socket
import sys
from typing import Any

import uvicorn
from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # gunicorn ships no types

from helpdesk import wiring
from helpdesk.errors import Misconfigured
from helpdesk.keys import load_keys
from helpdesk.privacy import gate
from helpdesk.settings import Settings
from web.app import create_app
from web.live import create_live_app

GRACE = 5
"""Seconds an open request gets at the end."""
_TURN_SECONDS = 0.0002
"""After so long a thread that computes gives way. A page asks the database dozens of times and waits for its turn after
each: with Python's own 5 ms a line of chat would take as long as the long list that is made beside it."""
_LOOK_FOR_GARBAGE = (5_000, 10, 1_000)
"""As `gc.set_threshold` takes it: the young are looked through in a millisecond, the old seldom."""


def _listener(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises Misconfigured when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as fault:
        found.close()
        raise Misconfigured("Port {port} on {host} can't be used: choose another.", port=port, host=host) from fault
    return found


class _Pages(BaseApplication):  # type: ignore[misc] # as above
    """gunicorn with our options; the application is made in its worker, so that no connection is shared by a fork."""

    def __init__(self, settings: Settings, descriptor: int) -> None:
        self._settings, self._descriptor = settings, descriptor
        super().__init__()

    def load_config(self) -> None:
        """One process with threads. No access log: our own line names the route's template, never a path."""
        options: dict[str, Any] = {
            "bind": f"fd://{self._descriptor}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": self._settings.web_threads,
            "graceful_timeout": GRACE,
            "timeout": 60,
            "keepalive": 5,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of one worker. What stands now stays: looking through all of it for garbage would stop a
        request for a tenth of a second, time and again."""
        sys.setswitchinterval(_TURN_SECONDS)
        app = create_app(self._settings)
        gc.collect()
        gc.freeze()
        return app


def serve(settings: Settings) -> int:
    """Serve the pages until told to stop."""
    ports = wiring.connect(settings)
    gate.enter(ports)
    ports.engine.dispose()
    listener = _listener(settings.host, settings.port)
    listener.listen(2048)
    listener.set_inheritable(True)
    _Pages(settings, listener.fileno()).run()
    return 0


def serve_live(settings: Settings) -> int:
    """Serve the event stream until told to stop. Every stream is an open file: as many as the system allows."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    keys, clock = load_keys(wiring.keys_path(settings)), wiring.SystemClock(settings.clock_offset)
    listener = _listener(settings.host, settings.live_port)
    options = uvicorn.Config(
        create_live_app(settings.redis_url, keys.session, lambda: clock().timestamp()),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
    )
    # Thousands of open streams are hundreds of thousands of objects that stay; looking through them stops everybody.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_LOOK_FOR_GARBAGE)
    uvicorn.Server(options).run(sockets=[listener])
    return 0
