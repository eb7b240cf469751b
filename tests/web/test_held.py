"""A ticket under a legal hold, by its forms: what can't be done to it is said on its own page, in words."""

from __future__ import annotations

import pytest

from helpdesk.ports import Ports
from tests.holds import place
from tests.letters import letter, receive
from tests.retention import staff
from tests.web.visitor import Visitor

FIRST, SECOND = "/werk/w/alle/2026-00001", "/werk/w/alle/2026-00002"


@pytest.mark.parametrize(
    ("page", "action", "fields"),
    [
        (FIRST, "/samenvoegen", {"into": "V-2026-00002"}),
        (FIRST, "/verplaatsen", {"into": "2026-00002"}),
        (FIRST, "/verplaatsen", {"into": ""}),
    ],
)
def test_a_refusal_stands_on_the_page(
    site_ports: Ports, marije: Visitor, page: str, action: str, fields: dict[str, str]
) -> None:
    receive(site_ports, letter("Eerste."))
    receive(site_ports, letter("Tweede.", message_id="<m2@minbz.example>", sender="b@minbz.example"))
    place(site_ports, staff(site_ports, "piet", "privacy_officer"), numbers=["2026-00001"])
    refused = marije.send(marije.page(page).form(action), fields=fields)
    assert refused.status_code == 409
    assert "Een bewaarplicht houdt vraag 2026-00001 vast zoals die is" in refused.text
    assert "privacyfunctionaris" in refused.text
    assert "Eerste." in marije.page(FIRST).text
    assert "onder een bewaarplicht gezet" in marije.page(FIRST).text


def test_a_merge_into_a_held_ticket_is_done_and_not_undone(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter("Eerste."))
    receive(site_ports, letter("Tweede.", message_id="<m2@minbz.example>", sender="b@minbz.example"))
    place(site_ports, staff(site_ports, "piet", "privacy_officer"), numbers=["2026-00001"])
    merged = marije.send(marije.page(SECOND).form("/samenvoegen"), into="2026-00001")
    assert "Tweede." in merged.text
    refused = marije.send(marije.page(FIRST).form("/samenvoegen-ongedaan"))
    assert refused.status_code == 409
    assert "dit samenvoegen niet ongedaan maken" in refused.text
    assert "Tweede." in marije.page(FIRST).text
