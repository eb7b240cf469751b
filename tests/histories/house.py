"""A whole helpdesk beside its model: what people do, done through the real verbs and told to the model."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import ColumnElement, select, update

from helpdesk.adapters.memory import SetClock
from helpdesk.facts import record
from helpdesk.models import Entry, InboundMail, TicketPerson
from helpdesk.models import Ticket as TicketRow
from helpdesk.ports import Ports
from helpdesk.privacy import policies
from helpdesk.retention import clock
from helpdesk.retention.register.load import load
from helpdesk.tickets.handling import set_status
from helpdesk.tickets.merging import merge, move_entry, undo_merge
from helpdesk.tickets.replying import Answer, reply
from helpdesk.tickets.requesters import call_requester
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work
from mail_ingest.waiting import MANY
from tests.histories.amsterdam import day_in_amsterdam
from tests.histories.draw import NAMES
from tests.histories.model import Person, Row, Ticket, World
from tests.letters import letter, receive
from tests.retention import staff

START = dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)
"""Half past ten at night: in summer it is the next day already in Amsterdam."""


class House:
    """Ports and model side by side; `tally` counts what happened. Numbers of people and tickets are the model's."""

    def __init__(self, ports: Ports) -> None:
        self.ports, self.world, self.tally = ports, World(texts=[]), Counter[str]()
        cast("SetClock", ports.now).at = START
        self.numbers: list[str] = []
        self.names: list[str] = []
        self.person_ids: list[int | None] = []
        self.addresses: list[str] = []
        self.fact_ids: dict[int, int] = {}
        self.status: list[str] = []
        self.with_them: list[set[int]] = []
        self.before: dict[int, str] = {}
        self.moved: dict[tuple[int, int], set[int]] = {}
        self.people_held: dict[int, int] = {}
        self.lying = set[int]()
        self.written = 0
        self.open: Unit | None = None
        self.admin = staff(ports, "fatima", "functional_admin")
        self.officer = staff(ports, "piet", "privacy_officer")
        self.archivist = staff(ports, "rosa", "record_manager")
        self.advisor = staff(ports, "sanne", "advisor")
        self.new_text()

    @property
    def today(self) -> dt.date:
        """The date in Amsterdam."""
        return day_in_amsterdam(self.ports.now())

    @contextmanager
    def by(self, actor: Actor) -> Iterator[Unit]:
        """A unit in the name of somebody: the one that is open for all that they do now, if there is one."""
        if self.open is not None and self.open.actor == actor:
            yield self.open
            return
        with unit_of_work(self.ports, actor) as unit:
            yield unit

    @contextmanager
    def at_once(self, actor: Actor) -> Iterator[None]:
        """What somebody does within it, for many cases, is one unit: what it changed is reckoned in one set."""
        with unit_of_work(self.ports, actor) as unit:
            self.open = unit
            try:
                yield
            finally:
                self.open = None

    def _is_row(self, number: int) -> ColumnElement[bool]:
        return TicketRow.number == self.numbers[number]

    def new_text(self) -> None:
        """Another version of the register, by two people."""
        text = policies.shipped_text("551") + f"\n# {len(self.world.texts)}\n".encode()
        with self.by(self.admin) as unit:
            version = policies.propose(unit, text)
        with self.by(self.officer) as unit:
            policies.approve(unit, version, load(text).sha256)
        clock.tick(self.ports)
        self.world.texts.append(version)

    def new_person(self, address: str) -> int:
        """Somebody who never wrote before, or of whom nothing is known any more."""
        self.world.people.append(Person())
        self.person_ids.append(None)
        self.addresses.append(address)
        return len(self.world.people) - 1

    def ask(self, askers: list[int], *, stay: set[int]) -> None:
        """These people each ask something new, by mail; the mails of `stay` are left in the mailbox."""
        mails = []
        for who in askers:
            serial = len(self.numbers)
            self._came([who], self.today)
            mails.append(
                letter(f"Vraag {serial}", sender=self.addresses[who], message_id=f"<{serial}@x>", subject=f"{serial}")
            )
        for start in range(0, len(mails), MANY - 1):
            receive(self.ports, *mails[start : start + MANY - 1])  # of more at once it waits whether there is more
        first = len(self.numbers) - len(mails)
        with unit_of_work(self.ports, SYSTEM) as unit:
            newest = (
                select(TicketRow.id, TicketRow.number, Entry.id.label("entry_id"), Entry.person_id)
                .join(Entry, Entry.ticket_id == TicketRow.id)
                .order_by(TicketRow.id.desc())
                .limit(len(mails))
            )
            rows = list(reversed(unit.session.execute(newest).all()))
            for serial, row in enumerate(rows, first):
                self.numbers[serial], self.person_ids[askers[serial - first]] = row.number, row.person_id
                self.world.tickets[serial].contacts[row.entry_id] = self.today
                self.lying |= {row.entry_id} if serial in stay else set()
            gone = update(InboundMail).where(InboundMail.ticket_id.in_([row.id for row in rows]))
            lying = [row.id for serial, row in enumerate(rows, first) if serial in stay]
            unit.session.execute(gone.where(InboundMail.ticket_id.not_in(lying)).values(removed_at=unit.now))

    def _came(self, askers: list[int], day: dt.date) -> int:
        self.world.tickets.append(Ticket(day, askers, {}, [False]))
        self.numbers.append("")
        self.status.append("new")
        self.with_them.append(set(askers))
        self.catch([len(self.numbers) - 1])
        return len(self.numbers) - 1

    def catch(self, numbers: Iterable[int]) -> None:
        """Whoever is held takes along those of these tickets that they asked or take part in by now."""
        for number in numbers:
            for hold_id, who in self.people_held.items():
                if self.world.tickets[number].gone is None and who in self.with_them[number]:
                    self.world.tickets[number].holds.add(hold_id)

    def settle_mailbox(self, some: list[int]) -> None:
        """The original of a ticket lies in the mailbox while one of its messages does."""
        for ticket in [self.world.tickets[number] for number in some]:
            ticket.left_in_mailbox = bool(self.lying & set(ticket.contacts))

    def mailbox_emptied(self, number: int) -> None:
        """The original of a ticket is seen to be gone."""
        with unit_of_work(self.ports, SYSTEM) as unit:
            mine = select(TicketRow.id).where(self._is_row(number)).scalar_subquery()
            unit.session.execute(
                update(InboundMail).where(InboundMail.ticket_id == mine).values(removed_at=unit.now),
                execution_options={"synchronize_session": False},
            )
        self.lying -= set(self.world.tickets[number].contacts)

    def answer(self, number: int, after: str) -> None:
        """An advisor answers."""
        with self.by(self.advisor) as unit:
            version = unit.session.scalars(select(TicketRow.version).where(self._is_row(number))).one()
            self.written += 1
            said = Answer("Dat kan.", ("a@x.example",), after, version, f"c{self.written}")
            entry = reply(unit, self.numbers[number], said)
        self.world.tickets[number].contacts[entry] = self.today
        self._is(number, after)

    def handle(self, number: int, status: str) -> None:
        """An advisor sets the state of the work."""
        with self.by(self.advisor) as unit:
            set_status(unit, self.numbers[number], status)
        self._is(number, status)

    def _is(self, number: int, status: str) -> None:
        self.status[number] = status
        self.world.tickets[number].log.append(status == "done")

    def call(self, number: int, kind: str) -> None:
        """An advisor says what kind of person asked."""
        with self.by(self.advisor) as unit:
            call_requester(unit, self.numbers[number], kind)
        self.world.people[self.world.tickets[number].askers[0]].kind = kind

    def write(self, who: int, what: str, day: dt.date) -> None:
        """An administrator adds a date."""
        with self.by(self.admin) as unit:
            self._row(who, record.add(unit, self.person_ids[who], NAMES[what], day, "brief"), Row(0, what, day))

    def correct(self, who: int, row: Row, day: dt.date) -> None:
        """An administrator corrects a date."""
        with self.by(self.admin) as unit:
            fact = record.correct(unit, self.fact_ids[row.id], day, "brief")
        self._row(who, fact, Row(0, row.what, day, row.id))

    def take_back(self, who: int, row: Row) -> None:
        """An administrator takes a date back."""
        with self.by(self.admin) as unit:
            fact = record.retract(unit, self.fact_ids[row.id], "uitspraak")
        self._row(who, fact, Row(0, row.what, row.day, row.id, taken_back=True))

    def _row(self, who: int, fact: int, row: Row) -> None:
        self.written += 1
        row.id = self.written
        self.fact_ids[row.id] = fact
        self.world.people[who].rows.append(row)

    def merge(self, number: int, into: int) -> None:
        """An advisor merges one ticket into another."""
        with self.by(self.advisor) as unit:
            merge(unit, self.numbers[number], self.numbers[into])
        source, target = self.world.tickets[number], self.world.tickets[into]
        target.took.add(number)
        if not any(one.into == into for one in self.world.tickets if one.gone is None):
            self.before[into] = self.status[into]
        self.before[-number - 1] = self.status[number]
        self.moved.setdefault((number, into), set()).update(source.contacts)
        target.contacts |= source.contacts
        source.contacts, source.into = {}, into
        self.with_them[into] |= set(source.askers)
        if self.status[into] in ("done", "waiting_for_asker"):
            self._is(into, "open")
        self.catch([into])

    def undo_merge(self, number: int) -> None:
        """An advisor takes a merge back."""
        with self.by(self.advisor) as unit:
            undo_merge(unit, self.numbers[number])
        source = self.world.tickets[number]
        into = cast("int", source.into)
        target = self.world.tickets[into]
        for entry in self.moved[number, into] & set(target.contacts):
            source.contacts[entry] = target.contacts.pop(entry)
        source.into = None
        self._is(number, self.before[-number - 1])
        others = [one for one in self.world.tickets if one.into == into and one.gone is None]
        self.with_them[into] = set(target.askers).union(*(one.askers for one in others))
        if not others and self.status[into] == "open":
            self._is(into, self.before[into])

    def split(self, number: int) -> None:
        """An advisor moves the newest message to a ticket of its own."""
        with self.by(self.advisor) as unit:
            own = select(Entry.id).join(TicketRow, TicketRow.id == Entry.ticket_id).where(self._is_row(number))
            entry = unit.session.scalars(
                own.where(Entry.kind.in_(("mail", "answer"))).order_by(Entry.id.desc())
            ).first()
            if entry is None:
                return
            fresh = move_entry(unit, entry, None)
            at = unit.session.get_one(Entry, entry).at
            who = unit.session.scalars(
                select(TicketPerson.person_id)
                .join(TicketRow, TicketRow.id == TicketPerson.ticket_id)
                .where(TicketRow.number == fresh)
            ).one()
        source = self.world.tickets[number]
        serial = self._came([self.person_ids.index(who)], day_in_amsterdam(at))
        self.world.tickets[serial].contacts = {entry: source.contacts.pop(entry)}
        self.numbers[serial] = fresh
        self._is(serial, "open")
        self.tally["split"] += 1
