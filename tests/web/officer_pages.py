"""What officers decide, form by form: for `test_forms.py`, and in the pseudo-language for `test_words.py`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from helpdesk.ports import Ports
from helpdesk.privacy import destruction, effects, hold_finding, listing
from helpdesk.privacy.list_views import list_view, lists_page
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import pass_window
from tests.holds import let_terms_end
from tests.letters import wait
from tests.web.conftest import FENNA, PRIYA
from tests.web.visitor import Page, Visitor
from workers.destroying import disposal_waiting

if TYPE_CHECKING:
    from tests.web.crawling import Crawl
    from tests.web.test_forms import Clerk

REGISTER, LISTS = "/privacybeheer/verwerkingsregister", "/privacybeheer/vernietiging"
HOLDS, PAPERS = "/privacybeheer/bewaarplicht", "/privacybeheer/verklaringen"


def _largest_list(ports: Ports) -> str:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return f"{LISTS}/{max(lists_page(unit), key=lambda one: one.listed).id}"


def _listed(ports: Ports, path: str) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list_view(unit, int(path.rpartition("/")[2])).listed


def _again(*whom: tuple[Visitor, str]) -> None:
    for who, email in whom:
        who.client.delete_cookie("helpdesk")
        assert who.sign_in(email).status_code == 200


def ruled(clerk: Clerk, ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    """One register put in force, and the proposal of another taken back."""
    clerk.act(fenna, REGISTER + "/551", "register.propose", "register_proposed")
    clerk.act(priya, REGISTER + "/551", "register.approve", "register_approved")
    clerk.act(fenna, REGISTER + "/M895", "register.propose", "register_proposed")
    effects.reckon_waiting(ports)
    clerk.act(fenna, REGISTER + "/M895/verschil", "versions.reckon", "effect_asked")
    clerk.act(fenna, REGISTER + "/M895", "register.withdraw", "register_withdrawn")
    clock.tick(ports)


def decided(clerk: Clerk, ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    """A hold from its placing to its release, and lists proposed, approved and taken back."""
    wish = {"reference": "Woo-14", "reason": "Verzoek", "scope": "query", "query": "zwaardvis"}
    clerk.act(fenna, HOLDS + "/nieuw", "holds.count", **wish)
    one = clerk.act(fenna, HOLDS + "/nieuw", "holds.place", "hold_placed", **wish).request.path
    clerk.act(fenna, one, "holds.review", "hold_reviewed", review_on="1-3-2027")
    clerk.act(fenna, one, "holds.propose_release", "hold_release_proposed", reason="Beantwoord")
    clerk.act(priya, one, "holds.release", "hold_released")
    hold_finding.find(ports, int(one.rpartition("/")[2]))
    let_terms_end(ports)
    _again((fenna, FENNA), (priya, PRIYA))
    clerk.act(fenna, LISTS, "disposal.gather", "list_gathering")
    disposal_waiting(ports)
    path = _largest_list(ports)
    clerk.act(fenna, path, "disposal.take_off", "list_excepted", reason="archive")
    clerk.act(fenna, path, "disposal.propose", "list_proposed")
    clerk.act(priya, path, "disposal.send_back", "list_sent_back", remark="Kijk nog eens.")
    clerk.act(fenna, path, "disposal.propose", "list_proposed")
    form = clerk.form(priya.page(path), "disposal.approve")
    clerk.send(priya, form, "disposal.approve", "list_approved", count=str(_listed(ports, path)))
    clerk.act(priya, path, "disposal.withdraw", "list_withdrawn")
    wait(ports, dt.timedelta(days=5))
    _again((fenna, FENNA), (priya, PRIYA))
    clerk.act(priya, LISTS, "disposal.vouch", "clock_vouched")


def looked_at(crawl: Crawl, ports: Ports, both: str, officer: str) -> None:
    """The pages of officers in the pseudo-language, from the proposal of a register to a certificate."""
    for which in ("", "/551", "/M895"):
        crawl.page(REGISTER + which)
    crawl.send(REGISTER + "/551", "/voorstellen")
    crawl.page(REGISTER + "/551/verschil")
    effects.reckon_waiting(ports)
    crawl.page(REGISTER + "/551/verschil")
    second = Visitor(crawl.app)
    assert second.sign_in(officer).status_code == 200
    form = crawl.look("a proposal", second.get(REGISTER + "/551").text).form("/in-werking")
    assert second.send(form).status_code == 200
    clock.tick(ports)
    crawl.page(REGISTER)
    _holds(crawl, ports, second)
    let_terms_end(ports)
    _again((crawl.visitor, both), (second, officer))
    for empty in (LISTS, PAPERS):
        crawl.page(empty)
    listing.propose(ports)
    path = _largest_list(ports)
    crawl.send(path, "/uitzonderen", 422, reason="")
    crawl.send(path, "/uitzonderen", reason="archive")
    _sent_back(crawl, second, path)
    crawl.send(path, "/voorstellen")
    crawl.page(LISTS)
    shown = crawl.look("second person", second.get(path).text)
    wrong = second.send(shown.form("/akkoord"), count="0")
    assert wrong.status_code == 422
    crawl.look("wrong count", wrong.text)
    _destroyed(crawl, ports, second, shown, path)
    _again((crawl.visitor, both))
    papers = [link for link in crawl.page(PAPERS).links if link.startswith(PAPERS + "/R")]
    for one in (path, LISTS, *papers, f"{PAPERS}/R13/2040-01", "/privacybeheer/bewaartermijnen?maanden=60"):
        crawl.page(one)
    crawl.page("/privacybeheer/bewaartermijnen/vragen?maand=later&maanden=12")
    _logs(crawl)


def _sent_back(crawl: Crawl, second: Visitor, path: str) -> None:
    crawl.send(path, "/voorstellen")
    back = second.send(second.page(path).form("/terugsturen"), remark="Ναι")
    assert back.status_code == 200
    crawl.look("sent back", back.text)
    crawl.page(path)


def _logs(crawl: Crawl) -> None:
    for asked in ("", "?wie=0", "?dag=x&vraag=x"):
        crawl.page("/privacybeheer/logboek" + asked)
        crawl.page("/privacybeheer/logboek/besluiten" + asked)
    crawl.page("/privacybeheer/logboek/besluiten?keten=1")
    crawl.page(REGISTER + "/551/verschil?van=meegeleverd&naar=meegeleverd")
    for asked in ("?per=jaar&in=omvang", "/vragen?maand=late", "/vragen?maand=2031&per=jaar"):
        crawl.page("/privacybeheer/bewaartermijnen" + asked)


def _holds(crawl: Crawl, ports: Ports, second: Visitor) -> None:
    crawl.page(HOLDS)
    wish = {"reference": "Ελλάδα", "reason": "Ναι", "scope": "query", "query": "ψάρι"}
    crawl.send(HOLDS + "/nieuw", "/nieuw", 422, reference="")
    crawl.send(HOLDS + "/nieuw", "/nieuw/tellen", 200, **wish)
    crawl.send(HOLDS + "/nieuw", "/nieuw", 200, **wish)
    hold_finding.find(ports, 1)
    crawl.page(HOLDS + "/1")
    crawl.send(HOLDS + "/1", "/bekijken", 422, review_on="x")
    crawl.send(HOLDS + "/1", "/opheffen-voorstellen", reason="Ναι")
    form = crawl.look("release", second.get(HOLDS + "/1").text).form("/opheffen")
    assert second.send(form).status_code == 200
    hold_finding.find(ports, 1)
    crawl.page(HOLDS + "/1")
    crawl.page(HOLDS + "?alle=1")


def _destroyed(crawl: Crawl, ports: Ports, second: Visitor, shown: Page, path: str) -> None:
    approved = second.send(shown.form("/akkoord"), count=str(_listed(ports, path)))
    assert approved.status_code == 200
    crawl.look("approved", approved.text)
    pass_window(ports)
    destruction.run(ports)
    wait(ports, dt.timedelta(days=120))
