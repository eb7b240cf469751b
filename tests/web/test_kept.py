"""How long tickets are kept, in numbers: a page that sums to all tickets, with alarms for who should act."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select, update

from helpdesk.adapters.memory import SetClock
from helpdesk.models import Attachment, InboundMail, Ticket
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.status import raise_alarm
from helpdesk.tickets import endings, states
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import due
from tests.holds import place
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.web.conftest import FENNA, PRIYA
from tests.web.visitor import Page, Visitor
from web.chart import chart_of
from workers.upkeep import check_ages

PLACE = "/privacybeheer/bewaartermijnen"


@pytest.fixture
def filled(site_ports: Ports) -> None:
    """Four tickets: one asker unknown, one employed, one who left, one settled."""
    policy_in_force(site_ports)
    mails = [letter(f"{n}", sender=f"p{n}@x.example", message_id=f"<{n}@x>") for n in range(4)]
    receive(site_ports, *mails)
    admin = staff(site_ports, "x", "functional_admin")
    left = [row("2", "p2@x.example", "30-10-2026"), row("3", "p3@x.example", "30-10-2019")]
    bring_in(site_ports, admin, "m250", [M250, row("1", "p1@x.example"), *left])
    bring_in(site_ports, admin, "settlements", [["Personeelsnummer", "Datum afhandeling"], ["3", "31-10-2020"]])


@pytest.mark.usefixtures("filled")
def test_the_table_sums_to_all_tickets_and_each_row_opens_its_tickets(priya: Visitor) -> None:
    page = priya.page(PLACE)
    assert "Er zijn 4 vragen." in page.text
    assert "november 2027" in page.text
    states = [link for link in page.links if "stand=" in link]
    assert len(states) == 4
    numbers: list[str] = []
    for link in states:
        found = priya.page(link)
        assert "1 vraag" in found.text
        numbers += [text for _tag, text in found.texts if text.startswith("V-2026")]
        assert "Training verzetten" not in found.text, "subjects are for advisors"
    assert sorted(numbers) == [f"V-2026-0000{n}" for n in range(1, 5)]
    assert priya.get(f"{PLACE}/vragen?stand=femke").status_code == 404


def test_without_tickets_it_says_so(priya: Visitor) -> None:
    page = priya.page(PLACE)
    assert "Er zijn nog geen vragen." in page.text
    assert "In deze tijd eindigt geen termijn." in page.text


@pytest.mark.usefixtures("filled")
def test_alarms_stand_with_who_should_act(site_ports: Ports, fenna: Visitor, priya: Visitor, marije: Visitor) -> None:
    assert isinstance(site_ports.now, SetClock)
    site_ports.now.move(dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC) - site_ports.now())
    clock.tick(site_ports)
    check_ages(site_ports)
    assert fenna.sign_in(FENNA).status_code == 200
    page = fenna.page(PLACE)
    assert "De afhandeling van een ontslag is niet bekend" in page.text
    assert "/beheer/mensen" in page.links
    assert "2 alarmen" in page.text
    assert priya.sign_in(PRIYA).status_code == 200
    assert "Wat te lang wacht" not in priya.page(PLACE).text
    site_ports.now.move(dt.timedelta(days=92))
    check_ages(site_ports)
    assert priya.sign_in(PRIYA).status_code == 200
    late = priya.page(PLACE)
    assert "te lang niet bekend" in late.text
    assert "1 alarm" in late.text
    assert marije.sign_in("marije@academie.example").status_code == 200
    assert "1 alarm" in marije.page("/werk/w/open").text, "an advisor hears of the unknown asker"


def test_a_privacy_officer_starts_there_and_others_do_not_see_it(
    priya: Visitor, marije: Visitor, tess: Visitor
) -> None:
    assert priya.get("/werk").request.path == PLACE
    for other in (marije, tess):
        assert other.get(PLACE).status_code == 404
        assert PLACE not in Page(other.get("/werk/hulp").text).links


@pytest.mark.parametrize("many", [0, 1, 130])
def test_bars_table_and_lists_say_the_same_as_the_counts(site_ports: Ports, priya: Visitor, many: int) -> None:
    """With none, one, and more than a page of them, of which one is held and one has no day."""
    if many:
        due(site_ports, many)
        receive(site_ports, letter("Later.", sender="later@x.example", message_id="<later@x>"))
        place(site_ports, staff(site_ports, "piet", "privacy_officer"), numbers=["2026-00001"])
        assert priya.sign_in(PRIYA).status_code == 200, "a year went by"
    page = priya.page(PLACE)
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        counted = states.counts(unit)
        months = endings.endings(unit)
    assert sum(month.count for month in months) == sum(counted.values())
    assert sum(month.held for month in months) == (1 if many else 0)
    assert ("Niet-BZ medewerkers (tijdelijke accounts)" in page.text) is bool(many), "the rule with what it says"
    links = [link for link in page.links if "maand=" in link and "maanden=" in link]
    assert len(links) == len(set(links)) * 2 - 1 if many else links == []
    for month in months:
        if many:
            found = priya.page(f"{PLACE}/vragen?maand={month.key}&maanden=24")
            assert _numbers(priya, found) == month.count
    assert priya.get(f"{PLACE}/vragen?maand=2026-13").status_code == 404
    bars = re.findall(r'aria-label="([^"]+ vra(?:ag|gen), waarvan \d+ onder bewaarplicht)"', priya.get(PLACE).text)
    assert len(bars) == (26 if many else 0)
    assert sum(int(re.findall(r": (\d+)", bar)[0]) for bar in bars) == sum(m.count for m in months if m.key != "none")


def test_years_and_bytes_are_the_same_tickets(site_ports: Ports, priya: Visitor) -> None:
    due(site_ports, 3, files=(("rooster.pdf", b"%PDF-1.4" + b"x" * 4000),))
    receive(site_ports, letter("Later.", sender="later@x.example", message_id="<later@x>"))
    place(site_ports, staff(site_ports, "piet", "privacy_officer"), numbers=["2026-00001"])
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).where(Ticket.number == "2026-00002").values(due_on=dt.date(2031, 2, 3)))
        unit.session.execute(update(Ticket).where(Ticket.number == "2026-00003").values(due_on=dt.date(2028, 12, 31)))
        sizes = sum([*unit.session.scalars(select(Attachment.size)), *unit.session.scalars(select(InboundMail.size))])
        years = endings.endings(unit, endings.YEARS, sizes=True)
    assert priya.sign_in(PRIYA).status_code == 200, "a year went by"
    assert [one.key for one in years] == ["before", "2027", "2028", "2029", "2030", "2031", "later", "none"]
    assert {one.key: (one.free, one.held) for one in years if one.count} == {
        "before": (0, 1),
        "2028": (1, 0),
        "2031": (1, 0),
        "none": (1, 0),
    }
    assert sum(one.size for one in years) == sizes
    assert next(one for one in years if one.held).held_size > 4000
    page = priya.page(f"{PLACE}?per=jaar&in=omvang")
    assert "In de komende jaren eindigt de termijn van 2." in page.text
    assert re.search(
        r"2031: 1 vraag, waarvan 0 onder bewaarplicht, \d+(,\d)?\u202fkB", priya.get(f"{PLACE}?per=jaar&in=omvang").text
    )
    for one in years:
        found = priya.page(f"{PLACE}/vragen?maand={one.key}&per=jaar")
        assert _numbers(priya, found) == one.count
    rows = [row.split(";") for row in priya.get(f"{PLACE}/aflopend.csv?per=jaar").text.split()]
    assert [row[0] for row in rows[1:]] == [one.key for one in years]
    assert sum(int(row[4]) for row in rows[1:]) == sizes
    for key, many in (("now", 2), ("late", 0), ("held", 1)):
        assert _numbers(priya, priya.page(f"{PLACE}/vragen?maand={key}")) == many
    assert priya.get(f"{PLACE}/vragen?maand=2019").status_code == 404


def test_a_year_is_shown_when_all_terms_ended_long_ago(site_ports: Ports, priya: Visitor) -> None:
    due(site_ports, 1)
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).values(due_on=dt.date(2020, 5, 5)))
    assert priya.sign_in(PRIYA).status_code == 200
    page = priya.page(f"{PLACE}?per=jaar")
    assert "In de komende jaren eindigt de termijn van 0." in page.text
    assert [one for one in page.links if "maand=2027&" in one]


def _numbers(who: Visitor, page: Page) -> int:
    """How many numbers stand on this page and those behind it."""
    here = sum(text.startswith("V-20") for _tag, text in page.texts)
    after = [link for link in page.links if "pagina=2" in link]
    return here + (_numbers(who, who.page(f"{PLACE}/vragen{after[0].split('#')[0]}")) if after else 0)


def test_bars_are_as_high_as_their_numbers() -> None:
    chart = chart_of([(0, 0), (50, 50), (200, 0), (0, 1)])
    half, whole, least = chart.bars[1], chart.bars[2], chart.bars[3]
    assert [number for _y, number in chart.lines] == [0, 50, 100, 150, 200]
    assert whole.parts[0] == (22.0, 156.0)
    assert list(half.parts) == [(139.0, 39.0), (98.0, 39.0)], "two parts with a gap between them"
    assert least.parts[1][1] >= 1, "one can still be seen"
    assert len(chart.bars) - len(chart_of([]).bars) == 4


def test_an_officer_hears_of_lists_and_holds_that_wait(site_ports: Ports, priya: Visitor, marije: Visitor) -> None:
    with unit_of_work(site_ports, SYSTEM) as unit:
        for kind in ("hold_review", "list_braked", "clock_jumped"):
            raise_alarm(unit, kind, kind)
    page = priya.page(PLACE)
    assert "3 alarmen" in page.text
    assert "De beoordelingsdatum van een bewaarplicht is voorbij" in page.text
    assert {"/privacybeheer/bewaarplicht", "/privacybeheer/vernietiging"} <= set(page.links)
    assert "alarm" not in marije.page("/werk/w/open").text, "who can do nothing about it is not told"
