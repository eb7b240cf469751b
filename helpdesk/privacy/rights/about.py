"""What art. 15(1) asks to be told beside the data: purposes, grounds, recipients, terms, source, rights. Only reads.

The words are those of the register in force; nothing is made up where none is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from helpdesk.models import (
    AccessLog,
    AccountRole,
    Address,
    BlockedSender,
    Entry,
    OutgoingMail,
    OutgoingRecipient,
    Person,
    RightsRequest,
    Ticket,
)
from helpdesk.models.person import PERSON_KINDS
from helpdesk.people.addresses import normal
from helpdesk.privacy.rights import belonging
from helpdesk.privacy.rights.codes import DECISION, KIND
from helpdesk.retention.clock import facts_of
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import Asker
from helpdesk.retention.register.coverage import rule_for
from helpdesk.retention.register.model import Register, Rule
from helpdesk.retention.terms import day_of
from helpdesk.retention.why import FACT
from helpdesk.row_sets import among
from helpdesk.text.language import N_, day_text, words_of
from helpdesk.unit import Unit

RIGHTS = (
    N_("to have data put right (AVG art. 16)"),
    N_("to have data erased (AVG art. 17)"),
    N_("to have their processing restricted (AVG art. 18)"),
    N_("to object to their processing (AVG art. 21)"),
    N_("to complain to the Autoriteit Persoonsgegevens, autoriteitpersoonsgegevens.nl (AVG art. 77)"),
)
ROLE = {
    "advisor": N_("learning advisors"),
    "functional_admin": N_("functional administrators"),
    "privacy_officer": N_("privacy officers"),
    "record_manager": N_("record managers"),
    "technical_admin": N_("technical administrators"),
    "auditor": N_("auditors"),
    "cfb": N_("central functional management"),
}


def processing(unit: Unit, rules: Collection[str], language: str) -> list[dict[str, Any]]:
    """What each register in force says of the rules under which somebody's tickets fall, in a language."""
    found = []
    for register in in_force(unit.session).values():
        here = [register.rules[key] for key in sorted(rules) if key in register.rules]
        if here:
            found.append(_of_register(register, here, language))
    return found


def of_asking(unit: Unit, language: str) -> list[dict[str, Any]]:
    """The same of the rules under which whatever people ask falls, whoever they are; nothing where none is in force."""
    registers = in_force(unit.session)
    found = {rule_for(registers, one, "conversation", kind) for one in registers for kind in PERSON_KINDS}
    return processing(unit, {rule.key for rule in found if rule is not None}, language)


def _of_register(register: Register, rules: list[Rule], language: str) -> dict[str, Any]:
    dutch = language == "nl"
    grounds = [register.grounds[key] for key in dict.fromkeys(key for rule in rules for key in rule.grounds)]
    return {
        "number": register.id,
        "name": register.name_nl if dutch else register.name_en,
        "controller": register.controller_nl,
        "address": ", ".join(register.address_nl),
        "purposes": [one.purpose_nl if dutch else one.purpose_en for one in grounds],
        "grounds": [f"AVG art. {one.basis}" + (f": {one.ground_nl}" if one.ground_nl else "") for one in grounds],
        "categories": [field for rule in rules for field in (rule.fields_nl if dutch else rule.fields_en)],
        "sources": list(dict.fromkeys(rule.source_nl for rule in rules)),
        "terms": {rule.key: rule.told(dutch=dutch) for rule in rules},
        "recipients": [one.nl if dutch else one.en for one in register.recipients.values()],
        "automated_decisions": register.automated_decisions,
        "transfer_outside_eu": register.transfer_outside_eu,
        "version": register.version,
    }


