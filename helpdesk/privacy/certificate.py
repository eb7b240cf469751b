"""The declaration of destruction: what was destroyed, on what ground and how (Archiefbesluit art. 8).

Every number comes from the ledger and can be had from it again, without a database (RD-61, RD-64). It names nobody, no
ticket and no day; months with few tickets are told together, by the quarter (RD-65).
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import json
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import LedgerLine
from helpdesk.people.access import require
from helpdesk.retention.ledger import Entry, head_of, numbered
from helpdesk.retention.policy import version
from helpdesk.retention.register.model import Register
from helpdesk.retention.terms import Period, day_of, last_day
from helpdesk.retention.terms import period as period_in
from helpdesk.unit import Unit

FORMAT, _END = 1, "ledger_end"
_PARTS = {"entries": "messages", "files": "files", "mails": "mails", "kb": "kilobytes"}

Certificate = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Line:
    seq: int
    hash: str
    entry: Entry


def quarter_of(month: str) -> str:
    """The quarter of a month: 2026-Q4 of 2026-11."""
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def _destroyed(lines: Iterable[str]) -> tuple[list[_Line], str]:
    """The lines that say of a ticket that it was destroyed, and the ledger's name. Raises Invalid for a broken one."""
    found, name, _hash = _read(lines)
    return found, name


def _read(lines: Iterable[str], at: int = 0) -> tuple[list[_Line], str, str]:
    """The same, and the hash of the line with the number `at`."""
    found, name, hash_at = [], "", ""
    for seq, said, entry in numbered(lines):
        hash_at = said if seq == at else hash_at
        if entry.op == "begin":
            name = entry.id
        if entry.op == "destroyed":
            found.append(_Line(seq, said, entry))
    return found, name, hash_at


def _periods(lines: Iterable[_Line], small: int) -> dict[tuple[str, str], list[_Line]]:
    """By rule and period: a month of its own from `small` tickets on, else the small months of a quarter together."""
    months: dict[tuple[str, str], list[_Line]] = {}
    for line in lines:
        months.setdefault((line.entry.rule, line.entry.month), []).append(line)
    found: dict[tuple[str, str], list[_Line]] = {}
    for (rule, month), some in sorted(months.items()):
        found.setdefault((rule, month if len(some) >= small else quarter_of(month)), []).extend(some)
    return found


def _numbers(lines: Iterable[_Line]) -> dict[str, Any]:
    sums: Tally[str] = Tally(dict.fromkeys(("tickets", "merged", *_PARTS.values()), 0))
    opened: Tally[str] = Tally()
    versions: Tally[str] = Tally()
    ways: Tally[str] = Tally()
    for line in lines:
        parts = dict(part.split("=") for part in line.entry.parts.split(",") if part)
        sums["merged" if "merged" in parts else "tickets"] += 1
        sums.update({word: int(parts.get(name, 0)) for name, word in _PARTS.items()})
        opened[parts.get("year", "")] += 1
        versions[line.entry.version] += 1
        ways[line.entry.methods] += 1
    return {
        **sums,
        "opened": dict(sorted(opened.items())),
        "registers": dict(sorted(versions.items())),
        "ways": dict(sorted(ways.items())),
        "verified": all(line.entry.ok for line in lines),
    }


def last_of(period: str) -> dt.date:
    """The last day of a month or quarter. Raises Invalid for anything else."""
    try:
        year, rest = period.split("-")
        month = int(rest[1:]) * 3 if rest.startswith("Q") else int(rest)
        return dt.date(int(year), month, calendar.monthrange(int(year), month)[1])
    except ValueError as fault:
        raise Invalid("A period is a month such as 2026-11 or a quarter such as 2026-Q4.", field="period") from fault


def available(unit: Unit) -> list[tuple[str, str, int]]:
    """Rules and periods of which there is something to certify, with the number of tickets; oldest first."""
    require(unit.actor, "ledger.read")
    lines, _name = _destroyed(unit.ports.ledger.lines())
    found = _periods(lines, _small(unit, lines))
    ended = [(rule, period, len(some)) for (rule, period), some in found.items() if _over(unit, period)]
    return sorted(ended, key=lambda row: (last_of(row[1]), row[1], row[0]))


def period_of(unit: Unit, run: str) -> tuple[str, bool] | None:
    """The period whose certificate tells of this list, by its random name, and whether there is one by now.

    None while the ledger says nothing of it. Until a quarter is over its small months may still become one.
    """
    require(unit.actor, "ledger.read")
    lines, _name = _destroyed(unit.ports.ledger.lines())
    for (_rule, period), some in _periods(lines, _small(unit, lines)).items():
        if any(line.entry.run == run for line in some):
            return period, _over(unit, period)
    return None


def _small(unit: Unit, lines: Iterable[_Line]) -> int:
    return max((version(unit.session, name).small_run for name in {line.entry.version for line in lines}), default=5)


def _over(unit: Unit, period: str) -> bool:
    return day_of(unit.now) > last_of(period)


def issue(unit: Unit, rule: str, period: str) -> Certificate:
    """The certificate of a rule and period; the same whenever it is asked for.

    Raises Conflict while the period goes on or a run of it is not verified yet, NotFound when nothing was destroyed.
    """
    require(unit.actor, "ledger.read")
    lines, name = _destroyed(unit.ports.ledger.lines())
    small = _small(unit, lines)
    found = _periods(lines, small)
    if not _over(unit, period):
        raise Conflict("This period is not over yet.", code="period_open")
    waiting = unit.session.scalars(select(LedgerLine.month).where(LedgerLine.op == "destroyed")).all()
    if any(period in (month, quarter_of(month)) for month in waiting):
        raise Conflict("A destruction in this period is not verified yet.", code="not_verified")
    if (rule, period) not in found:
        raise NotFound("Nothing was destroyed under this rule in this period.")
    return next(one for one in _chain(unit, rule, found, small, name) if one["period"] == period)


