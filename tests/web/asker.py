"""Somebody who asks, for tests: signs in by the mail that is sent, as people do."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import cast

from werkzeug.test import TestResponse

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.ports import Ports
from tests.web.visitor import Page, Visitor

DOOR = "/mijn-vragen/inloggen"
FEMKE = "femke.devries@minbz.example"


def mailed(ports: Ports, address: str) -> str:
    """The text of the newest mail to this address, once all that waits is delivered."""
    deliver_waiting(ports)
    sent = [raw for _sender, to, raw in cast("MemoryMailer", ports.mailer).sent if to == (address,)]
    body = message_from_bytes(sent[-1], policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(text: str) -> str:
    """The path of the sign-in link in a mail."""
    return DOOR + "/" + text.partition(f"{DOOR}/")[2].split()[0]


def code_in(text: str) -> str:
    """The code in a mail."""
    return str(re.findall(r"\b\d{6}\b", text)[-1])


def shown(answer: TestResponse, value: str) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and body of an answer, without what is random in it and the address that was asked for."""
    said = [(name, text) for name, text in answer.headers if name not in ("Content-Length", "Set-Cookie")]
    body = "" if answer.status_code == 303 else re.sub(r'name="(formulier|naar)" value="[^"]*"', "", answer.text)
    return answer.status_code, [(name, text.replace(f"/{value}", "/-")) for name, text in said], body


def asks_for_mail(visitor: Visitor, address: str) -> TestResponse:
    """Ask for the mail at the door."""
    return visitor.send(visitor.page(DOOR).form(DOOR), email=address)


def signs_in(visitor: Visitor, ports: Ports, address: str = FEMKE) -> Page:
    """Sign in by the link; returns the page it leads to."""
    asks_for_mail(visitor, address)
    path = link_in(mailed(ports, address))
    answer = visitor.send(visitor.page(path).form(path))
    assert answer.status_code == 200
    return Page(answer.text)
