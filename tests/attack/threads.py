"""`make attack-threads`: strangers who try to get into a ticket, and people who must get in; on both databases."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, cast

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.keys import load_keys, rotate_tokens
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Address
from helpdesk.people.accounts import create_account
from helpdesk.people.addresses import normal, person_for
from helpdesk.ports import Ports
from helpdesk.tickets.handling import add_participant
from helpdesk.tickets.merging import merge, undo_merge
from helpdesk.tickets.replying import Answer, reply
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.attack.thread_cases import ANSWERS, ATTACKS, OURS, Case, Seen
from tests.attack.thread_doors import run_at_doors
from tests.attack.thread_reports import FORGED, TRUE
from tests.letters import letter, receive, wait
from tests.services import postgres
from tests.show_mail import empty_ports

BREAK_INS = (*ATTACKS, *FORGED)
FEMKE = "femke.devries@minbz.example"
SECRET = "zonnebloemgeheim"


@dataclass
class Tally:
    """What the run found; a case that went wrong leaves its name."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, name: str, what: str, *, right: bool) -> None:
        """Count a thing that was looked at, and keep the name of a case that failed it."""
        self.counts[what] += right
        if not right:
            self.wrong.append(f"{name}: {what}")


class Scene:
    """A ticket of Femke with an answer she got, on ports of its own."""

    def __init__(self, ports: Ports, case: Case) -> None:
        said = replace(
            ports.settings,
            authserv_id=OURS if case.authserv else "",
            reply_address="plus" if case.plus else "plain",
            undo_seconds=0,
            public_url="https://helpdesk.example",
        )
        self.ports = replace(ports, settings=said)
        with unit_of_work(self.ports, SYSTEM) as unit:
            account_id = create_account(unit, f"{case.name[:20]}@academie.example", "Marije", ["advisor"], None)
        self.actor = Actor(account_id, frozenset({"advisor"}))
        receive(self.ports, letter(f"Kan het? {SECRET}", Cc="Ahmed <ahmed@minbz.example>"))
        self.number = self.numbers()[0]
        self.seen = self._answered()

    def numbers(self) -> list[str]:
        """Numbers of all tickets, oldest first."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            return [row["number"] for row in ticket_list_json(unit)]

    def show(self, number: str) -> dict[str, Any]:
        """A ticket as the command line shows it."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            return ticket_json(unit, number)

    def _answered(self) -> Seen:
        with unit_of_work(self.ports, self.actor) as unit:
            version = thread_of(unit, self.number).ticket.version
            reply(unit, self.number, Answer(f"Dat kan. {SECRET}", (FEMKE,), "waiting_for_asker", version, "c"))
            add_participant(unit, self.number, "sofie@minbz.example")
            person = person_for(unit, FEMKE)
            unit.session.add(
                Address(
                    person_id=person.id,
                    value="femke@thuis.example",
                    verified_at=unit.now,
                    source="advisor",
                    created_at=unit.now,
                )
            )
        path, _recipients, raw = self.sent()[-1]
        mail = message_from_bytes(raw, policy=policy.default)
        message_id = str(mail["Message-ID"])
        token, return_token = message_id.split(".")[1], path.partition("@")[0].partition("+")[2]
        return Seen(self.number, message_id, str(mail["Reply-To"]), token, return_token)

    def sent(self) -> list[tuple[str, tuple[str, ...], bytes]]:
        """Everything that went out until now."""
        deliver_waiting(self.ports)
        return cast("MemoryMailer", self.ports.mailer).sent


def _leaks(scene: Scene, before: int, attack_mail: bytes) -> bool:
    """Whether a mail went to anybody but the address in From, or says what the attacker did not."""
    said = message_from_bytes(attack_mail, policy=policy.default)
    sender = normal(said["From"].addresses[0].addr_spec)
    guessed = scene.number in str(said["Subject"])
    for _from, recipients, raw in scene.sent()[before:]:
        text = message_from_bytes(raw, policy=policy.default).as_string()
        if {normal(address) for address in recipients} - {sender} or SECRET in text:
            return True
        if scene.number in text and not guessed:
            return True
    return False


def attack(scene: Scene, case: Case, tally: Tally) -> None:
    """Send one attack; it must open a ticket of its own with a hint and leak nothing; one verb merges, one undoes."""
    sent, before = len(scene.sent()), scene.show(scene.number)
    raw = case.make(scene.seen, case.name.replace("'", ""))
    wait(scene.ports)
    receive(scene.ports, raw)
    fresh = [number for number in scene.numbers() if number != scene.number]
    tally.check(
        case.name, "kept_out", right=scene.show(scene.number)["entries"] == before["entries"] and len(fresh) == 1
    )
    tally.check(case.name, "no_leak", right=not _leaks(scene, sent, raw))
    if not fresh:
        return
    shown = scene.show(fresh[0])
    if case in FORGED:
        tally.check(case.name, "left_alone", right=shown["status"] == "done" and len(scene.sent()) == sent)
    tally.check(case.name, "hints", right=(shown["hint"] or {}).get("number") == scene.number)
    with unit_of_work(scene.ports, scene.actor) as unit:
        merge(unit, fresh[0], scene.number)
    tally.check(case.name, "merges_ok", right=len(scene.show(scene.number)["entries"]) == len(before["entries"]) + 1)
    with unit_of_work(scene.ports, scene.actor) as unit:
        undo_merge(unit, fresh[0])
    same = scene.show(scene.number) == before and scene.show(fresh[0]) == shown
    tally.check(case.name, "undo_ok", right=same)


