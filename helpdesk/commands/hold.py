"""`helpdesk hold …`: legal holds, placed and looked at, reviewed, and released by a second person."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.models.policy import HOLD_KINDS
from helpdesk.people.accounts import account_named
from helpdesk.people.directory import person_named
from helpdesk.privacy import hold_finding, holds
from helpdesk.privacy.hold_views import HoldView, hold_view, holds_page
from helpdesk.privacy.holds import Wish
from helpdesk.text.language import N_
from helpdesk.unit import Unit, unit_of_work

_day = click.DateTime(["%Y-%m-%d"])
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_hold_id = click.argument("hold_id", type=int)


@click.group()
def hold() -> None:
    """Legal holds: what must not be destroyed or rewritten."""


@hold.command()
@click.argument("kind", type=click.Choice(HOLD_KINDS))
@click.option("--reference", required=True, help="Under which name the matter is known.")
@click.option("--reason", required=True, help="Why it must be kept.")
@click.option("--ticket", "numbers", multiple=True, metavar="NUMBER", help="Keep this ticket; may be repeated.")
@click.option("--person", metavar="WHO", help="Keep what this person asked or will ask: personnel number or address.")
@click.option("--query", metavar="WORDS", help="Keep every ticket with a message that holds all these words.")
@click.option("--owner", metavar="EMAIL", help="Who answers for it; you, if nobody is named.")
@click.option("--review-on", type=_day, help="When it is looked at again; in half a year, if no day is given.")
@as_account
@pass_console
def place(console: Console, /, kind: str, email: str, **said: Any) -> None:
    """Place a hold of this KIND on tickets, on a person, or on what fits a query."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        placed = holds.place(unit, _wish(unit, kind, **said))
    taken = hold_finding.find(console.ports, placed.hold_id)
    say(console.words(N_("Hold {id} is placed."), id=placed.hold_id))
    say(console.ngettext("It keeps {count} ticket.", "It keeps {count} tickets.", len(taken.ids)))
    for number in placed.destroying + taken.destroying:
        say(console.words(N_("Too late for {number}: it is being destroyed."), number=number))


def _wish(
    unit: Unit,
    kind: str,
    *,
    reference: str,
    reason: str,
    numbers: tuple[str, ...],
    person: str | None,
    query: str | None,
    owner: str | None,
    review_on: dt.datetime | None,
) -> Wish:
    return Wish(
        kind,
        reference,
        reason,
        numbers=[number.upper().removeprefix("V-") for number in numbers],
        person_id=None if person is None else person_named(unit, person).id,
        query=query,
        owner_id=None if owner is None else account_named(unit, owner).id,
        review_on=None if review_on is None else review_on.date(),
    )


@hold.command("list")
@click.option("--all", "released", is_flag=True, help="Those that were released, too.")
@as_account
@_json
@pass_console
def list_holds(console: Console, released: bool, email: str, as_json: bool) -> None:
    """The holds that stand, first the one to be reviewed first."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        rows = holds_page(unit, released=released)
    if as_json:
        show([_plain(row) for row in rows], as_json=True)
        return
    for row in rows:
        say(f"{row.id}  {row.kind}  {row.state}  {row.review_on}  {row.tickets:4}  {row.reference}  {row.owner}")
        if row.overdue:
            say("  " + console.words(N_("Its review day has passed.")))


@hold.command("show")
@_hold_id
@as_account
@_json
@pass_console
def show_hold(console: Console, hold_id: int, email: str, as_json: bool) -> None:
    """The hold HOLD_ID with the numbers of its tickets."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        row, numbers = hold_view(unit, hold_id)
    show(_plain(row) | {"numbers": numbers}, as_json)


@hold.command()
@_hold_id
@click.argument("day", type=_day)
@as_account
@pass_console
def review(console: Console, hold_id: int, day: dt.datetime, email: str) -> None:
    """Keep hold HOLD_ID, and look at it again on DAY; a proposal to release it is off with that."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        holds.review(unit, hold_id, day.date())
    say(console.words(N_("Recorded.")))


@hold.command("release-propose")
@_hold_id
@click.option("--reason", required=True, help="Why it need not be kept any more.")
@as_account
@pass_console
def propose(console: Console, hold_id: int, reason: str, email: str) -> None:
    """Propose to release hold HOLD_ID; somebody else decides."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        holds.propose_release(unit, hold_id, reason)
    say(console.words(N_("Proposed. Somebody else has to release it.")))


@hold.command()
@_hold_id
@as_account
@pass_console
def release(console: Console, hold_id: int, email: str) -> None:
    """Release hold HOLD_ID, which somebody else proposed. Nothing is destroyed at once."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        count = holds.release(unit, hold_id)
    hold_finding.find(console.ports, hold_id)
    say(console.ngettext("Released; it kept {count} ticket.", "Released; it kept {count} tickets.", count))


def _plain(row: HoldView) -> dict[str, Any]:
    released = row.released_at and row.released_at.isoformat()
    days = {"placed_at": row.placed_at.isoformat(), "review_on": row.review_on.isoformat(), "released_at": released}
    return asdict(row) | days
