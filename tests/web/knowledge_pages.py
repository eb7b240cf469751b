"""All forms of answers and replies to use again, for `test_forms.py`; their screens in Greek, for `test_words.py`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import update

from helpdesk.knowledge.articles import Words
from helpdesk.models import Article
from helpdesk.people.accounts import actor_named
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.knowledge import write
from tests.web.visitor import Page, Visitor

if TYPE_CHECKING:
    from tests.web.crawling import Crawl
    from tests.web.test_forms import Clerk

ALL, REPLIES, TICKET = "/werk/antwoorden", "/werk/standaardantwoorden", "/werk/w/alle/2026-00001"
INSERT = f"{TICKET}/invoegen"


def knowing(clerk: Clerk, marije: Visitor, stranger: Visitor) -> None:
    """An answer from its first draft to its end, a topic, a reply, and both put into what is being written."""
    clerk.act(marije, f"{ALL}/onderwerpen", "topics.keep", "topic_kept", name_nl="Reizen", name_en="Travel")
    made = clerk.act(
        *(marije, f"{ALL}/nieuw", "articles.create", "article_saved"),
        act="draft",
        title_nl="Visum",
        body_nl="Acht weken vooraf.",
    )
    one = made.request.path
    clerk.act(marije, one, "articles.publish", "article_published")
    clerk.act(marije, f"{one}/bewerken", "articles.save", "article_saved", act="draft", body_nl="Tien weken.")
    clerk.act(marije, f"{one}/versies", "article_versions.restore", "article_restored")
    clerk.act(marije, one, "articles.review", "article_reviewed")
    clerk.act(marije, ALL, "articles.search", q="visum")
    public = f"/antwoorden/{one.rpartition('/')[2]}"
    clerk.act(stranger, "/antwoorden", "answers.search", q="visum")
    clerk.act(stranger, public, "answers.tell", hielp="ja")
    clerk.act(marije, f"{REPLIES}/nieuw", "canned.add", "canned_kept", name="Groet", text_nl="Dag {naam}")
    reply = next(link for link in marije.page(REPLIES).links if link.rpartition("/")[2].isdigit())
    clerk.act(marije, reply, "canned.save", "canned_kept", text_en="Dear {name}")
    clerk.act(marije, TICKET, "inserting.begin", text="Beste,")
    clerk.act(marije, INSERT, "inserting.search", q="visum")
    clerk.act(marije, INSERT, "inserting.choose", "inserted")
    clerk.act(marije, REPLIES, "canned.remove", "canned_gone")
    clerk.act(marije, one, "articles.withdraw", "article_withdrawn")
    clerk.act(marije, one, "articles.destroy", "article_destroyed")
    clerk.act(marije, f"{ALL}/onderwerpen", "topics.remove", "topic_gone")


def advisor_of(ports: Ports, email: str) -> Actor:
    """An account as the actor that it stands for."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return actor_named(unit, email)


def answered(crawl: Crawl, ports: Ports, advisor: Actor) -> None:
    """The pages of answers, empty, filled, wrong and late."""
    for path in ("/antwoorden", ALL, f"{ALL}?stand=nakijken", f"{ALL}/nieuw", f"{ALL}/onderwerpen", REPLIES):
        crawl.page(path)
    greek = Words("Βίζα για ταξίδι", "Οκτώ εβδομάδες **πριν**.")
    first = write(ports, advisor, greek, Words("Βίζα", "Οκτώ."))
    write(ports, advisor, Words("Μυστικό", "Μυστικά."), internal=True)
    late = write(ports, advisor, greek)
    for _ in range(7):
        write(ports, advisor, greek)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Article).where(Article.id == late).values(review_on=dt.date(2026, 1, 1)))
    one = f"{ALL}/{first}"
    crawl.send(f"{ALL}/onderwerpen", "/onderwerpen", 422, name_nl="", name_en="")
    crawl.send(f"{ALL}/onderwerpen", "/onderwerpen", name_nl="Ταξίδια", name_en="Ταξίδι")
    crawl.send(f"{ALL}/nieuw", "/nieuw", 422, act="publish", title_nl="", body_nl="")
    crawl.send(f"{ALL}/nieuw", "/nieuw", act="preview", title_nl="Βίζα", body_nl="Οκτώ.")
    old = crawl.page(f"{one}/bewerken").form("/bewerken")
    crawl.send(f"{one}/bewerken", "/bewerken", act="draft", title_nl="Νέα βίζα", internal="")
    late_answer = crawl.visitor.send(old, act="draft")
    assert late_answer.status_code == 409
    crawl.look("saved late", late_answer.text)
    for path in (one, f"{one}/versies", f"{ALL}/{late}", f"{ALL}?stand=gewijzigd", f"{ALL}?stand=nakijken"):
        crawl.page(path)
    crawl.send(one, "/nagekeken", 422, review_on="χ")
    for words in ("βίζα", "τίποτα"):
        crawl.send(ALL, "/antwoorden/zoeken", q=words)
        crawl.send("/antwoorden", "/antwoorden/zoeken", q=words)
    crawl.page(f"/antwoorden/{first}?taal=nl")
    crawl.page("/antwoorden?onderwerp=0")
    crawl.page(f"/antwoorden/{first}?dank=ja")
    crawl.page(f"/antwoorden/{late}?taal=en")
    replies(crawl)


def replies(crawl: Crawl) -> None:
    """Replies to use again, and choosing one for an answer, in which a place is left."""
    crawl.page(f"{REPLIES}/nieuw")
    crawl.send(f"{REPLIES}/nieuw", "/nieuw", 422, name="")
    crawl.send(f"{REPLIES}/nieuw", "/nieuw", name="Γεια", text_nl="Γεια {ημέρα}", desk="two")
    crawl.send(f"{REPLIES}/nieuw", "/nieuw", name="Γεια", text_nl="Γεια")
    reply = next(link for link in crawl.page(REPLIES).links if link.rpartition("/")[2].isdigit())
    crawl.page(reply)
    crawl.page(INSERT)
    for words in ("βίζα", "τίποτα", "γεια"):
        found = crawl.send(INSERT, "/invoegen/zoeken", q=words)
    crawl.look("inserted", crawl.visitor.send(found.form("/invoegen/kies")).text)
    crawl.look("part", crawl.visitor.get(INSERT, X_Fragment="insert").text)
    crawl.send(TICKET, "/antwoord", 422, text="Γεια [[ημέρα?]]")
    assert "ημέρα" in Page(crawl.visitor.get(TICKET).text).text
