"""The tensions in a register (X1-X14 of the two public entries, X15): each is seen in the data, none is hidden (RD-15).

A finding is not an error: it is shown until the text, or what the software does, changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from helpdesk.retention.register.model import Register, Rule
from helpdesk.retention.terms import Period
from helpdesk.text.language import N_

_OPTIONAL = re.compile(r"\boptione(?:el|le)\b", re.IGNORECASE)
_ENGLISH = re.compile(r"(\d+) (year|month|week|day)s?\b")
_STAFF_SOURCE = re.compile(r"\ben medewerker\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One tension: its code, the row it is about, and a sentence to be translated with its values."""

    code: str
    row: str
    sentence: str
    values: tuple[tuple[str, str], ...] = ()

    def said(self) -> dict[str, str]:
        """The values for the sentence's placeholders."""
        return dict(self.values)


def lint(register: Register, *, decides_automatically: bool = False, peers_outside: bool = False) -> list[Finding]:
    """All tensions of a register, by code; the two flags say what the running software has switched on (X12, X13)."""
    found = [finding for look in _LOOKS for finding in look(register)]
    found += _running(register, decides_automatically, peers_outside)
    return sorted(found, key=lambda one: (int(one.code[1:]), one.row))


def _rules(register: Register) -> Iterator[Rule]:
    return (rule for rule in register.rules.values() if not rule.proposed)


def _impossible_event(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        for anchor in register.anchors.values():
            happens = not anchor.kinds or set(anchor.kinds) & set(register.subjects[rule.subject].kinds)
            if not happens and anchor.nl in rule.term_nl:
                yield Finding(
                    "X1",
                    rule.key,
                    N_("The term counts from “{anchor}”, which can't happen to these people."),
                    (("anchor", anchor.nl),),
                )


def _anchor_without_feed(register: Register) -> Iterator[Finding]:
    used = {term.anchor for rule in _rules(register) for term in rule.terms if rule.stored == "here"}
    for anchor in register.anchors.values():
        feed = register.feeds.get(anchor.feed or "")
        if anchor.key in used and feed is not None and not feed.in_text:
            yield Finding(
                "X2", f"anchor.{anchor.key}", N_("The entry names no source for “{anchor}”."), (("anchor", anchor.nl),)
            )


def _two_clocks(register: Register) -> Iterator[Finding]:
    for kind in ("employee", "external", "trainer"):
        directory, ticket = register.rule_for("directory", kind), register.rule_for("conversation", kind)
        if directory is None or ticket is None or directory.proposed:
            continue
        short, long = directory.term_of("directory"), ticket.term_of("ticket")
        if short and long and (short.anchor, short.period) != (long.anchor, long.period):
            yield Finding(
                "X3",
                directory.key,
                N_("Who somebody is goes before the tickets of rule {other}, which stay findable by it."),
                (("other", ticket.key),),
            )


def _mandatory_but_optional(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        optional = rule.consent or any(_OPTIONAL.search(name) for name in rule.fields_nl)
        if optional and rule.mandatory and rule.mandatory_nl == "Ja":
            yield Finding("X4", rule.key, N_("The data are called mandatory and optional at once."))


def _consent_until_system_end(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        if rule.consent and any(register.anchors[term.anchor].about == "system" for term in rule.terms):
            yield Finding(
                "X5",
                rule.key,
                N_("Data given by consent are kept until a system ends, not until consent is withdrawn."),
            )


def _special_without_exception(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        if rule.special and not rule.art9_exception:
            yield Finding("X6", rule.key, N_("Special categories of data without an exception of AVG art. 9(2)."))


def _purpose_without_row(register: Register) -> Iterator[Finding]:
    named = {ground for rule in _rules(register) for ground in rule.grounds}
    for ground in register.grounds.values():
        if ground.key not in named and not ground.heading:
            yield Finding(
                "X7",
                f"ground.{ground.key}",
                N_("No data stand under the purpose “{purpose}”."),
                (("purpose", ground.purpose_nl),),
            )


def _row_without_purpose(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        if not rule.grounds:
            yield Finding("X8", rule.key, N_("The purpose of this row is not among the purposes with a legal ground."))


def _source_is_staff_too(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        if _STAFF_SOURCE.search(rule.source_nl):
            yield Finding("X9", rule.key, N_("Staff record data as well: tickets made by hand fall under this rule."))


def _whole_department(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        feed = register.feeds.get(rule.feed or "")
        consent = any(register.grounds[key].basis == "6.1.a" for key in rule.grounds)
        if feed and feed.scope == "department" and register.subjects[rule.subject].only_enrolled and consent:
            yield Finding("X10", rule.key, N_("A whole department is delivered, but only those who enrol consented."))


def _wide_event(register: Register) -> Iterator[Finding]:
    for anchor in register.anchors.values():
        if len(anchor.reasons) > 1:
            yield Finding(
                "X11",
                f"anchor.{anchor.key}",
                N_("“{anchor}” covers every way employment ends."),
                (("anchor", anchor.nl),),
            )


def _free_text(register: Register) -> Iterator[Finding]:
    for rule in _rules(register):
        if rule.free_text and not rule.special:
            yield Finding("X14", rule.key, N_("People write what they like: health, union or family may stand in it."))


def _other_term_in_english(register: Register) -> Iterator[Finding]:
    for rule in register.rules.values():
        told = {(int(count), f"{unit}s") for count, unit in _ENGLISH.findall(rule.term_en)}
        meant = {part for term in rule.terms for part in _spans(term.period)}
        if told - _spans(rule.match_within) != meant:
            yield Finding("X15", rule.key, N_("The English words name another term than the one that counts."))


def _spans(period: Period | None) -> set[tuple[int, str]]:
    return {(count, unit) for unit, count in asdict(period).items() if count} if period else set()


def _running(register: Register, decides: bool, peers: bool) -> Iterator[Finding]:
    if not register.automated_decisions:
        sentence = (
            N_("The software decides about people by itself, and the entry says that nothing does.")
            if decides
            else N_("No decision is automatic; destruction on its date is none.")
        )
        yield Finding("X12", "processing", sentence)
    if not register.transfer_outside_eu:
        sentence = (
            N_("A third party on the network is configured, and the entry says that nothing leaves the EU.")
            if peers
            else N_("Nothing leaves the EU: no third party on the network.")
        )
        yield Finding("X13", "processing", sentence)


_LOOKS: tuple[Callable[[Register], Iterator[Finding]], ...] = (
    _impossible_event,
    _anchor_without_feed,
    _two_clocks,
    _mandatory_but_optional,
    _consent_until_system_end,
    _special_without_exception,
    _purpose_without_row,
    _row_without_purpose,
    _source_is_staff_too,
    _whole_department,
    _wide_event,
    _free_text,
    _other_term_in_english,
)
