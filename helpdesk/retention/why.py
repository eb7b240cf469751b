"""Until when a ticket is kept and why, in one sentence per requester and one for the ticket (RD-104). Names nobody.

Command, page and export ask `kept`, so that all of them say the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpdesk.models import Ticket
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import Known, Reckoning, Step
from helpdesk.retention.register.model import Anchor, Register
from helpdesk.retention.terms import day_of
from helpdesk.text.language import N_, PSEUDO_LANGUAGE, day_text, period_text, pseudo, translator
from helpdesk.unit import Unit

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
    "blocked:excepted": N_("Its term ended on {last_day}, but it was taken off the list for destruction for a while."),
    "blocked:open": N_("Its term ended on {last_day}, but it is not done yet."),
    "blocked:original": N_("Its term ended on {last_day}, but the mail itself still lies in the mailbox."),
}
_EXCEPTED_UNTIL = N_("Its term ended on {last_day}, but it was taken off the list for destruction until {until}.")
_STEP = N_("Rule {rule}: {period} after {anchor} on {anchor_on}, so until and including {last_day}.")
FACT = {
    "employment.start": N_("start of employment"),
    "employment.end": N_("end of employment"),
    "dismissal.settled": N_("settlement of the dismissal"),
    "account.last_login": N_("last sign-in"),
    "contract.end": N_("end of the contract"),
    "system.lms.end_of_life": N_("end of life of Class/Moodle"),
}
_FACT = N_("{fact} on {day}")


@dataclass(frozen=True, slots=True)
class Requester:
    """What is known of one requester, in words, and the reckoning for them."""

    facts: tuple[str, ...]
    step: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when one ticket is kept, as it stands today."""

    state: str
    rule: str | None
    version: str | None
    due_on: dt.date | None
    recheck_on: dt.date | None
    sentence: str
    requesters: tuple[Requester, ...]


def kept(unit: Unit, ticket: Ticket, language: str, of: int | None = None) -> Kept:
    """What holds for a ticket today. Whoever asks has made sure that it may be read.

    With `of` only the reckoning for that requester is told: the dates of the others are not theirs to know (RD-80).
    """
    registers = in_force(unit.session)
    found = clock.reckoned(unit.session, ticket.id, registers, day_of(unit.now))
    facts = clock.facts_of(unit.session, {step.person_id for step in found.steps})
    return Kept(
        state=ticket.retention_state,
        rule=found.rule,
        version=found.version,
        due_on=found.due_on,
        recheck_on=found.recheck_on,
        sentence=state_sentence(found, ticket.retention_state, language),
        requesters=tuple(
            Requester(_facts(facts[step.person_id], language), step_sentence(step, registers, language))
            for step in found.steps
            if of is None or step.person_id == of
        ),
    )


def _facts(known: Sequence[Known], language: str) -> tuple[str, ...]:
    said = translator(language).gettext
    return tuple(
        said(_FACT).format(fact=said(FACT[fact.type]), day=day_text(fact.valid_on, language))
        for fact in sorted(known, key=lambda fact: (fact.valid_on, fact.type))
    )


def state_sentence(found: Reckoning, state: str, language: str) -> str:
    """The sentence for a ticket in this state, reckoned so."""
    ends = [step.last_day for step in found.steps if step.last_day is not None]
    counts = [step.counts_from for step in found.steps if step.counts_from is not None]
    values = {
        "last_day": day_text(max(ends), language) if ends else "",
        "day": day_text(max(counts), language) if counts else "",
    }
    words = _STATES[state]
    if state == "blocked:excepted" and found.recheck_on is not None:
        words, values["until"] = _EXCEPTED_UNTIL, day_text(found.recheck_on, language)
    return translator(language).gettext(words).format(**values)


def step_sentence(step: Step, registers: Mapping[str, Register], language: str) -> str:
    """The arithmetic for one requester, or what is waited for."""
    if step.waiting is not None or step.period is None or step.anchor_on is None or step.last_day is None:
        return state_sentence(Reckoning("", steps=(step,)), step.waiting or "waiting:register", language)
    anchor = _anchor(step.anchor or "", registers)
    span = step.period
    return (
        translator(language)
        .gettext(_STEP)
        .format(
            rule=step.rule,
            period=period_text(span.years, span.months, span.weeks, span.days, language),
            anchor=_named(anchor, language) if anchor else step.anchor,
            anchor_on=day_text(step.anchor_on, language),
            last_day=day_text(step.last_day, language),
        )
    )


def _named(anchor: Anchor, language: str) -> str:
    """The words of the register: its own Dutch, and English for all others."""
    if language == PSEUDO_LANGUAGE:
        return pseudo(anchor.en)
    return anchor.nl if language == "nl" else anchor.en


def _anchor(key: str, registers: Mapping[str, Register]) -> Anchor | None:
    return next((register.anchors[key] for register in registers.values() if key in register.anchors), None)
