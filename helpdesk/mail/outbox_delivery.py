"""Hands the outbox to the relay: claim, close the session, compose, send, record. The rows are the queue.

Must not: hold a database connection while it talks to the relay, or send to a recipient the relay took already.

Only the holder of the lease `outbox` delivers. The lease outlives the longest sending (a test compares it with the
mailer's limit), so whoever holds it knows that nobody else is sending, and may take over every mail that a dead
process left in state `sending`.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select, update

from helpdesk.errors import Conflict, PermanentRefusal, TemporaryRefusal, Unavailable
from helpdesk.leases import hold, release
from helpdesk.mail.authors import tell_author
from helpdesk.mail.backlog import GIVES_WAY, backlog
from helpdesk.mail.compose import compose, return_path
from helpdesk.mail.header_fields import sendable
from helpdesk.mail.letters import read_letter, with_files
from helpdesk.mail.outbox import recipients_of
from helpdesk.models import Entry, OutgoingMail
from helpdesk.ports import DELIVER_WAITING, Ports
from helpdesk.retention.restored import outbox_stopped
from helpdesk.timeline import record
from helpdesk.unit import SYSTEM, Unit, unit_of_work

log = logging.getLogger(__name__)

LEASE = "outbox"
LEASE_SECONDS = 120
_RENEW_AFTER = dt.timedelta(seconds=5)
_STOP_AFTER = dt.timedelta(seconds=20)
_PAUSES = tuple(dt.timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 1800, 3600))
# A fault of our own is no refusal: it is tried again for an hour, since the next version may mend it, then shown.
_FAULT_TRIES = 6
# The relay has taken the mail: what it said must not be lost because the database is just being restarted.
_RECORD_TRIES, _RECORD_PAUSE = 60, 1.0
_NOT_SENDABLE = "5.1.3"
# While the relay can't be reached all mail waits together, so that it leaves together once the relay is back.
_PAUSE_WITHOUT_RELAY = dt.timedelta(seconds=30)


@dataclass(slots=True)
class _Outcome:
    """What became of each waiting recipient, by id; whoever is named in neither waits for the next try."""

    code: str = "250"
    accepted: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)
    relay_gone: bool = False


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A mail that is ours to send: who still waits for it, by recipient id."""

    id: int
    attempts: int
    waiting: dict[int, str]


def deliver_waiting(ports: Ports, *, limit: int = 1000, stop_after: dt.timedelta = _STOP_AFTER) -> int:
    """Deliver what is due, oldest first, and say how many mails were tried; 0 at once while another process delivers.

    Stops at `limit`, after `stop_after`, or when the relay can't be reached; nudges again when work is left over.
    Raises Unavailable when the database is gone: the rows stay, and a later call finds them. Finding nothing is cheap.
    """
    if not _work_waits(ports) or not hold(ports, LEASE, LEASE_SECONDS):
        return 0
    tried, relay_gone = 0, False
    started = renewed = ports.now()
    try:
        recover_claims(ports)
        while not relay_gone and tried < limit and ports.now() - started < stop_after:
            if ports.now() - renewed >= _RENEW_AFTER:
                renewed = ports.now()
                if not hold(ports, LEASE, LEASE_SECONDS):
                    return tried
            claimed = _claim(ports)
            if claimed is None:
                break
            tried += 1
            outcome = _send(ports, claimed)
            relay_gone = outcome.relay_gone
            _record(ports, claimed, outcome)
    finally:
        release(ports, LEASE)
    # A nudge that came while we held the lease was swallowed; so look once more now that it is free.
    if _work_waits(ports):
        ports.jobs.nudge(DELIVER_WAITING)
    return tried


