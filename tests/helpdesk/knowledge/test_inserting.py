"""Replies and answers put into what is being written: in the asker's language, filled in, and stopped when not."""

from __future__ import annotations

import pytest

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.knowledge import canned, inserting
from helpdesk.knowledge.canned import CannedForm
from helpdesk.models import OutgoingMail, Ticket
from helpdesk.ports import Ports
from helpdesk.text.placeholders import fill, left_in, typed_by_hand
from helpdesk.tickets import drafts, replying
from helpdesk.tickets.drafts import DraftForm
from helpdesk.tickets.replying import Answer
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.conftest import PortsMaker
from tests.knowledge import INTERNAL, VISA, VISA_EN, advisor, write
from tests.letters import ASKER, letter, receive

NUMBER = "2026-00001"
HELLO = CannedForm("Groet", "Dag {voornaam} ({naam}), over {nummer}: {training} is op {dag}.", "Hi {first name}.")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reply_is_filled_in_for_its_asker_and_a_blank_stops_sending(ports: Ports) -> None:
    marije = advisor(ports)
    receive(ports, letter())
    with unit_of_work(ports, marije) as unit:
        reply_id = canned.add_canned(unit, HELLO)
        drafts.save_draft(unit, NUMBER, "answer", DraftForm("Beste,", "x@y.example", status_after="done"))
        inserting.insert(unit, NUMBER, "canned", reply_id)
        kept = drafts.draft_of(unit, NUMBER, "answer")
        assert kept is not None
        assert (kept.form.to, kept.form.status_after) == ("x@y.example", "done")
        assert kept.form.text == (
            f"Beste,\n\nDag Femke (Femke de Vries), over V-{NUMBER}: [[training?]] is op [[dag?]]."
        )
        answer = Answer(kept.form.text, (ASKER,), "open", 1, "c1")
        with pytest.raises(Invalid) as refused:
            replying.reply(unit, NUMBER, answer)
        assert (refused.value.code, refused.value.values["names"]) == ("unfilled", "training, dag")
        assert unit.session.query(OutgoingMail).filter_by(kind="answer").count() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_asker_s_language_comes_first_and_internal_answers_have_no_link(
    make_ports: PortsMaker, ports: Ports
) -> None:
    ports = make_ports(ports.settings.database, public_url="https://helpdesk.example/")
    marije = advisor(ports)
    receive(ports, letter(subject="Visum en vrijstelling"))
    visa, hidden = write(ports, marije, VISA, VISA_EN), write(ports, marije, INTERNAL, internal=True)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.get_one(Ticket, 1).language = "en"
    with unit_of_work(ports, marije) as unit:
        canned.add_canned(unit, HELLO)
        found = inserting.pieces(unit, NUMBER)
        assert [(piece.title, piece.language, piece.link) for piece in found.answers] == [
            (VISA_EN.title, "en", True),
            (INTERNAL.title, "nl", False),
        ]
        assert [(piece.lead, piece.language) for piece in found.canned] == [("Hi {first name}.", "en")]
        assert [piece.id for piece in inserting.pieces(unit, NUMBER, "visa").answers] == [visa]
        assert inserting.words_of(unit, NUMBER, "text", hidden) == INTERNAL.body
        linked = f"[{VISA_EN.title}](https://helpdesk.example/antwoorden/{visa}?taal=en)"
        assert inserting.words_of(unit, NUMBER, "link", visa) == linked
        for kind, piece_id in (("link", hidden), ("text", 99), ("canned", 99), ("file", visa)):
            with pytest.raises(NotFound):
                inserting.words_of(unit, NUMBER, kind, piece_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reply_is_one_s_own_or_of_one_s_desks(ports: Ports) -> None:
    marije, other = advisor(ports), advisor(ports, "sander@academie.example", "Sander Kok")
    elsewhere = Actor(other.account_id, other.roles, frozenset({"languages"}))
    with unit_of_work(ports, marije) as unit:
        own = canned.add_canned(unit, CannedForm("Eigen", "Van mij."))
        desk = canned.add_canned(unit, CannedForm("Van het team", "Van ons.", desk_key="academy"))
    for actor, seen in ((marije, {own, desk}), (other, {desk}), (elsewhere, set())):
        with unit_of_work(ports, actor) as unit:
            assert {one.id for one in canned.canned_replies(unit)} == seen
            for hidden in {own, desk} - seen:
                with pytest.raises(NotFound):
                    canned.save_canned(unit, hidden, 1, CannedForm("Gepikt", "Nee"))
    with unit_of_work(ports, elsewhere) as unit, pytest.raises(Invalid):
        canned.add_canned(unit, CannedForm("Elders", "Nee", desk_key="academy"))
    with unit_of_work(ports, other) as unit:
        canned.save_canned(unit, desk, 1, CannedForm("Van het team", "Beter.", desk_key="academy"))
    with unit_of_work(ports, marije) as unit:
        assert [one.text("en") for one in canned.canned_replies(unit, "TEAM beter")] == ["Beter."]
        with pytest.raises(Conflict):
            canned.save_canned(unit, desk, 1, CannedForm("Van het team", "Te laat.", desk_key="academy"))


def test_places_are_known_filled_or_left() -> None:
    text = 'Dag {Voornaam}, {training} op {dag van de week}. `{zo}` blijft.\n> {aangehaald}\n{ dit niet } {"en": 1} {}'
    filled = fill(text, {"first_name": "Fem\nke"})
    assert filled.startswith("Dag Fem ke, [[training?]] op [[dag van de week?]].")
    assert left_in(filled) == left_in("x [[training?]] {dag van de week}") == ("training", "dag van de week")
    assert typed_by_hand(text)[:2] == ("training", "dag van de week")
    assert fill("{naam}", {"name": ""}) == "[[naam?]]"
    assert fill("{naam}", {"name": "{nummer}", "number": "V-1"}) == "{nummer}"
    assert left_in("Dat kan. [zie](https://x.example) [x] [[y]]") == ()
