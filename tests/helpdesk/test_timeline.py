"""Every act of an advisor leaves its line, and every line has words on the screen; the acts are read from the web."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.errors import PermanentRefusal
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Event, OutgoingMail, Person, Ticket
from helpdesk.people import requester_sessions
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets import asking, handling, merging, opening, replying, requesters, selection
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import ASKER, letter, receive, wait
from web.wording import EVENT

ONE, TWO, COEN = "2026-00001", "2026-00002", "coen@minbz.example"
SECOND = dt.timedelta(seconds=1)
ROOT = Path(__file__).parents[2]


def kinds_in_the_code() -> set[str]:
    """What is given to `record` as the kind, by name of the kind."""
    found: set[str] = set()
    for path in (ROOT / "helpdesk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "record" and len(node.args) > 2:
                found |= {str(each.value) for each in ast.walk(node.args[2]) if isinstance(each, ast.Constant)}
    return found


def test_every_kind_has_words_and_all_words_a_kind() -> None:
    kinds = kinds_in_the_code()
    assert len(kinds) > 20
    assert kinds - {"chat_line"} == set(EVENT), "a line of chat is shown itself"


def version(unit: Unit) -> int:
    return unit.session.scalar(select(Ticket.version).where(Ticket.number == ONE)) or 0


def newest(unit: Unit, kind: str) -> int:
    return unit.session.scalar(select(Event.entry_id).where(Event.kind == kind).order_by(Event.id.desc())) or 0


def answer(unit: Unit, client_id: str) -> None:
    replying.reply(unit, ONE, replying.Answer("Dat kan.", (ASKER,), "done", version(unit), client_id))


def failed(unit: Unit) -> int:
    return unit.session.scalars(select(OutgoingMail.id).where(OutgoingMail.state == "failed")).one()


def chosen(unit: Unit) -> list[selection.Pick]:
    return [selection.Pick(ONE, version(unit))]


def match(unit: Unit) -> None:
    unit.session.add(Person(kind="employee", personnel_no="12345", created_at=unit.now))
    unit.session.flush()
    requesters.match_requester(unit, ONE, "12345")


ACTS: tuple[tuple[str, Callable[[Unit], object], set[str]], ...] = (
    ("requesters.call_requester", lambda unit: requesters.call_requester(unit, ONE, "external"), {"requester_kind"}),
    ("requesters.call_requester", lambda unit: requesters.call_requester(unit, ONE, "unknown"), {"requester_kind"}),
    ("requesters.match_requester", match, {"requester_matched"}),
    ("requesters.undo_match", lambda unit: requesters.undo_match(unit, ONE), {"match_undone"}),
    ("handling.assign", lambda unit: handling.assign(unit, ONE, unit.actor.account_id), {"assigned", "status"}),
    ("handling.assign", lambda unit: handling.assign(unit, ONE, None), {"assigned"}),
    ("handling.set_status", lambda unit: handling.set_status(unit, ONE, "waiting_for_asker"), {"status"}),
    (
        "handling.mark_spam",
        lambda unit: handling.mark_spam(unit, ONE, block=True),
        {"spam", "sender_blocked", "status"},
    ),
    ("handling.not_spam", lambda unit: handling.not_spam(unit, ONE), {"not_spam", "sender_unblocked", "status"}),
    ("handling.add_participant", lambda unit: handling.add_participant(unit, ONE, COEN), {"participant_added"}),
    ("handling.remove_participant", lambda unit: handling.remove_participant(unit, ONE, COEN), {"participant_removed"}),
    ("handling.remove_participant", lambda unit: handling.remove_participant(unit, ONE, COEN), set()),
    ("replying.add_note", lambda unit: replying.add_note(unit, ONE, "Notitie", "n"), {"noted"}),
    ("replying.reply", lambda unit: answer(unit, "a"), {"replied", "status", "assigned"}),
    ("replying.undo_send", lambda unit: replying.undo_send(unit, newest(unit, "replied")), {"undone", "status"}),
    ("merging.dismiss_hint", lambda unit: merging.dismiss_hint(unit, TWO), {"hint_dismissed"}),
    (
        "merging.move_entry",
        lambda unit: merging.move_entry(unit, newest(unit, "noted"), TWO),
        {"entry_moved_away", "entry_moved_here"},
    ),
    ("merging.merge", lambda unit: merging.merge(unit, TWO, ONE), {"entry_merged", "merged_into", "merged_from"}),
    ("merging.undo_merge", lambda unit: merging.undo_merge(unit, TWO), {"merge_undone"}),
    (
        "opening.open_by_hand",
        lambda unit: opening.open_by_hand(unit, "phone", "Coen", COEN, "S", "T", "academy", "h"),
        {"opened", "noted", "assigned"},
    ),
    ("replying.reply", lambda unit: answer(unit, "b"), {"replied", "status"}),
    ("selection.act_on", lambda unit: selection.act_on(unit, chosen(unit), "assign", None), {"assigned"}),
    ("selection.undo", lambda unit: selection.undo(unit, [ONE], unit.now - SECOND), {"assigned"}),
)
ELSEWHERE = {"replying.resend", "asking.ask", "asking.add", "asking.solve"}
"""Acts that need a failed mail first, or somebody who asks: they have tests of their own below."""
NO_LINE = {
    "drafts.save_draft": "nobody else reads a draft",
    "drafts.keep_files": "as save_draft",
    "drafts.discard_draft": "as save_draft",
    "drafts.bring_along": "as save_draft",
    "finding.keep_query": "a search belongs to the session",
    "notices.mark_seen": "what somebody has read of his own notices",
    "requesters.share_address_of": "it is said of an address, not of a ticket; it stands in the security log",
    "parked.release": "there is no ticket yet; who decided stands with the mail",
    "parked.retry": "as release",
    "parked.discard": "as release",
}
"""What changes something, but no ticket; with the reason."""


def acts_of(source: str) -> set[str]:
    """The verbs of `helpdesk.tickets` that the POST views in a module call, as `module.function`."""
    tree = ast.parse(source)
    modules = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "helpdesk.tickets"
        for alias in node.names
    }
    found: set[str] = set()
    for view in ast.walk(tree):
        marks = [ast.unparse(mark) for mark in getattr(view, "decorator_list", ())]
        if any(".post(" in mark for mark in marks):
            calls = [ast.unparse(node.func) for node in ast.walk(view) if isinstance(node, ast.Call)]
            found |= {call for call in calls if call.partition(".")[0] in modules}
    return found


def test_every_act_of_the_web_is_tried_here() -> None:
    found = set().union(*(acts_of(path.read_text()) for path in (ROOT / "web").rglob("*.py")))
    assert len(found) > 20
    tried = {name for name, _act, expected in ACTS if expected} | ELSEWHERE
    assert found == tried | set(NO_LINE), "acts without a line in the timeline, or a reason for none"


def test_a_new_act_would_be_seen() -> None:
    source = """
