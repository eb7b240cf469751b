"""The state of the whole: counts, backlog, mailboxes, processes, alarms; and raising and closing alarms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import HelpdeskError
from helpdesk.models import (
    Alarm,
    Attachment,
    Counter,
    DisposalList,
    Entry,
    Flag,
    Heartbeat,
    Hold,
    InboundMail,
    IntakeTotal,
    Mailbox,
    OutgoingMail,
    Ticket,
)
from helpdesk.models.inbound_mail import INBOUND_STATES
from helpdesk.models.outgoing_mail import OUTGOING_STATES
from helpdesk.people.access import VERBS
from helpdesk.ports import Ports
from helpdesk.privacy import balance
from helpdesk.privacy.backups.catalogue import overdue
from helpdesk.privacy.destruction import clock_is_sane
from helpdesk.privacy.restores import unconfirmed
from helpdesk.privacy.rights.request_views import near_due
from helpdesk.retention import ages
from helpdesk.retention.terms import day_of
from helpdesk.tickets import states
from helpdesk.unit import SYSTEM, Unit, unit_of_work

AGES = "retention"
"""The subject of alarms about tickets that stand in one state for too long."""
DECIDERS = frozenset({"functional_admin", "privacy_officer", "record_manager"})
TOLD: dict[str, frozenset[str]] = {
    **ages.TOLD,
    "hold_review": frozenset({"functional_admin", "privacy_officer"}),
    "list_undecided": DECIDERS,
    "list_braked": DECIDERS,
    "list_stuck": DECIDERS | {"technical_admin"},
    "clock_jumped": DECIDERS | {"technical_admin"},
    "tickets_missing": DECIDERS | {"technical_admin"},
}
"""The roles that can do something about an alarm; those of all others are told to who may read the health."""
_SILENT_PROCESS = dt.timedelta(minutes=3)
_UNDECIDED, _STUCK = dt.timedelta(days=14), dt.timedelta(days=1)
"""How long a list waits for people, and how long one runs, before somebody has to look (retention Q25)."""


def status(ports: Ports) -> dict[str, Any]:
    """What `helpdesk status --json` prints: counts by state, ages in seconds, mailboxes, processes, open alarms."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return {
            "tickets": _count(unit, Ticket),
            "tickets_created": unit.session.scalar(select(Counter.value).where(Counter.name == "tickets_created")) or 0,
            "entries": _count(unit, Entry),
            "attachments": _count(unit, Attachment),
            "inbound": _by_state(unit, InboundMail.state, INBOUND_STATES),
            "outgoing": _by_state(unit, OutgoingMail.state, OUTGOING_STATES),
            "retention": states.counts(unit),
            "html_waiting": unit.session.scalar(select(func.count()).where(Entry.html_state == "waiting")) or 0,
            "oldest_waiting_seconds": _age(
                unit, select(func.min(InboundMail.received_at)), InboundMail.state == "received"
            ),
            "oldest_unsent_seconds": _age(
                unit, select(func.min(OutgoingMail.send_after)), OutgoingMail.state == "queued"
            ),
            "mailboxes": [_mailbox(unit, row) for row in unit.session.scalars(select(Mailbox).order_by(Mailbox.name))],
            "processes": {
                row.name: int((unit.now - row.at).total_seconds())
                for row in unit.session.scalars(select(Heartbeat).order_by(Heartbeat.name))
            },
            "disk_free": ports.blobs.free(),
            "alarms": [_alarm(row) for row in open_alarms(unit)],
        }


def _count(unit: Unit, model: Any) -> int:
    return unit.session.scalar(select(func.count()).select_from(model)) or 0


def _by_state(unit: Unit, column: Any, states: tuple[str, ...]) -> dict[str, int]:
    found = dict.fromkeys(states, 0)
    for state, count in unit.session.execute(select(column, func.count()).group_by(column)):
        found[state] = count
    return found


def _age(unit: Unit, statement: Any, condition: Any) -> int | None:
    at = unit.session.scalar(statement.where(condition))
    return None if at is None else int((unit.now - at).total_seconds())


def _mailbox(unit: Unit, row: Mailbox) -> dict[str, Any]:
    lag = (unit.now - row.oldest_at).total_seconds() if row.oldest_at and row.server_count else 0
    return {
        "name": row.name,
        "polled_seconds_ago": None if row.polled_at is None else int((unit.now - row.polled_at).total_seconds()),
        "on_server": row.server_count,
        "lag_seconds": int(lag),
        "left_on_server": row.left_count,
        "last_mail_at": row.last_mail_at and row.last_mail_at.isoformat(),
        "error": row.error_code,
    }


def _alarm(row: Alarm) -> dict[str, Any]:
    return {"kind": row.kind, "subject": row.subject, "detail": row.detail, "raised_at": row.raised_at.isoformat()}


def open_alarms(unit: Unit) -> list[Alarm]:
    """Alarms that are not over, oldest first."""
    return list(unit.session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)).order_by(Alarm.raised_at)))


def raise_alarm(unit: Unit, kind: str, subject: str, detail: str = "") -> None:
    """Open the alarm unless it already is; `detail` is a code or a number."""
    dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Alarm).values(
        kind=kind, subject=subject[:100], detail=detail[:100], open_key=f"{kind}:{subject}"[:140], raised_at=unit.now
    )
    unit.session.connection().execute(
        row.on_conflict_do_update(index_elements=[Alarm.open_key], set_={"detail": detail[:100]})
    )


def close_alarm(unit: Unit, kind: str, subject: str) -> None:
    """Close the alarm if it is open."""
    unit.session.execute(
        update(Alarm).where(Alarm.open_key == f"{kind}:{subject}"[:140]).values(open_key=None, closed_at=unit.now)
    )


