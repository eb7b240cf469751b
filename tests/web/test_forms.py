"""Every act can be done without scripts: each POST route of the URL map is reached by sending a form of a page."""

from __future__ import annotations

import re
from typing import cast

import pyotp
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import PermanentRefusal
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import OutgoingMail
from helpdesk.ports import Ports
from helpdesk.sign_in.forgotten import ask_for_link
from helpdesk.text.language import translator
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.facts.sheets import as_csv
from tests.imports import M250, row
from tests.letters import letter, receive, wait
from tests.web.chat_words import chats
from tests.web.conftest import MARIJE, SANDER
from tests.web.knowledge_pages import knowing
from tests.web.officer_pages import decided, ruled
from tests.web.portal_words import asks
from tests.web.rights_words import rights
from tests.web.test_inert import parked_mail
from tests.web.visitor import PASSWORD, Form, Page, Visitor
from web.guards import guard_of
from web.notices import NOTICES
from workers.importing import import_waiting

FIRST, SECOND = "/werk/w/alle/2026-00001", "/werk/w/alle/2026-00002"
FRESH = "een ander lang wachtwoord"
_PIECES = {f"{room}.{act}" for room in ("uploads", "staff_uploads") for act in ("begin", "drop")}
SIGNS = {"chat.signs", "chat_desk.signs", "widget.identify", *_PIECES, "questions.suggested"}
"""That somebody types or has a line on the screen, and what a site says of its reader, what only a script can know; and
files sent ahead of their form, for which the form has a field without scripts."""


