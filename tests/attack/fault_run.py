"""One fault run on one database: send, kill, wait until it is quiet, compare. Prints nothing itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpdesk.ports import Ports
from mail_ingest.upkeep import settle_blobs
from tests.attack import findings
from tests.attack.advisor import Advisor
from tests.attack.corpus import Planned, Writer, write_manifest
from tests.attack.crew import Crew
from tests.attack.installation import Installation
from tests.attack.killer import Killer
from tests.attack.kills import described, draw
from tests.attack.planted import Evidence
from tests.attack.points import POINTS, Point
from tests.attack.report import Circumstances, Report
from tests.attack.senders import Mailbox, Receiver, Sender, Sent
from tests.services.relay import Policy

_QUIET_TURNS = 4
_LOOK_EVERY = 0.5
_STALLED_AFTER = 6.0


@dataclass(frozen=True)
class Plan:
    """The size of one run. The same plan gives the same mails, kills and order."""

    database: str
    seed: int
    mails: int
    kills: int
    points: Sequence[Point] = POINTS
    timeout: float = 1800.0


class FaultRun:
    """Everything of one run; `say` gets lines of progress."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan, self._say = plan, say
        self.mails = Writer(plan.seed, plan.mails).all()
        self.kills = draw(plan.seed, plan.kills, plan.mails, plan.database, plan.points)
        self.sent = Sent()
        self._hours = 0

    def run(self) -> Report:
        """The whole of it."""
        plan = self.plan
        policy = Policy(seed=plan.seed, later=0.10, never=0.02, cut=0.02)
        with Installation(plan.database, seed=plan.seed, policy=policy) as installation:
            manifest = write_manifest(self.mails, installation.folder / "manifest.jsonl")
            digest = hashlib.sha256(f"{manifest} {described(self.kills)}".encode()).hexdigest()[:16]
            self._say(f"{plan.database}: {len(self.mails)} mails, {len(self.kills)} kills, plan {digest}")
            ports = installation.ports()
            killer = Killer(installation, self.kills, self._say)
            with Crew(installation, killer.watched) as crew:
                advisor = self._under_fire(installation, ports, killer, crew)
                quiet = self._wait_until_quiet(installation, ports, crew)
                orphans = crew.orphans()
                ended_alone = crew.ended_alone
            circumstances = Circumstances(
                plan_digest=digest,
                killer=killer,
                sent=self.sent,
                quiet=quiet,
                orphan_processes=orphans,
                ended_alone=sum(ended_alone.values()),
            )
            try:
                return self._compare(installation, ports, advisor, circumstances)
            finally:
                ports.engine.dispose()

    def _under_fire(self, installation: Installation, ports: Ports, killer: Killer, crew: Crew) -> Advisor:
        """Send everything while the kills go on; returns when the last mail is out and the last kill done."""
        doors: dict[str, Callable[[Planned], bool]] = {
            "imap": Mailbox(installation.account),
            "smtp": Receiver(installation.smtp_port, lmtp=False),
            "lmtp": Receiver(installation.lmtp_port, lmtp=True),
        }
        senders = [
            Sender([mail for mail in self.mails if mail.door == door], send, killer.share, self.sent)
            for door, send in doors.items()
        ]
        advisor = Advisor(ports, self._to_answer(), killer.share, self.plan.seed)
        threads: list[Sender | Advisor] = [*senders, advisor]
        for thread in threads:
            thread.start()
        killer.run(crew)
        end = time.monotonic() + self.plan.timeout
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
            thread.stop.set()
        return advisor

    def _to_answer(self) -> list[Planned]:
        """One mail in twenty is answered, each the only one of its sender."""
        alone = Counter(mail.thread for mail in self.mails)
        fit = [mail for mail in self.mails if alone[mail.thread] == 1 and mail.kind == "plain"]
        return fit[:: max(1, len(fit) * 20 // max(1, self.plan.mails))]

    def _wait_until_quiet(self, installation: Installation, ports: Ports, crew: Crew) -> bool:
        """Until nothing waits and the mailbox is empty; mails the relay put off are made due by moving the clock."""
        end = time.monotonic() + self.plan.timeout
        turns, stalled_since = 0, time.monotonic()
        while time.monotonic() < end:
            left = findings.waiting(ports)
            lying = installation.account.count()
            turns = turns + 1 if not (left.received or left.outgoing or lying) else 0
            if turns >= _QUIET_TURNS:
                return True
            if left.received or lying or left.due or not left.outgoing:
                stalled_since = time.monotonic()
            elif time.monotonic() - stalled_since > _STALLED_AFTER:
                self._move_clock(crew, left.outgoing)
                stalled_since = time.monotonic() + 4
            time.sleep(_LOOK_EVERY)
        return False

    def _move_clock(self, crew: Crew, count: int) -> None:
        self._hours += 2
        self._say(f"{count} mails wait for another try at the relay: the clock goes {self._hours} hours ahead")
        moved = crew.environment | {"HELPDESK_CLOCK_OFFSET": f"PT{self._hours}H"}
        crew.restart(("worker-1", "worker-2", "scheduler"), moved)

    def _compare(
        self, installation: Installation, ports: Ports, advisor: Advisor, circumstances: Circumstances
    ) -> Report:
        settle_blobs(ports, dt.timedelta(0))
        tickets = findings.all_tickets(ports)
        evidence = Evidence(
            mails=self.mails,
            tickets=tickets,
            duplicates=findings.duplicate_rows(ports, tickets),
            threads=len({mail.thread for mail in self.mails}),
            written=advisor.written,
            rows=findings.outbox_rows(ports),
            sink=findings.at_sink(installation.relay.kept()),
            refusals=installation.relay.answers().count("never"),
        )
        return Report.of(self.plan.database, installation, ports, evidence, circumstances)