def issued(unit: Unit, year: str = "") -> Iterator[Certificate]:
    """Every certificate that can be had now, of one year or of all; the ledger is read once for them together."""
    require(unit.actor, "ledger.read")
    lines, name = _destroyed(unit.ports.ledger.lines())
    small = _small(unit, lines)
    found = _periods(lines, small)
    waiting = set(unit.session.scalars(select(LedgerLine.month).where(LedgerLine.op == "destroyed")))
    waiting |= {quarter_of(month) for month in waiting}
    for rule in sorted({rule for rule, _period in found}):
        for one in _chain(unit, rule, found, small, name):
            if one["period"].startswith(year) and one["period"] not in waiting and _over(unit, one["period"]):
                yield one


def runs_of(unit: Unit, rule: str, period: str) -> set[str]:
    """The random names of the lists that a certificate tells of."""
    require(unit.actor, "ledger.read")
    lines, _name = _destroyed(unit.ports.ledger.lines())
    return {line.entry.run for line in _periods(lines, _small(unit, lines)).get((rule, period), [])}


def _chain(
    unit: Unit, rule: str, found: Mapping[tuple[str, str], list[_Line]], small: int, name: str
) -> Iterator[Certificate]:
    """The certificates of a rule, oldest first, each sealed with the one before it."""
    own = sorted((one for key, one in found if key == rule), key=lambda one: (last_of(one), one))
    sealed: Certificate = {}
    for one in own:
        some = found[rule, one]
        register = version(unit.session, some[-1].entry.version)
        sealed = _sealed(_body(register, rule, one, small, some, name), sealed.get("sha256"))
        yield sealed


def _body(register: Register, rule: str, period: str, small: int, lines: list[_Line], name: str) -> Certificate:
    text = register.rules[rule]
    subject = register.subjects[text.subject]
    last = max(lines, key=lambda line: line.seq)
    return {
        "format": FORMAT,
        "processing": register.id,
        "controller": register.controller_nl,
        "rule": rule,
        "period": period,
        "small": small,
        "about": {"nl": subject.nl, "en": subject.en},
        "fields": {"nl": list(text.fields_nl), "en": list(text.fields_en)},
        "ground": {
            "nl": text.told(dutch=True),
            "en": text.told(dutch=False),
            "selection_list": text.selection_list,
        },
        "numbers": _numbers(lines),
        "backup_horizon": str(register.backup_horizon),
        "backups_gone_by": _gone_by(period, register.backup_horizon),
        "ledger": {"name": name, "seq": last.seq, "hash": last.hash},
    }


def _gone_by(period: str, horizon: Period) -> str:
    """The month in which the last backup goes that was made in a period."""
    return last_day(last_of(period), horizon).isoformat()[:7]


def _sealed(body: Certificate, previous: str | None) -> Certificate:
    whole = {**body, "previous": previous}
    return {**whole, "sha256": seal(whole)}


def seal(whole: Mapping[str, Any]) -> str:
    """The hash over a certificate without its own seal, however its JSON is laid out."""
    said = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def as_json(certificate: Certificate, lines: Iterable[str]) -> str:
    """The certificate as it is kept and checked: with the end of the ledger as it is now, so that a cut is seen."""
    head = head_of(lines)
    whole = {**certificate, _END: {"seq": head.seq, "hash": head.hash}}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def verify(content: str, lines: Iterable[str]) -> None:
    """Raise Invalid unless the certificate is whole and the ledger says the very numbers; asks nothing but these two.

    Raises Invalid for a ledger that is broken, of another database, or cut off before where it ended when the
    certificate was handed out.
    """
    said = _parsed(content)
    found, name, hash_at_end = _read(lines, said[_END]["seq"])
    if hash_at_end != said[_END]["hash"]:
        raise Invalid("The ledger is not the one that this certificate was made from.", code="certificate_ledger")
    some = _periods(found, said["small"]).get((said["rule"], said["period"]), [])
    last = max(some, key=lambda line: line.seq, default=None)
    here = None if last is None else {"name": name, "seq": last.seq, "hash": last.hash}
    if here != said["ledger"]:
        raise Invalid("The ledger is not the one that this certificate was made from.", code="certificate_ledger")
    gone_by = _gone_by(said["period"], period_in(said["backup_horizon"]))
    if (_numbers(some), gone_by) != (said["numbers"], said["backups_gone_by"]):
        raise Invalid("The numbers of this certificate are not those of the ledger.", code="certificate_numbers")


def _parsed(content: str) -> Certificate:
    try:
        said: Certificate = json.loads(content)
        body = {key: value for key, value in said.items() if key not in ("sha256", _END)}
        whole = said["sha256"] == seal(body) and said["format"] == FORMAT and isinstance(said["small"], int)
        whole = whole and isinstance(said[_END]["seq"], int) and isinstance(said[_END]["hash"], str)
        whole = whole and all(isinstance(said[name], str) for name in ("rule", "period", "backup_horizon"))
        whole = whole and {"numbers", "ledger", "backups_gone_by"} <= said.keys()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise Invalid("This is no certificate of ours.", code="certificate_shape") from fault
    if not whole:
        raise Invalid("This certificate was changed after it was made.", code="certificate_changed")
    return said
