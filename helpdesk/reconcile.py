"""Reconciliation: every mail seen is in one place, every row has its bytes, every byte its row. Repairs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from sqlalchemy import Select, select

from helpdesk.models import (
    Attachment,
    Content,
    DraftFile,
    Entry,
    ImportRun,
    InboundMail,
    MailSeen,
    Redaction,
    RightsRequest,
    SearchText,
    Ticket,
    TicketPerson,
    Upload,
    UploadPiece,
)
from helpdesk.ports import Ports
from helpdesk.privacy.balance import balance
from helpdesk.text.language import N_, Words, words_of
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_KEYS = (
    *(InboundMail.blob, Attachment.blob, DraftFile.blob, UploadPiece.blob, Upload.blob),
    *(ImportRun.blob, ImportRun.found_blob, RightsRequest.export_blob, Redaction.blob),
)
"""Every column that names bytes."""


def reconcile(ports: Ports, language: str = "en") -> list[str]:
    """One sentence for each thing that is missing or too many, in this language; empty when all is accounted for."""
    _ = words_of(language)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [
            *_mails(unit, _),
            *_tickets(unit, _),
            *_blobs(unit, _),
        ]


def _mails(unit: Unit, _: Words) -> Iterator[str]:
    session = unit.session
    filed = select(InboundMail.id).where(
        InboundMail.state.in_(("filed", "machine")),
        ~select(Entry.id).where(Entry.inbound_id == InboundMail.id).exists(),
    )
    for inbound_id in session.scalars(filed):
        yield _("Mail {inbound_id} is filed, but no ticket holds it.", inbound_id=inbound_id)
    seen = select(MailSeen.inbound_id).where(
        ~select(InboundMail.id).where(InboundMail.id == MailSeen.inbound_id).exists()
    )
    for gone_id in session.scalars(seen.distinct()):
        yield _("Mail {gone_id} was seen at the door, but its row is gone from the intake log.", gone_id=gone_id)
    entries = select(Entry.id, Entry.inbound_id).where(
        Entry.inbound_id.is_not(None), ~select(InboundMail.id).where(InboundMail.id == Entry.inbound_id).exists()
    )
    for entry_id, missing_id in session.execute(entries):
        yield _(
            "Entry {entry_id} came from mail {missing_id}, whose row is gone from the intake log.",
            entry_id=entry_id,
            missing_id=missing_id,
        )
    duplicates = select(InboundMail.id).where(
        InboundMail.state == "duplicate", InboundMail.duplicate_of_id.not_in(select(InboundMail.id))
    )
    for inbound_id in session.scalars(duplicates):
        yield _("Mail {inbound_id} is a duplicate of a mail that is gone.", inbound_id=inbound_id)


def _tickets(unit: Unit, _: Words) -> Iterator[str]:
    session = unit.session
    found = balance(unit)
    if found.missing:
        yield _(
            "{created} tickets were opened, {present} are there, {gone} were destroyed with a ground: {missing} are "
            "missing.",
            created=found.created,
            present=found.present,
            gone=found.destroyed + found.merged,
            missing=found.missing,
        )
    orphans = select(InboundMail.id).where(InboundMail.state.in_(("filed", "machine")), InboundMail.ticket_id.is_(None))
    for inbound_id in session.scalars(orphans):
        yield _("Mail {inbound_id} is filed, but its ticket is gone.", inbound_id=inbound_id)
    for lacking, exists in (
        (
            N_("Ticket {number} has no requester."),
            select(TicketPerson.id).where(TicketPerson.ticket_id == Ticket.id, TicketPerson.role == "requester"),
        ),
        (
            N_("Ticket {number} has no subject."),
            select(Content.id).where(Content.ticket_id == Ticket.id, Content.kind == "subject"),
        ),
    ):
        for number in session.scalars(select(Ticket.number).where(~exists.exists())):
            yield _(lacking, number=number)
    unindexed = select(Entry.id).where(
        Entry.undone_at.is_(None),
        ~select(SearchText.entry_id)
        .where(SearchText.ticket_id == Entry.ticket_id, SearchText.entry_id == Entry.id)
        .exists(),
    )
    for entry_id in session.scalars(unindexed):
        yield _("Entry {entry_id} is not in the search index.", entry_id=entry_id)


def _blobs(unit: Unit, _: Words) -> Iterator[str]:
    """By the first two digits of their keys, so that what lies in memory does not grow with the house."""
    staged = {key for key, _at in unit.ports.blobs.staged()}
    starts = [f"{number:02x}" for number in range(256)]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        # What sorts before or behind all digits is no key of ours: it is looked at with the first and the last.
        rows = {key for column in _KEYS for key in unit.session.scalars(_between(column, start, end))}
        kept = set(unit.ports.blobs.keys(start))
        yield from _unlike(rows, kept, staged, _)


def _between(column: Any, start: str, end: str | None) -> Select[Any]:
    found = select(column).where(column.is_not(None))
    found = found.where(column >= start) if start != "00" else found
    return found if end is None else found.where(column < end)


def _unlike(rows: Set[str], kept: Set[str], staged: Set[str], _: Words) -> Iterator[str]:
    for key in sorted(rows - kept - staged):
        yield _("The bytes {key} of a mail or file are gone from the disk.", key=key)
    for key in sorted(kept - rows):
        yield _("The bytes {key} on the disk belong to no mail or file.", key=key)
