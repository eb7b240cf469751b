"""Lists and search of many tickets: no page loses or doubles one, counts are exact to a thousand, plans use indexes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from helpdesk.chat.lines import own_lines
from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Ticket, TicketPerson
from helpdesk.people.access import own_ticket_for
from helpdesk.ports import Ports
from helpdesk.tickets.asker import asker_of
from helpdesk.tickets.finding import search_page
from helpdesk.tickets.lists import VIEWS, counts, list_page
from helpdesk.tickets.own_questions import own_list, question
from helpdesk.tickets.thread import thread_of
from helpdesk.tickets.views import ListPage
from helpdesk.unit import Actor, Requester, Unit, unit_of_work
from tests.bench.inbox_corpus import FILE, ONCE, Corpus
from tests.helpdesk.tickets.conftest import ADVISOR, TICKETS
from tests.plans import heard_by, plan_of, reads_all

SORTED = {"sqlite": re.compile("TEMP B-TREE FOR .*ORDER BY"), "postgresql": re.compile(r"^ *(->  )?Sort\b")}


@contextmanager
def taken_back(ports: Ports, actor: Actor = ADVISOR) -> Iterator[Unit]:
    """A unit whose changes the next test does not see."""
    with unit_of_work(ports, actor) as unit:
        yield unit
        unit.session.rollback()


def pages(ask: Callable[[str | None], ListPage]) -> list[str]:
    """The numbers on all pages, from the first to the last, by their links."""
    numbers: list[str] = []
    page = ask(None)
    while True:
        numbers += [row.number for row in page.rows]
        if page.next is None:
            return numbers
        assert page.rows
        page = ask(page.next)


def expected(unit: Unit, view: str) -> set[str]:
    """The numbers of a view, by plain words."""
    states = {
        "open": ("new", "open"),
        "mine": ("new", "open"),
        "unassigned": ("new", "open"),
        "waiting": ("waiting_for_asker", "snoozed"),
        "done": ("done",),
    }
    rows = unit.session.execute(select(Ticket.number, Ticket.status, Ticket.assignee_id, Ticket.retention_state)).all()
    owners = {"mine": (ADVISOR.account_id,), "unassigned": (None,)}.get(view)
    return {
        row.number
        for row in rows
        if row.retention_state != "destroying"
        and (view == "all" or row.status in states[view])
        and (owners is None or row.assignee_id == owners[0])
    }


@pytest.mark.parametrize("equal", [False, True], ids=["times differ", "times are equal"])
def test_every_ticket_stands_on_one_page(filled: Ports, equal: bool) -> None:
    with taken_back(filled) as unit:
        if equal:
            unit.session.execute(update(Ticket).values(waiting_since=unit.now, changed_at=unit.now))
        unit.session.execute(update(Ticket).where(Ticket.id % 9 == 0).values(retention_state="destroying"))
        for view in VIEWS:
            numbers = pages(partial(list_page, unit, view, size=20))
            assert len(numbers) == len(set(numbers)), view
            assert set(numbers) == expected(unit, view) != set(), view


def test_a_page_goes_on_where_the_last_one_ended_though_a_ticket_came_or_went(filled: Ports) -> None:
    with taken_back(filled) as unit:
        first = list_page(unit, "all", None, 20)
        before = pages(lambda after: list_page(unit, "all", after, 20))
        newest, gone = first.rows[-1].number, before[25]
        unit.session.execute(update(Ticket).where(Ticket.number == newest).values(changed_at=unit.now))
        unit.session.execute(update(Ticket).where(Ticket.number == gone).values(retention_state="destroying"))
        second = list_page(unit, "all", first.next, 20)
        assert [row.number for row in second.rows] == [number for number in before[20:41] if number != gone]


def test_counts_are_exact_to_a_thousand(filled: Ports) -> None:
    with taken_back(filled) as unit:
        assert counts(unit) == {view: min(len(expected(unit, view)), 1001) for view in VIEWS}
        assert counts(unit)["all"] == 1001
        assert counts(unit, ("mine", "open")) == {view: counts(unit)[view] for view in ("mine", "open")}
        for left in (1001, 1000, 999):
            unit.session.execute(update(Ticket).where(Ticket.id > left).values(retention_state="destroying"))
            assert counts(unit)["all"] == left


def test_a_search_counts_to_a_thousand_and_its_pages_hold_each_ticket_once(filled: Ports, corpus: Corpus) -> None:
    word = corpus.vocabulary.words[0]
    with taken_back(filled) as unit:
        assert search_page(unit, word).total == 1001
        assert len(set(pages(lambda after: search_page(unit, word, after)))) == 1000
        for left in (1100, 400):
            unit.session.execute(update(Ticket).where(Ticket.id > left).values(retention_state="destroying"))
            found = pages(lambda after: search_page(unit, word, after, 30))
            assert len(found) == len(set(found)) == min(search_page(unit, word).total or 0, 1000)
            assert set(found) <= expected(unit, "all")
        rows = search_page(unit, word, None, 400).rows
        assert [row.changed_at for row in rows] == sorted((row.changed_at for row in rows), reverse=True)


def test_people_are_found_by_the_beginnings_of_their_names_and_addresses(filled: Ports) -> None:
    with taken_back(filled) as unit:
        name, address = unit.session.execute(text("SELECT name, address FROM ticket_person WHERE id = 1")).one()
        theirs = unit.session.scalar(
            text("SELECT count(DISTINCT ticket_id) FROM ticket_person WHERE address = :address"), {"address": address}
        )
        first, middle = name.split()[:2]
        for query in (address, f"{middle} {first}", f"{first[:3]} {middle[:-1]}", middle.upper()):
            assert (search_page(unit, query).total or 0) >= (theirs or 1), query
            assert name in {row.requester for row in search_page(unit, query).rows}, query
        assert search_page(unit, "minbz").total == 1001
        assert search_page(unit, f"{middle} verzonnen").total == 0


def test_who_may_see_one_desk_finds_and_counts_that_desk(filled: Ports, corpus: Corpus) -> None:
    only = Actor(3, frozenset({"advisor"}), frozenset({"languages"}))
    with taken_back(filled, only) as unit:
        unit.session.execute(update(Ticket).where(Ticket.id.in_((5, 6, 7))).values(desk_key="languages"))
        assert counts(unit)["all"] == len(pages(lambda after: list_page(unit, "all", after, 2))) == 3
        assert search_page(unit, corpus.vocabulary.words[0]).total == 3
        unit.session.execute(update(Ticket).values(retention_state="destroying"))
        assert search_page(unit, corpus.vocabulary.words[0]).total == counts(unit)["all"] == 0
    with taken_back(filled, Actor(4, frozenset({"technical_admin"}))) as unit, pytest.raises(NotFound):
        search_page(unit, ONCE)


@pytest.mark.parametrize("after", ["", "1", "x_1", "1_x", "9" * 30 + "_1", "1_2_3"])
def test_an_invented_page_is_refused(filled: Ports, after: str) -> None:
    with taken_back(filled) as unit:
        if not after:
            assert list_page(unit, "all", after).rows
            return
        with pytest.raises(Invalid):
            list_page(unit, "all", after)


def asked(ports: Ports, corpus: Corpus) -> dict[str, list[tuple[str, Any]]]:
    """What lists, search and tickets ask the database, by what was done."""
    words = corpus.vocabulary.words
    queries = (ONCE, FILE, words[0], f"{words[3]} {words[400]}", "femke dero1", "minbz", "2026-00012")
    done: dict[str, list[tuple[str, Any]]] = {}
    with heard_by(ports) as heard:
        with unit_of_work(ports, ADVISOR, write=False) as unit:
            number = unit.session.scalar(select(Ticket.number).where(Ticket.id == TICKETS // 2)) or ""
            heard.clear()
            acts: dict[str, Callable[[], object]] = {f"list {view}": _second_page(unit, view) for view in VIEWS}
            acts |= {f"search {query}": partial(search_page, unit, query) for query in queries}
            acts |= {"counts": lambda: counts(unit), "ticket": lambda: thread_of(unit, number)}
            acts["asker"] = lambda: asker_of(unit, 1, TICKETS // 2)
            _do(acts, heard, done)
            asker = unit.session.query(TicketPerson).filter_by(ticket_id=TICKETS // 2, role="requester").one()
            who = Actor(requester=Requester(asker.person_id or 0, asker.address))
        with unit_of_work(ports, who, write=False) as unit:
            heard.clear()
            own = {"own list": lambda: own_list(unit), "own question": lambda: question(unit, number)}
            own["own lines"] = lambda: own_lines(unit, own_ticket_for(unit, number))
            _do(own, heard, done)
    return done


def _do(
    acts: Mapping[str, Callable[[], object]], heard: list[tuple[str, Any]], done: dict[str, list[tuple[str, Any]]]
) -> None:
    for name, act in acts.items():
        act()
        done[name] = list(heard)
        heard.clear()


def _second_page(unit: Unit, view: str) -> Callable[[], object]:
    return lambda: list_page(unit, view, list_page(unit, view, None, 5).next, 5)


def test_no_list_search_or_ticket_reads_a_whole_table_or_sorts_a_list(filled: Ports, corpus: Corpus) -> None:
    kind = filled.engine.dialect.name
    plans = {
        (name, statement): plan_of(filled, statement, parameters)
        for name, statements in asked(filled, corpus).items()
        for statement, parameters in statements
        if statement.startswith("SELECT")
    }
    assert len(plans) > 60
    scans = [
        (name, statement, line) for (name, statement), plan in plans.items() for line in plan if reads_all(kind, line)
    ]
    assert not scans, f"a whole table is read: {scans}"
    lists = {key: plan for key, plan in plans.items() if key[0].startswith("list") and "LIMIT" in key[1]}
    assert len(lists) == 2 * len(VIEWS)
    for (name, _statement), plan in lists.items():
        assert any(f"ix_ticket_{name.split()[1]}" in line for line in plan), (name, plan)
        assert not any(SORTED[kind].search(line) for line in plan), (name, plan)
    counted = [plan for (name, _statement), plan in plans.items() if name == "counts"]
    seen = "COVERING INDEX ix_ticket_" if kind == "sqlite" else " ix_ticket_"
    assert all(any(seen in line for line in plan) for plan in counted), counted
    _each_in_its_own_place(kind, plans)


def _each_in_its_own_place(kind: str, plans: dict[tuple[str, str], list[str]]) -> None:
    """Words of many tickets are asked for in the partition of each, and what was seen by ticket, not all of a reader's.

    PostgreSQL has statistics to decide the latter by.
    """
    everywhere = [statement for _name, statement in plans if re.search(r"content\.ticket_id (IN|= ANY)", statement)]
    assert not everywhere, everywhere
    seen = [plan for (_name, statement), plan in plans.items() if "FROM seen" in statement]
    assert seen
    if kind == "sqlite":
        assert all(any("account_id=? AND ticket_id=?" in line for line in plan) for plan in seen), seen


def test_a_scan_and_a_sort_would_be_seen(filled: Ports) -> None:
    kind = filled.engine.dialect.name
    plan = plan_of(filled, "SELECT id FROM ticket WHERE language = 'xx' ORDER BY opened_at LIMIT 5", ())
    assert any(reads_all(kind, line) for line in plan), plan
    assert any(SORTED[kind].search(line) for line in plan), plan
    with unit_of_work(filled, ADVISOR, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Ticket)) == TICKETS
