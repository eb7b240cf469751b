"""After a restored backup the poller takes mail in and removes none, files nothing twice, and forgets nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from helpdesk.models import InboundMail, MailSeen, Restore, Ticket
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest import upkeep
from mail_ingest.accept import accept
from mail_ingest.bookkeeping import Booked
from mail_ingest.filing import drain
from mail_ingest.poller import Intake, PollResult, poll_once
from mail_ingest.reading import Readers
from tests.conftest import PortsMaker, copied
from tests.fakes_mailbox import ListMailbox
from tests.letters import letter, wait


@pytest.fixture
def ports(make_ports: PortsMaker, sqlite_template: Path, sqlite_place: Path) -> Ports:
    """Ports on SQLite: nothing here is an engine's own."""
    return make_ports(copied(sqlite_template, sqlite_place))


def _restored(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(Restore(state="open", made_at=unit.now, found_at=unit.now))


def _confirmed(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Restore).values(mailbox_at=unit.now))


def _round(ports: Ports, booked: Booked) -> PollResult:
    done = poll_once(booked, Intake("academy", "academy", lambda mails: accept(mails, ports), ports.now))
    drain(ports, Readers(0))
    return done


def _tickets(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_mail_stays_until_it_is_confirmed_and_is_filed_once(ports: Ports) -> None:
    box = ListMailbox({1: letter("Een.", message_id="<1@x>"), 2: letter("Twee.", message_id="<2@x>")})
    booked = Booked(box, "academy", ports)
    _round(ports, booked)
    assert (box.mails, _tickets(ports)) == ({}, 2)
    # What the backup knows already lies in the mailbox still, or again, and a new one comes.
    box.mails = {1: letter("Een.", message_id="<1@x>"), 3: letter("Drie.", message_id="<3@x>")}
    _restored(ports)
    done = _round(ports, booked)
    assert (done.removed, done.left) == (0, (1, 3))
    assert (sorted(box.mails), _tickets(ports)) == ([1, 3], 3)
    box.put(letter("Vier.", message_id="<4@x>"))
    read = len(box.fetched)
    assert _round(ports, booked).left == (1, 3, 4)
    assert box.fetched[read:] == [[4]], "what stays is not read again"
    assert _tickets(ports) == 4
    _confirmed(ports)
    assert _round(ports, booked).removed == 3
    assert (box.mails, _tickets(ports)) == ({}, 4)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).where(InboundMail.removed_at.is_(None))) == 0


def test_a_poller_that_began_anew_removes_nothing_either(ports: Ports) -> None:
    box = ListMailbox({1: letter("Een.", message_id="<1@x>")})
    _restored(ports)
    for _ in range(2):
        assert _round(ports, Booked(box, "academy", ports)).left == (1,)
    assert (sorted(box.mails), _tickets(ports)) == ([1], 1)


def test_no_mail_is_forgotten_while_nobody_knows_what_lies_in_the_mailbox(ports: Ports) -> None:
    """A backup of a month ago: its memory is over its time, and its mails may lie there still."""
    box = ListMailbox({1: letter("Een.", message_id="<1@x>")})
    box.can_remove = False
    _round(ports, Booked(box, "academy", ports))
    wait(ports, dt.timedelta(days=31))
    _restored(ports)
    upkeep.forget(ports)
    box.left.clear()
    _round(ports, Booked(box, "academy", ports))
    assert _tickets(ports) == 1
    _confirmed(ports)
    wait(ports, dt.timedelta(days=31))
    upkeep.forget(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(MailSeen)).all() == []
