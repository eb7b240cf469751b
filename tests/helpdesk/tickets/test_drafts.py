"""Drafts give back the whole form, belong to one account, and end with what becomes of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import delete, func, select

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Attachment, Content, Draft, DraftFile, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.reconcile import reconcile
from helpdesk.search import newest_hits
from helpdesk.tickets.drafts import (
    DraftForm,
    bring_along,
    discard_draft,
    draft_of,
    drop_file,
    files_to_send,
    keep_files,
    left_behind,
    list_drafts,
    save_draft,
    unlink_dropped,
)
from helpdesk.tickets.merging import merge, undo_merge
from helpdesk.tickets.replying import Answer, add_note, reply, undo_send
from helpdesk.tickets.show import ticket_json
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from mail_ingest.upkeep import settle_blobs
from tests.conftest import PortsMaker
from tests.letters import ASKER, letter, receive, wait

ONE, TWO = "2026-00001", "2026-00002"
FORM = DraftForm(
    "Een zeldzaam **kwartelkoning** woord", "femke@minbz.example, x", ("coen@minbz.example",), "done", 3, 7
)
PDF = FileDraft("rooster 'ä'.pdf", "application/pdf", b"%PDF-1.4 rooster")


def advisor(ports: Ports, email: str) -> Actor:
    with unit_of_work(ports, SYSTEM) as unit:
        return Actor(create_account(unit, email, email[0].upper(), ["advisor"], None), frozenset({"advisor"}))


@pytest.fixture
def marije(ports: Ports) -> Actor:
    receive(ports, letter())
    return advisor(ports, "marije@academie.example")


def saved(ports: Ports, actor: Actor, form: DraftForm = FORM, kind: str = "answer") -> dt.datetime | None:
    with unit_of_work(ports, actor) as unit:
        return save_draft(unit, ONE, kind, form)


def kept(ports: Ports, actor: Actor, kind: str = "answer", number: str = ONE) -> DraftForm | None:
    with unit_of_work(ports, actor, write=False) as unit:
        found = draft_of(unit, number, kind)
        return found.form if found else None


def rows(ports: Ports) -> dict[str, int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        words = select(func.count()).select_from(Content).where(Content.kind.like("draft%"))
        counted = {"draft": select(func.count()).select_from(Draft), "words": words}
        return {name: unit.session.scalar(statement) or 0 for name, statement in counted.items()}


def answer(ports: Ports, actor: Actor, **more: Any) -> int:
    with unit_of_work(ports, actor) as unit:
        version = unit.session.scalar(select(Ticket.version).where(Ticket.number == ONE)) or 0
        form = Answer("Dat kan.", (ASKER,), "done", version, "c")
        return reply(unit, ONE, replace(form, **more))


def test_a_draft_gives_back_the_whole_form_and_replaces_the_one_before(ports: Ports, marije: Actor) -> None:
    assert saved(ports, marije, DraftForm("Eerst")) == ports.now()
    assert saved(ports, marije) == ports.now()
    assert saved(ports, marije, DraftForm("Alleen voor ons"), "note") == ports.now()
    assert kept(ports, marije) == FORM
    assert kept(ports, marije, "note") == DraftForm("Alleen voor ons")
    with unit_of_work(ports, marije, write=False) as unit:
        assert [(row.number, row.kind, row.text) for row in list_drafts(unit)] == [
            (ONE, "note", "Alleen voor ons"),
            (ONE, "answer", FORM.text),
        ]
    saved(ports, marije, DraftForm("  "))
    assert kept(ports, marije) is None
    assert rows(ports) == {"draft": 1, "words": 1}


def test_a_draft_on_a_merged_ticket_is_brought_along_with_its_files(ports: Ports, marije: Actor) -> None:
    receive(ports, letter(subject="Certificaat", message_id="<m2@x>"))
    two = "2026-00002"
    saved(ports, marije, DraftForm("Hier al begonnen"))
    with unit_of_work(ports, marije) as unit:
        save_draft(unit, two, "answer", DraftForm("Daar geschreven", to="x@x.example"))
        keep_files(unit, two, [FileDraft("rooster.txt", "text/plain", b"rooster")])
        with pytest.raises(NotFound):
            bring_along(unit, two, "answer")
        merge(unit, two, ONE)
    sander = advisor(ports, "sander@academie.example")
    for actor, found in ((marije, [(two, "answer")]), (sander, [])):
        with unit_of_work(ports, actor, write=False) as unit:
            assert left_behind(unit, ticket_for(unit, ONE, "ticket.read").id) == found
    with unit_of_work(ports, sander) as unit, pytest.raises(NotFound):
        bring_along(unit, two, "answer")
    with unit_of_work(ports, marije) as unit:
        assert bring_along(unit, two, "answer") == ONE
    with unit_of_work(ports, marije) as unit:
        brought = draft_of(unit, ONE, "answer")
        assert brought is not None
        assert (brought.form.text, brought.form.to) == ("Hier al begonnen\n\nDaar geschreven", "")
        ids = [file.id for file in brought.files]
        ticket = ticket_for(unit, ONE, "ticket.read")
        assert [file.content for file in files_to_send(unit, ticket.id, ids)] == [b"rooster"]
        assert draft_of(unit, two, "answer") is None


def test_a_draft_is_seen_by_nobody_else_and_found_nowhere(ports: Ports, marije: Actor) -> None:
    saved(ports, marije)
    sander = advisor(ports, "sander@academie.example")
    assert kept(ports, sander) is None
    with unit_of_work(ports, sander) as unit:
        discard_draft(unit, ONE, "answer")
        assert list_drafts(unit) == []
        assert list(newest_hits(unit, "kwartelkoning")) == []
        shown = ticket_json(unit, ONE)
    assert shown["drafts"] == [{"kind": "answer", "saved_at": ports.now().isoformat()}]
    assert "kwartelkoning" not in str(shown)
    assert kept(ports, marije) == FORM
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(NotFound):
        save_draft(unit, ONE, "answer", FORM)
    with unit_of_work(ports, marije) as unit, pytest.raises(Invalid):
        save_draft(unit, ONE, "forward", FORM)


def test_sending_ends_the_draft_in_the_same_transaction(ports: Ports, marije: Actor) -> None:
    saved(ports, marije)
    saved(ports, marije, DraftForm("Notitie"), "note")
    with pytest.raises(Conflict):
        answer(ports, marije, version=99)
    assert kept(ports, marije) == FORM
    answer(ports, marije)
    assert kept(ports, marije) is None
    assert kept(ports, marije, "note") == DraftForm("Notitie")
    with unit_of_work(ports, marije) as unit:
        add_note(unit, ONE, "Notitie", "n")
    assert rows(ports) == {"draft": 0, "words": 0}


def test_a_save_that_was_under_way_while_its_form_was_sent_brings_nothing_back(ports: Ports, marije: Actor) -> None:
    answer(ports, marije, client_id="form-1")
    assert saved(ports, marije, DraftForm("Dat k", client_id="form-1")) is None
    assert kept(ports, marije) is None
    wait(ports)
    assert saved(ports, marije, DraftForm("Iets heel anders", client_id="form-1")) is not None


def test_an_answer_taken_back_is_a_draft_again(make_ports: PortsMaker, database_url: str) -> None:
    ports = make_ports(database_url, undo_seconds=10)
    receive(ports, letter())
    actor = advisor(ports, "marije@academie.example")
    entry_id = answer(ports, actor, cc=("coen@minbz.example",), files=(PDF,))
    saved(ports, actor, DraftForm("Ondertussen getypt"))
    with unit_of_work(ports, actor) as unit:
        assert undo_send(unit, entry_id) == "Dat kan."
    form = kept(ports, actor)
    assert form is not None
    assert form.text == "Dat kan.\n\nOndertussen getypt"
    assert (form.to, form.cc, form.status_after, form.seen) == (ASKER, ("coen@minbz.example",), "done", entry_id)
    with unit_of_work(ports, actor, write=False) as unit:
        draft = draft_of(unit, ONE, "answer")
        assert draft is not None
        files = draft.files
        assert [(file.name, file.size) for file in files] == [(PDF.name, len(PDF.content))]
    wait(ports)
    deliver_waiting(ports)
    mailer = cast("MemoryMailer", ports.mailer)
    assert not [raw for _sender, _to, raw in mailer.sent if b"Dat kan" in raw]
    answer(ports, actor, client_id="again", kept=(files[0].id,))
    wait(ports)
    deliver_waiting(ports)
    assert [raw for _sender, _to, raw in mailer.sent if b"application/pdf" in raw]


def test_files_of_a_failed_answer_are_kept_sent_and_dropped(ports: Ports, marije: Actor) -> None:
    with unit_of_work(ports, marije) as unit:
        first, second = keep_files(unit, ONE, [PDF, FileDraft("b.txt", "text/plain", b"b")])
    assert saved(ports, marije, DraftForm("")) is not None, "a draft without words keeps its files"
    sander = advisor(ports, "sander@academie.example")
    with unit_of_work(ports, sander) as unit, pytest.raises(NotFound):
        drop_file(unit, ONE, first.id)
    with pytest.raises(NotFound):
        answer(ports, sander, kept=(first.id,))
    with unit_of_work(ports, marije) as unit:
        drop_file(unit, ONE, second.id)
        with pytest.raises(Invalid):
            keep_files(unit, ONE, [PDF] * 20)
    answer(ports, marije, kept=(first.id,))
    with unit_of_work(ports, SYSTEM) as unit:
        attachment = unit.session.scalars(select(Attachment)).one()
        assert unit.ports.blobs.read(attachment.blob) == PDF.content
        assert unlink_dropped(unit) == 2
        assert unlink_dropped(unit) == 0
    settle_blobs(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert [line for line in reconcile(ports) if "bytes" in line] == []
        assert unit.session.scalar(select(func.count()).select_from(DraftFile)) == 0


def test_a_merge_and_its_undo_leave_drafts_where_they_are(ports: Ports, marije: Actor) -> None:
    receive(ports, letter("Nog iets", message_id="<m2@minbz.example>", subject="Iets anders"))
    saved(ports, marije)
    with unit_of_work(ports, marije) as unit:
        before = ticket_json(unit, ONE)
        merge(unit, ONE, TWO)
        assert [row.number for row in list_drafts(unit)] == [ONE]
    with unit_of_work(ports, marije) as unit:
        undo_merge(unit, ONE)
    with unit_of_work(ports, marije) as unit:
        assert ticket_json(unit, ONE) == before
    assert kept(ports, marije) == FORM


def test_a_destroyed_ticket_takes_its_drafts_along(ports: Ports, marije: Actor) -> None:
    saved(ports, marije)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Ticket).where(Ticket.number == ONE))
    assert rows(ports) == {"draft": 0, "words": 0}