from helpdesk.tickets import handling
@blueprint.post("/x")
@needs("ticket.handle")
def x():
    with writing() as unit:
        handling.escalate(unit, "2026-00001")
@blueprint.get("/y")
def y():
    handling.read(unit)
"""
    assert acts_of(source) == {"handling.escalate"}


@pytest.fixture
def actor(make_ports: PortsMaker, database_url: str) -> tuple[Ports, Actor]:
    ports = make_ports(database_url, undo_seconds=10)
    receive(ports, letter(), letter("Nog iets", subject="Re: Training verzetten", message_id="<m2@minbz.example>"))
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, "m@academie.example", "M", ["advisor"], None)
    return ports, Actor(account_id, frozenset({"advisor"}))


def test_every_act_leaves_its_line(actor: tuple[Ports, Actor]) -> None:
    ports, who = actor
    seen = 0
    for name, act, expected in ACTS:
        wait(ports, SECOND)
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            seen = unit.session.scalar(select(Event.id).order_by(Event.id.desc())) or 0
        with unit_of_work(ports, who) as unit:
            act(unit)
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            events = unit.session.scalars(select(Event).where(Event.id > seen)).all()
        assert {event.kind for event in events} == expected, name
        assert {event.account_id for event in events} <= {who.account_id}, name


def test_what_who_asks_does_leaves_lines_of_nobody_here(actor: tuple[Ports, Actor]) -> None:
    ports, _who = actor
    with unit_of_work(ports, SYSTEM) as unit:
        token = requester_sessions.open_session(unit, ASKER)
        asker = Actor(requester=requester_sessions.session_for(unit, token).requester)
    with unit_of_work(ports, asker) as unit:
        number = asking.ask(unit, asking.Question("Boek", "Wat kost het?", "f1"))
    with unit_of_work(ports, asker) as unit:
        asking.add(unit, number, "Haast heeft het niet.", "f2")
    with unit_of_work(ports, asker) as unit:
        asking.solve(unit, number)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        of_ticket = select(Ticket.id).where(Ticket.number == number).scalar_subquery()
        rows = unit.session.scalars(select(Event).where(Event.ticket_id == of_ticket).order_by(Event.id)).all()
    assert [row.kind for row in rows] == ["opened", *["asked_in_portal"] * 2, "solved_by_asker", "status"]
    assert {row.account_id for row in rows} == {None}


def test_a_failed_delivery_and_its_repetition_leave_lines_too(actor: tuple[Ports, Actor]) -> None:
    ports, who = actor

    def refuse(_recipients: object) -> None:
        raise PermanentRefusal("no", code="550")

    deliver_waiting(ports)
    ports.mailer.refuse = refuse  # type: ignore[attr-defined] # the memory mailer can refuse
    with unit_of_work(ports, who) as unit:
        answer(unit, "a")
    wait(ports)
    deliver_waiting(ports)
    with unit_of_work(ports, who) as unit:
        replying.resend(unit, failed(unit))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        lines = unit.session.scalars(select(Event.kind).order_by(Event.id.desc()).limit(2)).all()
    assert lines == ["resent", "delivery_failed"]
