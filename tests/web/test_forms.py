"""Every act has a form on a page that works without scripts; one that only a script could send fails here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import cast

import pyotp
from flask import Flask
from werkzeug.exceptions import HTTPException

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import PermanentRefusal
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import OutgoingMail
from helpdesk.ports import Ports
from helpdesk.sign_in.forgotten import ask_for_link
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive, wait
from tests.web.conftest import MARIJE
from tests.web.test_inert import parked_mail
from tests.web.visitor import PASSWORD, Page, Visitor

FIRST, SECOND = "/werk/w/open/2026-00001", "/werk/w/open/2026-00002"


def post_routes(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())}


def endpoints(app: Flask, page: Page) -> Iterator[str]:
    """The routes to which the forms of a page go."""
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for form in page.forms:
            assert form.method == "post"
            try:
                yield str(adapter.match(form.action, method="POST")[0])
            except HTTPException as fault:
                raise AssertionError(f"a form goes nowhere: {form.action}") from fault


def pages(ports: Ports, visitor: Visitor) -> Iterator[Page]:
    """Pages in the states in which their forms show."""
    mailer = cast("MemoryMailer", ports.mailer)
    receive(ports, letter(Cc="ahmed@minbz.example"))
    receive(ports, letter("Nog iets", subject="Re: Training verzetten", message_id="<m2@minbz.example>"))
    parked_mail(ports, letter())
    yield from (visitor.page(path) for path in ("/beheer/geparkeerd", "/werk/nieuw", "/werk/instellingen"))
    hinted = visitor.page(SECOND)
    yield hinted
    merged = visitor.send(next(form for form in hinted.forms if form.fields.get("into") == "2026-00001"))
    yield Page(merged.text)
    yield Page(visitor.send(visitor.page(FIRST).form("/deelnemer"), address="coen@minbz.example").text)
    answered = visitor.send(visitor.page(FIRST).form("/antwoord"), text="Dat kan.")
    yield Page(answered.text)

    def refuse(_recipients: object) -> None:
        raise PermanentRefusal("no", code="550")

    mailer.refuse = refuse
    wait(ports)
    deliver_waiting(ports)
    yield visitor.page(FIRST)
    yield Page(visitor.send(visitor.page(FIRST).form("/spam")).text)


def own_pages(ports: Ports, visitor: Visitor, colleague: Visitor) -> Iterator[Page]:
    """Pages about oneself, in the states in which their forms show."""
    colleague.send(colleague.page(FIRST).form("/toewijzen"), account="1")
    yield visitor.page("/werk/meldingen")
    asked = visitor.page("/werk/instellingen/code")
    yield asked
    form = asked.form("/code")
    code = pyotp.TOTP(form.fields["secret"]).at(ports.now())
    yield Page(visitor.send(form, password=PASSWORD, code=code).text)


def strangers_pages(ports: Ports, stranger: Visitor) -> Iterator[Page]:
    """Pages of who is not signed in."""
    yield stranger.page("/inloggen")
    yield stranger.page("/wachtwoord-vergeten")
    with unit_of_work(ports, SYSTEM) as unit:
        ask_for_link(unit, MARIJE)
        seed = unit.session.query(OutgoingMail).filter(OutgoingMail.kind == "password").one().seed
    yield stranger.page(f"/wachtwoord/{ports.keys.link_token(seed)}")


def test_every_post_route_has_a_form_without_scripts(
    app: Flask, site_ports: Ports, marije: Visitor, sander: Visitor, stranger: Visitor
) -> None:
    routes = post_routes(app)
    seen: set[str] = set()
    shown = (
        strangers_pages(site_ports, stranger),
        pages(site_ports, marije),
        own_pages(site_ports, marije, sander),
    )
    for page in chain.from_iterable(shown):
        seen |= set(endpoints(app, page))
    assert len(routes) > 20
    assert routes - seen == set(), "routes that no form of a page submits"
