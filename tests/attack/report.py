"""Adds up one fault run: the verdict, the state of disk and mailbox, the kills, and whether the limits were met."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from helpdesk.ports import Ports
from tests.attack import findings
from tests.attack.installation import Installation
from tests.attack.killer import Killed, Killer
from tests.attack.kills import WORKER
from tests.attack.planted import Evidence, planted_faults
from tests.attack.points import AFTER_250
from tests.attack.senders import Sent

_NEAR = 3.0
_ARRIVING = 0.8
_CLI_SAMPLE = 20
_AFTER_FIRST_COPY = 3.0
_CAN_DOUBLE = (WORKER, "worker-1", "worker-2", "scheduler", "sink", "postgresql")
MUST_BE_ZERO = (
    "lost",
    "doubled",
    "damaged",
    "wrong_thread",
    "half_tickets",
    "orphan_blobs",
    "left_in_mailbox",
    "parked",
    "answers_lost",
    "answers_astray",
    "out_lost",
    "out_rows_wrong",
    "doubles_differ",
    "doubles_unexplained",
    "refused_at_door",
    "expunge_without_uid",
    "unreached",
    "orphan_processes",
    "reconcile_differences",
    "cli_differs",
)


@dataclass(frozen=True)
class Circumstances:
    """How the run went, besides what it left."""

    plan_digest: str
    killer: Killer
    sent: Sent
    quiet: bool
    orphan_processes: int
    ended_alone: int


@dataclass
class Report:
    """The figures of one run; `wrong` explains each fault in a line."""

    database: str
    digest: str
    counts: Counter[str]
    kills: Counter[str]
    wrong: list[str]
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, database: str, installation: Installation, ports: Ports, evidence: Evidence, how: Circumstances
    ) -> Self:
        """Everything counted."""
        verdict = evidence.judge()
        counts, wrong = verdict.counts, verdict.wrong
        halves = findings.half_tickets(ports)
        orphans = findings.orphan_blobs(ports, installation.data / "blobs")
        wrong += [f"half_tickets: {line}" for line in halves] + [f"orphan_blobs: {line}" for line in orphans]
        counts["half_tickets"] += len(halves)
        counts["orphan_blobs"] = len(orphans)
        counts["left_in_mailbox"] = installation.account.count()
        counts["parked"] = findings.intake_states(ports)["parked"]
        counts["planted"], counts["planted_found"] = planted_faults(evidence)
        counts["refused_at_door"] = len(how.sent.refused)
        counts["repeats"] = how.sent.repeats
        counts["expunge_without_uid"] = installation.proxy.unguarded()
        counts["uid_expunge"] = installation.proxy.commands().count("UID EXPUNGE")
        counts["cuts"], counts["uidvalidity_changes"] = how.killer.cuts, how.killer.renumbered
        counts["unreached"] = len(how.killer.unreached)
        counts["orphan_processes"], counts["ended_alone"] = how.orphan_processes, how.ended_alone
        counts["arriving"] = round(100 * _arriving(how.killer.done, how.sent))
        counts["quiet"] = how.quiet
        _count_doubles(counts, wrong, evidence, how.killer.done)
        _ask_the_command_line(counts, wrong, installation, evidence)
        report = cls(database, how.plan_digest, counts, how.killer.per_point(), wrong)
        report._check()
        return report

    def _check(self) -> None:
        counts = self.counts
        self.problems += [name for name in MUST_BE_ZERO if counts[name]]
        if counts["in_tickets"] != counts["sent"] or counts["duplicate"] != counts["copies"]:
            self.problems.append("not every mail is accounted for")
        if counts["planted_found"] != counts["planted"]:
            self.problems.append("the comparison misses planted faults")
        if counts["answers_doubled"] > counts["kills_after_250"]:
            self.problems.append("more doubles than kills after the relay's 250")
        if counts["arriving"] < 100 * _ARRIVING:
            self.problems.append("too few kills while mail was arriving")
        if not counts["quiet"]:
            self.problems.append("it did not become quiet in time")

    @property
    def good(self) -> bool:
        """Whether every limit was met."""
        return not self.problems

    def line(self) -> str:
        """The RESULT line."""
        names = (
            *("sent", "in_tickets", "duplicate", "lost", "doubled", "damaged", "wrong_thread", "left_in_mailbox"),
            *("orphan_blobs", "half_tickets", "parked", "answers", "answers_lost", "answers_doubled"),
            *("out_due", "out_seen", "out_refused", "out_lost", "out_doubled", "kills_after_250", "refused_after_250"),
            "doubles_differ",
            *("expunge_without_uid", "uid_expunge", "cuts", "uidvalidity_changes", "repeats", "refused_at_door"),
            *("reconcile_differences", "cli_checked", "cli_differs", "planted", "planted_found", "orphan_processes"),
            "unreached",
        )
        said = " ".join(f"{name}={self.counts[name]}" for name in names)
        points = ",".join(f"{name}:{count}" for name, count in sorted(self.kills.items()))
        verdict = "ok" if self.good else "; ".join(self.problems)
        return (
            f"RESULT chaos db={self.database} {said} kills={sum(self.kills.values())} kills_per_point={points} "
            f"mail_arriving={self.counts['arriving']}% plan={self.digest} verdict={verdict!r}"
        )


def _arriving(done: Sequence[Killed], sent: Sent) -> float:
    return sum(sent.near(one.at, _NEAR) for one in done) / max(1, len(done))


def _count_doubles(counts: Counter[str], wrong: list[str], evidence: Evidence, done: Sequence[Killed]) -> None:
    """What the relay took, and we tried again, must have a kill right behind it: at the point, or one by chance.

    Such a mail came twice, or the relay refused it the second time, and it counts as failed though it is there.
    """
    at_point = {index for index, one in enumerate(done) if one.kill.point == AFTER_250}
    by_chance: set[int] = set()
    for message_id, began in _tried_again(evidence):
        near = {
            index
            for index, one in enumerate(done)
            if one.kill.target in _CAN_DOUBLE and -0.5 <= one.at - began <= _AFTER_FIRST_COPY
        }
        if not near & at_point:
            by_chance |= set(sorted(near, key=lambda index: abs(done[index].at - began))[:1])
        if not near:
            counts["doubles_unexplained"] += 1
            wrong.append(f"doubles_unexplained: {message_id} was tried again with no kill behind the first")
    counts["kills_after_250"] = len(at_point | by_chance)


def _tried_again(evidence: Evidence) -> list[tuple[str, float]]:
    """Message-ID and time of the first copy, once for each further copy, and for each that failed later."""
    firsts: dict[str, float] = {}
    again = []
    for mail in sorted(evidence.sink, key=lambda mail: mail.at):
        if mail.message_id in firsts:
            again.append((mail.message_id, firsts[mail.message_id]))
        firsts.setdefault(mail.message_id, mail.at)
    failed = [row.message_id for row in evidence.rows if row.state == "failed" and row.message_id in firsts]
    return again + [(message_id, firsts[message_id]) for message_id in failed]


def _ask_the_command_line(
    counts: Counter[str], wrong: list[str], installation: Installation, evidence: Evidence
) -> None:
    """`ticket list`, a sample of `ticket show`, and `reconcile`, as an outsider would call them."""
    listed = {row["number"] for row in json.loads(installation.run("-m", "helpdesk", "ticket", "list", "--json"))}
    by_number = {ticket["number"]: ticket for ticket in evidence.tickets}
    sample = random.Random(1).sample(sorted(by_number), min(_CLI_SAMPLE, 3 + len(by_number) // 20))
    different = listed ^ by_number.keys()
    for number in sample:
        shown = json.loads(installation.run("-m", "helpdesk", "ticket", "show", number, "--json"))
        if [entry["raw_sha256"] for entry in shown["entries"]] != [
            entry["raw_sha256"] for entry in by_number[number]["entries"]
        ]:
            different.add(number)
    counts["cli_checked"], counts["cli_differs"] = len(sample), len(different)
    try:
        installation.run("-m", "helpdesk", "reconcile")
    except RuntimeError as error:
        counts["reconcile_differences"] += 1
        wrong.append(f"reconcile: {error}")
