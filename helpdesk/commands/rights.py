"""`helpdesk request …`: requests of people about their own data, recorded, handled, and decided by two people."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.people.accounts import account_named
from helpdesk.people.directory import person_named
from helpdesk.privacy.rights import answering, codes, erasing, exporting, judging, redacting
from helpdesk.privacy.rights.answering import Wish
from helpdesk.privacy.rights.breach import concerned
from helpdesk.privacy.rights.request_views import request_view, requests_page
from helpdesk.text.language import N_
from helpdesk.unit import Unit, unit_of_work

_day = click.DateTime(["%Y-%m-%d"])
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_request_id = click.argument("request_id", type=int)
_reasons = click.option("--reasons", required=True, help="The reasons, as who asks gets them.")


@click.group()
def request() -> None:
    """Requests of people about their own data (AVG art. 15-21)."""


def _number(said: str) -> str:
    return said.upper().removeprefix("V-")


def _do(console: Console, email: str, act: Callable[[Unit], object]) -> None:
    with unit_of_work(console.ports, acting(console, email)) as unit:
        act(unit)
    say(console.words(N_("Recorded.")))


@request.command("open")
@click.argument("kind", type=click.Choice(tuple(codes.KIND)))
@click.option("--received", type=_day, required=True, help="The day it came.")
@click.option("--wish", "words", required=True, help="What is asked, in their words.")
@click.option("--person", metavar="WHO", help="Who asks: personnel number or known address.")
@click.option("--ticket", metavar="NUMBER", help="The ticket it came with.")
@as_account
@pass_console
def open_request(
    console: Console, kind: str, received: dt.datetime, words: str, person: str | None, ticket: str | None, email: str
) -> None:
    """Record a request of this KIND; an objection restricts at once."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        person_id = None if person is None else person_named(unit, person).id
        number = None if ticket is None else _number(ticket)
        request_id = answering.open_request(unit, Wish(kind, received.date(), words, number, person_id))
    say(console.words(N_("Request {id} is recorded."), id=request_id))


@request.command("list")
@click.option("--answered", is_flag=True, help="Those that were answered.")
@as_account
@_json
@pass_console
def list_requests(console: Console, answered: bool, email: str, as_json: bool) -> None:
    """The requests that are to be answered, the most urgent first."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        rows = requests_page(unit, closed=answered)
    if as_json:
        days = ("received_on", "due_on")
        show([asdict(row) | {name: getattr(row, name).isoformat() for name in days} for row in rows], as_json=True)
        return
    for row in rows:
        say(f"{row.id}  {row.kind}  {row.state}  {row.due_on}  {row.days_left}  {row.handler or '-'}")


@request.command("show")
@_request_id
@as_account
@_json
@pass_console
def show_request(console: Console, request_id: int, email: str, as_json: bool) -> None:
    """The request REQUEST_ID with its tickets."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        view = request_view(unit, request_id)
    tickets = [f"{one.number} {one.state} {one.reason}".strip() for one in view.tickets]
    told: dict[str, Any] = {
        "id": view.row.id,
        "kind": view.row.kind,
        "state": view.row.state,
        "due_on": view.row.due_on.isoformat(),
        "person": view.person,
        "decision": view.row.decision,
        "proposed_by": view.proposed_by,
        "second": view.second,
        "export_until": view.export_until.isoformat() if view.export_there and view.export_until else None,
        "tickets": tickets,
        "tell": view.notify,
    }
    show(told, as_json)


@request.command()
@_request_id
@click.argument("how", type=click.Choice(tuple(codes.IDENTITY)))
@click.option("--person", metavar="WHO", help="Who asks, if it is not yet said: personnel number or known address.")
@as_account
@pass_console
def identify(console: Console, request_id: int, how: str, person: str | None, email: str) -> None:
    """Say HOW it is known who asks; what belongs to them is brought together."""

    def act(unit: Unit) -> None:
        answering.identify(unit, request_id, how, None if person is None else person_named(unit, person).id)

    _do(console, email, act)


@request.command()
@_request_id
@click.option("--because", required=True, help="Why more time is needed.")
@as_account
@pass_console
def extend(console: Console, request_id: int, because: str, email: str) -> None:
    """Take two months more for REQUEST_ID."""
    _do(console, email, lambda unit: answering.extend(unit, request_id, because))


