"""The two registers: complete, word for word, one rule per pair, the same rows in every form, tensions in sight."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from helpdesk.errors import Misconfigured
from helpdesk.models import CATEGORIES
from helpdesk.models.person import PERSON_KINDS
from helpdesk.retention.register.coverage import columns, coverage
from helpdesk.retention.register.export import as_html, as_json, as_text
from helpdesk.retention.register.lint import lint
from helpdesk.retention.register.load import FOLDER, load, shipped
from helpdesk.retention.register.model import Register

REGISTERS = shipped()
ROWS = {"551": [f"R{n}" for n in range(1, 15)], "M895": ["R15", "R16", "R17"]}


def _bytes(processing: str) -> bytes:
    return (FOLDER / f"{processing}.toml").read_bytes()


def _changed(processing: str, before: str, after: str, row: str = "") -> Register:
    head, mark, tail = (
        _bytes(processing).decode().partition(f"[rule.{row}]") if row else ("", "", _bytes(processing).decode())
    )
    assert before in tail
    return load((head + mark + tail.replace(before, after, 1)).encode())


def test_every_row_of_the_public_entries_is_there() -> None:
    for processing, rows in ROWS.items():
        assert [key for key, rule in REGISTERS[processing].rules.items() if not rule.proposed] == rows


@pytest.mark.parametrize("processing", sorted(ROWS))
def test_every_category_of_every_kind_of_person_has_one_rule(processing: str) -> None:
    matrix = coverage(REGISTERS, processing)
    assert set(matrix) == {(category, kind) for category in CATEGORIES for kind in PERSON_KINDS}
    assert matrix["conversation", "employee"] == {"551": "R1", "M895": "R16"}[processing]
    assert matrix["conversation", "external"] == "R13"
    assert matrix["directory", "employee"] == {"551": "R2", "M895": "R15"}[processing]
    assert matrix["conversation", "unknown"] == "U"


def test_every_column_has_a_category_of_the_matrix_or_is_plain() -> None:
    found = columns()
    assert set(found.values()) - {"plain"} <= set(CATEGORIES)
    assert found["content.text"] == "conversation"
    assert found["ticket.number"] == "plain"


def test_a_pair_without_a_rule_is_named() -> None:
    bare = _bytes("551").replace(b'covers = ["security_log"]\n', b"")
    with pytest.raises(Misconfigured) as fault:
        coverage({"551": load(bare)}, "551")
    assert str(fault.value.values["pair"]).startswith("security_log:")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (b'period = "P7Y"', b'period = "P5Y"', "means"),
        (b"is 7 jaar na", b"is 5 jaar na", "means"),
        (b'grounds = ["G2"]', b'grounds = ["G99"]', "G99"),
        (b'anchor = "employment.end"', b'anchor = "employment.ends"', "lacks"),
        (b'covers = ["fact"', b'covers = ["facts"', "does not exist"),
        (b'covers = ["case"]', b'covers = ["case", "staff"]', "two rules"),
        (b'covers = ["case"]', b'covres = ["case"]', "unknown field"),
        (b'feed = "m250"', b'feed = "m251"', "no feed"),
        (b'subject = "trainers"', b'subject = "trainer"', "nobody"),
        (b"decision_nl", b"# decision_nl", "without saying why"),
        (b"[processing]", b"[processing", "can't be read"),
        (b'backup_horizon = "P30D"', b'backup_horizon = "P4M"', "at most P90D"),
        (b'backup_horizon = "P30D"', b'backup_horizon = "P60D"', "means P60D"),
        (b"geldt 6 maanden na", b"geldt 9 maanden na", "means P6M"),
        (b"is 7 jaar na", "is 7\u00a0jaar en 5\u00a0jaar na".encode(), "means P7Y"),
        (b"is 7 jaar na", b"is 8,7 jaar na", "means P7Y"),
    ],
)
def test_what_does_not_add_up_is_refused(before: bytes, after: bytes, says: str) -> None:
    content = _bytes("551")
    assert before in content
    with pytest.raises(Misconfigured) as fault:
        load(content.replace(before, after, 1))
    assert says in fault.value.message.format(**fault.value.values)


def test_a_span_of_two_units_is_one() -> None:
    longer = _bytes("551").replace(b"is 7 jaar na", b"is 7 jaar en 6 maanden na").replace(b'"P7Y"', b'"P7Y6M"', 1)
    assert [str(term.period) for term in load(longer).rules["R1"].terms] == ["P0D", "P7Y6M"]
    with pytest.raises(Misconfigured):
        load(longer.replace(b'"P7Y6M"', b'"P7Y5M"'))


def _lines(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("processing", "row", "before", "after"),
    [
        ("551", "R1", "De bewaartermijn van een ticket is", "Een ticket bewaren wij tot"),
        ("551", "R6", "Inzicht geven aan leidinggevenden in", "Inzicht geven in"),
        ("M895", "R17", "statistische en wetenschappelijke", "statistische"),
        ("M895", "R15", "Deze gegevens zullen derhalve", "Deze gegevens zullen dus"),
    ],
)
def test_a_changed_text_changes_one_place(processing: str, row: str, before: str, after: str) -> None:
    old = _lines(as_text(REGISTERS[processing]))
    new = _lines(as_text(_changed(processing, before, after, row)))
    apart = [(one, other) for one, other in zip(old, new, strict=True) if one != other and "SHA-256" not in one]
    assert len(apart) == 1, apart
    assert apart[0][0].replace(before, after, 1) == apart[0][1]


class _Rows(HTMLParser):
    """Reads an exported page back: row -> field -> text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, str]] = {}
        self._place: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._place = (
            (said["data-row"] or "", said["data-field"] or "") if tag == "span" and "data-row" in said else None
        )

    def handle_data(self, data: str) -> None:
        if self._place is not None:
            row, field = self._place
            self.rows.setdefault(row, {})[field] = data

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._place = None


