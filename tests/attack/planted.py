"""Plants one fault of each kind in copies of what was found, and asks whether the judge sees it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.attack.advisor import Written
from tests.attack.corpus import Planned
from tests.attack.judge import AtSink, Outgoing, Verdict, judge_mails, judge_outgoing

Tickets = list[dict[str, Any]]


@dataclass(frozen=True)
class Evidence:
    """All that the judge looks at."""

    mails: Sequence[Planned]
    tickets: Tickets
    duplicates: Counter[str]
    threads: int
    written: Sequence[Written]
    rows: Sequence[Outgoing]
    sink: Sequence[AtSink]
    refusals: int

    def judge(self) -> Verdict:
        """Both judgements in one."""
        mails = judge_mails(self.mails, self.tickets, self.duplicates)
        out = judge_outgoing(self.threads, self.written, self.rows, self.sink, self.refusals)
        return Verdict(mails.counts + out.counts, mails.wrong + out.wrong)


def _first_mail(tickets: Tickets) -> dict[str, Any]:
    return next(entry for ticket in tickets for entry in ticket["entries"] if entry["inbound"])


def _lose(tickets: Tickets) -> None:
    for ticket in tickets:
        for entry in ticket["entries"]:
            if entry["inbound"]:
                ticket["entries"].remove(entry)
                return


def _double(tickets: Tickets) -> None:
    tickets[-1]["entries"].append(copy.deepcopy(_first_mail(tickets)))


def _misthread(tickets: Tickets) -> None:
    entry = _first_mail(tickets)
    for ticket in tickets:
        if entry in ticket["entries"]:
            ticket["entries"].remove(entry)
    tickets[-1]["entries"].append(entry)


def _damage_words(tickets: Tickets) -> None:
    _first_mail(tickets)["text"] = "iets anders"


def _damage_files(tickets: Tickets) -> None:
    _first_mail(tickets)["attachments"].append({"sha256": "0" * 64})


def _strange(tickets: Tickets) -> None:
    _first_mail(tickets)["raw_sha256"] = "0" * 64


_IN_TICKETS: tuple[tuple[str, Callable[[Tickets], None]], ...] = (
    ("lost", _lose),
    ("doubled", _double),
    ("wrong_thread", _misthread),
    ("damaged", _damage_words),
    ("damaged", _damage_files),
    ("doubled", _strange),
)


def planted_faults(evidence: Evidence) -> tuple[int, int]:
    """How many faults were planted, one at a time, and in how many the judge's count of that fault rose."""
    before = evidence.judge().counts
    found = planted = 0
    for name, plant in _IN_TICKETS:
        changed = copy.deepcopy(evidence.tickets)
        plant(changed)
        planted += 1
        found += replace(evidence, tickets=changed).judge().counts[name] > before[name]
    for name, changed_evidence in _at_the_relay(evidence):
        planted += 1
        found += changed_evidence.judge().counts[name] > before[name]
    return planted, found


def _at_the_relay(evidence: Evidence) -> list[tuple[str, Evidence]]:
    answer = next(mail for mail in evidence.sink if any(one.marker in mail.text for one in evidence.written))
    without = [mail for mail in evidence.sink if mail.message_id != answer.message_id]
    other = replace(answer, sha256="0" * 64)
    return [
        ("answers_lost", replace(evidence, sink=without)),
        ("answers_doubled", replace(evidence, sink=[*evidence.sink, answer])),
        ("doubles_differ", replace(evidence, sink=[*evidence.sink, other])),
        ("answers_astray", replace(evidence, sink=[*without, replace(answer, to="iemand@elders.example")])),
        ("out_lost", replace(evidence, sink=without[1:], refusals=-1)),
    ]
