"""Until when a ticket is kept and why, in one sentence per requester and one for the ticket (RD-104). Names nobody."""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.retention.reckoning import Reckoning, Step
from helpdesk.retention.register.model import Anchor, Register
from helpdesk.text.language import N_, day_text, period_text, translator

_STATES = {
    "waiting:register": N_("It is kept: no register of processing is in force yet."),
    "waiting:merged": N_("It was merged into another question and goes together with that one."),
    "waiting:employment": N_("It is kept while the asker is employed."),
    "waiting:settlement": N_("It is kept: the asker left, and the day of the administrative settlement is not known."),
    "waiting:match": N_("It is kept: the sender is not known yet. From {day} on it counts from the last message."),
    "dated": N_("It is kept until and including {last_day}."),
    "due": N_("Its term ended on {last_day}. It is on the next list for destruction."),
    "listed": N_("Its term ended on {last_day}. It is on a list for destruction."),
    "destroying": N_("It is being destroyed."),
    "blocked:hold": N_("Its term ended on {last_day}, but a legal hold keeps it."),
    "blocked:restricted": N_("Its term ended on {last_day}, but its processing is restricted."),
    "blocked:open": N_("Its term ended on {last_day}, but it is not done yet."),
    "blocked:original": N_("Its term ended on {last_day}, but the mail itself still lies in the mailbox."),
}
_STEP = N_("Rule {rule}: {period} after {anchor} on {anchor_on}, so until and including {last_day}.")


def state_sentence(found: Reckoning, state: str, language: str) -> str:
    """The sentence for a ticket in this state, reckoned so."""
    ends = [step.last_day for step in found.steps if step.last_day is not None]
    values = {
        "last_day": day_text(max(ends), language) if ends else "",
        "day": day_text(found.recheck_on, language) if found.recheck_on else "",
    }
    return translator(language).gettext(_STATES[state]).format(**values)


def step_sentence(step: Step, registers: Mapping[str, Register], language: str) -> str:
    """The arithmetic for one requester, or what is waited for."""
    if step.waiting is not None or step.period is None or step.anchor_on is None or step.last_day is None:
        return state_sentence(Reckoning("", steps=()), step.waiting or "waiting:register", language)
    anchor = _anchor(step.anchor or "", registers)
    span = step.period
    return (
        translator(language)
        .gettext(_STEP)
        .format(
            rule=step.rule,
            period=period_text(span.years, span.months, span.weeks, span.days, language),
            anchor=(anchor.nl if language == "nl" else anchor.en) if anchor else step.anchor,
            anchor_on=day_text(step.anchor_on, language),
            last_day=day_text(step.last_day, language),
        )
    )


def _anchor(key: str, registers: Mapping[str, Register]) -> Anchor | None:
    return next((register.anchors[key] for register in registers.values() if key in register.anchors), None)
