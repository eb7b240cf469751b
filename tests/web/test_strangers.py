"""Whom a thing is not for is answered as for one that is not there: every route that names something of a question.

The routes are the site's own: one with an argument that is not known here fails. Each is asked for by everybody, once
with what is there and once with what is not; who it belongs to gets it in the same run.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from helpdesk.chat import guests
from helpdesk.models import Attachment, Entry, RequesterSession
from helpdesk.people import requester_sessions
from helpdesk.people.access import own_ticket_for
from helpdesk.people.accounts import actor_named, create_account, set_desks
from helpdesk.ports import Ports
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.unit import NOBODY, SYSTEM, unit_of_work
from helpdesk.uploads import sending
from tests.chats import Office, client_id
from tests.letters import letter, receive
from tests.made_app import made_app
from tests.web.asker import FEMKE, shown, signs_in
from tests.web.conftest import MARIJE, TECH
from tests.web.visitor import PASSWORD, Visitor
from web.guards import REQUESTER, guard_of

AHMED, OUTSIDER, ELSEWHERE = "ahmed@minbz.example", "trainer@buiten.example", "elders@academie.example"
OURS = {"Sec-Fetch-Site": "same-origin", "Upload-Offset": "0"}
ABSENT = {"number": "2026-99999", "attachment_id": "99999", "entry_id": "99999", "token": "f" * 32}
"""What is not there, by the name of the argument."""
KNOWN = {"view": "alle", "kind": "answer", "query_id": "0"}
"""What the other arguments of such routes are."""
OWN = (
    *("article_id", "reply_id", "person_id", "request_id", "list_id", "hold_id", "run_id"),
    *("rule", "period", "inbound_id", "fact_id", "processing"),
)
"""Arguments of routes that name nothing of a question; `docs/roles.csv` says who may ask for those."""
FORM = {"text": "Nog iets", "client_id": "een-twee-drie", "how": "end", "status": "done", "receipts": "1"}


ONE = "/werk/w/<view>/<number>"
MORE = {
    ("GET", "/v/<number>"),
    ("GET", f"{ONE}/wie/<query_id>"),
    *(("POST", f"{ONE}/{act}") for act in ("concept/<kind>/mee", "invoegen/kies", "ongedaan", "opnieuw")),
    *(("POST", f"{ONE}/{act}") for act in ("samenvoegen", "samenvoegen-ongedaan", "verplaatsen", "wie/is")),
}
"""A way on, and acts that must name something besides, which is not there: whose ticket it is is told the same."""


@dataclass
class Site:
    """An application with one of everything that is somebody's; `there` holds it by argument and area."""

    app: Flask
    ports: Ports
    there: dict[tuple[str, str], str] = field(default_factory=dict)

    def value(self, route: str, name: str) -> str:
        """What is there for this argument of the route: of Femke, or on the desk."""
        return self.there.get((name, _area(route)), self.there.get((name, ""), ""))


def _area(route: str) -> str:
    return next((area for area in ("/chat", "/werk/chat", "/mijn-bestanden", "/werk/opsturen") if area in route), "")


@pytest.fixture
def site(site_ports: Ports) -> Site:
    ports = replace(site_ports, settings=replace(site_ports.settings, chat_guests=True))
    office = Office(ports)
    receive(ports, letter("Een mail", sender=f"Ahmed <{AHMED}>", message_id="<a@x>"))
    receive(ports, letter("Nog een", sender=f"Trainer <{OUTSIDER}>", message_id="<b@x>"))
    receive(ports, letter("Mag het?", html="<p>Mag <b>het</b>?</p>", files=(("rooster.txt", b"maandag"),)))
    clean(ports)
    femke = office.asker()
    office.advisor("Bo Vrij", capacity=9)
    chat = office.start(femke).number
    with unit_of_work(ports, SYSTEM) as unit:
        marije = actor_named(unit, MARIJE)
    for actor, token in ((femke, "a" * 32), (marije, "b" * 32)):
        with unit_of_work(ports, actor) as unit:
            sending.begin(unit, token, "plan.pdf", 9)
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, ELSEWHERE, "Elders", ["advisor"], PASSWORD, from_start=True)
        set_desks(unit, ELSEWHERE, ["languages"])
        file = unit.session.scalars(select(Attachment)).one()
        entry = unit.session.get_one(Entry, file.entry_id)
        there = {"attachment_id": str(file.id), "entry_id": str(entry.id), "number": "2026-00003"}
    with unit_of_work(ports, femke, write=False) as unit:
        assert own_ticket_for(unit, "2026-00003").id == entry.ticket_id
    found = Site(made_app(ports), ports, {(name, ""): value for name, value in there.items()})
    found.there |= {("number", "/chat"): chat, ("number", "/werk/chat"): chat}
    found.there |= {("token", "/mijn-bestanden"): "a" * 32, ("token", "/werk/opsturen"): "b" * 32}
    return found


