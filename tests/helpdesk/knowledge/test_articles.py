"""Answers: every save a version, two languages, reviews as a worklist; what is internal is there for staff alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.knowledge import articles, everybody, finding, linking, reading, topics
from helpdesk.knowledge.articles import Words
from helpdesk.knowledge.comparing import compare
from helpdesk.models import ArticleText, ArticleTicket, ArticleVersion, ArticleWord
from helpdesk.ports import Ports
from helpdesk.retention.terms import day_of
from helpdesk.unit import NOBODY, Actor, Unit, unit_of_work
from tests.knowledge import INTERNAL, MOVING, VISA, VISA_EN, advisor, form, write
from tests.letters import letter, receive, wait


def _view(ports: Ports, actor: Actor, article_id: int) -> reading.ArticleView:
    with unit_of_work(ports, actor, write=False) as unit:
        return reading.article_view(unit, article_id)


def _do(ports: Ports, actor: Actor, act: Callable[[Unit], object]) -> object:
    with unit_of_work(ports, actor) as unit:
        return act(unit)


def _found(ports: Ports, words: str, language: str = "nl") -> list[str]:
    with unit_of_work(ports, NOBODY, write=False) as unit:
        return [lead.title for lead in finding.find(unit, words, language)]


def test_every_save_is_a_version_and_readers_see_the_published_one(ports: Ports) -> None:
    marije = advisor(ports)
    sander = advisor(ports, "sander@academie.example", "Sander Kok")
    visa = write(ports, marije, VISA, VISA_EN)
    newer = Words(VISA.title, "Vraag het visum **tien weken** vooraf aan.\n\n- rijbewijs")
    _do(ports, sander, lambda unit: articles.save(unit, visa, 1, form(unit, newer), publish=False))

    view = _view(ports, marije, visa)
    assert (view.state, view.number, view.live_number, set(view.texts)) == ("changed", 2, 1, {"nl"})
    assert [(one.number, one.author, one.live) for one in view.versions] == [
        (2, "Sander Kok", False),
        (1, "Marije Bos", True),
    ]
    with unit_of_work(ports, NOBODY, write=False) as unit:
        assert everybody.answer_for(unit, visa, "en").title == VISA_EN.title
        assert everybody.answer_for(unit, visa, "nl").body == VISA.body
    assert _found(ports, "rijbewijs") == []

    with pytest.raises(Conflict):
        _do(ports, marije, lambda unit: articles.save(unit, visa, 1, form(unit, MOVING), publish=True))
    assert _view(ports, marije, visa).number == 2

    _do(ports, marije, lambda unit: articles.publish_latest(unit, visa, 2))
    assert _found(ports, "rijbewijs") == [VISA.title]
    assert _found(ports, "passport", "en") == []
    _do(ports, marije, lambda unit: articles.restore(unit, visa, 3, 1))
    view = _view(ports, marije, visa)
    assert (view.number, view.live_number, view.texts["en"]) == (3, 2, VISA_EN)
    assert view.versions[0].restored_from == 1

    with unit_of_work(ports, marije, write=False) as unit:
        indexed = set(unit.session.scalars(select(ArticleWord.version_id)))
        numbers = select(ArticleVersion.number).where(ArticleVersion.id.in_(indexed))
        assert set(unit.session.scalars(numbers)) == {2, 3}
    _do(ports, marije, lambda unit: articles.destroy(unit, visa, 4))
    with unit_of_work(ports, marije, write=False) as unit:
        left = [unit.session.scalar(select(func.count()).select_from(one)) for one in (ArticleText, ArticleWord)]
        assert left == [0, 0]


def test_what_is_internal_or_a_draft_is_there_for_staff_alone(ports: Ports) -> None:
    marije = advisor(ports)
    topic = _do(ports, marije, lambda unit: topics.add_topic(unit, "Reizen", "Travel"))
    visa = write(ports, marije, VISA, VISA_EN, topic_id=topic)
    hidden = write(ports, marije, INTERNAL, topic_id=topic, internal=True)
    draft = write(ports, marije, Words("Zwaardwalvis", "Zwaardwalvissen."), publish=False)
    with unit_of_work(ports, NOBODY, write=False) as unit:
        assert finding.find(unit, "zwaardwalvis", "nl") == []
        assert [lead.id for lead in finding.find(unit, "visum", "nl")] == [visa]
        assert finding.suggest(unit, "wie beslist over de vrijstelling van de zwaardwalvis", "nl") == []
        assert [(shelf.name, shelf.count, len(shelf.answers)) for shelf in everybody.shelves(unit, "en", 6)] == [
            ("Travel", 1, 1)
        ]
        for article_id in (hidden, draft, 99999):
            with pytest.raises(NotFound):
                everybody.answer_for(unit, article_id, "nl")
            assert not everybody.is_public(unit, article_id)
        for staff_only in (
            lambda: reading.list_articles(unit),
            lambda: finding.find_all(unit, "visum"),
            lambda: finding.suggest_to_staff(unit, "visum"),
        ):
            with pytest.raises(NotFound):
                staff_only()
    with pytest.raises(NotFound):
        _do(ports, NOBODY, lambda unit: everybody.count_opinion(unit, hidden, 1, helped=True))
    receive(ports, letter())
    assert not _do(ports, NOBODY, lambda unit: linking.link(unit, 1, hidden))
    assert _do(ports, NOBODY, lambda unit: linking.link(unit, 1, visa))
    with unit_of_work(ports, marije, write=False) as unit:
        assert [lead.id for lead in linking.read_before(unit, "2026-00001")] == [visa]
        assert set(finding.find_all(unit, "zwaardwalvis")) == {hidden, draft}
        assert finding.suggest_to_staff(unit, "vrijstelling") == [hidden]
    _do(ports, marije, lambda unit: articles.withdraw(unit, visa, 1))
    assert _found(ports, "visum") == []
    assert _view(ports, marije, visa).questions == 1


def test_what_is_to_be_reviewed_is_a_worklist_and_a_count(ports: Ports) -> None:
    marije = advisor(ports)
    tomorrow = day_of(ports.now()) + dt.timedelta(days=1)
    visa, moving = (write(ports, marije, words, review_on=tomorrow) for words in (VISA, MOVING))
    write(ports, marije, INTERNAL, review_on=tomorrow, publish=False)
    with unit_of_work(ports, marije, write=False) as unit:
        assert unit.session.scalar(select(reading.reviews_counted(unit))) == 0
    wait(ports, dt.timedelta(days=1))
    with unit_of_work(ports, marije, write=False) as unit:
        assert unit.session.scalar(select(reading.reviews_counted(unit))) == 2
        assert {row.id for row in reading.list_articles(unit, state="due").rows} == {visa, moving}
        assert [row.title for row in reading.list_articles(unit).rows] == [MOVING.title, VISA.title, INTERNAL.title]
        assert reading.list_articles(unit, state="draft", mine=True).total == 1
    later = tomorrow + dt.timedelta(days=90)
    _do(ports, marije, lambda unit: articles.review(unit, visa, 1, later))
    with unit_of_work(ports, marije, write=False) as unit:
        assert [row.id for row in reading.list_articles(unit, state="due").rows] == [moving]
        assert everybody.answer_for(unit, visa, "nl").checked_on == tomorrow
    with pytest.raises(Invalid):
        _do(ports, marije, lambda unit: articles.review(unit, visa, 2, tomorrow))


def test_a_search_forgives_a_slip_and_puts_the_best_in_front(ports: Ports) -> None:
    marije = advisor(ports)
    for words in (VISA, MOVING, Words("Certificaat", "Het certificaat komt na de training."), INTERNAL):
        write(ports, marije, words)
    assert _found(ports, "trainingen verzetten") == [MOVING.title]
    assert _found(ports, "certifciaat") == ["Certificaat"]
    assert _found(ports, "pasport") == [VISA.title]
    assert _found(ports, "training") == [MOVING.title, "Certificaat"]
    assert _found(ports, "walrus") == _found(ports, "") == _found(ports, "%'; --") == []
    with unit_of_work(ports, NOBODY, write=False) as unit:
        suggested = finding.suggest(unit, "Ik wil graag mijn training verzetten naar januari, hoe kan dat?", "nl")
        assert [lead.title for lead in suggested][:1] == [MOVING.title]
        assert finding.suggest(unit, "Hoe kan ik dat?", "nl") == []


def test_opinions_are_counted_per_version(ports: Ports) -> None:
    marije = advisor(ports)
    visa = write(ports, marije, VISA)
    with unit_of_work(ports, NOBODY) as unit:
        for helped in (True, True, False):
            everybody.count_opinion(unit, visa, 1, helped=helped)
    _do(ports, marije, lambda unit: articles.save(unit, visa, 1, form(unit, VISA), publish=True))
    with pytest.raises(NotFound):
        _do(ports, NOBODY, lambda unit: everybody.count_opinion(unit, visa, 7, helped=True))
    counts = [(one.number, one.helped, one.not_helped) for one in _view(ports, marije, visa).versions]
    assert counts == [(2, 0, 0), (1, 2, 1)]
    with unit_of_work(ports, NOBODY) as unit:
        for door in ("10.0.0.1", "10.0.0.2"):
            for _time in range(everybody.OPINIONS_AN_HOUR + 5):
                everybody.count_opinion(unit, visa, 2, helped=True, door=door)
    newest = _view(ports, marije, visa).versions[0]
    assert newest.helped == 2 * everybody.OPINIONS_AN_HOUR, "one door drives a number up no further"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nl": Words("", "zonder titel")}, "title_nl"),
        ({"nl": VISA, "en": Words("Only a title", " ")}, "body_en"),
        ({"nl": None}, "title_nl"),
        ({"nl": Words("x" * 201, "y")}, "title_nl"),
        ({"nl": Words("x", "y" * 102_401)}, "body_nl"),
        ({"nl": VISA, "owner_id": 99}, "owner"),
        ({"nl": VISA, "desk_key": "nergens"}, "desk"),
        ({"nl": VISA, "topic_id": 99}, "topic"),
        ({"nl": VISA, "review_on": dt.date(2026, 11, 22)}, "review_on"),
        ({"nl": VISA, "review_on": dt.date(2031, 1, 1)}, "review_on"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_can_t_be_kept_is_refused_by_its_field(ports: Ports, change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        write(ports, advisor(ports), **change)  # type: ignore[arg-type] # all of these are arguments of it
    assert refused.value.field == field


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_topic_has_one_name_in_each_language_and_goes_only_empty(ports: Ports) -> None:
    marije = advisor(ports)
    topic = _do(ports, marije, lambda unit: topics.add_topic(unit, "Reizen", "Travel"))
    assert isinstance(topic, int)
    write(ports, marije, VISA, topic_id=topic)
    refused: list[Callable[[Unit], object]] = [
        lambda unit: topics.add_topic(unit, "reizen", "Trips"),
        lambda unit: topics.add_topic(unit, "", "Trips"),
        lambda unit: topics.remove_topic(unit, topic),
        lambda unit: topics.rename_topic(unit, 99, "Weg", "Away"),
    ]
    for act in refused:
        with pytest.raises(HelpdeskError):
            _do(ports, marije, act)
    _do(ports, marije, lambda unit: topics.rename_topic(unit, topic, "Op reis", "Travelling"))
    with unit_of_work(ports, marije, write=False) as unit:
        assert [(one.name("nl"), one.name("en"), one.count) for one in topics.topics(unit)] == [
            ("Op reis", "Travelling", 1)
        ]


def test_two_texts_are_compared_word_by_word() -> None:
    before, after = "Vraag het acht weken vooraf.\nKlaar.\n", "Vraag het tien weken vooraf.\nKlaar.\nEcht.\n"
    parts = compare(before, after)
    assert [(part.kind, part.text) for part in parts] == [
        ("kept", "Vraag het "),
        ("gone", "acht"),
        ("come", "tien"),
        ("kept", " weken vooraf.\nKlaar.\n"),
        ("come", "Echt.\n"),
    ]
    assert "".join(part.text for part in parts if part.kind != "come") == before
    assert "".join(part.text for part in parts if part.kind != "gone") == after


def test_the_link_to_a_ticket_goes_with_it() -> None:
    (key,) = (one for one in ArticleTicket.__table__.foreign_keys if one.column.table.name == "ticket")
    assert key.ondelete == "CASCADE"
