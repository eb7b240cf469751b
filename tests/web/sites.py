"""Sites that show the chat, for tests: what they sign, and one that is served on this machine under another name."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import func, select

from helpdesk.models import RequesterSession
from helpdesk.ports import Ports
from helpdesk.settings import SiteSettings
from helpdesk.unit import SYSTEM, unit_of_work
from tests.chats import Office
from tests.conftest import PortsMaker
from tests.made_app import made_app
from tests.web.asker import FEMKE
from tests.web.browsing import served

DESK = "https://helpdesk.example"
SITE, OTHER = "https://intranet.example", "https://wiki.example"
AHMED = "ahmed@minbz.example"
SECRETS = {SITE: secrets.token_hex(32), OTHER: secrets.token_hex(32)}
Made = Callable[..., Ports]


def shown_on(make_ports: PortsMaker, url: str, folder: Path, *origins: str, **settings: Any) -> Ports:
    """Ports in the hours of the chat; Femke and Ahmed are known; these sites may show it."""
    sites = []
    for number, origin in enumerate(origins):
        path = folder / f"site-{number}"
        path.write_text(f"{SECRETS.get(origin, SECRETS[SITE])}\n")
        sites.append(SiteSettings(origin, str(path)))
    usual = {"secure_cookies": False, "public_url": DESK, "sites": tuple(sites)}
    ports = make_ports(url, **(usual | settings))
    office = Office(ports)
    office.asker()
    office.asker("Ahmed", AHMED)
    return ports


def sessions(ports: Ports) -> int:
    """How many sessions of people who ask there are."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(RequesterSession)) or 0


def signed(claims: dict[str, Any], secret: str = SECRETS[SITE], algorithm: str = "HS256") -> str:
    """A token as RFC 7515 3.1 says, by hand: what is no word can be said in it as well."""
    said = [json.dumps(one).encode() for one in ({"alg": algorithm, "typ": "JWT"}, claims)]
    parts = [base64.urlsafe_b64encode(one).rstrip(b"=") for one in said]
    made = hmac.digest(secret.encode(), b".".join(parts), algorithm.replace("HS", "sha"))
    return b".".join((*parts, base64.urlsafe_b64encode(made).rstrip(b"="))).decode()


HOST = """<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Intranet</title></head><body>
<main><h1>Intranet</h1><p><a href="#veld">Verder</a></p>
<p><a href="{home}/chat" data-helpdesk-chat>Chat met een leeradviseur</a></p></main>
{script}</body></html>"""
STRICT = "default-src 'none'; script-src {home}; frame-src {home}; connect-src 'self'; base-uri 'none'"


class Intranet:
    """A site of another origin that shows the chat and, if it may, says that Femke looks."""

    def __init__(self) -> None:
        self.home, self.policy, self.address = "", STRICT, ""
        self.who: str | None = FEMKE
        self.asked: list[str] = []
        self.ports: Ports | None = None

    def app(self) -> Flask:
        """Its pages."""
        app = Flask("intranet")
        app.add_url_rule("/", "page", self.page)
        app.add_url_rule("/token", "token", self.token)
        return app

    def page(self) -> Response:
        """The page."""
        script = f'<script src="{self.home}/widget.js" data-identity="/token" defer></script>'
        answer = Response(HOST.format(home=self.home, script=script))
        answer.headers["Content-Security-Policy"] = self.policy.format(home=self.home)
        return answer

    def token(self) -> Response:
        """Who looks, if anybody."""
        self.asked.append(request.args["challenge"])
        if self.who is None or self.ports is None:
            return Response("", 404)
        claims = {
            "iss": self.address,
            "aud": DESK,
            "exp": int(self.ports.now().timestamp()) + 60,
            "jti": secrets.token_hex(12),
        }
        return Response(signed(claims | {"nonce": request.args["challenge"], "email": self.who}))


@contextmanager
def intranet(made: Made, *, listed: bool = True) -> Iterator[tuple[Intranet, Ports]]:
    """Both sites served: the one under another name of this machine, so that browsers call it another site."""
    site = Intranet()
    with served(site.app()) as address:
        site.address = address.replace("127.0.0.1", "localhost")
        site.ports = made(site.address if listed else SITE)
        with served(made_app(site.ports)) as home:
            site.home = home
            yield site, site.ports
