"""The plan of kills: how many, where, in which order, drawn from a seed. Kills nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.attack.points import POINTS, Point

SERVICES = ("valkey", "sink")
RANDOM_ROLES = ("poller", "receiver", "worker-1", "worker-2", "scheduler")
WORKER = "worker"
"""Target of a kill at a point of the workers: whichever comes there first."""
_FEW, _MANY = 20, 15
LEAST = 3
"""SIGKILLs in each named point, and of each server, when there are kills enough."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: of a role at a point (on its n-th pass), of a role at any moment, or of a server."""

    target: str
    point: str | None
    passes: int
    pause: float
    cut: bool = False
    renumber: bool = False
    """Whether the mailbox loses its UIDs before the dead poller comes back."""


def draw(seed: int, count: int, mails: int, database: str, points: Sequence[Point] = POINTS) -> list[Kill]:
    """`count` kills: an equal number in each named point (3 when there is room), servers, the rest anywhere.

    With only some of the points, all kills fall in those. The more of the `mails` there are for each kill, the later
    the pass at which it strikes.
    """
    rng = random.Random(f"kills {seed} {database}")
    services = [*SERVICES, "postgresql"] if database == "postgresql" else list(SERVICES)
    everything = len(points) == len(POINTS)
    each = max(1, min(LEAST, count // (len(points) + len(services)))) if everything else count
    targets: list[tuple[str, str | None]] = []
    for turn in range(each):
        targets += [(point.roles[turn % len(point.roles)], point.name) for point in points]
    targets = targets[:count]
    targets += [(name, None) for name in services for _ in range(each)][: count - len(targets)]
    targets += [(rng.choice(RANDOM_ROLES), None) for _ in range(count - len(targets))]
    rng.shuffle(targets)
    targets = [(WORKER if point and target.startswith(WORKER) else target, point) for target, point in targets]
    return _dressed(rng, targets, mails // max(1, count))


def _dressed(rng: random.Random, targets: list[tuple[str, str | None]], mails_each: int) -> list[Kill]:
    """Pauses, passes, cuts, and once the change of UIDVALIDITY: where mail is kept and still lies in the mailbox."""
    fit = [index for index, target in enumerate(targets) if target == ("poller", "after_commit")]
    renumber = fit[len(fit) // 2] if fit else -1
    made = []
    for index, (target, point) in enumerate(targets):
        most = min(8, mails_each // 3) if point == "filing_before_commit" else 2 if mails_each >= _MANY else 1
        passes = rng.randint(1, max(1, most))
        pause = round(rng.uniform(0.5, 4.0 if len(targets) > _FEW else 1.0), 2)
        made.append(Kill(target, point, passes, pause, rng.random() < 0.25, index == renumber))
    return made


def described(kills: list[Kill]) -> str:
    """The plan as text, for its digest."""
    return json.dumps([asdict(kill) for kill in kills])
