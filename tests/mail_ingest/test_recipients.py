"""Which addresses are ours."""

from __future__ import annotations

import pytest

from helpdesk.settings import DeskSettings
from mail_ingest.recipients import Recipients

OURS = Recipients.of(
    [
        DeskSettings("academy", "Academy@Ministry.example", "Academie", "Academy", aliases=("leren@ministry.example",)),
        DeskSettings("facility", "facility@other.example", "Facilitair", "Facility"),
    ]
)


@pytest.mark.parametrize(
    ("address", "desk"),
    [
        ("academy@ministry.example", "academy"),
        ("ACADEMY@MINISTRY.EXAMPLE", "academy"),
        ("leren@ministry.example", "academy"),
        ("academy+course@ministry.example", "academy"),
        ("reply+a1-b2-c3@ministry.example", "academy"),
        ("bounce+a1-b2-c3@other.example", "facility"),
        ("postmaster@other.example", "facility"),
        ("facility@ministry.example", None),
        ("academy@elsewhere.example", None),
        ("academy", None),
        ("+@ministry.example", None),
        ("@", None),
        ("", None),
    ],
)
def test_the_desk_of_an_address(address: str, desk: str | None) -> None:
    assert OURS.desk_for(address) == desk


def test_our_domains() -> None:
    assert OURS.is_our_domain("anybody@ministry.example")
    assert OURS.is_our_domain("a@b@Other.Example")
    assert not OURS.is_our_domain("a@sub.ministry.example")
    assert not OURS.is_our_domain("a@example")
    assert not OURS.is_our_domain("a")
    assert not OURS.is_our_domain("")