def _expected(register: Register, key: str) -> Mapping[str, str]:
    rule = register.rules[key]
    fields = " ".join(part for part in (rule.fields_intro_nl, ", ".join(rule.fields_nl)) if part)
    return {"fields_nl": fields, "purpose_nl": rule.purpose_nl, "term_nl": rule.term_nl, "source_nl": rule.source_nl}


@pytest.mark.parametrize("processing", sorted(ROWS))
def test_html_and_json_read_back_to_the_rows(processing: str) -> None:
    register = REGISTERS[processing]
    page = _Rows()
    page.feed(as_html(register))
    data = json.loads(as_json(register))
    for key in ROWS[processing]:
        for field, text in _expected(register, key).items():
            assert page.rows[key][field] == text, (key, field)
            said = data["rules"][key][field]
            assert (", ".join(said) if field == "fields_nl" else said) in text
        periods = [str(term.period) for term in register.rules[key].terms]
        assert [term["period"] for term in data["rules"][key]["terms"]] == periods


def test_the_text_is_the_public_entry_and_then_what_is_added() -> None:
    text = as_text(REGISTERS["551"])
    public, _, added = text.partition("=== Toevoeging")
    assert "Bewaartermijn 6 maanden na laatste inlog" in public
    assert (
        "Bewaartermijn e-mail wordt meteen omgezet naar een SSP-Ticket en daarna verwijderd uit de dienstpostbus."
        in public
    )
    assert "Voorgestelde regel U" in added
    assert "Voorgestelde regel" not in public
    assert "Besluit bij R13" in added


def _codes(register: Register) -> set[str]:
    return {finding.code for finding in lint(register)}


def test_the_tensions_of_the_entries_are_seen() -> None:
    assert _codes(REGISTERS["551"]) == {f"X{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14)}
    assert "X10" in _codes(REGISTERS["M895"])
    rows = {(finding.code, finding.row) for finding in lint(REGISTERS["551"])}
    assert {
        ("X1", "R13"),
        ("X4", "R4"),
        ("X4", "R8"),
        ("X5", "R4"),
        ("X6", "R8"),
        ("X7", "ground.G5"),
        ("X8", "R6"),
    } <= rows


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("X2", "in_text = false", "in_text = true"),
        ("X6", 'special = ["race_or_ethnic_origin"]', 'special = ["race_or_ethnic_origin"]\nart9_exception = "9.2.a"'),
        ("X8", "grounds = []", 'grounds = ["G7"]'),
        ("X7", "[ground.G5]", "[ground.G5]\nheading = true"),
        ("X9", "Betrokkene en medewerker AIB", "Betrokkene"),
    ],
)
def test_mending_one_removes_one(code: str, before: str, after: str) -> None:
    mended = _codes(_changed("551", before, after))
    assert _codes(REGISTERS["551"]) - mended == {code}


def test_what_is_switched_on_changes_the_sentence() -> None:
    quiet = {finding.code: finding.sentence for finding in lint(REGISTERS["551"])}
    loud = {
        finding.code: finding.sentence
        for finding in lint(REGISTERS["551"], decides_automatically=True, peers_outside=True)
    }
    assert {code for code in quiet if quiet[code] != loud[code]} == {"X12", "X13"}


def test_a_period_that_a_decision_does_not_say_is_refused() -> None:
    """A rule that deviates from the public text is held to the words of its decision."""
    head, mark, tail = _bytes("551").partition(b"[rule.R13]")
    with pytest.raises(Misconfigured) as fault:
        load(head + mark + tail.replace(b'period = "P6M"', b'period = "P1Y"', 1))
    assert (fault.value.values["rule"], fault.value.values["meant"]) == ("R13", "P1Y")
