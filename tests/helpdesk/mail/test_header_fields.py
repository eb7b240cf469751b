"""Header fields stay whole whatever stands in them."""

from __future__ import annotations

from email import policy
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.header_fields import address_field, ids_field, one_line, sendable, text_field, usable_ids
from helpdesk.mail.incoming import Sender
from mail_ingest import headers as reader

WILD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from('\r\n\t\0 "\\<>@,;:=?()\u2028\x85\u202e'),
    ),
    max_size=300,
) | st.sampled_from(["Hoi\r\nBcc: x@y.example", "=?utf-8?q?=0D=0ABcc:_x?=", "a" * 3000, "é" * 900, " " * 50, "\ud800"])


def parsed(fields: str) -> dict[str, str]:
    raw = (fields + "\r\nbody").encode("ascii")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    return {name.lower(): str(value) for name, value in BytesParser(policy=policy.default).parsebytes(raw).items()}


@given(WILD)
def test_a_subject_comes_back_as_it_was_and_adds_no_field(subject: str) -> None:
    fields = text_field("Subject", subject)
    found = parsed(fields)
    assert set(found) == {"subject"}
    assert " ".join(found["subject"].split()) == one_line(subject)


@given(WILD)
def test_our_own_reader_understands_our_subject(subject: str) -> None:
    value = text_field("Subject", subject).removeprefix("Subject:").encode("ascii")
    assert reader.text(value) == one_line(subject)


@given(st.lists(st.tuples(WILD, WILD), max_size=5))
def test_hostile_names_and_addresses_add_no_field_and_no_recipient(people: list[tuple[str, str]]) -> None:
    mailboxes = [Sender(address, name) for address, name in people] + [Sender("femke@ministerie.example", "Femke")]
    found = BytesParser(policy=policy.default).parsebytes((address_field("To", mailboxes) + "\r\n").encode("ascii"))
    assert found.keys() == ["To"]
    wanted = [address for mailbox in mailboxes if (address := sendable(mailbox.address))]
    assert [address.addr_spec for address in found["To"].addresses] == wanted


@given(WILD)
def test_a_name_comes_back_as_it_was(name: str) -> None:
    # The standard library's newer parser puts spaces between the encoded words of a name; its older one does not.
    raw = address_field("To", [Sender("femke@ministerie.example", name)]).removeprefix("To:")
    shown, address = parseaddr(" ".join(raw.split()))
    assert address == "femke@ministerie.example"
    assert " ".join(str(make_header(decode_header(shown))).split()) == one_line(name, 300)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("Femke@Ministerie.example", "Femke@Ministerie.example"),
        ("femke@münchen.example", "femke@xn--mnchen-3ya.example"),
        (" femke@ministerie.example ", "femke@ministerie.example"),
        ("jörg@ministerie.example", None),
        ("femke", None),
        ("@ministerie.example", None),
        ("femke@", None),
        ("femke@mini sterie.example", None),
        ("femke@x.example\r\nRCPT TO:<a@b.example>", None),
        ("a@b@c.example", None),
        ("femke..x@ministerie.example", None),
        ("femke@" + "a" * 64 + ".example", None),
        ("femke@-x.example", None),
    ],
)
def test_sendable(address: str, wanted: str | None) -> None:
    assert sendable(address) == wanted


def test_long_ids_are_neither_cut_nor_encoded() -> None:
    long = f"{'a' * 400}@mail.example"
    field = ids_field("References", ["one@mail.example", long, "two@mail.example"])
    assert field == f"References: <one@mail.example>\r\n <{long}>\r\n <two@mail.example>\r\n"
    assert ids_field("References", []) == ""


def test_only_ids_that_may_stand_in_a_header_are_used() -> None:
    given_ids = ["<a@b>", "a b@c", "x\r\nBcc: y", "é@b", "", "n" * 1000, "c@d"]
    assert usable_ids(given_ids) == ["a@b", "c@d"]
