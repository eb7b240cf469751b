"""What a register of processing consists of: values only, as read from one TOML (AVG art. 30; retention d.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from helpdesk.retention.terms import Period

Mode = Literal["auto", "review"]
Layout = Literal["bz", "lop"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """An event that terms count from, as the text calls it; `kinds` are the kinds of person it can happen to."""

    key: str
    nl: str
    en: str
    about: str
    kinds: tuple[str, ...] = ()
    feed: str | None = None
    otherwise: str | None = None
    alarm_after: Period | None = None
    escalate_after: Period | None = None
    rehire: str = "latest"
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Where facts come from; `in_text` says whether the public entry names it."""

    key: str
    nl: str
    in_text: bool
    facts: tuple[str, ...]
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """A purpose with its legal ground (AVG art. 6(1)); a `heading` stands for all that follow it."""

    key: str
    purpose_nl: str
    purpose_en: str
    basis: str
    ground_nl: str = ""
    consent_part: bool = False
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A group of people, as the text names it, and the kinds of person it means."""

    key: str
    nl: str
    en: str
    kinds: tuple[str, ...]
    special_nl: tuple[str, ...] = ()
    only_enrolled: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives data; `role` is the role of the software that stands for it."""

    key: str
    nl: str
    en: str
    role: str | None = None
    processor: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """How long one unit of data is kept: `period` after `anchor`, in one addition."""

    unit: str
    anchor: str
    period: Period
    max_dwell: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the register: the words of the public entry and, beside them, what the software does."""

    key: str
    subject: str
    fields_nl: tuple[str, ...]
    fields_en: tuple[str, ...]
    purpose_nl: str
    grounds: tuple[str, ...]
    term_nl: str
    term_en: str
    source_nl: str
    mandatory_nl: str
    terms: tuple[Term, ...] = ()
    kinds: tuple[str, ...] = ()
    covers: frozenset[tuple[str, str]] = frozenset()
    special: tuple[str, ...] = ()
    art9_exception: str | None = None
    mode: Mode = "auto"
    objection_window: Period = field(default_factory=lambda: Period(days=7))
    co_requester: str = "max+mask"
    match_within: Period | None = None
    feed: str | None = None
    fields_intro_nl: str = ""
    mandatory: bool = True
    consent: bool = False
    free_text: bool = False
    stored: str = "here"
    proposed: bool = False
    implied: bool = False
    exempt: bool = False
    deviates_from_text: bool = False
    decision_nl: str = ""
    acknowledged: tuple[str, ...] = ()
    selection_list: str = ""

    def term_of(self, unit: str) -> Term | None:
        """The term of one unit of data, if the rule has one."""
        return next((term for term in self.terms if term.unit == unit), None)

    def told(self, *, dutch: bool) -> str:
        """The term in words: in Dutch those of the entry, with the decision where what counts deviates from them."""
        if not dutch:
            return self.term_en
        return f"{self.term_nl} {self.decision_nl}" if self.deviates_from_text else self.term_nl


@dataclass(frozen=True, slots=True)
class Brake:
    """When a run or an import stops for a second person: above `count` and above `share` of all (RD-26, RD-27).

    `shifted` is the same for dates that an import moves or takes back: above it and above `share` of those held.
    """

    share: float = 0.02
    count: int = 500
    shifted: int = 20
    clock_jump: Period = field(default_factory=lambda: Period(days=2))


@dataclass(frozen=True, slots=True)
class Ages:
    """For how long a ticket may stand in a state before somebody is told; `…_late` is when the next one is (RD-24).

    The settlement that is missing has its ages at its anchor, the unknown sender at its rule.
    """

    register_after: Period = field(default_factory=lambda: Period(days=14))
    register_late: Period = field(default_factory=lambda: Period(months=1))
    employment_after: Period = field(default_factory=lambda: Period(years=5))
    open_after: Period = field(default_factory=lambda: Period(months=3))
    due_after: Period = field(default_factory=lambda: Period(days=14))
    due_late: Period = field(default_factory=lambda: Period(days=30))
    original_after: Period = field(default_factory=lambda: Period(days=14))
    restricted_after: Period = field(default_factory=lambda: Period(months=6))


@dataclass(frozen=True, slots=True)
class Register:
    """One processing. `sha256` is that of the TOML's bytes: what people approve (RD-13)."""

    id: str
    layout: Layout
    sha256: str
    title_nl: str
    name_nl: str
    name_en: str
    controller_nl: str
    departments: tuple[str, ...]
    address_nl: tuple[str, ...]
    automated_decisions: bool
    automated_decisions_nl: str
    transfer_outside_eu: bool
    transfer_nl: tuple[str, ...]
    backup_horizon: Period
    rules: dict[str, Rule]
    anchors: dict[str, Anchor]
    feeds: dict[str, Feed]
    grounds: dict[str, Ground]
    subjects: dict[str, Subject]
    recipients: dict[str, Recipient]
    inherits: str | None = None
    organisation_nl: str = ""
    visit_nl: str = ""
    related_nl: str = ""
    brake: Brake = field(default_factory=Brake)
    ages: Ages = field(default_factory=Ages)
    small_run: int = 5

    @property
    def version(self) -> str:
        """The first twelve hexadecimal digits of the hash: how tickets, ledger and certificates name this text."""
        return self.sha256[:12]

    def rule_for(self, category: str, kind: str) -> Rule | None:
        """The one rule for a category of data of a kind of person; loading made sure that there are not two."""
        return next((rule for rule in self.rules.values() if (category, kind) in rule.covers), None)
