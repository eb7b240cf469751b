"""Cleans the HTML of filed mail, entry by entry: outside any request, outside filing, each within its own limits."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from helpdesk.confined import Confined, GaveUp
from helpdesk.leases import hold, release
from helpdesk.mail.backlog import GIVES_WAY, backlog
from helpdesk.models import Attachment, Content, Entry, InboundMail
from helpdesk.ports import CLEAN_WAITING, Ports
from helpdesk.text.sanitize import CLEANER_VERSION, CleanHtml, clean_mail_html
from helpdesk.tickets.writing import storable
from helpdesk.unit import SYSTEM, unit_of_work

LEASE = "cleaning"
LEASE_SECONDS = 60
DRAIN_SECONDS = 20
CPU_SECONDS = 1.0
"""Twice what the largest HTML within the limits takes."""
_BATCH = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """HTML that waits, with the inline images it may show (by Content-ID)."""

    entry_id: int
    ticket_id: int
    html: str
    images: dict[str, int]

    def image_url(self, content_id: str) -> str | None:
        """Our own address of an inline image."""
        attachment_id = self.images.get(content_id)
        return f"/werk/bestand/{attachment_id}/inline" if attachment_id else None


def clean_one(item: Waiting) -> CleanHtml:
    """The cleaned HTML, or why there is none: then the text form is shown."""
    try:
        return clean_mail_html(item.html, item.image_url)
    except Exception:  # whatever a library makes of hostile HTML, the advisor has the text
        return CleanHtml(None, "cleaner_failed")


def drain(ports: Ports, confined: Confined | None = None) -> int:
    """Clean what waits for at most 20 s; nudges again when more is left. Returns how many entries.

    Without processes to confine the work to, it is done here, within the same CPU time.
    """
    confined = confined or Confined(0)
    done, until = 0, time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until:
        if not hold(ports, LEASE, LEASE_SECONDS):
            return done
        try:
            waiting = _next(ports)
            if not waiting:
                return done
            results = confined.each(clean_one, waiting, CPU_SECONDS)
            _store(ports, list(zip(waiting, map(_result, results), strict=True)))
        finally:
            release(ports, LEASE)
        done += len(waiting)
    ports.jobs.nudge(CLEAN_WAITING)
    return done


def _next(ports: Ports) -> list[Waiting]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        queue = select(Entry.id, Entry.ticket_id).where(Entry.html_state == "waiting").order_by(Entry.id)
        if unit.session.scalar(select(backlog(unit))):
            mail = queue.join(InboundMail, InboundMail.id == Entry.inbound_id)
            queue = mail.where(InboundMail.filed_at < unit.now - GIVES_WAY)
        rows = unit.session.execute(queue.limit(_BATCH)).all()
        found = []
        for entry_id, ticket_id in rows:
            html = unit.session.scalar(
                select(Content.text).where(
                    Content.ticket_id == ticket_id, Content.entry_id == entry_id, Content.kind == "html_source"
                )
            )
            images = unit.session.execute(
                select(Attachment.content_id, Attachment.id).where(
                    Attachment.entry_id == entry_id, Attachment.content_id.is_not(None)
                )
            )
            by_id = {content_id: attachment_id for content_id, attachment_id in images if content_id}
            found.append(Waiting(entry_id, ticket_id, html or "", by_id))
        return found


def _result(result: CleanHtml | GaveUp) -> CleanHtml:
    return CleanHtml(None, "cleaner_gave_up") if isinstance(result, GaveUp) else result


def _store(ports: Ports, results: list[tuple[Waiting, CleanHtml]]) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        for item, result in results:
            html = result.html
            reason = None if html is not None else (result.refused or "cleaner_failed")
            changed = unit.session.execute(
                update(Entry)
                .where(Entry.id == item.entry_id, Entry.html_state == "waiting")
                .values(
                    html_state="refused" if html is None else "clean",
                    html_reason=reason and reason[:32],
                    remote_images=result.remote_images,
                    cleaner_version=CLEANER_VERSION,
                )
                .returning(Entry.ticket_id)
            ).scalar()
            if changed is None:
                continue
            unit.session.execute(
                delete(Content).where(
                    Content.ticket_id == changed, Content.entry_id == item.entry_id, Content.kind == "html_source"
                )
            )
            texts = {"html": html or "", "remote_hosts": " ".join(result.remote_hosts)}
            rows = [
                {"ticket_id": changed, "entry_id": item.entry_id, "kind": kind, "text": storable(text, 2_000_000)}
                for kind, text in texts.items()
                if text or (kind == "html" and html is not None)
            ]
            if rows:
                unit.session.execute(insert(Content), rows)