class Clerk:
    """Does every act by sending a form that stands on a page, and remembers to which routes."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.test_request_context():
            self._map = app.url_map.bind("localhost")
        self.sent: list[str] = []
        self.forms = 0

    def unsent(self) -> set[str]:
        """The POST routes of the URL map to which no form was sent yet."""
        posts = {rule.endpoint for rule in self._app.url_map.iter_rules() if "POST" in (rule.methods or set())}
        return posts - SIGNS - set(self.sent)

    def _route(self, form: Form) -> str:
        try:
            route = str(self._map.match(form.action, method=form.method.upper())[0])
        except HTTPException as fault:
            raise AssertionError(f"a form goes nowhere: {form.action}") from fault
        guard = guard_of(self._app, route)
        free = form.method == "get" or (guard is not None and guard.bare)
        assert free or form.fields.get("formulier"), f"a form without its token: {form.action}"
        return route

    def form(self, page: Page, endpoint: str, **holding: str) -> Form:
        """The first form of the page to this route with these values in it; all forms of the page must go somewhere."""
        routes = [(self._route(form), form) for form in page.forms]
        self.forms += len(routes)
        fitting = (form for route, form in routes if route == endpoint and holding.items() <= form.fields.items())
        found = next(fitting, None)
        assert found is not None, f"no form to {endpoint}; there are {sorted({route for route, _form in routes})}"
        return found

    def act(self, who: Visitor, path: str, endpoint: str, notice: str = "", **fields: str) -> TestResponse:
        """Fill in the form to this route on the page at `path`, send it, and read that it was done."""
        return self.send(who, self.form(who.page(path), endpoint), endpoint, notice, **fields)

    def upload(self, who: Visitor, path: str, endpoint: str, notice: str, content: bytes, **fields: str) -> str:
        """The same with a file; returns the address of the page it leads to."""
        form = self.form(who.page(path), endpoint)
        answer = who.upload(form, content, **fields)
        assert translator("nl").gettext(NOTICES[notice]) in answer.text
        self.sent.append(endpoint)
        return answer.request.path

    def send(self, who: Visitor, form: Form, endpoint: str, notice: str = "", **fields: str) -> TestResponse:
        """Send this form and read that it was done."""
        answer = who.send(form, fields=fields)
        assert answer.status_code == 200, (endpoint, answer.status_code, Page(answer.text).text[:300])
        if notice:
            assert translator("nl").gettext(NOTICES[notice]) in Page(answer.text).text, (endpoint, notice)
        self.sent.append(endpoint)
        return answer


def at_the_door(clerk: Clerk, ports: Ports, stranger: Visitor) -> None:
    clerk.act(stranger, "/inloggen", "sign_in.choose_language", taal="nl", naar="/inloggen")
    clerk.act(stranger, "/wachtwoord-vergeten", "forgotten.ask", "link_sent", email=SANDER)
    with unit_of_work(ports, SYSTEM) as unit:
        ask_for_link(unit, MARIJE)
        seed = unit.session.query(OutgoingMail.seed).filter(OutgoingMail.kind == "password").all()[-1].seed
    link = f"/wachtwoord/{ports.keys.link_token(seed)}"
    clerk.act(stranger, link, "forgotten.redeem", "password_changed", new=PASSWORD)
    clerk.act(stranger, "/inloggen", "sign_in.enter", email=MARIJE, password=PASSWORD)


def parked(clerk: Clerk, ports: Ports, marije: Visitor) -> None:
    for number in range(3):
        parked_mail(ports, letter(message_id=f"<p{number}@minbz.example>"))
    clerk.act(marije, "/beheer/geparkeerd", "admin.release", "released")
    clerk.act(marije, "/beheer/geparkeerd", "admin.retry", "retried")
    clerk.act(marije, "/beheer/geparkeerd", "admin.discard", "discarded", reason="not_for_us")


def handling(clerk: Clerk, marije: Visitor) -> None:
    clerk.act(marije, "/werk/zoeken", "actions.search", q="training")
    clerk.act(
        *(marije, "/werk/nieuw", "actions.open_by_hand", "opened"),
        name="Coen",
        address="coen@minbz.example",
        subject="Gebeld",
        text="Wil terug",
    )
    marije.send(marije.page(SECOND).form("/concept/note"), text="Half af")
    clerk.act(marije, SECOND, "actions.merge", "merged", into="V-2026-00001")
    clerk.act(marije, FIRST, "drafts.bring", "draft_brought")
    clerk.act(marije, FIRST, "actions.undo_merge", "merge_undone")
    clerk.act(marije, SECOND, "actions.dismiss_hint", "hint_dismissed")
    clerk.act(marije, FIRST, "actions.move_entry", "entry_moved", into="2026-00002")
    clerk.act(marije, FIRST, "actions.add_participant", "participant_added", address="coen@minbz.example")
    clerk.act(marije, FIRST, "actions.remove_participant", "participant_removed")
    clerk.act(marije, FIRST, "actions.assign", "assigned")
    clerk.act(marije, FIRST, "actions.status", "done")
    chosen = clerk.form(marije.page("/werk/w/alle"), "selection.act")
    assert "1 afgehandeld." in clerk.send(marije, chosen, "selection.act", act="done", nr=picked(marije, 1)).text
    undone = clerk.act(marije, "/werk/w/alle", "selection.act", act="take", nr=picked(marije, 2)).text
    assert (
        "1 ongedaan gemaakt." in clerk.send(marije, clerk.form(Page(undone), "selection.undo"), "selection.undo").text
    )
    clerk.act(marije, FIRST, "actions.spam", "spam_blocked", block="1")
    clerk.act(marije, FIRST, "actions.not_spam", "not_spam")


def picked(who: Visitor, row: int) -> str:
    """The value of the box of a row."""
    boxes = [box["value"] for box in who.page("/werk/w/alle").controls if box.get("name") == "nr"]
    return boxes[row - 1]


def writing(clerk: Clerk, ports: Ports, marije: Visitor) -> None:
    mailer = cast("MemoryMailer", ports.mailer)
    clerk.act(marije, FIRST, "actions.note", "note_saved", text="Alleen wij")
    clerk.act(marije, FIRST, "drafts.save", "draft_saved", text="Half")
    clerk.act(marije, "/werk/concepten", "drafts.discard", "draft_discarded")
    clerk.act(marije, FIRST, "actions.answer", "answer_queued", text="Dat kan.")
    clerk.act(marije, FIRST, "actions.undo", "undone")
    clerk.act(marije, FIRST, "actions.answer", "answer_queued", text="Dat kan toch.")

    def refuse(_recipients: object) -> None:
        raise PermanentRefusal("no", code="550")

    mailer.refuse = refuse
    wait(ports)
    deliver_waiting(ports)
    clerk.act(marije, FIRST, "actions.resend", "resent")


def oneself(clerk: Clerk, ports: Ports, marije: Visitor, sander: Visitor) -> None:
    settings, code = "/werk/instellingen", "/werk/instellingen/code"
    own = clerk.form(marije.page(FIRST), "actions.assign").fields["account"]
    sander.send(sander.page(SECOND).form("/toewijzen"), account=own or "1")
    clerk.act(marije, "/werk/meldingen", "bell.seen", "notices_seen")
    clerk.act(marije, settings, "preferences.save", "preferences_saved", theme="dark", undo_seconds="20")
    clerk.act(marije, settings, "sign_in.stay", "stays_signed_in")
    form = clerk.form(marije.page(code), "second_factor.turn_on")
    now = pyotp.TOTP(form.fields["secret"]).at(ports.now())
    clerk.send(marije, form, "second_factor.turn_on", "totp_on", password=PASSWORD, code=now)
    clerk.act(marije, settings, "second_factor.turn_off", "totp_off", password=PASSWORD)
    clerk.act(marije, settings, "sign_in.change_password", "password_changed", old=PASSWORD, new=FRESH)
    for endpoint, notice in (("sign_in.leave_everywhere", "signed_out_everywhere"), ("sign_in.leave", "signed_out")):
        assert marije.sign_in(MARIJE, FRESH).status_code == 200
        clerk.act(marije, settings, endpoint, notice)


def office(clerk: Clerk, ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    """Files with people and their dates, and dates by hand."""
    odd = as_csv([["Wie", "Klaar op"], *([str(n), "01-02-2020"] for n in range(30))])
    people = as_csv([M250, *(row(str(n), f"p{n}@x.example") for n in range(30))])
    one = clerk.upload(fenna, "/beheer/imports", "imports.upload", "import_kept", people, profile="m250")
    import_waiting(ports)
    clerk.act(fenna, one, "imports.look", "import_asked")
    import_waiting(ports)
    clerk.act(fenna, one, "imports.start", "import_started")
    import_waiting(ports)
    two = clerk.upload(fenna, "/beheer/imports", "imports.upload", "import_kept", odd, profile="settlements")
    import_waiting(ports)
    columns = {"kolom-personnel_no": "Wie", "kolom-settled_on": "Klaar op"}
    clerk.act(fenna, two, "imports.map_columns", "import_mapped", **columns)
    clerk.act(fenna, two, "imports.stop", "import_stopped")
    for day in ("01-02-2020", "01-03-2020"):
        again = as_csv([["Wie", "Klaar op"], *([str(n), day] for n in range(30))])
        two = clerk.upload(fenna, "/beheer/imports", "imports.upload", "import_kept", again, profile="settlements")
        import_waiting(ports)
        if day == "01-02-2020":
            clerk.act(fenna, two, "imports.start", "import_started")
            import_waiting(ports)
    clerk.act(priya, two, "imports.allow", "import_allowed", reason="Nagevraagd.")
    found = clerk.act(fenna, "/beheer/mensen", "people.look_for", wie="12")
    person = next(link for link in Page(found.text).links if re.fullmatch(r"/beheer/mensen/\d+", link))
    when = {"valid_on": "01-02-2027", "reference": "brief"}
    clerk.act(fenna, person, "people.add", "fact_added", type="employment.end", **when)
    clerk.act(fenna, person, "people.correct", "fact_corrected", **(when | {"valid_on": "02-02-2027"}))
    clerk.act(fenna, person, "people.retract", "fact_retracted", reference="brief")


def asking(clerk: Clerk, marije: Visitor) -> None:
    """Who asked, said by hand."""
    found = clerk.act(marije, FIRST, "askers.look_for", wie="12")
    clerk.send(marije, clerk.form(Page(found.text), "askers.match"), "askers.match", "matched")
    clerk.act(marije, FIRST, "askers.undo", "match_undone")
    clerk.act(marije, "/werk/onbekend", "askers.match_named", "matched", wie="12")
    clerk.act(marije, FIRST, "askers.undo", "match_undone")
    clerk.act(marije, FIRST + "/wie", "askers.call", "kind_said")
    clerk.act(marije, FIRST + "/wie", "askers.share", "address_said")


def test_every_post_route_is_sent_to_by_a_page_without_scripts(
    app: Flask, site_ports: Ports, stranger: Visitor, sander: Visitor, fenna: Visitor, priya: Visitor
) -> None:
    clerk = Clerk(app)
    receive(site_ports, letter(Cc="ahmed@minbz.example"))
    receive(site_ports, letter("Nog iets", subject="Re: Training verzetten", message_id="<m2@minbz.example>"))
    at_the_door(clerk, site_ports, stranger)
    parked(clerk, site_ports, stranger)
    office(clerk, site_ports, fenna, priya)
    asking(clerk, stranger)
    handling(clerk, stranger)
    knowing(clerk, stranger, Visitor(app))
    writing(clerk, site_ports, stranger)
    ruled(clerk, site_ports, fenna, priya)
    rights(clerk, site_ports, app, stranger, priya)
    oneself(clerk, site_ports, stranger, sander)
    decided(clerk, site_ports, fenna, priya)
    asks(clerk, site_ports, app)
    chats(clerk, site_ports, app)
    assert clerk.unsent() == set(), "routes to which no form of a page was sent"
    assert len(set(clerk.sent)) > 30
    assert clerk.forms > 300
    app.url_map.add(Rule("/werk/zonder-formulier", endpoint="planted", methods=["POST"]))
    assert clerk.unsent() == {"planted"}, "a route without a form would not be noticed"
