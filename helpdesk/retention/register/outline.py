"""The public entry of a processing as lines, in the order and with the labels of its two layouts; text comes of them.

The Dutch of the public entry stands word for word; what we add stands in a marked block behind it (RD-11, RD-12).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from helpdesk.retention.register.model import Register, Rule

Kind = Literal["title", "head", "label", "field", "item", "text", "line", "begin", "end"]
ADDITION = "Toevoeging, niet in de openbare tekst"
_TRANSFER = (
    (
        "Worden de persoonsgegevens doorgegeven aan één of meer landen buiten de Europese Unie of aan een"
        " internationale organisatie?"
    ),
    (
        "Worden de gegevens uitsluitend doorgegeven aan landen (of een of meerdere delen daarvan) buiten de EU , of"
        " internationale organisaties waarvan de Commissie heeft besloten dat zij een passend beschermingsniveau"
        " waarborgen?"
    ),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; `row` and `field` name the place in the register that it comes from."""

    text: str
    row: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is, its label, and its pieces."""

    kind: Kind
    label: str = ""
    pieces: tuple[Piece, ...] = ()

    @property
    def value(self) -> str:
        """The pieces as one text."""
        return " ".join(piece.text for piece in self.pieces)


def outline(register: Register) -> list[Line]:
    """All lines of the entry in its own layout, then the marked additions."""
    public = _bz(register) if register.layout == "bz" else _lop(register)
    return [*public, *_additions(register)]


def _field(label: str, text: str, row: str = "", field: str = "") -> Line:
    return Line("field", label, (Piece(text, row, field),))


def _public(register: Register) -> list[Rule]:
    return [rule for rule in register.rules.values() if not (rule.proposed or rule.implied)]


def _fields(rule: Rule) -> str:
    return " ".join(part for part in (rule.fields_intro_nl, ", ".join(rule.fields_nl)) if part)


def _bz(register: Register) -> Iterator[Line]:
    yield Line("title", register.title_nl)
    yield Line("head", "Basisgegevens")
    yield _field("Naam verwerking", register.name_nl, "processing", "name_nl")
    yield _field("Verwerkingsnummer", register.id, "processing", "id")
    yield Line("label", "Verantwoordelijke(n)")
    yield Line("item", "", (Piece(register.controller_nl, "processing", "controller_nl"),))
    yield Line("head", "Welke gegevens van wie worden verwerkt, en waarvoor zijn die gegevens verzameld?")
    for subject in register.subjects.values():
        rules = [rule for rule in _public(register) if rule.subject == subject.key]
        if not rules:
            continue
        yield _field("Betrokkene(n)", subject.nl, f"subject.{subject.key}", "nl")
        yield Line("label", "Persoonsgegevens")
        for rule in rules:
            yield from _bz_rule(rule)
        yield Line("label", "Bijzondere persoonsgegevens")
        for special in subject.special_nl:
            yield Line("item", "", (Piece(special, f"subject.{subject.key}", "special_nl"),))
    yield from _bz_rest(register)


def _bz_rule(rule: Rule) -> Iterator[Line]:
    yield _field("Soort gegevens", _fields(rule), rule.key, "fields_nl")
    yield _field("Verzameldoel", rule.purpose_nl, rule.key, "purpose_nl")
    yield _field("Bewaartermijn", rule.term_nl, rule.key, "term_nl")
    yield _field("Bron", rule.source_nl, rule.key, "source_nl")
    yield _field(
        "Was (waren) betrokkene(n) verplicht deze gegevens aan te leveren?", rule.mandatory_nl, rule.key, "mandatory_nl"
    )


def _bz_rest(register: Register) -> Iterator[Line]:
    yield Line("head", "Wat wordt in feite met de gegevens gedaan?")
    yield Line("head", "Doel(en) van verwerking")
    for ground in register.grounds.values():
        yield _field("Doel verwerking", ground.purpose_nl, f"ground.{ground.key}", "purpose_nl")
        yield Line("label", "Rechtsgrond")
        yield Line("text", "", (Piece(ground.ground_nl, f"ground.{ground.key}", "ground_nl"),))
    yield Line("head", "Is er sprake van automatische besluitvorming?")
    yield Line("item", "", (Piece(register.automated_decisions_nl, "processing", "automated_decisions_nl"),))
    yield Line("head", 'Gegevens worden verstrekt aan ("ontvangers")')
    for recipient in register.recipients.values():
        yield Line("item", "", (Piece(recipient.nl, f"recipient.{recipient.key}", "nl"),))
    yield Line("head", "Doorgifte buiten EU")
    for question, answer in zip(_TRANSFER, register.transfer_nl, strict=True):
        yield _field(question, answer, "processing", "transfer_nl")
    yield Line("head", "Wie is (zijn) de verantwoordelijke(n) voor de verwerking?")
    yield Line("head", "Adres verantwoordelijke(n)")
    yield _field("Naam", register.controller_nl, "processing", "controller_nl")
    for part in register.address_nl:
        yield Line("text", "", (Piece(part, "processing", "address_nl"),))


def _lop(register: Register) -> Iterator[Line]:
    yield Line("title", register.title_nl)
    yield _field("Omschrijving", register.name_nl, "processing", "name_nl")
    yield _field("Organisatie", register.organisation_nl, "processing", "organisation_nl")
    yield _field("Referentienummer", register.id, "processing", "id")
    yield Line("head", "Doel van de verwerking")
    purposes = [ground for ground in register.grounds.values() if not ground.heading]
    for ground in purposes:
        end = "." if ground is purposes[-1] else ";"
        yield Line("text", "", (Piece(ground.purpose_nl + end, f"ground.{ground.key}", "purpose_nl"),))
    for ground in register.grounds.values():
        if ground.heading:
            yield Line("text", "link", (Piece(ground.ground_nl, f"ground.{ground.key}", "ground_nl"),))
    yield Line("head", "Betrokkene en gegevens")
    yield from _lop_rules(register)
    yield Line("head", "Automatische besluitvorming")
    yield Line("text", "", (Piece(register.automated_decisions_nl, "processing", "automated_decisions_nl"),))
    yield Line("head", "Ontvangers")
    for recipient in register.recipients.values():
        yield Line("text", "", (Piece(recipient.nl, f"recipient.{recipient.key}", "nl"),))
    yield Line("line")
    yield Line("head", "Doorgifte buiten EU")
    for answer in register.transfer_nl:
        yield Line("text", "", (Piece(answer, "processing", "transfer_nl"),))
    yield Line("head", "Verantwoordelijken")
    yield _field("<b>Naam</b>", register.controller_nl, "processing", "controller_nl")
    yield _field("<b>Bezoekadres</b>", register.visit_nl, "processing", "visit_nl")
    yield _field("<b>Postadres</b>", ", ".join(register.address_nl), "processing", "address_nl")
    yield Line("line")
    yield Line("head", "Gerelateerde verwerkingen")
    yield Line("text", "", (Piece(register.related_nl, "processing", "related_nl"),))


def _lop_rules(register: Register) -> Iterator[Line]:
    """The layout has one row for all rules of a subject: what differs stands behind each other in its field."""
    for subject in register.subjects.values():
        rules = [rule for rule in _public(register) if rule.subject == subject.key]
        first = next(rule for rule in rules if not rule.exempt)
        yield _field("Betrokkene(n)", subject.nl, f"subject.{subject.key}", "nl")
        yield _field("Persoonsgegevens", _fields(first), first.key, "fields_nl")
        yield _field("Verzameldoel", first.purpose_nl, first.key, "purpose_nl")
        yield Line("field", "Bewaartermijn", tuple(Piece(rule.term_nl, rule.key, "term_nl") for rule in rules))
        yield _field("Bron", first.source_nl, first.key, "source_nl")
        yield _field("Aanleverplicht", first.mandatory_nl, first.key, "mandatory_nl")


def _additions(register: Register) -> Iterator[Line]:
    yield Line("begin", ADDITION)
    for rule in register.rules.values():
        if rule.proposed or rule.implied or rule.exempt:
            mark = "Voorgestelde regel" if rule.proposed else "Volgt uit de tekst"
            yield _field(mark, rule.key, rule.key, "key")
            yield _field("Betrokkene(n)", register.subjects[rule.subject].nl)
            yield from (line for line in _bz_rule(rule) if not (rule.exempt and line.label == "Bewaartermijn"))
        elif rule.decision_nl:
            yield _field(f"Besluit bij {rule.key}", rule.decision_nl, rule.key, "decision_nl")
    yield _field("Reservekopieën bewaard", str(register.backup_horizon), "processing", "backup_horizon")
    yield _field("Versie van dit register (SHA-256)", register.sha256, "processing", "sha256")
    yield Line("end", ADDITION)