def true_answer(scene: Scene, case: Case, tally: Tally) -> None:
    """Send one true answer; it must join, also after the key was rotated."""
    entries = len(scene.show(scene.number)["entries"])
    wait(scene.ports)
    receive(scene.ports, case.make(scene.seen, case.name.replace("'", "")), mailbox=case.mailbox)
    _rotate(scene)
    receive(scene.ports, case.make(scene.seen, f"{case.name.replace(chr(39), '')}-2"), mailbox=case.mailbox)
    joined = scene.numbers() == [scene.number] and len(scene.show(scene.number)["entries"]) == entries + 2
    tally.check(case.name, "answers_joined", right=joined)


def true_report(scene: Scene, case: Case, tally: Tally) -> None:
    """Send true machine mail, twice, with the key rotated between; it must join, mark whom it is of, and do no more."""
    before, sent = scene.show(scene.number), len(scene.sent())
    wait(scene.ports)
    receive(scene.ports, case.make(scene.seen, case.name))
    _rotate(scene)
    receive(scene.ports, case.make(scene.seen, f"{case.name}-2"))
    after = scene.show(scene.number)
    joined = scene.numbers() == [scene.number] and len(after["entries"]) == len(before["entries"]) + 2
    tally.check(case.name, "reports_joined", right=joined)
    state = next(entry for entry in after["entries"] if entry["kind"] == "answer")["outgoing"]["recipients"][0]["state"]
    tally.check(case.name, "marked_right", right=state == ("accepted" if "absent" in case.name else "bounced"))
    tally.check(case.name, "left_alone", right=after["status"] == before["status"] and len(scene.sent()) == sent)


def _rotate(scene: Scene) -> None:
    """Sign new tokens with a new key."""
    path = scene.ports.settings.data / "keys.json"
    if not path.exists():
        path = scene.ports.settings.data / "secrets" / "keys.json"
    rotate_tokens(path)
    scene.ports = replace(scene.ports, keys=load_keys(path))


@contextmanager
def databases(kinds: Sequence[str]) -> Iterator[list[tuple[str, postgres.Postgres | None]]]:
    """The databases to run on, PostgreSQL started."""
    if "postgresql" not in kinds:
        yield [("sqlite", None)]
        return
    with postgres.Postgres(durable=False) as server:
        yield [(kind, server if kind == "postgresql" else None) for kind in kinds]


def run_case(case: Case, server: postgres.Postgres | None, tally: Tally) -> None:
    """One case on a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        url = server.fresh_database() if server else ""
        ports = empty_ports(Path(folder), url)
        try:
            judge = attack if case in BREAK_INS else true_report if case in TRUE else true_answer
            judge(Scene(ports, case), case, tally)
        finally:
            ports.engine.dispose()


def print_line(line: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Run every case on every database, in an order drawn by SEED; print a line each. Returns the exit code."""
    seed = int(os.environ.get("SEED", "7"))
    tally = Tally()
    kinds = os.environ.get("DB", "both").replace("both", "sqlite,postgresql").split(",")
    cases = [*BREAK_INS, *ANSWERS, *TRUE]
    random.Random(seed).shuffle(cases)
    with databases(kinds) as found:
        for kind, server in found:
            for case in cases:
                before = len(tally.wrong)
                run_case(case, server, tally)
                word = "attack" if case in BREAK_INS else "answer"
                sys.stdout.write(f"{kind} {word} {case.name}: {'WRONG' if len(tally.wrong) > before else 'right'}\n")
    doors = run_at_doors(seed, kinds[0], print_line)
    for line in tally.wrong:
        sys.stdout.write(f"WRONG {line}\n")
    attacks, answers, reports = (len(cases) * len(kinds) for cases in (BREAK_INS, ANSWERS, TRUE))
    count = tally.counts
    sys.stdout.write(
        f"RESULT attack-threads seed={seed} databases={'+'.join(kinds)} attacks={attacks} "
        f"joined={attacks - count['kept_out']} leaked={attacks - count['no_leak']} hints={count['hints']} "
        f"merges_ok={count['merges_ok']} undo_ok={count['undo_ok']} answers={answers} "
        f"answers_joined={count['answers_joined']} forged_reports={len(FORGED) * len(kinds)} reports={reports} "
        f"reports_joined={count['reports_joined']} marked_right={count['marked_right']} "
        f"left_alone={count['left_alone']} {_said(doors)}\n"
    )
    return 1 if tally.wrong or not _kept_shut(doors) else 0


def _said(doors: Counter[str]) -> str:
    names = ("attacks", "joined", "leaked", "hints", "answers", "answers_joined")
    return " ".join(f"doors_{name}={doors[name]}" for name in names)


def _kept_shut(doors: Counter[str]) -> bool:
    """Whether at the real doors, too, nobody got in who must not, and everybody who must."""
    looked = doors["attacks"] == doors["hints"] == len(BREAK_INS) and 0 < doors["answers"] == doors["answers_joined"]
    return looked and not doors["joined"] + doors["leaked"]


if __name__ == "__main__":
    sys.exit(main())
