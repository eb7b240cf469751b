"""The way into service, the same for every process: schema, inventory, ledger; and what a restored backup needs first.

Fails closed: a ledger that is missing, shorter, foreign or changed lets nothing start (RD-71). A database that is older
than its ledger is a backup that was put back: the ledger is replayed before anybody sees it.
"""

from __future__ import annotations

from helpdesk.errors import HelpdeskError, Misconfigured
from helpdesk.migrating import require_head
from helpdesk.ports import Ports
from helpdesk.privacy import replay
from helpdesk.privacy.backups.swapping import leave_nothing, require_whole
from helpdesk.privacy.copies.inventory import require_known
from helpdesk.process_locks import BOOT, IN_USE, one_at_a_time, take_part
from helpdesk.retention.ledger import FIRST, numbered
from helpdesk.retention.ledger_writing import Known, flush, known
from helpdesk.unit import SYSTEM, unit_of_work


def enter(ports: Ports) -> None:
    """Let this process begin. Raises Misconfigured, with a sentence that says what to do, or Conflict, when it may not.

    From here until its end it counts as running.
    """
    run = ports.settings.data / "run"
    take_part(run / IN_USE)
    require_head(ports.engine)
    require_known(ports)
    with one_at_a_time(run / BOOT):
        admit(ports)


def admit(ports: Ports) -> None:
    """Hold the database against its ledger, and replay the ledger where a backup was put back. May be repeated."""
    require_whole(ports.settings.data)
    leave_nothing(ports.settings.data, ports.engine.url.database if ports.engine.dialect.name == "sqlite" else None)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        here = known(unit)
    _require_own(ports, here)
    if replay.begun(ports) or not _is_level(ports):
        replay.carry_out(ports)


def keep_level(ports: Ports) -> None:
    """Append what waits to be told. Where a backup was put back behind those who run, nothing is sent, removed or
    destroyed from now on, and the next start replays the ledger.
    """
    if not _is_level(ports):
        replay.note_found(ports)


def _is_level(ports: Ports) -> bool:
    """Whether the ledger tells nothing new, but for lines that a crash left in both; those are settled."""
    try:
        flush(ports)
    except HelpdeskError as fault:
        if fault.code != "ledger_ahead":
            raise
        return False
    return True


def _require_own(ports: Ports, here: Known) -> None:
    """The whole chain, and our place in it."""
    if not ports.ledger.exists() or ports.ledger.last() is None:
        if here.seq:
            raise Misconfigured(
                "Nothing starts: the ledger of destruction is missing. Put the copy back that is kept apart, as "
                "ledger/ledger.jsonl in the data folder.",
                code="ledger_missing",
            )
        return
    seq, at_ours, name = _walked(ports, here.seq)
    if seq < here.seq:
        raise Misconfigured(
            "Nothing starts: the ledger of destruction ends at line {seq}, the database knows {known}. Put the newest "
            "copy of the ledger back.",
            seq=seq,
            known=here.seq,
            code="ledger_shorter",
        )
    ours = name == here.name and at_ours == here.hash if here.seq else seq == 1
    if not ours:
        raise Misconfigured(
            "Nothing starts: the ledger of destruction belongs to another database. Put the ledger back that belongs "
            "to this one, or restore a backup that belongs to this ledger.",
            code="ledger_foreign",
        )


def _walked(ports: Ports, ours: int) -> tuple[int, str, str]:
    """How many lines, the hash of line number `ours`, and the name of the ledger."""
    seq, at_ours, name = 0, FIRST, ""
    try:
        for seq, said, entry in numbered(ports.ledger.lines()):
            if seq == ours:
                at_ours = said
            if entry.op == "begin":
                name = entry.id
    except HelpdeskError as fault:
        raise Misconfigured(
            "Nothing starts: the ledger of destruction was changed at line {line}. Put the copy back that is kept "
            "apart.",
            line=fault.values.get("line", 0),
            code="ledger_broken",
        ) from fault
    return seq, at_ours, name
