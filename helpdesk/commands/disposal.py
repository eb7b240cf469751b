"""`helpdesk disposal …`: lists for destruction, who decides on them, and the run. Decides nothing itself."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict
from typing import Any

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.people.access import require
from helpdesk.privacy import balance, destruction, listing, lists
from helpdesk.privacy.list_items import ItemView, items
from helpdesk.privacy.list_views import ListView, list_view, lists_page
from helpdesk.text.language import N_
from helpdesk.unit import unit_of_work

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_list_id = click.argument("list_id", type=int)


@click.group()
def disposal() -> None:
    """Lists of tickets to be destroyed."""


@disposal.command()
@click.argument("list_id", type=int, required=False)
@as_account
@pass_console
def propose(console: Console, list_id: int | None, email: str) -> None:
    """Put what fell due on lists; or, with LIST_ID, propose that list to a second person."""
    actor = acting(console, email)
    if list_id is not None:
        with unit_of_work(console.ports, actor) as unit:
            lists.propose(unit, list_id)
        say(console.words(N_("Proposed. Somebody else has to approve it.")))
        return
    require(actor, "list.propose")
    listing.propose(console.ports)
    with unit_of_work(console.ports, actor, write=False) as unit:
        rows = lists_page(unit)
    for row in rows:
        say(_line(row))
    say(console.ngettext("{count} list waits.", "{count} lists wait.", len(rows)))


def _line(row: ListView) -> str:
    marks = " ".join(word for word, there in (("braked", row.braked), ("second", row.second)) if there)
    return f"{row.id}  {row.rule}  {row.state}  {row.executes_on}  {row.listed:6}  {row.excepted:4}  {marks}".rstrip()


@disposal.command("list")
@click.option("--all", "ended", is_flag=True, help="Those that are done or withdrawn, too.")
@as_account
@_json
@pass_console
def list_lists(console: Console, ended: bool, email: str, as_json: bool) -> None:
    """The lists that wait or run: id, rule, state, first day, tickets, exceptions."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        rows = lists_page(unit, ended=ended)
    if as_json:
        show([_plain(row) for row in rows], as_json=True)
        return
    for row in rows:
        say(_line(row))


@disposal.command("show")
@_list_id
@as_account
@_json
@pass_console
def show_list(console: Console, list_id: int, email: str, as_json: bool) -> None:
    """The list LIST_ID with its tickets, their days, and why any was taken off."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        row, rows = list_view(unit, list_id), items(unit, list_id)
        if as_json:
            show(_plain(row) | {"tickets": [_item(one) for one in rows]}, as_json=True)
            return
        say(_line(row))
        for one in rows:
            say(f"  {one.number}  {one.due_on}  {one.state}  {one.reason or '-'}  {one.subject}")


def _plain(row: ListView) -> dict[str, Any]:
    times = {name: at and at.isoformat() for name, at in asdict(row).items() if isinstance(at, dt.date)}
    return asdict(row) | times


def _item(one: ItemView) -> dict[str, Any]:
    return asdict(one) | {"opened_at": one.opened_at.isoformat(), "due_on": one.due_on and one.due_on.isoformat()}


@disposal.command("except")
@_list_id
@click.argument("number")
@click.option("--reason", type=click.Choice(lists.REASONS), required=True, help="Why it is not to be destroyed now.")
@as_account
@pass_console
def take_off(console: Console, list_id: int, number: str, reason: str, email: str) -> None:
    """Take the ticket NUMBER off list LIST_ID for three months; the list then needs a second person."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        lists.except_(unit, list_id, number.upper().removeprefix("V-"), reason)
    say(console.words(N_("Taken off. Somebody else has to approve the rest of the list.")))


@disposal.command()
@_list_id
@click.option("--reason", default="", help="Why; a list that the brake stopped needs one.")
@as_account
@pass_console
def approve(console: Console, list_id: int, reason: str, email: str) -> None:
    """Approve list LIST_ID, which somebody else proposed; it runs when its window for objections has passed."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        lists.approve(unit, list_id, reason)
        day = list_view(unit, list_id).executes_on
    say(console.words(N_("Approved. It runs from {day} on."), day=day.isoformat()))


@disposal.command("send-back")
@_list_id
@click.option("--remark", required=True, help="What has to be changed; name nobody.")
@as_account
@pass_console
def send_back(console: Console, list_id: int, remark: str, email: str) -> None:
    """Send list LIST_ID back to who proposed it, with words; it may be proposed anew."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        lists.send_back(unit, list_id, remark)
    say(console.words(N_("Sent back. It may be changed and proposed again.")))


@disposal.command()
@_list_id
@as_account
@pass_console
def withdraw(console: Console, list_id: int, email: str) -> None:
    """Take list LIST_ID back before it runs; its tickets come on the next one."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        lists.withdraw(unit, list_id)
    say(console.words(N_("Withdrawn.")))


@disposal.command()
@click.option("--clock-is-right", "vouched", is_flag=True, help="Vouch for the time after the clock jumped.")
@as_account
@pass_console
def run(console: Console, vouched: bool, email: str) -> None:
    """Run every list that may run now. Exit code 1 when tickets are gone that nobody destroyed."""
    actor = acting(console, email)
    require(actor, "list.run")
    if vouched:
        with unit_of_work(console.ports, actor) as unit:
            destruction.vouch_for_clock(unit)
    ran = destruction.run(console.ports)
    say(console.ngettext("{count} ticket was destroyed.", "{count} tickets were destroyed.", ran.destroyed))
    if ran.elsewhere:
        say(console.words(N_("Another process runs lists at this moment.")))
    missing = balance.watch(console.ports)
    if missing:
        say(console.words(N_("Destroyed without ground: {count}. See 'helpdesk reconcile'."), count=missing))
        sys.exit(1)
