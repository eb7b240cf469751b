"""Compares what the tickets hold with the manifest, and what the relay got with what was due. Pure; asks nobody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.attack.advisor import Written
from tests.attack.corpus import Planned

Ticket = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the product's outbox, and what it says became of it."""

    message_id: str
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class AtSink:
    """One mail the relay kept: its whole text, decoded, and the digest of its bytes."""

    message_id: str
    to: str
    text: str
    sha256: str
    at: float


@dataclass
class Verdict:
    """Counts by name, and one line for each thing that is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def fault(self, name: str, line: str) -> None:
        """Count one fault of a kind."""
        self.counts[name] += 1
        self.wrong.append(f"{name}: {line}")


def _flat(text: str) -> str:
    return " ".join(text.split())


def judge_mails(mails: Sequence[Planned], tickets: Sequence[Ticket], duplicate_rows: Counter[str]) -> Verdict:
    """Every mail of the manifest once, whole, and in the ticket of its thread; copies counted as duplicates.

    `duplicate_rows` counts the rows of the intake log in state duplicate, by the SHA-256 of the first sighting.
    """
    verdict = Verdict()
    originals = [mail for mail in mails if mail.copy_of is None]
    places: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    known = {mail.sha256 for mail in originals}
    for ticket in tickets:
        for entry in ticket["entries"]:
            if entry["inbound"] is None:
                continue
            if entry["raw_sha256"] in known:
                places[entry["raw_sha256"]].append((ticket["number"], entry))
            else:
                verdict.fault("doubled", f"ticket {ticket['number']} holds a mail nobody sent")
    for mail in originals:
        _judge_one(verdict, mail, places[mail.sha256])
    _judge_threads(verdict, originals, {sha: found[0][0] for sha, found in places.items() if found})
    _judge_people(verdict, originals, tickets, places)
    copies = Counter(mail.sha256 for mail in mails if mail.copy_of is not None)
    verdict.counts["sent"] = len(originals)
    verdict.counts["in_tickets"] = sum(len(places[mail.sha256]) == 1 for mail in originals)
    verdict.counts["copies"] = sum(copies.values())
    verdict.counts["duplicate"] = sum(min(count, duplicate_rows[sha]) for sha, count in copies.items())
    return verdict


def _judge_one(verdict: Verdict, mail: Planned, places: list[tuple[str, Mapping[str, Any]]]) -> None:
    what = f"mail {mail.number} ({mail.kind}, {mail.door})"
    if not places:
        verdict.fault("lost", what)
        return
    for number, _entry in places[1:]:
        verdict.fault("doubled", f"{what}, in {places[0][0]} and {number}")
    for number, entry in places:
        if _flat(mail.marker) not in _flat(entry["text"]):
            verdict.fault("damaged", f"{what}: its words are not in {number}")
        if sorted(file["sha256"] for file in entry["attachments"]) != list(mail.attachments):
            verdict.fault("damaged", f"{what}: its files are not in {number}")
        if not entry["indexed"]:
            verdict.fault("damaged", f"{what}: not in the search index")


def _judge_threads(verdict: Verdict, mails: Iterable[Planned], ticket_of: Mapping[str, str]) -> None:
    """A thread in two tickets is wrong, and so are two threads in one."""
    by_thread: dict[int, Counter[str]] = defaultdict(Counter)
    by_ticket: dict[str, Counter[int]] = defaultdict(Counter)
    for mail in mails:
        if mail.sha256 in ticket_of:
            by_thread[mail.thread][ticket_of[mail.sha256]] += 1
            by_ticket[ticket_of[mail.sha256]][mail.thread] += 1
    for thread, where in by_thread.items():
        for number, _count in where.most_common()[1:]:
            verdict.fault("wrong_thread", f"thread {thread} lies in {where.most_common(1)[0][0]} and in {number}")
    for number, threads in by_ticket.items():
        for thread, _count in threads.most_common()[1:]:
            verdict.fault("wrong_thread", f"ticket {number} holds thread {thread} too")


def _judge_people(
    verdict: Verdict,
    mails: Iterable[Planned],
    tickets: Iterable[Ticket],
    places: Mapping[str, list[tuple[str, Mapping[str, Any]]]],
) -> None:
    requesters = {
        ticket["number"]: {person["address"] for person in ticket["people"] if person["role"] == "requester"}
        for ticket in tickets
    }
    for mail in mails:
        for number, _entry in places[mail.sha256]:
            if requesters[number] != {mail.sender}:
                verdict.fault("half_tickets", f"ticket {number} has not mail {mail.number}'s sender as requester")


def judge_outgoing(
    threads: int, written: Sequence[Written], rows: Sequence[Outgoing], sink: Sequence[AtSink], refusals: int
) -> Verdict:
    """A receipt per thread and every answer, each at the relay, or refused by it for good and shown so.

    A second copy is a double; it must be the same mail, byte for byte. `refusals` is how often the relay said 550.
    """
    verdict = Verdict()
    seen: dict[str, list[AtSink]] = defaultdict(list)
    for mail in sink:
        seen[mail.message_id].append(mail)
    by_kind = Counter(row.kind for row in rows)
    verdict.counts["out_due"] = threads + len(written)
    verdict.counts["out_seen"] = sum(row.message_id in seen for row in rows)
    verdict.counts["answers"] = len(written)
    for kind, due in (("receipt", threads), ("answer", len(written))):
        if by_kind[kind] != due:
            verdict.fault("out_rows_wrong", f"{by_kind[kind]} rows of kind {kind} for {due} due")
    failed = [row for row in rows if row.state == "failed" and row.message_id not in seen]
    verdict.counts["out_refused"] = len(failed)
    if len(failed) > refusals:
        verdict.fault("out_lost", f"{len(failed)} mails failed though the relay refused only {refusals}")
    for row in rows:
        _judge_row(verdict, row, seen.get(row.message_id, []))
    for stranger in seen.keys() - {row.message_id for row in rows}:
        verdict.fault("out_rows_wrong", f"the relay got {stranger}, of which there is no row")
    _judge_answers(verdict, written, rows, seen)
    return verdict


def _judge_row(verdict: Verdict, row: Outgoing, copies: list[AtSink]) -> None:
    name = "answers" if row.kind == "answer" else "out"
    if not copies and row.state != "failed":
        verdict.fault(f"{name}_lost", f"{row.kind} {row.message_id} is {row.state}, and not at the relay")
    verdict.counts["refused_after_250"] += bool(copies) and row.state == "failed"
    if copies and row.state not in ("sent", "failed"):
        verdict.fault("out_rows_wrong", f"{row.kind} {row.message_id} is at the relay, but {row.state}")
    verdict.counts["answers_doubled"] += max(0, len(copies) - 1) * (row.kind == "answer")
    verdict.counts["out_doubled"] += max(0, len(copies) - 1)
    if len({copy.sha256 for copy in copies}) > 1:
        verdict.fault("doubles_differ", f"{row.kind} {row.message_id}")


def _judge_answers(
    verdict: Verdict, written: Sequence[Written], rows: Sequence[Outgoing], seen: Mapping[str, list[AtSink]]
) -> None:
    """By the words of the answer, whatever our rows say: one Message-ID, and only to the one it was for."""
    failed = sum(row.state == "failed" and row.kind == "answer" for row in rows)
    missing = []
    for answer in written:
        ids = {mail.message_id for mails in seen.values() for mail in mails if answer.marker in _flat(mail.text)}
        readers = {mail.to for one in ids for mail in seen[one]}
        if not ids:
            missing.append(answer.marker)
        if len(ids) > 1 or not readers <= {answer.to}:
            verdict.fault("answers_astray", f"{answer.marker} in {len(ids)} mails")
    for marker in missing[failed:]:
        verdict.fault("answers_lost", f"{marker} is not at the relay")
