"""Destruction, certificates and legal holds by their forms, without scripts: what people decide, what is refused."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile

import pytest
from sqlalchemy import update

from helpdesk.errors import Invalid
from helpdesk.models import DisposalList, Policy
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, hold_finding, listing
from helpdesk.privacy.certificate import verify
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import due, list_state, pass_window
from tests.holds import held
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force
from tests.web.conftest import FENNA, PRIYA
from tests.web.visitor import Page, Visitor

LISTS, HOLDS, PAPERS = "/privacybeheer/vernietiging", "/privacybeheer/bewaarplicht", "/privacybeheer/verklaringen"
LIST = LISTS + "/1"
SECRET = re.compile(rb"a\d@|x\.example|Vraag \d|Onderwerp|woord\d|V-20|20\d\d-0000|Fenna|Priya|\d\d-\d\d-20\d\d")


@pytest.fixture
def listed(site_ports: Ports, fenna: Visitor, priya: Visitor) -> list[str]:
    """Seven tickets on one open list."""
    numbers = due(site_ports, 7)
    listing.propose(site_ports)
    again(fenna, priya)
    return numbers


def again(fenna: Visitor, priya: Visitor) -> None:
    """Sign in once more, for a year went by."""
    assert fenna.sign_in(FENNA).status_code == 200
    assert priya.sign_in(PRIYA).status_code == 200


def test_a_list_goes_its_six_steps(site_ports: Ports, fenna: Visitor, priya: Visitor, listed: list[str]) -> None:
    page = fenna.page(LIST)
    assert "Onderwerp" not in page.text, "administrators read no content"
    assert "7 vragen" in page.text
    without = fenna.send(page.form("/uitzonderen"), number=listed[0], reason="")
    assert without.status_code == 422
    assert "Kies een reden." in without.text
    assert fenna.send(page.form("/uitzonderen"), number=listed[0], reason="objection").status_code == 200
    proposed = fenna.send(fenna.page(LIST).form("/voorstellen"))
    assert "Iemand anders moet akkoord geven." in proposed.text
    assert not [form for form in Page(proposed.text).forms if form.action.endswith("/akkoord")]
    seen = priya.page(LIST)
    assert "Onderwerp 2" in seen.text, "who approves sees what it is about"
    assert "iemand heeft bezwaar" in seen.text
    wrong = priya.send(seen.form("/akkoord"), count="7")
    assert wrong.status_code == 422
    assert "Dit is niet het aantal vragen op de lijst." in wrong.text
    assert "Je akkoord is vastgelegd." in priya.send(seen.form("/akkoord"), count="6").text
    assert list_state(site_ports, 1) == "approved"
    pass_window(site_ports)
    destruction.run(site_ports)
    again(fenna, priya)
    assert "De verklaring komt als de periode 2028-01 voorbij is." in priya.page(LIST).text
    wait(site_ports, dt.timedelta(days=40))
    again(fenna, priya)
    (paper,) = [link for link in priya.page(LIST).links if link.startswith(PAPERS + "/")]
    assert paper in priya.page(PAPERS).links
    assert "Vernietigd" in priya.page(LISTS).text
    _certified(site_ports, priya, paper)
    assert fenna.get(paper).status_code == 404, "an administrator reads no certificate"


def _certified(ports: Ports, priya: Visitor, paper: str) -> None:
    """Page, JSON and PDF say what the ledger says, and nobody and no day."""
    shown = priya.page(paper)
    assert shown.text.count("Verklaring van vernietiging") >= 1
    twin, pdf = (priya.get(f"{paper}/verklaring.{kind}") for kind in ("json", "pdf"))
    assert pdf.data.startswith(b"%PDF-")
    verify(twin.text, ports.ledger.lines())
    with pytest.raises(Invalid):
        verify(twin.text.replace('"tickets": 6', '"tickets": 7'), ports.ledger.lines())
    numbers = json.loads(twin.data)["numbers"]
    assert numbers["tickets"] == 6
    said = re.findall(rb"\(([^()]*)\) Tj", pdf.data)
    for name, label in (("tickets", b"Vragen"), ("messages", b"Berichten"), ("files", b"Bijlagen")):
        assert said[said.index(label) + 1] == str(numbers[name]).encode()
    assert not SECRET.findall(twin.data + b"".join(said))
    assert b"/Lang (nl)" in pdf.data
    assert f"/Title (Verklaring van vernietiging {paper.split('/')[-2]} {paper.split('/')[-1]})".encode() in pdf.data
    assert b"/DisplayDocTitle true" in pdf.data
    assert f"/URI (https://helpdesk.example{paper})".encode() in pdf.data, "the page is the accessible original"
    assert "Fenna Beheer" in shown.text, "the annex of the page says who decided"
    with zipfile.ZipFile(io.BytesIO(priya.get(f"{PAPERS}/verklaringen.zip?jaar=2028").data)) as whole:
        names = whole.namelist()
        assert sorted(name.rpartition(".")[2] for name in names) == ["html", "json", "pdf"]
        verify(whole.read(next(name for name in names if name.endswith("json"))).decode(), ports.ledger.lines())
    with zipfile.ZipFile(io.BytesIO(priya.get(f"{PAPERS}/verklaringen.zip?jaar=2027").data)) as whole:
        assert whole.namelist() == []
    assert priya.get(f"{paper}/verklaring.pdf").data == pdf.data, "the same bytes whenever it is asked for"
    assert priya.get(f"{paper}/verklaring.exe").status_code == 404


def test_who_took_a_ticket_off_does_not_approve_and_the_brake_asks_why(
    site_ports: Ports, fenna: Visitor, priya: Visitor, listed: list[str]
) -> None:
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(update(DisposalList).values(braked=True))
    assert priya.send(priya.page(LIST).form("/uitzonderen"), number=listed[1], reason="archive").status_code == 200
    fenna.send(fenna.page(LIST).form("/voorstellen"))
    page = priya.page(LIST)
    assert "je hebt een vraag van deze lijst gehaald" in page.text.lower()
    assert not [form for form in page.forms if form.action.endswith("/akkoord")]
    assert priya.send(fenna.page(LIST).form("/terugnemen")).status_code == 403, "a form of somebody else"
    assert "teruggenomen" in priya.send(page.form("/terugnemen")).text
    late = priya.send(page.form("/terugnemen"))
    assert late.status_code == 409
    assert "Er is een probleem" in late.text


def test_a_list_is_shown_whole_by_pages_and_as_a_file(site_ports: Ports, fenna: Visitor, listed: list[str]) -> None:
    one = fenna.page(f"{LIST}?vraag={listed[3]}")
    assert [number for number in listed if number in one.text] == [listed[3]]
    assert "Die zijn er niet." in fenna.page(f"{LIST}?stand=excepted").text
    rows = fenna.get(f"{LIST}/lijst.csv").text.split()
    assert [row.split(";")[0] for row in rows[1:]] == listed
    assert fenna.get(LISTS + "/9/lijst.csv").status_code == 404
    assert "wordt nu gezocht" in fenna.send(fenna.page(LISTS).form("/verzamelen")).text


@pytest.fixture
def kept(site_ports: Ports) -> None:
    policy_in_force(site_ports)
    receive(site_ports, letter("Over reiskosten."), letter("Anders.", message_id="<2@x>", sender="b@x.example"))


WISH = {"kind": "woo", "reference": "Woo-2026-14", "reason": "Verzoek", "scope": "query", "query": "reiskosten"}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"scope": "ticket", "numbers": "V-2026-1 zomaar"}, "Schrijf de nummers als V-2026-01342"),
        ({"scope": "ticket", "numbers": "2026-00099"}, "vraag is er niet"),
        ({"scope": "person", "person": "9999"}, "Niemand is bekend"),
        ({"query": "!"}, "woorden"),
        ({"reference": ""}, "kenmerk"),
        ({"reason": " "}, "waarom"),
        ({"review_on": "gisteren"}, "Schrijf de dag als 31-12-2026."),
        ({"review_on": "1-1-2030"}, "twaalf maanden"),
        ({"kind": "zomaar"}, "Kies een van de soorten"),
    ],
)
def test_a_hold_that_can_t_be_is_said_in_words(fenna: Visitor, changed: dict[str, str], says: str) -> None:
    form = fenna.page(HOLDS + "/nieuw").form("/nieuw")
    answer = fenna.send(form, fields=WISH | changed)
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()
    assert 'value="Woo-2026-14"' in answer.text or "reference" in changed, "what was typed is still there"


@pytest.mark.usefixtures("kept")
def test_a_hold_is_counted_placed_reviewed_and_released_by_two(
    site_ports: Ports, fenna: Visitor, priya: Visitor
) -> None:
    page = fenna.page(HOLDS + "/nieuw")
    assert "Nu zou 1 vraag eronder vallen." in fenna.send(page.form("/nieuw/tellen"), fields=WISH).text
    assert held(site_ports, 1) == []
    placed = fenna.send(page.form("/nieuw"), fields=WISH)
    assert placed.request.path == HOLDS + "/1"
    assert "vragen worden gezocht" in placed.text
    hold_finding.find(site_ports, 1)
    assert held(site_ports, 1) == ["2026-00001"]
    one = fenna.page(HOLDS + "/1")
    assert "V-2026-00001" in one.text
    assert "nieuwe beoordelingsdatum" in fenna.send(one.form("/bekijken"), review_on="1-3-2027").text
    assert fenna.send(one.form("/opheffen-voorstellen"), reason=" ").status_code == 422
    asked = fenna.send(one.form("/opheffen-voorstellen"), reason="Verzoek is beantwoord")
    assert "moet deze bewaarplicht opheffen" in asked.text
    assert not [form for form in Page(asked.text).forms if form.action.endswith("/opheffen")]
    second = priya.page(HOLDS + "/1")
    assert "Verzoek is beantwoord" in second.text
    assert "niets meteen vernietigd" in priya.send(second.form("/opheffen")).text
    assert "Er geldt geen bewaarplicht." in priya.page(HOLDS).text
    assert "Woo-2026-14" in priya.page(HOLDS + "?alle=1").text


def test_a_register_is_proposed_and_put_in_force_by_two(site_ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    place = "/privacybeheer/verwerkingsregister"
    assert "niet van kracht" in fenna.page(place).text
    assert "voorgesteld" in fenna.send(fenna.page(place + "/551").form("/voorstellen")).text
    assert not [form for form in fenna.page(place + "/551").forms if form.action.endswith("/in-werking")]
    form = priya.page(place + "/551").form("/in-werking")
    stale = priya.send(form, sha256="0" * 64)
    assert stale.status_code == 409
    assert "is van kracht" in priya.send(form).text
    clock.tick(site_ports)
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        policy = unit.session.query(Policy).one()
        assert (policy.state, policy.processing) == ("in_force", "551")
    for kind, starts in (("txt", "Beschrijving"), ("html", "<!DOCTYPE html>"), ("json", "{")):
        assert priya.get(f"{place}/551/register.{kind}").text.startswith(starts)
    page = priya.page(place + "/551").text
    assert "7 jaar na administratieve afhandeling van het ontslag" in page
    assert priya.get(place + "/552").status_code == 404
