"""An objection takes tickets out of everything in the very request that records it, and a decision brings them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.models import Ticket
from helpdesk.people.access import ticket_for
from helpdesk.ports import Ports
from helpdesk.privacy.rights import answering
from helpdesk.privacy.rights.answering import Wish
from helpdesk.tickets import asker, drafts, files, finding, handling, lists, notices, person_view, requesters, thread
from helpdesk.tickets.drafts import DraftForm
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.privacy.rights.asking import RECEIVED, asked, opened, person_at
from tests.helpdesk.privacy.rights.asking import exported as exported_by
from tests.letters import ASKER, letter, receive

OURS, OTHER = "2026-00001", "2026-00002"


def _lived(ports: Ports, advisor: Actor) -> None:
    """A ticket of Femke's with a file, assigned, and one of somebody else."""
    receive(ports, letter("Een vraag over zeilboten.", files=(("plan.txt", b"inhoud"),)))
    receive(ports, letter("Een vraag over zeilboten.", sender="Bo <bo@x.example>", message_id="<2@x>"))
    with unit_of_work(ports, SYSTEM) as unit:
        handling.assign(unit, OURS, advisor.account_id)
        handling.assign(unit, OTHER, advisor.account_id)


def _seen(ports: Ports, advisor: Actor, person_id: int) -> dict[str, Any]:
    """Where an advisor meets the ticket."""
    with unit_of_work(ports, advisor, write=False) as unit:
        here = unit.session.scalars(select(Ticket).where(Ticket.number == OURS)).one()
        return {
            "inbox": OURS in {row.number for row in lists.list_page(unit, "open").rows},
            "mine": OURS in {row.number for row in lists.list_page(unit, "mine").rows},
            "all": OURS in {row.number for row in lists.list_page(unit, "all").rows},
            "counts": lists.counts(unit),
            "by word": OURS in {row.number for row in finding.search_page(unit, "zeilboten").rows},
            "by name": OURS in {row.number for row in finding.search_page(unit, "Femke").rows},
            "by number": OURS in {row.number for row in finding.search_page(unit, OURS).rows},
            "of the person": asker.asker_of(unit, person_id, 0).count,
            "bell": OURS in {row.number for row in notices.notices_page(unit)},
            "unknown": OURS in {row.number for row in requesters.unmatched(unit)},
            "drafts": OURS in {row.number for row in drafts.list_drafts(unit)},
            "page": _opens(lambda: thread.thread_of(unit, OURS)),
            "file": _opens(lambda: files.attachment(unit, 1).stream.closed),
            "raw": _opens(lambda: files.raw_mail(unit, 1).stream.closed),
            "answer": _opens(lambda: ticket_for(unit, OURS, "ticket.reply")),
            "state": here.retention_state,
        }


def _opens(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NotFound:
        return False
    return True


def test_an_objection_hides_it_at_once_and_lifting_brings_it_back(ports: Ports, officer: Actor, advisor: Actor) -> None:
    _lived(ports, advisor)
    person_id = person_at(ports, ASKER)
    with unit_of_work(ports, advisor) as unit:
        drafts.save_draft(unit, OURS, "note", DraftForm("Half geschreven"))
    before = _seen(ports, advisor, person_id)
    shown = {name for name, value in before.items() if value is True}
    assert shown >= {"inbox", "mine", "all", "by word", "by name", "by number", "page", "file", "raw", "answer", "bell"}
    with unit_of_work(ports, officer) as unit:
        request_id = answering.open_request(unit, Wish("objection", RECEIVED, "Ik maak bezwaar.", person_id=person_id))
        assert not [
            row for row in unit.session.scalars(select(Ticket.restricted).where(Ticket.number == OURS)) if not row
        ]
    during = _seen(ports, advisor, person_id)
    assert not {name for name, value in during.items() if value is True}, "nobody who answers meets it any more"
    assert during["of the person"] == 0
    assert (during["counts"]["mine"], before["counts"]["mine"]) == (1, 2)
    assert (during["counts"]["all"], before["counts"]["all"]) == (1, 2)
    with unit_of_work(ports, officer, write=False) as unit:
        assert thread.thread_of(unit, OURS, verb="request.handle").entries[0].text.startswith("Een vraag")
        assert person_view.person_view(unit, person_id).total == 1
    receive(
        ports,
        letter("Nog iets.", subject="Re: Training verzetten", message_id="<3@x>", In_Reply_To="<m1@minbz.example>"),
    )
    assert _seen(ports, advisor, person_id) == during, "an answer of theirs is stored with it, and nothing else"
    with unit_of_work(ports, officer) as unit:
        answering.identify(unit, request_id, "known_address")
        answering.close(unit, request_id, "refused_interest", "Het belang van de organisatie weegt zwaarder.")
    after = _seen(ports, advisor, person_id)
    assert {name for name, value in after.items() if value is True} == shown
    assert after["counts"] == before["counts"]


def test_it_is_out_of_the_exports_of_others(ports: Ports, officer: Actor, second: Actor, advisor: Actor) -> None:
    receive(ports, letter("Een vraag over zeilboten.", Cc="Bo Oud <bo@x.example>"))
    femke, bo = person_at(ports, ASKER), person_at(ports, "bo@x.example")
    asked(ports, officer, "restriction", femke)
    of_bo = asked(ports, officer, "access", bo)
    files_of, data = opened(exported_by(ports, officer, second, of_bo))
    assert (data["tickets"], data["left_out"]) == ([], [{"number": OURS, "reason": "restricted"}])
    assert b"zeilboten" not in b"".join(files_of.values())
    _files, own = opened(exported_by(ports, officer, second, asked(ports, officer, "access", femke)))
    assert [one["number"] for one in own["tickets"]] == [OURS], "it is theirs all the same"


def test_two_requests_restrict_until_both_are_decided(ports: Ports, officer: Actor) -> None:
    receive(ports, letter("Een vraag."))
    femke = person_at(ports, ASKER)
    first, then = (asked(ports, officer, kind, femke) for kind in ("objection", "restriction"))

    def restricted() -> bool:
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            return unit.session.scalars(select(Ticket.restricted).where(Ticket.number == OURS)).one()

    with unit_of_work(ports, officer) as unit:
        answering.close(unit, first, "refused_interest", "Reden.")
    assert restricted()
    with unit_of_work(ports, officer) as unit:
        answering.close(unit, then, "granted", "Het klopte niet; het is verbeterd.")
    assert not restricted()


def test_an_advisor_records_it_and_does_not_handle_it(ports: Ports, officer: Actor, advisor: Actor) -> None:
    receive(ports, letter("Ik maak bezwaar."))
    with unit_of_work(ports, advisor) as unit:
        request_id = answering.open_request(unit, Wish("objection", RECEIVED, "Ik maak bezwaar.", number=OURS))
    for verb in (answering.take, answering.lift, answering.collect):
        with pytest.raises(NotFound), unit_of_work(ports, advisor) as unit:
            verb(unit, request_id)
    with pytest.raises(NotFound), unit_of_work(ports, advisor, write=False) as unit:
        thread.thread_of(unit, OURS)
    with unit_of_work(ports, officer) as unit:
        answering.take(unit, request_id)
        assert answering.lift(unit, request_id) == 1
