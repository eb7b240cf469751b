"""Every page of the site in every state, once: `make axe` and `make screens` and their tests take their screens here.

A page is a GET route that answers HTML. Each is listed filled, empty, with an error, with what opens on it open, and
at the 409; `ABSENT` says why a page has no such state. `tests/ui/test_screens.py` holds the list to the URL map.
"""

from __future__ import annotations

from tests.ui import acts
from tests.ui.acts import drawer, fields, fold, rail, send, submit, write
from tests.ui.place import WILHELMINA
from tests.ui.state import State
from tests.ui.state import at as _s
from tests.ui.state import down as _down
from tests.ui.state import named as _named
from tests.ui.state import nothing as _nothing
from tests.ui.state import of as _of
from tests.ui.states_chat import CHAT, CHAT_ABSENT
from tests.ui.states_knowledge import KNOWLEDGE
from tests.ui.states_officers import OFFICERS
from tests.ui.states_portal import PORTAL, PORTAL_ABSENT
from tests.web.conftest import FENNA, MARIJE, PRIYA, TECH

KINDS = ("filled", "empty", "error", "open", "conflict")
TICKET = "/werk/w/open/"


LISTS = (
    _s("inbox.show_list", "filled", "/werk/w/open", ".row >> nth=40"),
    _nothing("inbox.show_list", "/werk/w/open", ".empty"),
    _down("inbox.show_list", "/werk/w/open", "ticket"),
    _s("inbox.show_list", "open", "/werk/w/open", "#weergaven", rail),
    _s("inbox.show_list", "conflict", "/werk/w/open", "#uitkomst:has-text('iemand was je voor')", acts.late_choice),
    _s("inbox.show_list", "open", "/werk/w/open", "#gekozen", acts.choose, "selection"),
    _s("inbox.show_list", "open", "/werk/w/open", "dialog.keys", acts.press("?"), "keys"),
    _s("inbox.show_list", "open", "/werk/w/open", ".toast", acts.press("j"), "first-key"),
    _s("inbox.show_list", "open", "/werk/w/open", "#einde", acts.nearly_over, "session"),
    _s("inbox.show_list", "filled", "/werk/w/alle", ".row >> nth=40", name="all"),
    _s("inbox.show_list", "filled", "/werk/w/mijn", ".row", name="mine"),
    _s("inbox.show_list", "error", "/werk/w/weg", "h1:has-text('Deze pagina is er niet')", name="unknown", status=404),
    _s("inbox.show_list", "error", "/werk/w/open", "h1", acts.old_form, "old-form", 403),
    _s("inbox.search_form", "filled", "/werk/zoeken", "#zoek"),
    _nothing("inbox.search_form", "/werk/zoeken", "#zoek"),
    _down("inbox.search_form", "/werk/zoeken", "ticket"),
    _s("inbox.search_form", "open", "/werk/zoeken", "#weergaven", rail),
    _s("inbox.search_results", "filled", "/werk/zoeken/{search}", ".row >> nth=20"),
    _s("inbox.search_results", "empty", "/werk/zoeken/{search_nothing}", ".empty"),
    _s("inbox.search_results", "error", "/werk/zoeken/0", "h1:has-text('Deze pagina is er niet')", status=404),
    _s("inbox.search_results", "open", "/werk/zoeken/{search}", "#weergaven", rail),
)
TICKETS = (
    _s("inbox.show_ticket", "filled", TICKET + "{long}", "#berichten > article >> nth=19"),
    _s("inbox.show_ticket", "empty", TICKET + "{bare}", "#berichten .empty"),
    _s("inbox.show_ticket", "error", TICKET + "{first}", "#antwoord .box-danger", send("antwoord", " ")),
    _s("inbox.show_ticket", "open", TICKET + "{first}", "#antwoord button.primary", write("antwoord")),
    _s("inbox.show_ticket", "conflict", TICKET + "{first}", "#botsing", acts.second),
    _s("inbox.show_ticket", "open", TICKET + "{note}", "#notitie button.primary", write("notitie"), "note"),
    _s("inbox.show_ticket", "open", TICKET + "{draft}#antwoord", "#antwoord .chip", name="draft-with-file"),
    _s("inbox.show_ticket", "open", TICKET + "{long}", "#toewijzen select", fold("#toewijzen"), "assign"),
    _s("inbox.show_ticket", "open", TICKET + "{long}", "#meer .danger", fold("#meer"), "more"),
    _s("inbox.show_ticket", "open", TICKET + "{long}", "#over h2", drawer("over"), "person"),
    _s("inbox.show_ticket", "open", TICKET + "{html}", ".about dl", fold("details.about"), "about-message"),
    _s("inbox.show_ticket", "filled", TICKET + "{arabic}", "h1", name="arabic"),
    _s("inbox.show_ticket", "filled", "/werk/w/mijn/{emoji}", "h1", name="emoji"),
    _s("inbox.show_ticket", "filled", TICKET + "{hint}", "#hint", name="hint"),
    _s("inbox.show_ticket", "filled", TICKET + "{into}", "#boven .with-act", name="merged"),
    _s("inbox.show_ticket", "filled", TICKET + "{undo}", "[data-undo]", name="undo"),
    _s("inbox.show_ticket", "filled", "/werk/w/alle/{spam}", "#kop .tag-warn", name="spam"),
    _s("inbox.show_ticket", "filled", "/werk/w/alle/{quoted}", "h1", name="done-with-quotes"),
    _s("inbox.show_ticket", "error", "/werk/w/alle/{bounced}", "#berichten .box-danger", name="not-delivered"),
    _s("inbox.show_ticket", "error", TICKET + "2026-99999", "h1", name="unknown", status=404),
    _s(
        *("inbox.show_ticket", "error", TICKET + "{first}", "#antwoord [name=confirmed]"),
        *(send("antwoord", "Dat kan.", "wie@elders.example"), "outside"),
    ),
    _s("inbox.show_ticket", "error", TICKET + "{note}", "#kept", acts.ended, "signed-out", 401),
    _s("papers.printed", "filled", TICKET + "{long}/afdrukken", ".leaf >> nth=10"),
    _s("papers.printed", "empty", TICKET + "{bare}/afdrukken", "h1"),
    _s("papers.printed", "error", TICKET + "2026-99999/afdrukken", "h1", status=404),
    _s("papers.printed", "open", TICKET + "{long}/afdrukken?notities=1", ".holds-notes", rail),
    _s("files.source", "filled", "/werk/bericht/{html_entry}/bron", "pre.source"),
    _s("files.source", "empty", "/werk/bericht/99999/bron", "h1", status=404),
    _down("files.source", "/werk/bericht/{html_entry}/bron", "entry"),
    _s("files.source", "open", "/werk/bericht/{html_entry}/bron", "#weergaven", rail),
    _s("files.html", "filled", TICKET + "{html}", "iframe.mail"),
    _s("files.html", "filled", TICKET + "{faulty}", "iframe.mail", name="foreign"),
    _s("files.html", "empty", "/werk/bericht/{first_entry}/html", "h1", status=404),
    _s("files.html", "error", "/werk/bericht/99999/html", "h1", status=404),
)
OWN = (
    _s("inbox.new_form", "filled", "/werk/nieuw", "main", fields(name="Femke", subject="Vraag", text=acts.LONG_TEXT)),
    _s("inbox.new_form", "empty", "/werk/nieuw", "main form"),
    _s(
        "inbox.new_form", "error", "/werk/nieuw", ".box-danger", submit("/werk/nieuw", address="geen adres"), status=422
    ),
    _s("inbox.new_form", "open", "/werk/nieuw", "#weergaven", rail),
    _s("inbox.new_form", "error", "/werk/nieuw", "h1", acts.too_large, "too-large", 413),
    _s("own_drafts.show", "filled", "/werk/concepten", "article.card >> nth=1"),
    _nothing("own_drafts.show", "/werk/concepten", ".empty"),
    _down("own_drafts.show", "/werk/concepten", "draft"),
    _s("own_drafts.show", "open", "/werk/concepten", "#weergaven", rail),
    _s("bell.show", "filled", "/werk/meldingen", ".notices .unread"),
    _nothing("bell.show", "/werk/meldingen", ".empty"),
    _down("bell.show", "/werk/meldingen", "notice"),
    _s("bell.show", "open", "/werk/meldingen", "#weergaven", rail),
    _s("help.show", "filled", "/werk/hulp", "table"),
    _of(TECH, "help.show", "empty", "/werk/hulp", "h1"),
    _down("help.show", "/werk/hulp", "ticket"),
    _s("help.show", "open", "/werk/hulp", "#weergaven", rail),
    _s("sign_in.settings", "filled", "/werk/instellingen", "#seconden"),
    _nothing("sign_in.settings", "/werk/instellingen", "h1", TECH),
    _s(
        *("sign_in.settings", "error", "/werk/instellingen", "#veld-old-fout"),
        *(submit("/wachtwoord", old="fout", new="een lang wachtwoord"), "", 422),
    ),
    _of(WILHELMINA, "sign_in.settings", "open", "/werk/instellingen", "#weergaven", rail),
    _s("second_factor.form", "filled", "/werk/instellingen/code", "code", fields(code="123456", password="geheim")),
    _s("second_factor.form", "empty", "/werk/instellingen/code", "code"),
    _s(
        *("second_factor.form", "error", "/werk/instellingen/code", ".wrong"),
        *(submit("/code", code="000000", password="fout"), "", 422),
    ),
    _s("second_factor.form", "open", "/werk/instellingen/code", "#weergaven", rail),
)
SIGNED_OUT = (
    _of(None, "sign_in.form", "filled", "/inloggen", "#veld-email", fields(email="marije@academie.example")),
    _of(None, "sign_in.form", "empty", "/inloggen", "#veld-email"),
    _of(None, "sign_in.form", "error", "/inloggen", ".box-danger", acts.sign_in(MARIJE, "fout"), 422),
    _of(None, "sign_in.form", "open", "/inloggen", "#veld-code", acts.code_asked, 422),
    _of(None, "forgotten.form", "filled", "/wachtwoord-vergeten", "#veld-email", fields(email="wie@academie.example")),
    _of(None, "forgotten.form", "empty", "/wachtwoord-vergeten", "#veld-email"),
    _of(None, "forgotten.form", "error", "/wachtwoord-vergeten", "h1", acts.tried_often, 429),
    _of(None, "forgotten.choose", "filled", "/wachtwoord/{link}", "#veld-new"),
    _of(None, "forgotten.choose", "empty", "/wachtwoord/verlopen", "main a.button", status=404),
    _of(None, "forgotten.choose", "error", "/wachtwoord/{link}", ".wrong", submit("/wachtwoord/", new="kort"), 422),
    _of(None, "forgotten.choose", "conflict", "/wachtwoord/{link}", "main a.button", acts.link_used, 409),
)
OFFICE = (
    _s("admin.parked_mail", "filled", "/beheer/geparkeerd", "article.parked >> nth=2"),
    _nothing("admin.parked_mail", "/beheer/geparkeerd", ".empty"),
    _s("admin.parked_mail", "error", "/beheer/geparkeerd", ".box-danger", submit("/weggooien"), status=422),
    _s("admin.parked_mail", "open", "/beheer/geparkeerd", "#weergaven", rail),
    _s("admin.parked_mail", "conflict", "/beheer/geparkeerd", ".box-danger", acts.second_to_decide, status=409),
    _of(TECH, "admin.health", "filled", "/techniek/gezondheid", "table"),
    _nothing("admin.health", "/techniek/gezondheid", ".ok-box", TECH),
    _down("admin.health", "/techniek/gezondheid", "heartbeat", TECH),
    _of(TECH, "admin.health", "open", "/techniek/gezondheid", "#weergaven", rail),
)
IMPORT, PERSON = "/beheer/imports/", "/beheer/mensen/"
IMPORTS = (
    _of(FENNA, "imports.show_list", "filled", "/beheer/imports", "tbody tr >> nth=4"),
    _nothing("imports.show_list", "/beheer/imports", ".empty", FENNA),
    _of(FENNA, "imports.show_list", "error", "/beheer/imports", "#veld-file-fout", submit("/beheer/imports"), 422),
    _of(FENNA, "imports.show_list", "open", "/beheer/imports", "#weergaven", rail),
    _of(FENNA, "imports.show_list", "conflict", "/beheer/imports", ".box-danger", acts.upload_again, 409),
    _of(FENNA, "imports.show", "filled", IMPORT + "{looked}", "#wijzigingen"),
    _of(FENNA, "imports.show", "empty", IMPORT + "99999", "h1", status=404),
    _of(PRIYA, "imports.show", "error", IMPORT + "{braked}", ".wrong", submit("/doorlaten", reason=" "), 422),
    _of(FENNA, "imports.show", "open", IMPORT + "{looked}", "#veld-dates", fold("section:has(> details) details")),
    _of(FENNA, "imports.show", "conflict", IMPORT + "{looked}", ".box-danger", acts.stopped_meanwhile, 409),
    _named(FENNA, "imports.show", "filled", IMPORT + "{braked}", ".box-warn", "braked"),
    _named(PRIYA, "imports.show", "filled", IMPORT + "{braked}", "#veld-reason", "second"),
    _named(FENNA, "imports.show", "filled", IMPORT + "{columns}", "#kolommen", "columns"),
    _named(FENNA, "imports.show", "filled", IMPORT + "{running}", "progress", "running"),
    _named(FENNA, "imports.show", "filled", IMPORT + "{failed}", ".box-danger", "failed"),
    _named(FENNA, "imports.show", "filled", IMPORT + "{done}", "#aantallen", "done"),
)
PEOPLE = (
    _of(FENNA, "people.search", "filled", "/beheer/mensen", "#veld-wie", fields(wie="Femke")),
    _nothing("people.search", "/beheer/mensen", "#veld-wie", FENNA),
    _down("people.search", "/beheer/mensen", "alarm", FENNA),
    _of(FENNA, "people.search", "open", "/beheer/mensen", "#weergaven", rail),
    _of(FENNA, "people.found", "filled", PERSON + "gevonden/{people}", "tbody tr >> nth=5"),
    _of(FENNA, "people.found", "empty", PERSON + "gevonden/{people_nobody}", ".empty"),
    _of(FENNA, "people.found", "error", PERSON + "gevonden/0", "h1", status=404),
    _of(FENNA, "people.found", "open", PERSON + "gevonden/{people}", "#weergaven", rail),
    _of(FENNA, "people.show", "filled", PERSON + "{person}", "#datums"),
    _of(FENNA, "people.show", "empty", PERSON + "{person_bare}", "#erbij"),
    _of(
        FENNA,
        "people.show",
        "error",
        PERSON + "{person}",
        "td .wrong",
        acts.then(fold("td details"), submit("/verbeteren", valid_on="gisteren")),
        422,
    ),
    _of(FENNA, "people.show", "open", PERSON + "{person}", "#veld-dag", fold("#erbij", "td details")),
    _of(FENNA, "people.show", "conflict", PERSON + "{person}", ".box-danger", acts.date_gone, 409),
    _named(PRIYA, "people.show", "filled", PERSON + "{person}", "#datums", "reader"),
)
ASKERS = (
    _s("askers.show_list", "filled", "/werk/onbekend", "tbody tr >> nth=9"),
    _nothing("askers.show_list", "/werk/onbekend", ".empty"),
    _s(
        "askers.show_list",
        "error",
        "/werk/onbekend",
        "[aria-invalid]",
        acts.then(fold("td details"), submit("/werk/onbekend/", wie="9999")),
        status=422,
    ),
    _s("askers.show_list", "open", "/werk/onbekend", "#weergaven", rail),
    _s("askers.ask", "filled", TICKET + "{first}/wie", "#soort"),
    _s("askers.ask", "empty", TICKET + "2026-99999/wie", "h1", status=404),
    _down("askers.ask", TICKET + "{first}/wie", "person"),
    _s("askers.ask", "open", TICKET + "{first}/wie", "#weergaven", rail),
    _s("askers.found", "filled", TICKET + "{first}/wie/{who}", "tbody tr >> nth=3"),
    _s("askers.found", "empty", TICKET + "{first}/wie/{who_nobody}", ".empty"),
    _s("askers.found", "error", TICKET + "{first}/wie/0", "h1", status=404),
    _s("askers.found", "open", TICKET + "{first}/wie/{who}", "#weergaven", rail),
    _s("askers.found", "conflict", TICKET + "{first}/wie/{who}", ".box-danger", acts.named_meanwhile, status=409),
    _s("inbox.show_ticket", "filled", "/werk/w/alle/{matched}", "#over h2", drawer("over"), "said-by-hand"),
)
ASKED, ASKED_TICKET = "/privacybeheer/verzoeken", "/privacybeheer/verzoeken/{asked}/vraag/{asked_files}"
PART, RECORD = "/werk/bericht/{asked_entry}/vernietigen", TICKET + "{first}/verzoek"
RIGHTS = (
    _of(PRIYA, "requests.show_list", "filled", ASKED, "tbody tr >> nth=4"),
    _nothing("requests.show_list", ASKED, ".empty", PRIYA),
    _of(PRIYA, "requests.show_list", "error", ASKED, ".wrong", submit("/verzoeken", received_on="gisteren"), 422),
    _of(PRIYA, "requests.show_list", "open", ASKED, "#weergaven", rail),
    _of(PRIYA, "requests.show", "filled", ASKED + "/{asked}", "#vragen"),
    _of(PRIYA, "requests.show", "empty", ASKED + "/{asked_bare}", "#besluit"),
    _of(PRIYA, "requests.show", "error", ASKED + "/{asked}", ".box-danger", submit("/voorstellen"), 422),
    _of(PRIYA, "requests.show", "open", ASKED + "/{asked}", "#veld-because", fold("section details")),
    _of(PRIYA, "requests.show", "conflict", ASKED + "/{asked}", ".box-danger", acts.answered_meanwhile, 409),
    _named(PRIYA, "requests.show", "filled", ASKED + "/{asked_review}", ".box-warn", "second"),
    _named(PRIYA, "requests.show", "filled", ASKED + "/{asked_erasure}", "#wissen", "erasure"),
    _named(PRIYA, "requests.show", "filled", ASKED + "/{asked_right}", "#verbeteren", "rectification"),
    _of(PRIYA, "request_tickets.show", "filled", ASKED_TICKET, "article.card"),
    _of(PRIYA, "request_tickets.show", "empty", ASKED + "/{asked}/vraag/2026-99999", "h1", status=404),
    _of(PRIYA, "request_tickets.show", "error", ASKED_TICKET, ".box-danger", submit("/vernietigen"), 422),
    _of(PRIYA, "request_tickets.show", "open", ASKED_TICKET, "[id^=waarom]", fold("article details")),
    _of(PRIYA, "request_tickets.show", "conflict", ASKED_TICKET, ".box-danger", acts.left_out_late, 409),
    _s("rights.request_form", "filled", RECORD, "#veld-wish", fields(wish="Wat weet u van mij?")),
    _s("rights.request_form", "empty", RECORD, "#veld-wish"),
    _s("rights.request_form", "error", RECORD, ".wrong", submit("/verzoek", received_on="gisteren"), status=422),
    _s("rights.request_form", "open", RECORD, "#weergaven", rail),
    _s("rights.part_form", "filled", PART, "#deel"),
    _s("rights.part_form", "empty", "/werk/bericht/99999/vernietigen", "h1", status=404),
    _s("rights.part_form", "error", PART, ".box-danger", submit("/vernietigen"), status=422),
    _s("rights.part_form", "open", PART, "#weergaven", rail),
    _s("rights.part_form", "conflict", PART, ".box-danger", acts.destroyed_meanwhile, status=409),
)
STATES = (
    *CHAT,
    *LISTS,
    *TICKETS,
    *OWN,
    *SIGNED_OUT,
    *OFFICE,
    *IMPORTS,
    *PEOPLE,
    *ASKERS,
    *KNOWLEDGE,
    *OFFICERS,
    *RIGHTS,
    *PORTAL,
)

