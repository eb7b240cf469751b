"""What the poller tells the database: removals, rounds, faults. Keeps no mail and moves none."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import HelpdeskError
from helpdesk.leases import beat
from helpdesk.models import InboundMail, Mailbox, MailSeen
from helpdesk.ports import Ports
from helpdesk.retention.restored import mailbox_kept
from helpdesk.row_sets import among
from helpdesk.settings import MailboxSettings
from helpdesk.unit import SYSTEM, Unit, unit_of_work
from mail_ingest.mailbox_port import FetchedMail, Listing, MailId
from mail_ingest.mailbox_port import Mailbox as MailboxPort
from mail_ingest.poller import PollResult

log = logging.getLogger(__name__)
_SEEN_AGAIN = dt.timedelta(hours=12)
_QUIET_ROUND = dt.timedelta(seconds=30)


class Booked:
    """A mailbox whose removals are written down: when each original was gone.

    After a restored backup nothing is removed until somebody confirmed it (RD-73): what is kept stays, and is not read
    again and again.
    """

    def __init__(self, mailbox: MailboxPort, name: str, ports: Ports) -> None:
        self._mailbox, self._name, self._ports = mailbox, name, ports
        self._stay: set[MailId] = set()

    def new_ids(self, most: int) -> Listing:
        """As the mailbox, without what has to stay for now; once it may go, it is listed again."""
        if self._stay and not self._removes_nothing():
            self._stay.clear()
        listing = self._mailbox.new_ids(most + len(self._stay))
        if not self._stay:
            return listing
        self._stay.intersection_update(listing.ids)
        ids = tuple(one for one in listing.ids if one not in self._stay)
        left = sorted({*listing.left, *(one.uid for one in self._stay)})
        return Listing(listing.uidvalidity, listing.lying, ids, tuple(left))

    def fetch(self, ids: Sequence[MailId]) -> list[FetchedMail]:
        """As the mailbox."""
        return self._mailbox.fetch(ids)

    def done(self, ids: Sequence[MailId]) -> frozenset[int]:
        """Remove them, then note which are gone; where nothing may be removed, all of them stay."""
        if self._removes_nothing():
            self._stay.update(ids)
            return frozenset(mail.uid for mail in ids)
        still = self._mailbox.done(ids)
        gone = [mail.uid for mail in ids if mail.uid not in still]
        if gone:
            with unit_of_work(self._ports, SYSTEM) as unit:
                unit.session.execute(
                    update(InboundMail)
                    .where(
                        InboundMail.mailbox == self._name,
                        InboundMail.uidvalidity == ids[0].uidvalidity,
                        among(unit.session, InboundMail.uid, gone),
                    )
                    .values(removed_at=unit.now)
                )
        return still

    def _removes_nothing(self) -> bool:
        with unit_of_work(self._ports, SYSTEM, write=False) as unit:
            return mailbox_kept(unit)

    def wait(self, seconds: float) -> bool:
        """As the mailbox."""
        return self._mailbox.wait(seconds)

    def leave(self) -> None:
        """As the mailbox."""
        self._mailbox.leave()


class Reporter:
    """Writes each round of one mailbox to its row; quiet rounds at most twice a minute."""

    def __init__(self, box: MailboxSettings, ports: Ports) -> None:
        self._box, self._ports = box, ports
        self._last: tuple[dt.datetime, object] | None = None

    def __call__(self, outcome: PollResult | HelpdeskError | None) -> None:
        """Note what a round did; None means another poller has the mailbox."""
        if outcome is None:
            return
        now = self._ports.now()
        summary = outcome.code if isinstance(outcome, HelpdeskError) else (outcome.lying, outcome.left)
        eventful = isinstance(outcome, PollResult) and bool(outcome.states)
        if not eventful and self._last is not None and self._last[1] == summary and now - self._last[0] < _QUIET_ROUND:
            return
        self._last = (now, summary)
        with unit_of_work(self._ports, SYSTEM) as unit:
            _write_round(unit, self._box, outcome)
        beat(self._ports, f"poller:{self._box.name}")
        if isinstance(outcome, HelpdeskError):
            log.warning("mailbox", extra={"mailbox": self._box.name, "code": outcome.code})


def _write_round(unit: Unit, box: MailboxSettings, outcome: PollResult | HelpdeskError) -> None:
    values: dict[str, object] = {"desk_key": box.desk}
    if isinstance(outcome, HelpdeskError):
        values["error_code"] = outcome.code[:64]
    else:
        lying = outcome.lying - outcome.removed - len(outcome.left)
        newest = select(func.max(InboundMail.arrived_at)).where(InboundMail.mailbox == box.name)
        values |= {
            "error_code": None,
            "polled_at": unit.now,
            "server_count": outcome.lying - outcome.removed,
            "left_count": len(outcome.left),
            "oldest_at": unit.now - outcome.longest_stay if lying > 0 else None,
            "last_mail_at": unit.session.scalar(newest),
        }
        _seen_again(unit, box.name, outcome)
    dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Mailbox).values(
        name=box.name, left_count=0, **{k: v for k, v in values.items() if k != "left_count"}
    )
    unit.session.connection().execute(row.on_conflict_do_update(index_elements=[Mailbox.name], set_=values))


def _seen_again(unit: Unit, mailbox: str, outcome: PollResult) -> None:
    """What still lies in the mailbox is remembered for as long as it does."""
    if outcome.left:
        unit.session.execute(
            update(MailSeen)
            .where(
                MailSeen.mailbox == mailbox,
                MailSeen.uidvalidity == outcome.uidvalidity,
                MailSeen.uid.in_(outcome.left),
                MailSeen.last_seen_on < unit.now - _SEEN_AGAIN,
            )
            .values(last_seen_on=unit.now)
        )
