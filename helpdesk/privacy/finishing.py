"""The end of what was decided: intent, bytes, rows; in this order, every step idempotent. Decides nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from sqlalchemy import select, update

from helpdesk import leases
from helpdesk.errors import Unavailable
from helpdesk.models import DisposalList, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.balance import DESTROYED
from helpdesk.privacy.copies import anew, blobs, rows
from helpdesk.privacy.deciding import LEASE, Batch, Doomed, strides
from helpdesk.privacy.strides import Stride
from helpdesk.retention.ledger_writing import flush, write_down
from helpdesk.row_sets import among
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_AHEAD = 2
"""Batches that are decided on while the rows of one go: files, rows and the decision take about as long each."""


def finish(ports: Ports, batch: Batch) -> int:
    """Destroy what was decided: the intent is in the ledger first, then bytes go, then rows. Returns how many."""
    return sum(many for _batch, many in finish_all(ports, iter([batch])))


def finish_all(ports: Ports, batches: Iterator[Batch]) -> Iterator[tuple[Batch, int]]:
    """The same for batch after batch, each with how many went, while the next ones are decided on.

    Files go aside, those of one batch while the rows of the one before go; rows as well, but not on SQLite, which lets
    one transaction write at a time.
    """
    stride, one_writes = strides(ports), ports.engine.dialect.name == "sqlite"
    waiting = deque[tuple[Batch, Callable[[], int]]]()
    with ThreadPoolExecutor(1) as files_aside, ThreadPoolExecutor(1) as rows_aside:
        for batch in batches:
            if batch.tickets:
                flush(ports)
            files = files_aside.submit(blobs.destroy, ports, batch.keys)
            gone: Callable[[], int] = partial(_rows_gone, ports, batch, files, stride)
            waiting.append((batch, gone if one_writes else rows_aside.submit(gone).result))
            if len(waiting) > (1 if one_writes else _AHEAD):
                before, went = waiting.popleft()
                yield before, went()
        for before, went in waiting:
            yield before, went()


def _rows_gone(ports: Ports, batch: Batch, files: Future[None], stride: Stride) -> int:
    """The rows of a batch, when its files are gone, a stride in each transaction."""
    files.result()
    done, left = 0, batch.families()
    while left:
        some, most = list[Doomed](), stride.of(sum(map(len, left)))
        while left and len(some) < most:
            some += left.pop(0)
        done += _finish_some(ports, replace(batch, tickets=tuple(some)), stride)
        stride.rest()
    return done


def _finish_some(ports: Ports, batch: Batch, stride: Stride) -> int:
    keys = batch.keys
    while True:
        with unit_of_work(ports, SYSTEM) as unit:
            if not leases.is_ours(unit, LEASE):
                raise Unavailable("Another process runs this list.", code="lease")
            began = time.perf_counter()
            ids = _locked(unit, batch)
            late = blobs.keys_of(unit, ids) - keys
            if not late:
                _delete(unit, batch, ids)
        if not late:
            stride.took(len(ids), time.perf_counter() - began)
            return len(ids)
        # A file came beside the decision: its bytes go first, too.
        blobs.destroy(ports, late)
        keys |= late


def _locked(unit: Unit, batch: Batch) -> list[int]:
    here = select(Ticket.id).where(among(unit.session, Ticket.id, batch.ids), Ticket.retention_state == "destroying")
    return list(unit.session.scalars(here.order_by(Ticket.id).with_for_update()))


def _delete(unit: Unit, batch: Batch, ids: list[int]) -> None:
    """One transaction: the rows, what the ledger will say of them, and the sums."""
    if not ids:
        return
    parts = rows.parts_of(unit, ids)
    anew.touch(unit, ids)
    for ticket in batch.tickets:
        if ticket.id in parts:
            write_down(
                unit,
                "destroyed",
                ticket.destroy_id,
                run=batch.run,
                rule=ticket.rule,
                policy_version=ticket.version,
                parts=str(parts[ticket.id]),
                list_id=batch.list_id,
            )
    rows.destroy(unit, ids)
    rows.add_to_counter(unit, DESTROYED, len(ids))
    here = update(DisposalList).where(DisposalList.id == batch.list_id)
    unit.session.execute(here.values(destroyed=DisposalList.destroyed + len(ids)))
