"""The states of the pages of answers: those for everybody, those of staff, and choosing one for an answer."""

from __future__ import annotations

from tests.ui import acts
from tests.ui.acts import fields, fold, rail, submit
from tests.ui.acts_knowledge import (
    insert,
    press_act,
    published_meanwhile,
    reply_meanwhile,
    restored_meanwhile,
    saved_meanwhile,
    unfilled,
)
from tests.ui.state import at as _s
from tests.ui.state import down as _down
from tests.ui.state import named as _named
from tests.ui.state import nothing as _nothing
from tests.ui.state import of as _of
from tests.web.conftest import MARIJE

ALL, ONE, REPLIES = "/werk/antwoorden", "/werk/antwoorden/{article}", "/werk/standaardantwoorden"
INSERT = "/werk/w/open/{first}/invoegen"

KNOWLEDGE = (
    _of(None, "answers.start", "filled", "/antwoorden", ".shelves .card >> nth=2"),
    _nothing("answers.start", "/antwoorden", ".empty", None),
    _of(None, "answers.start", "error", "/antwoorden?onderwerp=99", "h1", status=404),
    _of(None, "answers.start", "open", "/antwoorden?onderwerp=1", ".leads li >> nth=1"),
    _s("answers.start", "filled", "/antwoorden?taal=en", "h1:has-text('What can we')", name="english"),
    _s(
        "answers.start",
        "filled",
        "/antwoorden",
        ".leads li",
        submit("/antwoorden/zoeken", q="training verzeten"),
        "found",
    ),
    _s(
        "answers.start",
        "empty",
        "/antwoorden",
        ".empty",
        submit("/antwoorden/zoeken", q="zwaardwalvis"),
        "nothing-found",
    ),
    _of(None, "answers.show", "filled", "/antwoorden/{article}", ".helped button >> nth=1"),
    _of(None, "answers.show", "empty", "/antwoorden/{article_internal}", "h1", status=404),
    _down("answers.show", "/antwoorden/{article}", "article_text", None),
    _of(None, "answers.show", "open", "/antwoorden/{article}?dank=ja", ".helped h2:has-text('Dank')"),
    _s("articles.show_list", "filled", ALL, "tbody tr >> nth=6"),
    _nothing("articles.show_list", ALL, ".empty"),
    _down("articles.show_list", ALL, "article_topic"),
    _s("articles.show_list", "open", ALL, "#weergaven", rail),
    _s("articles.show_list", "filled", ALL + "?stand=nakijken", "td .tag-danger >> nth=1", name="due"),
    _s("articles.found", "filled", ALL, "#gevonden", submit("/antwoorden/zoeken", q="training")),
    _s("articles.found", "empty", ALL, ".empty", submit("/antwoorden/zoeken", q="zwaardwalvis")),
    _s("articles.found", "error", ALL + "/zoeken/0", "h1", status=404),
    _s("articles.found", "open", ALL, "#weergaven", acts.then(submit("/antwoorden/zoeken", q="training"), rail)),
    _s("articles.show", "filled", ONE, ".box-info"),
    _s("articles.show", "empty", ALL + "/{article_bare}", "#feiten"),
    _s(
        "articles.show",
        "error",
        ALL + "/{article_due}",
        ".wrong",
        submit("/nagekeken", review_on="gisteren"),
        status=422,
    ),
    _s("articles.show", "open", ONE, ".destroy .danger", fold(".destroy")),
    _s("articles.show", "conflict", ONE, ".box-danger", published_meanwhile, status=409),
    _s("articles.show", "filled", ALL + "/{article_internal}", ".tag-warn", name="internal"),
    _s("articles.new_form", "filled", ALL + "/nieuw", "form", fields(title_nl="Titel", body_nl=acts.LONG_TEXT)),
    _s("articles.new_form", "empty", ALL + "/nieuw", "#veld-title_nl"),
    _s("articles.new_form", "error", ALL + "/nieuw", ".wrong", press_act("publish"), status=422),
    _s("articles.new_form", "open", ALL + "/nieuw", "#weergaven", rail),
    _s("articles.edit_form", "filled", ONE + "/bewerken", "#veld-body_en"),
    _s("articles.edit_form", "empty", ALL + "/99999/bewerken", "h1", status=404),
    _s(
        *("articles.edit_form", "error", ONE + "/bewerken", ".wrong"),
        *(acts.then(fields(body_en=""), press_act("publish")), "", 422),
    ),
    _s("articles.edit_form", "open", ONE + "/bewerken", "#voorbeeld", press_act("preview")),
    _s("articles.edit_form", "conflict", ONE + "/bewerken", "#botsing", saved_meanwhile, status=409),
    _s("article_versions.show", "filled", ONE + "/versies", "tbody tr >> nth=3"),
    _s("article_versions.show", "empty", ALL + "/{article_bare}/versies", "tbody tr"),
    _s("article_versions.show", "error", ONE + "/versies?van=77", "h1", status=404),
    _s("article_versions.show", "open", ONE + "/versies?van=1&naar=2", "ins >> nth=1"),
    _s("article_versions.show", "conflict", ONE + "/versies", ".box-danger", restored_meanwhile, status=409),
    _s("topics.show", "filled", ALL + "/onderwerpen", "section.card >> nth=3"),
    _nothing("topics.show", ALL + "/onderwerpen", ".empty"),
    _s("topics.show", "error", ALL + "/onderwerpen", ".wrong", submit("/onderwerpen", name_nl=" "), status=422),
    _s("topics.show", "open", ALL + "/onderwerpen", "#weergaven", rail),
    _s("canned.show_list", "filled", REPLIES, "article.card >> nth=2"),
    _nothing("canned.show_list", REPLIES, ".empty"),
    _down("canned.show_list", REPLIES, "canned_reply"),
    _s("canned.show_list", "open", REPLIES, "#weergaven", rail),
    _s("canned.new_form", "filled", REPLIES + "/nieuw", "form", fields(name="Groet", text_nl=acts.LONG_TEXT)),
    _s("canned.new_form", "empty", REPLIES + "/nieuw", "#veld-name"),
    _s("canned.new_form", "error", REPLIES + "/nieuw", ".wrong", submit("/nieuw", name="Groet"), status=422),
    _s("canned.new_form", "open", REPLIES + "/nieuw", "#weergaven", rail),
    _s("canned.show", "filled", REPLIES + "/{reply}", "#veld-text_nl"),
    _s("canned.show", "empty", REPLIES + "/99999", "h1", status=404),
    _s("canned.show", "error", REPLIES + "/{reply}", ".wrong", submit("/standaardantwoorden/", name=" "), status=422),
    _s("canned.show", "open", REPLIES + "/{reply}", "#weergaven", rail),
    _s("canned.show", "conflict", REPLIES + "/{reply}", "#botsing", reply_meanwhile, status=409),
    _s("inserting.show", "filled", INSERT, "#standaard"),
    _s("inserting.show", "empty", INSERT, "#stukken p", submit("/invoegen/zoeken", q="zwaardwalvis")),
    _s("inserting.show", "error", "/werk/w/open/2026-99999/invoegen", "h1", status=404),
    _s("inserting.show", "open", INSERT, "#antwoorden", submit("/invoegen/zoeken", q="training")),
    _s("inbox.show_ticket", "open", "/werk/w/open/{first}", "dialog #standaard", insert, "insert"),
    _s("inbox.show_ticket", "error", "/werk/w/open/{first}", "#antwoord .box-danger", unfilled, "unfilled"),
    _named(MARIJE, "inbox.show_ticket", "filled", "/werk/w/open/{first}", "#boven .box-info", "read-before"),
)