_READS = "no form on it is held against a version of what it shows"
_DRAWER = "nothing on it opens: no rail, no menu, no composer"
ABSENT = {
    **CHAT_ABSENT,
    **dict.fromkeys(
        (
            *((f"inbox.{name}", "conflict") for name in ("search_form", "search_results", "new_form")),
            *((name, "conflict") for name in ("papers.printed", "files.source", "own_drafts.show", "bell.show")),
            *((name, "conflict") for name in ("help.show", "admin.health", "sign_in.form", "forgotten.form")),
            *((name, "conflict") for name in ("sign_in.settings", "second_factor.form", "files.html")),
            *((name, "conflict") for name in ("people.search", "people.found", "askers.show_list", "askers.ask")),
            *((name, "conflict") for name in ("kept.show", "kept.tickets", "certificates.show_list", "reads.show")),
            *((name, "conflict") for name in ("certificates.show", "holds.show_list", "holds.new_form")),
            *((name, "conflict") for name in ("register.show_list", "decisions.show")),
            *((name, "conflict") for name in ("answers.start", "answers.show", "articles.show_list", "articles.found")),
            *(
                (name, "conflict")
                for name in ("articles.new_form", "topics.show", "canned.show_list", "canned.new_form")
            ),
            ("inserting.show", "conflict"),
            *((name, "conflict") for name in ("requests.show_list", "rights.request_form")),
        ),
        _READS,
    ),
    **dict.fromkeys(((name, "open") for name in ("forgotten.form", "forgotten.choose", "files.html")), _DRAWER),
    **PORTAL_ABSENT,
}
"""Why a page is not to be had in a state."""


def states(route: str) -> list[State]:
    """The states of one page, by the endpoint of its route."""
    return [state for state in STATES if state.route == route]
