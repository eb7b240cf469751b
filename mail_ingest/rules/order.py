"""The order of the rules, as data; the first that has something to say wins."""

from __future__ import annotations

from collections.abc import Callable

from helpdesk.mail.incoming import IncomingMail
from mail_ingest.rules import automatic_answer, blocked_sender, loop
from mail_ingest.verdict import Verdict, World

ORDER: tuple[Callable[[IncomingMail, World], Verdict | None], ...] = (
    loop.judge,  # first: nothing of ours may start a round trip, blocked or not
    blocked_sender.judge,  # before automatic mail, so that a blocked robot stays out of sight too
    automatic_answer.judge,
)


def judge(mail: IncomingMail, world: World) -> Verdict | None:
    """The first verdict, or nothing: then the mail is filed as a person's."""
    return next((verdict for rule in ORDER if (verdict := rule(mail, world)) is not None), None)
