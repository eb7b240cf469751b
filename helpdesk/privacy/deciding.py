"""The decision about a batch: under the row locks, after holds and reckoning were asked once more; destroys nothing.

The database decides (rulings 3.2): from the commit on these tickets are `destroying`, nobody sees them, and whoever
places a hold is told so. The ledger's `intent` is written in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select, update

from helpdesk import leases
from helpdesk.models import DisposalItem, DisposalList, OutgoingMail, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.copies import blobs
from helpdesk.privacy.strides import Stride
from helpdesk.retention import clock, ended, holds, listed
from helpdesk.retention.ledger_writing import write_down
from helpdesk.retention.merged import with_merged
from helpdesk.retention.terms import day_of
from helpdesk.row_sets import among
from helpdesk.unit import SYSTEM, Unit, unit_of_work

LEASE, LEASE_SECONDS = "disposal.run", 120
BATCH = 100
"""Tickets of a list of which the ledger is told with one sync, and whose files go with one sync of each folder."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """A ticket that is being destroyed, with what the ledger says of it.

    `root` is the ticket it was merged into, or itself.
    """

    id: int
    root: int
    destroy_id: str
    rule: str
    version: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Tickets of one list that are being destroyed, the keys of their bytes, and whether the list may hold more."""

    list_id: int
    run: str
    tickets: tuple[Doomed, ...] = ()
    keys: frozenset[str] = frozenset()
    dropped: int = 0
    more: bool = False

    def __add__(self, other: Batch) -> Batch:
        return Batch(
            self.list_id,
            self.run,
            self.tickets + other.tickets,
            self.keys | other.keys,
            self.dropped + other.dropped,
            more=other.more,
        )

    @property
    def ids(self) -> list[int]:
        """Their ids."""
        return [ticket.id for ticket in self.tickets]

    def families(self) -> list[list[Doomed]]:
        """What goes in one transaction: each ticket with all that was merged into it."""
        by_root = sorted(self.tickets, key=lambda ticket: (ticket.root, ticket.id))
        return [list(family) for _root, family in groupby(by_root, key=lambda ticket: ticket.root)]


