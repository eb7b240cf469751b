"""A helpdesk full of people who chat, for `make bench-chat`: rows, sessions, and the processes that serve them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, update

from helpdesk.chat import desk, saying
from helpdesk.models import Chat, Ticket
from helpdesk.people import requester_sessions, sign_in
from helpdesk.people.accounts import create_account
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.settings_reader import from_env
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from helpdesk.wiring import connect
from tests.services.postgres import Postgres
from tests.services.process import free_port, wait_until
from tests.services.valkey import Valkey
from tests.web.running import Running, Web, environment

PASSWORD = "een lang wachtwoord"
_AT_ONCE = 50
_EACH = 10
TOML = """
[[desk]]
key = "academy"
address = "academy@helpdesk.example"
name_nl = "Leeradvies Academie"
name_en = "Academy learning advice"
receipt = false
"""


@dataclass
class Person:
    """Somebody who asks: the cookie, and the chat."""

    cookie: str
    number: str
    ticket_id: int
    advisor: int


@dataclass
class Site:
    """The running helpdesk; `advisors` are cookies."""

    ports: Ports
    web: Web
    live: Running
    live_port: int
    valkey: Valkey
    words: dict[str, str]
    people: list[Person] = field(default_factory=list)
    advisors: list[str] = field(default_factory=list)


@contextlib.contextmanager
def site(database: str, streams: int, chats: int) -> Iterator[Site]:
    """`streams` people with a chat each, the first `chats` of them picked up by an advisor."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-bench-chat-")))
        (folder / "helpdesk.toml").write_text(TOML)
        valkey = stack.enter_context(Valkey())
        postgres = stack.enter_context(Postgres()) if database == "postgresql" else None
        url, live_port = postgres.fresh_database() if postgres else "", free_port()
        said = {"REDIS": valkey.url, "LIVE_PORT": str(live_port), "CHAT_CAPACITY": "10"}
        words = environment(folder, url, **said)
        for verb in ("init", "migrate"):
            Running(("helpdesk", verb), words).process.wait(120)
        # Without hours nobody waits in a queue while the house is filled.
        closed = {**words, "HELPDESK_CHAT_HOURS": ""}
        ports = connect(from_env({name: word for name, word in closed.items() if name.startswith("HELPDESK_")}))
        stack.callback(ports.engine.dispose)
        filled = Site(ports, None, None, live_port, valkey, words)  # type: ignore[arg-type] # started below
        _fill(filled, streams, chats)
        filled.live = Running(("web", "live"), words)
        stack.callback(filled.live.kill)
        filled.web = Web(folder, url, **said)
        stack.callback(filled.web.kill)
        assert wait_until(lambda: not filled.live.process.poll(), 5)
        yield filled


def _fill(filled: Site, streams: int, chats: int) -> None:
    ports = filled.ports
    ids = []
    for number in range(-(-chats // _EACH)):
        email = f"advisor{number}@academie.example"
        with unit_of_work(ports, SYSTEM) as unit:
            ids.append(create_account(unit, email, f"Advisor {number}", ["advisor"], PASSWORD))
            filled.advisors.append(f"helpdesk={sign_in.open_session(unit, ids[-1])}")
        with unit_of_work(ports, Actor(ids[-1], frozenset({"advisor"}))) as unit:
            desk.be(unit, "available", _EACH)
    for start in range(0, streams, _AT_ONCE):
        with unit_of_work(ports, SYSTEM) as unit:
            for number in range(start, min(start + _AT_ONCE, streams)):
                address = f"person{number}@minbz.example"
                person = person_for(unit, address, f"Person {number}")
                unit.rows.write()
                unit.actor = Actor(requester=Requester(person.id, address))
                asked = saying.start(unit, "academy", f"Vraag {number}", f"bench-{number:08}")
                token = requester_sessions.open_session(unit, address)
                filled.people.append(Person(f"vragen={token}", asked.number, 0, number % len(ids)))
    with unit_of_work(ports, SYSTEM) as unit:
        numbers = dict(unit.session.execute(select(Ticket.number, Ticket.id)).all())
        for place, person_ in enumerate(filled.people):
            person_.ticket_id = numbers[person_.number]
            if place < chats:
                mine = update(Chat).where(Chat.ticket_id == person_.ticket_id)
                unit.session.execute(mine.values(state="active", account_id=ids[person_.advisor]))