def _work_waits(ports: Ports) -> bool:
    """Whether a mail is due, or was left by a process that died; reads only."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        waits = or_(_due(unit), OutgoingMail.state == "sending") & ~outbox_stopped()
        found = select(OutgoingMail.id).where(waits).limit(1)
        return unit.session.scalar(found) is not None


def _due(unit: Unit) -> ColumnElement[bool]:
    """A queued mail whose time has come; a receipt gives way, for a minute, to mail that waits to be filed.

    None after a restored backup until somebody confirmed the outbox (RD-73).
    """
    soon = or_(OutgoingMail.kind != "receipt", OutgoingMail.date < unit.now - GIVES_WAY, ~backlog(unit))
    return (OutgoingMail.state == "queued") & (OutgoingMail.next_try_at <= unit.now) & soon & ~outbox_stopped()


def recover_claims(ports: Ports) -> int:
    """Queue again, under the same Message-ID, what a dead process left in state `sending`. Only for the lease's holder.

    A mail that was taken several times without an end waits longer each time: it may be what kills the process.
    """
    with unit_of_work(ports, SYSTEM) as unit:
        left = unit.session.scalars(select(OutgoingMail).where(OutgoingMail.state == "sending")).all()
        for mail in left:
            unit.claim(OutgoingMail, mail.id, mail.version)
            mail.state, mail.claimed_at = "queued", None
            mail.next_try_at = unit.now if mail.attempts < 3 else unit.now + _pause(mail.attempts)
    return len(left)


def _pause(attempts: int) -> dt.timedelta:
    return _PAUSES[min(max(attempts, 1), len(_PAUSES)) - 1]


def _claim(ports: Ports) -> _Claimed | None:
    """Take the mail that is due longest; None when nothing is due."""
    while True:
        try:
            with unit_of_work(ports, SYSTEM) as unit:
                mail = unit.session.scalar(
                    select(OutgoingMail).where(_due(unit)).order_by(OutgoingMail.next_try_at, OutgoingMail.id).limit(1)
                )
                if mail is None:
                    return None
                unit.claim(OutgoingMail, mail.id, mail.version)
                mail.state, mail.claimed_at, mail.attempts = "sending", unit.now, mail.attempts + 1
                waiting = {each.id: each.address for each in recipients_of(unit, mail.id) if each.state == "waiting"}
                return _Claimed(mail.id, mail.attempts, waiting)
        except Conflict:
            continue


def _send(ports: Ports, claimed: _Claimed) -> _Outcome:
    """Compose and hand over; every way it may fail becomes an outcome, so that one mail never stops the others."""
    ascii_addresses = {recipient_id: sendable(address) for recipient_id, address in claimed.waiting.items()}
    addresses = {recipient_id: address for recipient_id, address in ascii_addresses.items() if address}
    outcome = _Outcome(refused=dict.fromkeys(claimed.waiting.keys() - addresses.keys(), _NOT_SENDABLE))
    if not addresses:
        outcome.code = _NOT_SENDABLE
        return outcome
    try:
        _hand_over(ports, claimed, addresses, outcome)
    except TemporaryRefusal as refusal:
        outcome.code = refusal.code
    except PermanentRefusal as refusal:
        outcome.code = refusal.code
        outcome.refused |= dict.fromkeys(addresses, refusal.code)
    except Unavailable as fault:
        outcome.code, outcome.relay_gone = fault.code, fault.code == "relay"
    except Exception as fault:  # a mail that can't be composed must not stop the others
        # Without the traceback: it may hold words of people.
        log.error("outbox_fault", extra={"outgoing": claimed.id, "fault": type(fault).__name__})
        outcome.code = "fault"
        if claimed.attempts >= _FAULT_TRIES:
            outcome.refused |= dict.fromkeys(addresses, "fault")
    return outcome


def _hand_over(ports: Ports, claimed: _Claimed, addresses: dict[int, str], outcome: _Outcome) -> None:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        mail = unit.session.get_one(OutgoingMail, claimed.id)
        letter, enclosures = read_letter(unit, mail)
    letter = with_files(letter, enclosures, ports.blobs)
    message = compose(letter, ports.settings)
    sender = sendable(return_path(letter, ports.settings)) or ""
    delivery = ports.mailer.send(sender, list(dict.fromkeys(addresses.values())), message)
    outcome.code = delivery.code
    for recipient_id, address in addresses.items():
        code = delivery.refused.get(address)
        if code is None:
            outcome.accepted.add(recipient_id)
        elif code.startswith("5"):
            outcome.refused[recipient_id] = code
        else:
            outcome.code = code


def _record(ports: Ports, claimed: _Claimed, outcome: _Outcome) -> None:
    """Write down what the relay said, waiting for a database that is away for a moment."""
    for attempt in range(1, _RECORD_TRIES + 1):
        try:
            with unit_of_work(ports, SYSTEM) as unit:
                _apply(unit, claimed, outcome)
                return
        except (Unavailable, Conflict):
            if attempt == _RECORD_TRIES:
                raise
            time.sleep(min(_RECORD_PAUSE, 0.05 * attempt))


def _apply(unit: Unit, claimed: _Claimed, outcome: _Outcome) -> None:
    """The relay's word is a fact, whoever touched the row meanwhile."""
    mail = unit.session.get(OutgoingMail, claimed.id)
    if mail is None:
        return
    unit.claim(OutgoingMail, mail.id, mail.version)
    given_up = unit.now >= mail.give_up_at
    recipients = recipients_of(unit, mail.id)
    refused = 0
    for recipient in recipients:
        if recipient.id not in claimed.waiting or recipient.state != "waiting":
            continue
        if recipient.id in outcome.accepted:
            recipient.state, recipient.status_code, recipient.changed_at = "accepted", "250", unit.now
        elif recipient.id in outcome.refused or given_up:
            code = outcome.refused.get(recipient.id, outcome.code)
            recipient.state, recipient.status_code, recipient.changed_at = "refused", code, unit.now
            refused += 1
        else:
            recipient.status_code = outcome.code
    _finish(unit, mail, {recipient.state for recipient in recipients}, outcome)
    if outcome.relay_gone:
        _postpone_all(unit)
    _tell(unit, mail, outcome, refused)


def _finish(unit: Unit, mail: OutgoingMail, states: set[str], outcome: _Outcome) -> None:
    """The state of the mail follows from those of its recipients."""
    mail.claimed_at, mail.reply_code = None, outcome.code
    if outcome.accepted and mail.sent_at is None:
        mail.sent_at = unit.now
    if "waiting" in states:
        mail.state = "queued"
        pause = _PAUSE_WITHOUT_RELAY if outcome.relay_gone else _pause(mail.attempts)
        mail.next_try_at = min(unit.now + pause, mail.give_up_at)
    else:
        mail.state = "sent" if "accepted" in states else "failed"


def _postpone_all(unit: Unit) -> None:
    later = unit.now + _PAUSE_WITHOUT_RELAY
    waits = update(OutgoingMail).where(OutgoingMail.state == "queued", OutgoingMail.next_try_at < later)
    unit.session.execute(waits.values(next_try_at=later), execution_options={"synchronize_session": False})


def _tell(unit: Unit, mail: OutgoingMail, outcome: _Outcome, refused: int) -> None:
    entry_ticket = select(Entry.ticket_id).where(Entry.id == mail.entry_id)
    ticket_id = unit.session.scalar(entry_ticket) if mail.entry_id is not None else mail.ticket_id
    if ticket_id is None:
        return
    if refused:
        code = next(iter(outcome.refused.values()), outcome.code)
        record(unit, ticket_id, "delivery_failed", entry_id=mail.entry_id, after=code)
        tell_author(unit, mail, ticket_id, "delivery_failed")
    else:
        unit.hint(f"ticket:{ticket_id}", {"ticket": ticket_id, "kind": "outgoing"})
