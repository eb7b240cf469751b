"""From TOML to a register; refused is what contradicts itself: text against period, an anchor that is not there."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from helpdesk.errors import Misconfigured
from helpdesk.models import CATEGORIES
from helpdesk.models.person import PERSON_KINDS
from helpdesk.retention.register.model import (
    Ages,
    Anchor,
    Brake,
    Feed,
    Ground,
    Recipient,
    Register,
    Rule,
    Subject,
    Term,
)
from helpdesk.retention.terms import Period, last_day, period

FOLDER = Path(__file__).parent
LONGEST_BACKUP = Period(days=90)
"""How long a backup may be kept at most, whatever a register says (RD-74)."""
_ANY_DAY = dt.date(2026, 1, 1)
_UNITS = {"jaar": "years", "jaren": "years", "maand": "months", "maanden": "months"}
_UNITS |= {"week": "weeks", "weken": "weeks", "dag": "days", "dagen": "days"}
_SPAN = re.compile(rf"(?<![\d.,])(\d+)\s+({'|'.join(_UNITS)})\b")
_JOINED = re.compile(rf"{_SPAN.pattern}(?: en {_SPAN.pattern})*")
_PERIODS = frozenset({"alarm_after", "escalate_after", "objection_window", "match_within", "clock_jump"})
_PERIODS |= {one.name for one in fields(Ages)}
_RENAMED = {"lint_ack": "acknowledged", "selectielijst": "selection_list"}


def load(content: bytes) -> Register:
    """The register in these bytes of TOML. Raises Misconfigured, naming the row, for whatever does not add up."""
    try:
        data = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured("The register can't be read: {why}", why=str(fault)) from fault
    head = dict(data.get("processing", {}))
    subjects = _table(data, "subject", Subject)
    whole = {
        **_known(Register, head, "processing"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "backup_horizon": period(str(head.get("backup_horizon", "P30D"))),
        "anchors": _table(data, "anchor", Anchor),
        "feeds": _table(data, "feed", Feed),
        "grounds": _table(data, "ground", Ground),
        "subjects": subjects,
        "recipients": _table(data, "recipient", Recipient),
        "rules": {key: _rule(key, row, subjects) for key, row in data.get("rule", {}).items()},
        "ages": _made(Ages, data.get("ages", {}), "ages"),
        "brake": _made(Brake, data.get("brake", {}), "brake"),
        "small_run": int(data.get("ledger", {}).get("small_run", 5)),
    }
    try:
        register = Register(**whole)
    except TypeError as fault:
        raise Misconfigured("The register's row 'processing' is incomplete: {why}", why=str(fault)) from fault
    _check(register)
    return register


def shipped() -> dict[str, Register]:
    """The registers that come with the software, by number."""
    found = (load(path.read_bytes()) for path in sorted(FOLDER.glob("*.toml")))
    return {register.id: register for register in found}


def _table(data: Mapping[str, Any], name: str, shape: type[Any]) -> dict[str, Any]:
    return {key: _made(shape, {"key": key, **row}, f"{name}.{key}") for key, row in data.get(name, {}).items()}


def _made(shape: type[Any], row: Mapping[str, Any], where: str) -> Any:
    try:
        return shape(**_known(shape, row, where))
    except TypeError as fault:
        raise Misconfigured("The register's row '{where}' is incomplete: {why}", where=where, why=str(fault)) from fault


def _known(shape: type[Any], row: Mapping[str, Any], where: str) -> dict[str, Any]:
    names = {one.name for one in fields(shape)}
    renamed = {_RENAMED.get(key, key): value for key, value in row.items()}
    unknown = sorted(renamed.keys() - names)
    if unknown:
        raise Misconfigured(
            "The register's row '{where}' has an unknown field '{field}'.", where=where, field=unknown[0]
        )
    return {key: _value(key, value) for key, value in renamed.items()}


def _value(key: str, value: Any) -> Any:
    if key in _PERIODS:
        return period(str(value))
    return tuple(value) if isinstance(value, list) else value


def _rule(key: str, row: Mapping[str, Any], subjects: Mapping[str, Subject]) -> Rule:
    row = dict(row)
    terms = tuple(
        _made(Term, {**term, "period": period(str(term.get("period", "")))}, f"rule.{key}.terms")
        for term in row.pop("terms", [])
    )
    subject = subjects.get(str(row.get("subject")))
    if subject is None:
        raise Misconfigured("The register's rule {rule} names nobody it is about.", rule=key)
    kinds = tuple(row.pop("kinds", subject.kinds)) + tuple(row.pop("also_kinds", ()))
    covers = frozenset(pair for word in row.pop("covers", []) for pair in _pairs(key, word, kinds))
    rule: Rule = _made(Rule, {"key": key, "terms": terms, "kinds": kinds, "covers": covers, **row}, f"rule.{key}")
    return rule


def _pairs(rule: str, word: str, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    category, _, kind = word.partition(":")
    pairs = [(category, one) for one in ((kind,) if kind else kinds)]
    if category not in CATEGORIES or not all(one in PERSON_KINDS for _, one in pairs):
        raise Misconfigured("The register's rule {rule} covers '{word}', which does not exist.", rule=rule, word=word)
    return pairs


def _check(register: Register) -> None:
    if last_day(_ANY_DAY, register.backup_horizon) > last_day(_ANY_DAY, LONGEST_BACKUP):
        raise Misconfigured(
            "The register keeps backups for {period}: at most {longest} is allowed.",
            period=str(register.backup_horizon),
            longest=str(LONGEST_BACKUP),
        )
    seen: dict[tuple[str, str], str] = {}
    for rule in register.rules.values():
        for pair in rule.covers:
            if pair in seen:
                raise Misconfigured(
                    "The register has two rules for {pair}: {first} and {second}.",
                    pair=":".join(pair),
                    first=seen[pair],
                    second=rule.key,
                )
            seen[pair] = rule.key
        _known_words(rule, rule.grounds, register.grounds)
        _known_words(rule, [term.anchor for term in rule.terms], register.anchors)
        _agree(rule)
        _backups_agree(rule, register.backup_horizon)
    for anchor in register.anchors.values():
        if anchor.feed is not None and anchor.feed not in register.feeds:
            raise Misconfigured(
                "The register's anchor {anchor} has no feed '{word}'.", anchor=anchor.key, word=anchor.feed
            )


def _known_words(rule: Rule, words: Iterable[str], known: Mapping[str, object]) -> None:
    for word in words:
        if word not in known:
            raise Misconfigured("The register's rule {rule} names '{word}', which it lacks.", rule=rule.key, word=word)


def _agree(rule: Rule) -> None:
    """The spans in the Dutch text are those of the machine form; where a rule deviates from it, those in its decision.

    RD-11.
    """
    text = rule.decision_nl if rule.deviates_from_text else rule.term_nl
    if not text:
        raise Misconfigured("The register's rule {rule} deviates from its text without saying why.", rule=rule.key)
    apart = {Period(**{_UNITS[unit]: int(count)}) for count, unit in _SPAN.findall(text)} - {rule.match_within}
    joined = {_whole(found[0]) for found in _JOINED.finditer(text)} - {rule.match_within}
    meant = {term.period for term in rule.terms} - {Period()}
    if meant not in (apart, joined):
        raise Misconfigured(
            "The register's rule {rule} says '{text}' but means {meant}.",
            rule=rule.key,
            text=text,
            meant=", ".join(sorted(map(str, meant))) or "P0D",
        )


def _backups_agree(rule: Rule, horizon: Period) -> None:
    """How long backups are kept is said once to the program, and once more in a row that people read (RD-74)."""
    for term in rule.terms:
        if term.unit == "backup" and term.period != horizon:
            raise Misconfigured(
                "The register's rule {rule} says '{text}' but means {meant}.",
                rule=rule.key,
                text=rule.term_nl,
                meant=str(horizon),
            )


def _whole(words: str) -> Period:
    """One span of several, such as `1 jaar en 6 maanden`."""
    return Period(**{_UNITS[unit]: int(count) for count, unit in _SPAN.findall(words)})