@request.command()
@_request_id
@click.argument("number")
@click.argument("state", type=click.Choice(("accepted", "rejected", "withheld")))
@click.option("--reason", type=click.Choice(tuple(codes.WITHHELD)), help="Why it is withheld.")
@as_account
@pass_console
def judge(console: Console, request_id: int, number: str, state: str, reason: str | None, email: str) -> None:
    """Decide about ticket NUMBER of REQUEST_ID."""
    _do(console, email, lambda unit: judging.judge(unit, request_id, _number(number), state, reason))


@request.command()
@_request_id
@click.argument("decision", type=click.Choice(tuple(codes.DECISION)))
@_reasons
@as_account
@pass_console
def propose(console: Console, request_id: int, decision: str, reasons: str, email: str) -> None:
    """Propose the DECISION about an export; somebody else approves it."""
    _do(console, email, lambda unit: answering.propose(unit, request_id, decision, reasons))


@request.command()
@_request_id
@as_account
@pass_console
def release(console: Console, request_id: int, email: str) -> None:
    """Approve the decision about REQUEST_ID, as the second person; the package is made."""
    _do(console, email, lambda unit: answering.release(unit, request_id))
    exporting.work(console.ports)


@request.command()
@_request_id
@click.argument("target", type=click.Path(path_type=Path))
@as_account
@pass_console
def package(console: Console, request_id: int, target: Path, email: str) -> None:
    """Fetch the package of REQUEST_ID into the file TARGET, which must not be there yet."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        found = exporting.package(unit, request_id)
    with found.stream as stream, target.open("xb") as out:
        shutil.copyfileobj(stream, out)
    say(console.words(N_("Fetched. Destroy your copy when it was given.")))


@request.command()
@_request_id
@click.option("--decision", type=click.Choice(tuple(codes.DECISION)), help="Where no second person decided.")
@click.option("--reasons", default="", help="The reasons, as who asks gets them.")
@as_account
@pass_console
def answered(console: Console, request_id: int, decision: str | None, reasons: str, email: str) -> None:
    """Say that REQUEST_ID was answered today."""
    _do(console, email, lambda unit: answering.close(unit, request_id, decision or "", reasons))


@request.command()
@_request_id
@click.argument("ground", type=click.Choice(tuple(codes.ERASURE)))
@as_account
@pass_console
def erase(console: Console, request_id: int, ground: str, email: str) -> None:
    """Propose to erase, on this GROUND, what REQUEST_ID asks."""
    _do(console, email, lambda unit: erasing.propose(unit, request_id, ground))


@request.command("erase-approve")
@_request_id
@as_account
@pass_console
def erase_approve(console: Console, request_id: int, email: str) -> None:
    """Approve the erasure of REQUEST_ID, as a record manager."""
    _do(console, email, lambda unit: erasing.approve(unit, request_id))


@request.command("redact")
@click.argument("what", type=click.Choice(("message", "file")))
@click.argument("part_id", type=int)
@click.argument("reason", type=click.Choice(tuple(codes.REDACTED)))
@click.option("--subject", is_flag=True, help="The subject of the ticket as well.")
@as_account
@pass_console
def redact(console: Console, what: str, part_id: int, reason: str, subject: bool, email: str) -> None:
    """Destroy the message or file with this id; the ticket stays."""
    if what == "file":
        _do(console, email, lambda unit: redacting.redact_file(unit, part_id, reason))
    else:
        _do(console, email, lambda unit: redacting.redact_message(unit, part_id, reason, subject=subject))
    redacting.finish(console.ports)


@request.command()
@click.argument("account", metavar="EMAIL")
@click.argument("since", type=click.DateTime(["%Y-%m-%dT%H:%M"]))
@click.argument("until", type=click.DateTime(["%Y-%m-%dT%H:%M"]))
@as_account
@_json
@pass_console
def breach(console: Console, account: str, since: dt.datetime, until: dt.datetime, email: str, as_json: bool) -> None:
    """Whom it concerned that account EMAIL was in strange hands from SINCE to UNTIL (UTC): art. 33."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        account_id = account_named(unit, account).id
        found = concerned(unit, account_id, since.replace(tzinfo=dt.UTC), until.replace(tzinfo=dt.UTC))
    show({"tickets": list(found.tickets), "people": [asdict(one) for one in found.people]}, as_json)
