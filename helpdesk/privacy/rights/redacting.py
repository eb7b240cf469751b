"""Destroys one message or one file while its ticket, its number and its clock stay as they are (RD-86).

The words are gone with the commit; bytes and what the database's own files hold of them follow at once, and are looked
for like those of a destroyed ticket. A mark stays. The raw mail goes with any part of it: it holds all of them.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, select, update

from helpdesk import leases
from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotFound, Unavailable
from helpdesk.models import Attachment, Content, Entry, InboundMail, OutgoingMail, Redaction, Ticket
from helpdesk.people.access import can, ticket_for
from helpdesk.ports import RIGHTS_WAITING, Ports
from helpdesk.privacy.copies import anew, blobs, engine
from helpdesk.privacy.deciding import LEASE, LEASE_SECONDS
from helpdesk.privacy.rights.codes import REDACTED
from helpdesk.retention import holds
from helpdesk.retention.ledger_writing import flush, write_down
from helpdesk.search import forget_entry, index_entry
from helpdesk.security_log import note
from helpdesk.timeline import record
from helpdesk.unit import SYSTEM, Unit, unit_of_work

log = logging.getLogger(__name__)
_WORDS = ("body", "reply", "html_source", "html", "markdown", "remote_hosts")
_KINDS = {"message": "entries", "file": "files", "raw": "mails"}
"""How the ledger counts what went."""


def redact_message(unit: Unit, entry_id: int, reason: str, *, subject: bool = False) -> None:
    """Destroy the words of a message, with `subject` those of its ticket's subject too; its files stay.

    Raises NotFound, Invalid for an unknown reason, Conflict on a hold or when it was done before.
    """
    entry = _locked(unit, entry_id, reason)
    if entry.redacted is not None:
        raise Conflict("The words of this message were destroyed already.", code="redacted")
    gone = delete(Content).where(
        Content.ticket_id == entry.ticket_id, Content.entry_id == entry_id, Content.kind.in_(_WORDS)
    )
    unit.session.execute(gone)
    _head_only(unit, entry)
    if subject:
        whole = (Content.ticket_id == entry.ticket_id) & Content.entry_id.is_(None) & (Content.kind == "subject")
        unit.session.execute(update(Content).where(whole).values(text=""))
    entry.redacted, entry.html_state, entry.html_reason = reason, "none", None
    entry.remote_images, entry.defects = 0, None
    unit.session.flush()
    _index_rest(unit, entry, "")
    _taken(unit, entry, "message", reason, None)
    _raw_too(unit, entry, reason)
    record(unit, entry.ticket_id, "redacted", entry_id=entry_id, after=reason)
    note(unit, "entry.redact", "entry", entry_id)


def redact_file(unit: Unit, attachment_id: int, reason: str) -> None:
    """Destroy a file of a message, its name too. Raises as `redact_message`."""
    row = unit.session.get(Attachment, attachment_id)
    if row is None:
        raise NotFound("There is no such file.")
    entry = _locked(unit, row.entry_id, reason)
    named = (Content.ticket_id == row.ticket_id) & (Content.attachment_id == attachment_id)
    unit.session.execute(delete(Content).where(named))
    blob = row.blob
    unit.session.execute(delete(Attachment).where(Attachment.id == attachment_id))
    entry.files_redacted += 1
    unit.session.flush()
    _index_rest(unit, entry, _said(unit, entry))
    _taken(unit, entry, "file", reason, blob)
    _raw_too(unit, entry, reason)
    record(unit, entry.ticket_id, "file_redacted", entry_id=entry.id, after=reason)
    note(unit, "file.redact", "entry", entry.id)


def _locked(unit: Unit, entry_id: int, reason: str) -> Entry:
    """The message, for an actor who may do this to its ticket, of which no hold keeps anything."""
    if reason not in REDACTED:
        raise Invalid("Choose why it is destroyed.", field="reason")
    entry = unit.session.get(Entry, entry_id)
    if entry is None:
        raise NotFound("There is no such message.")
    verb = "request.handle" if can(unit.actor, "request.handle") else "ticket.redact"
    ticket = ticket_for(unit, entry.ticket_id, verb)
    if unit.actor.account_id is None:
        raise NotFound("There is no such message.")
    holds.refuse_held(unit, holds.REDACT, ticket.id)
    # Whoever cleans its HTML or moves it at this moment is waited for, and seen.
    entry = unit.session.get_one(Entry, entry_id, with_for_update=True, populate_existing=True)
    if entry.ticket_id != ticket.id:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.")
    anew.touch(unit, [ticket.id])
    _stop_sending(unit, entry_id)
    return entry


def _stop_sending(unit: Unit, entry_id: int) -> None:
    """What waits with these words does not leave; what is being sent this second is waited for."""
    sending = (OutgoingMail.entry_id == entry_id) & (OutgoingMail.state == "sending")
    if unit.session.scalar(select(OutgoingMail.id).where(sending).limit(1)) is not None:
        raise Conflict("This answer is being sent at this moment. Try again in a minute.", code="sending")
    here = (OutgoingMail.entry_id == entry_id) & (OutgoingMail.state == "queued")
    unit.session.execute(update(OutgoingMail).where(here).values(state="cancelled"))


def _head_only(unit: Unit, entry: Entry) -> None:
    """Of the header stay sender and recipients, which the page names; its subject goes."""
    here = (Content.ticket_id == entry.ticket_id) & (Content.entry_id == entry.id) & (Content.kind == "headers")
    said = unit.session.scalar(select(Content.text).where(here))
    if said is not None:
        kept = json.loads(said) | {"subject": ""}
        unit.session.execute(update(Content).where(here).values(text=json.dumps(kept, ensure_ascii=False)))


def _said(unit: Unit, entry: Entry) -> str:
    """The words of a message that stay findable when one of its files goes."""
    kinds = ("markdown", "body", "reply")
    rows = unit.session.scalars(
        select(Content.text).where(
            Content.ticket_id == entry.ticket_id, Content.entry_id == entry.id, Content.kind.in_(kinds)
        )
    )
    subject = select(Content.text).where(
        Content.ticket_id == entry.ticket_id, Content.entry_id.is_(None), Content.kind == "subject"
    )
    return " ".join([*rows, unit.session.scalar(subject.limit(1)) or ""])


def _index_rest(unit: Unit, entry: Entry, words: str) -> None:
    names = unit.session.scalars(
        select(Content.text).where(
            Content.ticket_id == entry.ticket_id, Content.entry_id == entry.id, Content.kind == "filename"
        )
    ).all()
    forget_entry(unit, entry.ticket_id, entry.id)
    if words or names:
        index_entry(unit, entry.ticket_id, entry.id, " ".join([words, *names]))


def _taken(unit: Unit, entry: Entry, part: str, reason: str, blob: str | None) -> None:
    unit.session.add(
        Redaction(
            ticket_id=entry.ticket_id,
            entry_id=entry.id,
            part=part,
            reason=reason,
            blob=blob,
            account_id=unit.actor.account_id,
            at=unit.now,
        )
    )
    unit.session.flush()
    unit.nudge(RIGHTS_WAITING)


def _raw_too(unit: Unit, entry: Entry, reason: str) -> None:
    raw = unit.session.scalar(select(InboundMail.blob).where(InboundMail.id == entry.inbound_id))
    if raw is not None:
        unit.session.execute(update(InboundMail).where(InboundMail.id == entry.inbound_id).values(blob=None))
        _taken(unit, entry, "raw", reason, raw)


def finish(ports: Ports) -> int:
    """Unlink the bytes of what was destroyed, scrub, look, and let the ledger say so. Returns how many parts.

    May be killed anywhere: each row says how far it is. Raises Unavailable when something is in the way.
    """
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        left = unit.session.scalar(select(Redaction.id).where(Redaction.state != "done").limit(1))
    if left is None or not leases.hold(ports, LEASE, LEASE_SECONDS):
        return 0
    try:
        _unlink(ports)
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            ids = unit.session.scalars(select(Redaction.id).where(Redaction.state == "bytes")).all()
        ways = engine.scrub(ports, leases.keeper(ports, LEASE, LEASE_SECONDS))
        done = _concluded(ports, ids, ways) if ways else 0
    finally:
        leases.release(ports, LEASE)
    flush(ports)
    return done


def _unlink(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(select(Redaction.id, Redaction.blob).where(Redaction.state == "words")).all()
    blobs.destroy(ports, {row.blob for row in rows if row.blob is not None})
    with unit_of_work(ports, SYSTEM) as unit:
        gone = update(Redaction).where(Redaction.id.in_([row.id for row in rows]), Redaction.state == "words")
        unit.session.execute(gone.values(state="bytes", blob=None).execution_options(synchronize_session=False))


def _concluded(ports: Ports, ids: Sequence[int], ways: tuple[str, ...]) -> int:
    """One line of the ledger for each ticket: its random name, how many parts of which kind, and how."""
    with unit_of_work(ports, SYSTEM) as unit:
        rows = unit.session.execute(
            select(Redaction, Ticket).join(Ticket, Ticket.id == Redaction.ticket_id).where(Redaction.id.in_(ids))
        ).all()
        parts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        tickets = {}
        for row, ticket in rows:
            _look(unit, row)
            parts[ticket.id][_KINDS[row.part]] += 1
            tickets[ticket.id] = ticket
            row.state = "done"
        for ticket_id, ticket in sorted(tickets.items()):
            counted = ",".join(f"{name}={many}" for name, many in sorted(parts[ticket_id].items()))
            told = {"rule": ticket.rule, "policy_version": ticket.policy_version}
            said = {name: value for name, value in told.items() if value is not None}
            methods = ",".join(("rows", "blobs", "index", *ways, "verified"))
            write_down(unit, "redacted", ticket.destroy_id, parts=counted, methods=methods, **said)
        return len(rows)


def _look(unit: Unit, row: Redaction) -> None:
    if row.part != "message":
        return
    words = select(Content.id).where(
        Content.ticket_id == row.ticket_id, Content.entry_id == row.entry_id, Content.kind.in_(_WORDS)
    )
    if unit.session.scalar(words.limit(1)) is not None:
        raise Unavailable("What was to be destroyed is still there.", code="rows_left")


def finish_quietly(ports: Ports) -> int:
    """As `finish`, for the clockwork: what is in the way is logged by its code and tried again at the next turn."""
    try:
        return finish(ports)
    except HelpdeskError as fault:
        log.warning("a redaction waits", extra={"code": fault.code})
        return 0