def looked_at(unit: Unit, ids: Collection[int], language: str) -> list[dict[str, Any]]:
    """Who really received the data: how many accounts of each role read or wrote in these tickets; no names."""
    accounts: set[int] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        read = select(AccessLog.account_id).where(among(unit.session, AccessLog.ticket_id, some)).distinct()
        wrote = select(Entry.account_id).where(among(unit.session, Entry.ticket_id, some)).distinct()
        accounts |= {one for one in (*unit.session.scalars(read), *unit.session.scalars(wrote)) if one is not None}
    counted = (
        select(AccountRole.role, func.count(func.distinct(AccountRole.account_id)))
        .where(AccountRole.account_id.in_(accounts))
        .group_by(AccountRole.role)
        .order_by(AccountRole.role)
    )
    words = words_of(language)
    return [{"role": words(ROLE.get(role, role)), "accounts": many} for role, many in unit.session.execute(counted)]


def recipients_of(unit: Unit, ids: Collection[int], person_id: int) -> list[str]:
    """Whom answers in these tickets went to, beside this person: who has to be told of a change (AVG art. 19)."""
    own = belonging.addresses_of(unit.session, person_id)
    sent = (
        select(OutgoingRecipient.address)
        .join(OutgoingMail, OutgoingMail.id == OutgoingRecipient.outgoing_id)
        .where(among(unit.session, OutgoingMail.ticket_id, ids), OutgoingMail.state == "sent")
        .where(OutgoingMail.kind == "answer")
    )
    return sorted({address for address in map(normal, unit.session.scalars(sent)) if address not in own})


def person(unit: Unit, person_id: int, language: str) -> dict[str, Any]:
    """What is kept of the person: the directory's copy, addresses, dates in force, earlier requests."""
    row = unit.session.get_one(Person, person_id)
    words = words_of(language)
    facts = facts_of(unit.session, [person_id])[person_id]
    return {
        "name": row.display_name or "",
        "names_in_mails": sorted(belonging.names_of(unit.session, person_id)),
        "personnel_number": row.personnel_no or "",
        "department": row.dept_code or "",
        "account_status": row.account_status or "",
        "language": row.language or "",
        "known_since": day_of(row.created_at).isoformat(),
        "addresses": _addresses(unit, person_id),
        "dates": [
            {"what": words(FACT[fact.type]), "type": fact.type, "on": fact.valid_on.isoformat()}
            for fact in sorted(facts, key=lambda fact: (fact.valid_on, fact.type))
        ],
        "requests": _requests(unit, person_id, language),
    }


def _addresses(unit: Unit, person_id: int) -> list[dict[str, Any]]:
    rows = unit.session.scalars(select(Address).where(Address.person_id == person_id).order_by(Address.id)).all()
    blocked = set(unit.session.scalars(select(BlockedSender.address)))
    return [
        {"address": row.value, "source": row.source, "shared": row.shared, "blocked": row.value in blocked}
        for row in rows
    ]


def _requests(unit: Unit, person_id: int, language: str) -> list[dict[str, Any]]:
    words = words_of(language)
    rows = select(RightsRequest).where(RightsRequest.person_id == person_id).order_by(RightsRequest.id)
    return [
        {
            "kind": words(KIND[row.kind]),
            "received": day_text(row.received_on, language),
            "decision": words(DECISION[row.decision]) if row.decision and row.state == "closed" else "",
            "reasons": (row.decision_text or "") if row.state == "closed" else "",
        }
        for row in unit.session.scalars(rows)
    ]


def rules_of(unit: Unit, ids: Collection[int], person_id: int | None) -> set[str]:
    """The rules of the register that hold for these tickets and for this person, waiting or not."""
    registers = in_force(unit.session)
    found = {
        rule
        for start in range(0, len(ids), 500)
        for rule in unit.session.scalars(
            select(Ticket.rule).where(among(unit.session, Ticket.id, sorted(ids)[start : start + 500])).distinct()
        )
        if rule is not None
    }
    row = None if person_id is None else unit.session.get(Person, person_id)
    if row is not None and row.processing in registers:
        asker = Asker(row.id, row.kind, row.processing, facts_of(unit.session, [row.id])[row.id])
        for category in ("conversation", "directory", "fact"):
            rule = rule_for(registers, asker.processing, category, asker.clock_kind)
            found |= {rule.key} if rule is not None else set()
    return found