def check_alarms(ports: Ports) -> None:
    """Look at everything that can be wrong; open and close alarms."""
    with unit_of_work(ports, SYSTEM) as unit:
        for kind, subject, wrong, detail in _findings(unit):
            if wrong:
                raise_alarm(unit, kind, subject, detail)
            else:
                close_alarm(unit, kind, subject)


def check_ages(ports: Ports) -> None:
    """Look at what has waited for too long; open and close alarms. Their detail is how many tickets there are.

    They are counted while others write.
    """
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        late = list(ages.late(unit.session, day_of(unit.now)))
    with unit_of_work(ports, SYSTEM) as unit:
        for found in late:
            if found.count:
                raise_alarm(unit, found.kind, AGES, str(found.count))
            else:
                close_alarm(unit, found.kind, AGES)


def own_alarms(unit: Unit) -> list[Alarm]:
    """The open alarms that somebody with the actor's roles should do something about."""
    usual = VERBS["health.read"]
    return [one for one in open_alarms(unit) if unit.actor.roles & TOLD.get(one.kind, usual)]


def _findings(unit: Unit) -> list[tuple[str, str, bool, str]]:
    settings = unit.ports.settings
    free = unit.ports.blobs.free()
    found = [("disk", "data", free < settings.min_free, str(free))]
    oldest_parked = unit.session.scalar(select(func.min(InboundMail.received_at)).where(InboundMail.state == "parked"))
    late = oldest_parked is not None and oldest_parked < unit.now - settings.parked_alarm
    found.append(("parked_mail", "oldest", late, ""))
    failed = unit.session.scalar(select(func.count()).where(OutgoingMail.state == "failed")) or 0
    found.append(("outgoing_failed", "outbox", failed > 0, str(failed)))
    waiting = _age(unit, select(func.min(InboundMail.received_at)), InboundMail.state == "received") or 0
    found.append(("filing_late", "queue", waiting > settings.dwell_alarm.total_seconds(), str(waiting)))
    unreviewed = select(func.count()).where(Hold.released_at.is_(None), Hold.review_on < day_of(unit.now))
    late_holds = unit.session.scalar(unreviewed) or 0
    found.append(("hold_review", "holds", late_holds > 0, str(late_holds)))
    found += _disposal_findings(unit)
    found += _backup_findings(unit)
    near = near_due(unit)
    found.append(("request_due", "requests", near > 0, str(near)))
    for row in unit.session.scalars(select(Mailbox)):
        found += _mailbox_findings(unit, row)
    for beat in unit.session.scalars(select(Heartbeat)):
        found.append(("process_silent", beat.name, beat.at < unit.now - _SILENT_PROCESS, beat.name))
    return found


def _disposal_findings(unit: Unit) -> list[tuple[str, str, bool, str]]:
    """What keeps destruction from happening in time, and tickets that are gone without it (RD-26, RD-27, RD-62)."""
    missing = unit.session.scalar(select(Flag.value).where(Flag.name == balance.MISSING))
    undecided = DisposalList.state.in_(("open", "window")) & (DisposalList.proposed_at < unit.now - _UNDECIDED)
    stuck = (DisposalList.state == "running") & (DisposalList.started_at < unit.now - _STUCK)
    braked = DisposalList.braked & DisposalList.state.in_(("open", "window"))
    counted = [
        (kind, unit.session.scalar(select(func.count()).select_from(DisposalList).where(wrong)) or 0)
        for kind, wrong in (("list_undecided", undecided), ("list_stuck", stuck), ("list_braked", braked))
    ]
    return [
        ("tickets_missing", "tickets", missing is not None, missing or ""),
        ("clock_jumped", "destruction", not clock_is_sane(unit), ""),
        *((kind, "lists", many > 0, str(many)) for kind, many in counted),
    ]


def _backup_findings(unit: Unit) -> list[tuple[str, str, bool, str]]:
    """A restored backup that people have not confirmed in full (RD-73, RD-76), and backups over their time (RD-74)."""
    waits = unconfirmed(unit)
    try:
        late = str(len(overdue(unit.ports.settings, day_of(unit.now))))
    except HelpdeskError as fault:
        late = fault.code
    return [
        ("restored", "restore", waits > 0, str(waits)),
        ("backup_left", "backups", late != "0", late),
    ]


def _mailbox_findings(unit: Unit, row: Mailbox) -> list[tuple[str, str, bool, str]]:
    settings = unit.ports.settings
    silent = settings.silence_alarm
    quiet = bool(silent) and (row.last_mail_at or row.polled_at or unit.now) < unit.now - silent
    stayed = row.oldest_at is not None and bool(row.server_count) and row.oldest_at < unit.now - settings.dwell_alarm
    return [
        ("mailbox_error", row.name, row.error_code is not None, row.error_code or ""),
        ("mailbox_silent", row.name, quiet, ""),
        ("mailbox_lag", row.name, stayed and row.left_count == 0, ""),
        ("mail_left", row.name, row.left_count > 0, str(row.left_count)),
    ]


def intake_sum(unit: Unit) -> dict[str, dict[str, int]]:
    """By mailbox: how many mails were ever seen, by what became of them; destroyed ones included."""
    found: dict[str, dict[str, int]] = {}
    for mailbox, state, count in unit.session.execute(
        select(InboundMail.mailbox, InboundMail.state, func.count()).group_by(InboundMail.mailbox, InboundMail.state)
    ):
        found.setdefault(mailbox, {})[state] = count
    for row in unit.session.scalars(select(IntakeTotal)):
        states = found.setdefault(row.mailbox, {})
        states[f"gone_{row.state}"] = states.get(f"gone_{row.state}", 0) + row.count
    return found
