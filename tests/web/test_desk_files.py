"""Files of an answer at the desk come in pieces too, and go with the answer, or with the draft that one leaves."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select

from helpdesk.errors import Invalid
from helpdesk.models import Attachment, DraftFile, Upload
from helpdesk.ports import Ports
from helpdesk.tickets import replying
from helpdesk.tickets.replying import Answer
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.asker import FEMKE
from tests.web.browsing import as_advisor, browsing, served, signed_in
from tests.web.conftest import MARIJE

PDF = b"%PDF-1.7\n" + b"x" * 700_000
ROOSTER: FilePayload = {"name": "rooster.pdf", "mimeType": "application/pdf", "buffer": PDF}


def open_answer(page: Page, subject: str) -> None:
    page.get_by_role("link", name=subject).first.click()
    expect(page.locator("h1")).to_have_text(subject)
    page.keyboard.press("r")
    expect(page.locator("#antwoord-tekst")).to_be_focused()


def kept(ports: Ports) -> tuple[list[int], list[int], int]:
    """The sizes of the files of answers and of drafts, and how many lie between."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        of_answers = list(unit.session.scalars(select(Attachment.size)))
        of_drafts = list(unit.session.scalars(select(DraftFile.size).where(DraftFile.draft_id.is_not(None))))
        return of_answers, of_drafts, len(list(unit.session.scalars(select(Upload.id))))


def test_a_file_comes_in_pieces_and_goes_with_the_answer_or_the_draft(
    site_ports: Ports, app: Flask, chromium: Chromium
) -> None:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(2)))
    sent: list[str] = []
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        page.on("request", lambda request: sent.append(request.method))
        page.goto("/werk/w/open")
        open_answer(page, "Vraag 0")
        page.keyboard.type("Zie bijlage")
        page.locator("#antwoord input[name=files]").set_input_files(ROOSTER)
        page.locator("#antwoord button.primary").click()
        expect(page.locator("[data-undo]").first).to_be_visible()
        expect(page.locator("#antwoord [data-files] li")).to_have_count(0)
        assert sent.count("PATCH") == 3
        assert kept(site_ports) == ([len(PDF)], [], 0)
        open_answer(page, "Vraag 1")
        page.locator("#antwoord input[name=files]").set_input_files({**ROOSTER, "name": "plan.pdf"})
        page.get_by_role("link", name="Vraag 0").first.click()
        expect(page.locator("h1")).to_have_text("Vraag 0")
        page.get_by_role("link", name="Vraag 1").first.click()
        expect(page.get_by_label("plan.pdf")).to_be_checked()
        assert kept(site_ports) == ([len(PDF)], [len(PDF)], 0)
        page.locator("#antwoord input[name=files]").set_input_files({**ROOSTER, "name": "x.exe", "buffer": b"MZ"})
        expect(page.locator("#antwoord [data-state]")).to_contain_text("Mislukt")


def test_an_answer_is_never_larger_than_a_mail_may_be(site_ports: Ports) -> None:
    receive(site_ports, letter())
    files = tuple(FileDraft(f"{n}.pdf", "application/pdf", b"%PDF-" + b"x" * 13_000_000) for n in range(2))
    answer = Answer("Zie bijlage", (FEMKE,), "open", 1, "c1", files=files)
    with pytest.raises(Invalid) as fault, unit_of_work(site_ports, as_advisor(site_ports, MARIJE)) as unit:
        replying.reply(unit, "2026-00001", answer)
    assert fault.value.field == "files"
    assert kept(site_ports)[0] == []
