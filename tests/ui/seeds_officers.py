"""Lists for destruction at each step, a certificate, and legal holds, for the screens of officers. Judges nothing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update

from helpdesk.models import DisposalList, Flag, Hold, InboundMail, Person, Ticket
from helpdesk.people.accounts import account_named
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, effects, hold_finding, holds, listing, lists
from helpdesk.privacy.holds import Wish
from helpdesk.privacy.policies import propose, shipped_text
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force
from tests.web.conftest import FENNA, PRIYA

WORDS = {"d2": "Ik ben welkom, hoor ik.", "d4": "Welkom of niet?", "c1": "Of op de wachtlijst?"}
"""What some of the letters say more, for the holds to find."""
_MORE_THAN_A_YEAR, _MORE_THAN_A_TERM = dt.timedelta(days=420), dt.timedelta(days=230)
_WINDOW = dt.timedelta(days=8)


def officers(ports: Ports) -> dict[str, str]:
    """Put it all there, years before everything else, and let the clock be where it was; returns the ids by name."""
    now = ports.now()
    policy_in_force(ports)
    fenna, priya = _actor(ports, FENNA, "functional_admin"), _actor(ports, PRIYA, "privacy_officer")
    _go(ports, dt.datetime(2022, 2, 9, 9, tzinfo=dt.UTC))
    done = _list(ports, "a", 6)
    _propose(ports, fenna, done)
    _approve(ports, priya, done)
    wait(ports, _WINDOW)
    _trust_clock(ports)
    destruction.run(ports)
    running, window = _list(ports, "b", 5, _MORE_THAN_A_TERM), _list(ports, "c", 4, _MORE_THAN_A_TERM)
    named = {"list_done": done, "list_running": running, "list_window": window}
    named |= {"list_back": _sent_back(ports, fenna, priya), "list": _list(ports, "d", 12)}
    _at_each_step(ports, fenna, priya, named)
    found: dict[str, int | str] = {**named, **_holds(ports, fenna)}
    _go(ports, now)
    _trust_clock(ports)
    found["proposed"] = _other_register(ports, fenna)
    return {name: str(one) for name, one in found.items()} | {"rule": "R13", "period": "2023-04", "processing": "551"}


def _actor(ports: Ports, email: str, role: str) -> Actor:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return Actor(account_named(unit, email).id, frozenset({role}))


def _go(ports: Ports, moment: dt.datetime) -> None:
    wait(ports, moment - ports.now())


def _trust_clock(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag).where(Flag.name == destruction.LOOKED_AT))


def _list(ports: Ports, name: str, count: int, after: dt.timedelta = _MORE_THAN_A_YEAR) -> int:
    """Tickets of people from outside, asked, done and forgotten, on a list of their own."""
    mails = (
        letter(
            f"Kan ik {name}{n} nog volgen? {WORDS.get(f'{name}{n}', '')}",
            subject=f"Cursus {name}{n} voor wie elders werkt",
            sender=f"Gast {name}{n} <{name}{n}@buiten.example>",
            message_id=f"<{name}{n}@buiten>",
        )
        for n in range(count)
    )
    receive(ports, *mails)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(kind="external"))
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
        unit.session.execute(update(Ticket).where(Ticket.status == "new").values(status="done", done_at=unit.now))
        for ticket_id in unit.session.scalars(select(Ticket.id).where(Ticket.retention_state != "listed")).all():
            clock.touch(unit, ticket_id)
    wait(ports, after)
    clock.tick(ports)
    (list_id,) = listing.propose(ports)
    # What is due next comes on a list of its own.
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(DisposalList).where(DisposalList.id == list_id).values(state="window"))
    return list_id


def _propose(ports: Ports, actor: Actor, list_id: int) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(DisposalList).where(DisposalList.id == list_id).values(state="open"))
    with unit_of_work(ports, actor) as unit:
        lists.propose(unit, list_id)


def _approve(ports: Ports, actor: Actor, list_id: int) -> None:
    with unit_of_work(ports, actor) as unit:
        lists.approve(unit, list_id)


def _sent_back(ports: Ports, fenna: Actor, priya: Actor) -> int:
    list_id = _list(ports, "e", 3, _MORE_THAN_A_TERM)
    _propose(ports, fenna, list_id)
    with unit_of_work(ports, priya) as unit:
        lists.send_back(unit, list_id, "Drie vragen gaan over een bezwaar dat loopt. Haal ze eraf.")
    return list_id


def _other_register(ports: Ports, fenna: Actor) -> str:
    """A shorter term for people from outside, proposed and reckoned through."""
    text = shipped_text("551").replace(b'period = "P6M"', b'period = "P3M"')
    text = text.replace(b"6 maanden", b"3 maanden").replace(b"6 months", b"3 months")
    with unit_of_work(ports, fenna) as unit:
        version = propose(unit, text)
    effects.reckon_waiting(ports)
    return version


def _at_each_step(ports: Ports, fenna: Actor, priya: Actor, named: dict[str, int]) -> None:
    _propose(ports, fenna, named["list_running"])
    _approve(ports, priya, named["list_running"])
    _propose(ports, fenna, named["list_window"])
    with unit_of_work(ports, SYSTEM) as unit:
        began = {"state": "running", "started_at": unit.now, "destroyed": 3}
        unit.session.execute(update(DisposalList).where(DisposalList.id == named["list_running"]).values(**began))
        opened = update(DisposalList).where(DisposalList.id == named["list"])
        unit.session.execute(opened.values(state="open", braked=True))
        numbers = list(unit.session.scalars(select(Ticket.number).order_by(Ticket.id.desc()).limit(2)))
    with unit_of_work(ports, fenna) as unit:
        lists.except_(unit, named["list"], numbers[0], "objection")


def _holds(ports: Ports, fenna: Actor) -> dict[str, int]:
    """One that stands, one whose release is proposed and whose review day passes, and one that was released."""
    wishes = (
        Wish("woo", "Woo-2026-14 Reiskosten", "Verzoek om openbaarmaking van reiskosten.", query="welkom"),
        Wish("dispute", "Rechtbank Den Haag 26/881", "De rechter kan de vragen opvragen.", query="wachtlijst"),
        Wish("audit", "ADR 2025", "Onderzoek naar inhuur.", query="zwaardvis"),
    )
    ids = []
    for one in wishes:
        with unit_of_work(ports, fenna) as unit:
            ids.append(holds.place(unit, one).hold_id)
        hold_finding.find(ports, ids[-1])
    for hold_id in ids[1:]:
        with unit_of_work(ports, fenna) as unit:
            holds.propose_release(unit, hold_id, "De zaak is afgehandeld en de termijn voor beroep is voorbij.")
    with unit_of_work(ports, _actor(ports, PRIYA, "privacy_officer")) as unit:
        holds.release(unit, ids[2])
    hold_finding.find(ports, ids[2])
    with unit_of_work(ports, SYSTEM) as unit:
        late = update(Hold).where(Hold.id == ids[1])
        unit.session.execute(late.values(review_on=dt.date(2026, 11, 1)))
    return {"hold": ids[0], "hold_proposed": ids[1], "hold_released": ids[2]}