def unfinished(ports: Ports, found: DisposalList) -> Batch:
    """What an earlier process decided to destroy and did not finish: it comes before anything else."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        taken = (
            select(DisposalItem.ticket_id)
            .where(DisposalItem.list_id == found.id, DisposalItem.state == "taken")
            .order_by(DisposalItem.ticket_id)
            .limit(BATCH)
        )
        roots = _with_merged(unit, unit.session.scalars(taken).all())
        if not roots:
            return Batch(found.id, found.key)
        return Batch(found.id, found.key, _doomed(unit, found, roots), blobs.keys_of(unit, roots))


def strides(ports: Ports) -> Stride:
    """How many tickets go into one transaction, a whole batch at most."""
    return Stride(ports, BATCH)


def decide(ports: Ports, found: DisposalList, stride: Stride | None = None) -> Batch:
    """Decide on the next tickets of a list, a stride in each transaction."""
    stride = stride or strides(ports)
    batch = _decide(ports, found, stride, BATCH)
    while batch.more and (left := BATCH - len(batch.tickets) - batch.dropped) > 0:
        stride.rest()
        batch += _decide(ports, found, stride, left)
    return batch


def _decide(ports: Ports, found: DisposalList, stride: Stride, most: int) -> Batch:
    """What is no longer to be destroyed leaves the list with a reason (RD-42)."""
    with unit_of_work(ports, SYSTEM) as unit:
        if not leases.hold_in(unit, LEASE, LEASE_SECONDS):
            return Batch(found.id, found.key)
        began, most = time.perf_counter(), stride.of(most)
        on = (
            select(DisposalItem.ticket_id)
            .where(DisposalItem.list_id == found.id, DisposalItem.state == "listed")
            .order_by(DisposalItem.ticket_id)
            .limit(most)
        )
        wanted = list(unit.session.scalars(on))
        if not wanted:
            return Batch(found.id, found.key)
        stays = _still_due(unit, found, wanted)
        _off(unit, found, set(wanted) - set(stays))
        roots = _with_merged(unit, stays)
        _take(unit, found, stays, roots)
        doomed, keys = _doomed(unit, found, roots), blobs.keys_of(unit, roots)
        for ticket in doomed:
            told = {"rule": ticket.rule, "policy_version": ticket.version}
            write_down(unit, "intent", ticket.destroy_id, run=found.key, **told)
    stride.took(len(wanted), time.perf_counter() - began)
    return Batch(found.id, found.key, doomed, keys, len(wanted) - len(stays), more=len(wanted) == most)


def _with_merged(unit: Unit, ids: Collection[int]) -> dict[int, int]:
    """These tickets and, however far round, those that were merged into them: they go together. By id, the first."""
    return {one: min(roots) for one, roots in sorted(with_merged(unit.session, ids).items())}


def _still_due(unit: Unit, found: DisposalList, wanted: Sequence[int]) -> list[int]:
    """Those that are to be destroyed all the same: locked, not held (nor what was merged into them), due as listed."""
    roots = _with_merged(unit, wanted)
    locked = select(Ticket.id).where(among(unit.session, Ticket.id, roots)).order_by(Ticket.id).with_for_update()
    unit.session.execute(locked).all()
    kept = {roots[one] for one in holds.catch(unit, roots)}
    if found.kind == "erasure":
        return _still_to_erase(unit, found, set(wanted) - kept, roots)
    clock.reckon_tickets(unit.session, wanted, day_of(unit.now))
    due = select(Ticket.id).where(
        among(unit.session, Ticket.id, wanted),
        Ticket.retention_state == "listed",
        Ticket.rule == found.rule,
        Ticket.policy_version == found.policy_version,
    )
    return _listed(unit, found, unit.session.scalars(due).all())


def _still_to_erase(unit: Unit, found: DisposalList, wanted: Collection[int], roots: dict[int, int]) -> list[int]:
    """Before the term neither date nor state counts (RD-83); what would come back from a mailbox stays all the same."""
    lying = {roots[one] for one in ended.originals(unit.session, roots)}
    here = select(Ticket.id).where(
        among(unit.session, Ticket.id, set(wanted) - lying),
        Ticket.retention_state != "destroying",
        Ticket.merged_into_id.is_(None),
    )
    return _listed(unit, found, unit.session.scalars(here).all())


def _listed(unit: Unit, found: DisposalList, ids: Collection[int]) -> list[int]:
    """Those that are on the list now that they are locked.

    Not joined with the tickets: PostgreSQL, which has not counted a new list yet, went through all of it and looked for
    the hundred at each of its lines.
    """
    here = select(DisposalItem.ticket_id).where(DisposalItem.list_id == found.id, DisposalItem.state == "listed")
    here = here.where(among(unit.session, DisposalItem.ticket_id, ids))
    return list(unit.session.scalars(here.order_by(DisposalItem.ticket_id)))


def _off(unit: Unit, found: DisposalList, ids: Collection[int]) -> None:
    """What is on the list and no longer `listed`, however that came about, is off with a reason."""
    if not ids:
        return
    here = (DisposalItem.list_id == found.id) & (DisposalItem.state == "listed") & DisposalItem.ticket_id.in_(ids)
    why = "hold" if found.kind == "erasure" else listed.FACTS
    left = update(DisposalItem).where(here).values(state="withdrawn", reason=why)
    unit.session.execute(left.execution_options(synchronize_session=False))
    if found.kind == "erasure":
        return
    stuck = update(Ticket).where(Ticket.id.in_(ids), Ticket.retention_state == "listed").values(retention_state="due")
    unit.session.execute(stuck.execution_options(synchronize_session=False))


def _take(unit: Unit, found: DisposalList, stays: Collection[int], ids: Collection[int]) -> None:
    unsynced = {"synchronize_session": False}
    going = update(Ticket).where(among(unit.session, Ticket.id, ids))
    going = going.values(retention_state="destroying", version=Ticket.version + 1, recheck_on=None)
    unit.session.execute(going.execution_options(**unsynced))
    on = among(unit.session, DisposalItem.ticket_id, stays)
    items = update(DisposalItem).where(DisposalItem.list_id == found.id, on)
    unit.session.execute(items.values(state="taken").execution_options(**unsynced))
    # Nothing of it leaves the house any more.
    unsent = update(OutgoingMail).where(
        among(unit.session, OutgoingMail.ticket_id, ids), OutgoingMail.state == "queued"
    )
    unit.session.execute(unsent.values(state="cancelled").execution_options(**unsynced))
    for ticket_id in ids:
        unit.hint(f"ticket:{ticket_id}", {"ticket": ticket_id, "kind": "destroying"})


def _doomed(unit: Unit, found: DisposalList, roots: Mapping[int, int]) -> tuple[Doomed, ...]:
    here = select(Ticket.id, Ticket.destroy_id).where(among(unit.session, Ticket.id, roots))
    rows = unit.session.execute(here.where(Ticket.retention_state == "destroying").order_by(Ticket.id)).all()
    return tuple(Doomed(row.id, roots[row.id], row.destroy_id, found.rule, found.policy_version) for row in rows)