def visitors(site: Site) -> dict[str, Visitor]:
    """Everybody who may try, by a name that says who."""
    names = ("nobody", "expired", "guest", AHMED, OUTSIDER, ELSEWHERE, TECH)
    found = {name: Visitor(site.app) for name in names}
    for name in (AHMED, OUTSIDER):
        signs_in(found[name], site.ports, name)
    for name in (ELSEWHERE, TECH):
        assert found[name].sign_in(name).status_code == 200
    with unit_of_work(site.ports, NOBODY) as unit:
        found["guest"].client.set_cookie("gast", guests.begin(unit, "academy", "Hallo", client_id(), "", "")[0])
        ended = requester_sessions.open_session(unit, FEMKE)
        found["expired"].client.set_cookie("vragen", ended)
        mine = RequesterSession.token_hmac == unit.ports.keys.session_digest(ended)
        unit.session.execute(update(RequesterSession).where(mine).values(ends=unit.now - dt.timedelta(seconds=1)))
    return found


def routes(app: Flask) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Verb, route, the arguments that name something of a question, and the verb of the guard."""
    found = []
    for rule in app.url_map.iter_rules():
        guard = guard_of(app, rule.endpoint)
        named = tuple(sorted(rule.arguments & set(ABSENT)))
        assert rule.arguments <= {*ABSENT, *KNOWN, *OWN, "filename", "version"}, f"{rule.rule}: what is this argument?"
        if guard is not None and guard.verb is not None and named and not rule.arguments & set(OWN):
            verbs = (rule.methods or set()) & {"GET", "POST", "PATCH"}
            found += [(verb, rule.rule.replace("<int:", "<"), named, guard.verb) for verb in verbs]
    return sorted(found)


def ask(who: Visitor, verb: str, path: str, token: str) -> TestResponse:
    if verb == "GET":
        return who.client.get(path, headers={"Sec-Fetch-Dest": "iframe"})
    headers = OURS | {"X-Formulier": token}
    data = b"%PDF-1.7 " if verb == "PATCH" else FORM | {"formulier": token}
    return who.client.open(path, method=verb, data=data, headers=headers)


def both(site: Site, who: Visitor, cell: tuple[str, str, tuple[str, ...], str], token: str) -> list[object]:
    """How somebody is answered for what is there, and for what is not."""
    verb, route, named, _guard = cell
    answers: list[object] = []
    for absent in (False, True):
        path, value = route, ""
        for name in named:
            value = ABSENT[name] if absent else site.value(route, name)
            assert value, (route, name)
            path = path.replace(f"<{name}>", value)
        for name, usual in KNOWN.items():
            path = path.replace(f"<{name}>", usual)
        answers.append(shown(ask(who, verb, path, token), value))
    return answers


def token_of(who: Visitor, verb: str) -> str:
    """A good token of the forms of this visitor, in the area where the verb counts."""
    page = who.page("/chat" if verb == REQUESTER else "/werk/hulp")  # on the pages of the chat a guest is somebody, too
    return next(form.fields["formulier"] for form in page.forms if "formulier" in form.fields)


def test_a_stranger_is_answered_as_for_what_is_not_there_and_the_owner_gets_it(site: Site) -> None:
    cells, wrong, seen = routes(site.app), [], 0
    for name, who in visitors(site).items():
        tokens = {verb: token_of(who, verb) for verb in {cell[3] for cell in cells}}
        for cell in cells:
            there, absent = both(site, who, cell, tokens[cell[3]])
            seen += 1
            if there != absent or there[0] not in (303, 401, 404):  # type: ignore[index] # status, headers and body
                wrong.append((name, *cell[:2], there, absent))
    assert seen == 7 * len(cells) >= 7 * 70
    assert not wrong, wrong[:3]
    owners = {True: Visitor(site.app), False: Visitor(site.app)}
    signs_in(owners[True], site.ports)
    owners[False].sign_in(MARIJE)
    tokens_of_theirs = {asks: token_of(who, REQUESTER if asks else "") for asks, who in owners.items()}
    same = set()
    for cell in cells:
        asks = cell[3] == REQUESTER
        there, absent = both(site, owners[asks], cell, tokens_of_theirs[asks])
        same |= {cell[:2]} if there == absent else set()
    assert same == MORE, "whose it is gets it"
