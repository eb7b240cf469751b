"""`make show-mail FILE=x.eml`: what becomes of one mail, as facts and as a picture of its ticket's page."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.memory import MemoryBus, MemoryJobs, MemoryMailer, SetClock
from helpdesk.keys import create_keys, load_keys
from helpdesk.migrating import migrate
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.settings import DeskSettings, Settings
from helpdesk.tickets import cleaning
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.accept import accept
from mail_ingest.envelope import Envelope
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.made_app import made_app
from tests.pictures import sign_in
from tests.services import chromium

EMAIL = "advisor@academie.example"
DESK = DeskSettings("academy", "academy@academie.example", "Leeradvies", "Learning advice")


def empty_ports(folder: Path, database: str = "") -> Ports:
    """Ports on an empty database, SQLite in this folder unless a URL is given, with memory adapters."""
    settings = Settings(data=folder, database=database, desks=(DESK,), min_free=0, parsers=0, secure_cookies=False)
    create_keys(folder / "keys.json")
    engine = connect_database(settings.database_url, durable=False)
    migrate(engine)
    adapters = (
        DiskBlobs(folder / "blobs"),
        MemoryBus(),
        MemoryJobs(),
        MemoryMailer(),
        SetClock(dt.datetime.now(dt.UTC)),
        DiskLedger(folder / "ledger"),
    )
    return Ports(settings, load_keys(folder / "keys.json"), engine, *adapters, "show-mail")


def filed(ports: Ports, raw: bytes) -> dict[str, Any]:
    """The mail's ticket, after it came through the door, the filing and the cleaning."""
    envelope = Envelope("imap", "academy", "academy", ports.now(), len(raw), uidvalidity=1, uid=1)
    accept([(raw, envelope)], ports)
    drain(ports, Readers(0))
    cleaning.drain(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return ticket_json(unit, ticket_list_json(unit)[0]["number"])


class _Quiet(WSGIRequestHandler):
    """Serves without a line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def served(ports: Ports) -> Iterator[str]:
    """The web on these ports, for as long as the block lasts; yields its address."""
    server = make_server("127.0.0.1", 0, made_app(ports), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def picture(ports: Ports, number: str, path: Path) -> None:
    """A picture of the whole ticket page, as an advisor sees it."""
    password = secrets.token_urlsafe(16)
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, EMAIL, "Advisor", ["advisor"], password)
    with served(ports) as address, chromium.Chromium() as browser:
        page = browser.browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        sign_in(page, {"url": address, "email": EMAIL, "password": password})
        page.goto(f"{address}/v/{number}")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path, full_page=True)


def main(arguments: list[str]) -> int:
    """Print the facts, take the picture beside the mail's name in this folder. Returns the exit code."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        sys.stderr.write("Say which mail: make show-mail FILE=x.eml\n")
        return 2
    source = Path(arguments[0])
    with tempfile.TemporaryDirectory() as folder:
        ports = empty_ports(Path(folder))
        ticket = filed(ports, source.read_bytes())
        sys.stdout.write(json.dumps(ticket, indent=1, ensure_ascii=False) + "\n")
        missing = chromium.available()
        target = Path(f"{source.stem}.png")
        if missing is None:
            picture(ports, ticket["number"], target)
        ports.engine.dispose()
    entry = ticket["entries"][0]
    shown = missing or str(target)
    sys.stdout.write(f"RESULT show-mail entries=1 attachments={len(entry['attachments'])} html={entry['html_state']} ")
    sys.stdout.write(f"picture={shown.replace(' ', '_')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
