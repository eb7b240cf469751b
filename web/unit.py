"""The request's unit of work, with the signed-in person as its actor; opens and closes, decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g

from helpdesk.people.requester_sessions import SignedInRequester
from helpdesk.people.sign_in import SignedIn
from helpdesk.ports import Ports
from helpdesk.unit import NOBODY, Actor, Unit, unit_of_work
from web.live import UNTIL

PORTS = "helpdesk.ports"


def ports() -> Ports:
    """The ports this application was made with."""
    found = current_app.extensions[PORTS]
    assert isinstance(found, Ports)  # noqa: S101 - create_app puts them there
    return found


def me() -> SignedIn | None:
    """Who is signed in; the gate in guards.py has looked."""
    who: SignedIn | None = g.get("signed_in")
    return who


def requester() -> SignedInRequester | None:
    """Who is signed in to ask; known on the pages for people who ask alone, and `me` on no such page."""
    who: SignedInRequester | None = g.get("requester")
    return who


def actor() -> Actor:
    """The signed-in person as an actor, or nobody."""
    asks = requester()
    if asks is not None:
        return Actor(language=g.language, requester=asks.requester)
    who = me()
    if who is None:
        return NOBODY
    return Actor(who.account_id, who.roles, who.desks, g.language)


def own_topics() -> list[str]:
    """What every stream of this session has: its end ends the stream, be it that nothing is done any more."""
    asks, who = requester(), me()
    if asks is not None:
        return [f"session:asker-{asks.session_id}", f"{UNTIL}{int(asks.ends.timestamp())}"]
    if who is not None:
        return [f"session:staff-{who.session_id}", f"account:{who.account_id}", f"{UNTIL}{int(who.ends.timestamp())}"]
    return []


@contextmanager
def reading() -> Iterator[Unit]:
    """A unit that can change nothing."""
    with unit_of_work(ports(), actor(), write=False) as unit:
        yield unit


@contextmanager
def writing() -> Iterator[Unit]:
    """A unit for one intention; committed when the block ends."""
    with unit_of_work(ports(), actor()) as unit:
        yield unit
