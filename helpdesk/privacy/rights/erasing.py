"""Erasure before the term (AVG art. 17): proposed by who handles the request, approved by the record manager (RD-83).

It goes by a list like any other, with the same run and the same proof. Nothing goes while a hold keeps it.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import func, select

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import DisposalItem, DisposalList, RequestTicket, RightsRequest, Ticket, TicketPerson
from helpdesk.privacy import lists
from helpdesk.privacy.rights import about
from helpdesk.privacy.rights.answering import claimed
from helpdesk.privacy.rights.codes import ERASING, ERASURE
from helpdesk.retention import clock, ended, holds
from helpdesk.retention.policy import in_force
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.unit import Unit

_ON_THE_WAY = ("window", "approved", "running")


def propose(unit: Unit, request_id: int, ground: str) -> list[int]:
    """Put what a request asks to be erased on lists, one for each rule; returns their ids.

    Only tickets that were accepted, and that nobody else asked. Whom the answers went to is written down for art. 19.
    Raises Conflict on a hold, without tickets, or when a list is under way already; Invalid for another ground.
    """
    found = claimed(unit, request_id, "collecting")
    if ground not in ERASURE:
        raise Invalid("Choose the ground of the erasure.", field="ground")
    if found.kind not in ERASING:
        raise Conflict("Only a request for erasure or an objection ends in an erasure.", code="kind")
    if lists_of(unit, request_id, *_ON_THE_WAY):
        raise Conflict("The erasure is proposed already.", code="proposed")
    ids = _to_erase(unit, found)
    if not ids:
        raise Conflict(
            "There is no ticket that could be erased: accept those that only this person asked.", code="none"
        )
    _refuse(unit, ids)
    made = [_listed(unit, found, ground, key, some) for key, some in sorted(_by_rule(unit, ids).items())]
    found.notify = "\n".join(about.recipients_of(unit, ids, found.person_id or 0)) or None
    note(unit, "erasure.propose", "request", request_id)
    return made


def lists_of(unit: Unit, request_id: int, *states: str) -> list[DisposalList]:
    """The lists that erase for a request, those in these states where any are named."""
    wanted = select(DisposalList).where(DisposalList.request_id == request_id)
    if states:
        wanted = wanted.where(DisposalList.state.in_(states))
    return list(unit.session.scalars(wanted.order_by(DisposalList.id)))


def approve(unit: Unit, request_id: int) -> int:
    """Approve the erasure of a request, as the second person, who is a record manager (Q13). Returns how many lists.

    Raises NotFound when nothing is proposed, Conflict on a hold, NotAllowed for whoever proposed it.
    """
    waiting = lists_of(unit, request_id, "window")
    if not waiting:
        raise NotFound("There is no erasure to be approved.")
    for found in waiting:
        items = select(DisposalItem.ticket_id).where(DisposalItem.list_id == found.id, DisposalItem.state == "listed")
        _refuse(unit, set(unit.session.scalars(items)))
        lists.approve(unit, found.id)
    note(unit, "erasure.approve", "request", request_id)
    return len(waiting)


def withdraw(unit: Unit, request_id: int) -> int:
    """Take the erasure of a request back before it runs. Returns how many lists."""
    waiting = lists_of(unit, request_id, "window", "approved")
    for found in waiting:
        lists.withdraw(unit, found.id)
    return len(waiting)


def _to_erase(unit: Unit, found: RightsRequest) -> list[int]:
    """Accepted tickets that this person asked and nobody else: whose data else go is not theirs to decide."""
    askers = (
        select(func.count(func.distinct(TicketPerson.person_id)))
        .where(TicketPerson.ticket_id == Ticket.id, TicketPerson.role == "requester")
        .scalar_subquery()
    )
    mine = select(TicketPerson.ticket_id).where(
        TicketPerson.person_id == found.person_id, TicketPerson.role == "requester"
    )
    rows = (
        select(Ticket.id)
        .join(RequestTicket, RequestTicket.ticket_id == Ticket.id)
        .where(RequestTicket.request_id == found.id, RequestTicket.state == "accepted", Ticket.id.in_(mine))
        .where(askers == 1, Ticket.merged_into_id.is_(None), Ticket.retention_state != "destroying")
    )
    return list(unit.session.scalars(rows.order_by(Ticket.id).with_for_update(of=Ticket)))


def _refuse(unit: Unit, ids: Collection[int]) -> None:
    held = holds.catch(unit, ids)
    if held:
        numbers = unit.session.scalars(select(Ticket.number).where(Ticket.id.in_(held)).order_by(Ticket.id).limit(5))
        raise Conflict(
            "A legal hold keeps {numbers}: nothing of it can be erased (AVG art. 17(3)). Restrict the processing "
            "instead, or ask whether the hold can be released.",
            code="held",
            numbers=", ".join(numbers),
        )
    lying = ended.originals(unit.session, ids)
    if lying:
        raise Conflict("The mail itself still lies in a mailbox: it would come in again. Try later.", code="original")


def _by_rule(unit: Unit, ids: Collection[int]) -> dict[tuple[str, str], list[int]]:
    """The tickets by the rule and the version of the register that they fall under, waiting or not."""
    registers = in_force(unit.session)
    versions = {key: register.version for register in registers.values() for key in register.rules}
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for ticket_id in ids:
        reckoned = clock.reckoned(unit.session, ticket_id, registers, day_of(unit.now))
        rule = reckoned.rule or next((step.rule for step in reckoned.steps if step.rule), None)
        if rule is None:
            raise Conflict("No register is in force that names a rule for these tickets.", code="no_register")
        found[rule, versions[rule]].append(ticket_id)
    return found


def _listed(unit: Unit, found: RightsRequest, ground: str, key: tuple[str, str], ids: Collection[int]) -> int:
    """A list that runs as soon as the second person approved it: art. 17(1) says without undue delay."""
    rule, version = key
    row = DisposalList(
        key=secrets.token_hex(16),
        kind="erasure",
        ground=ground,
        request_id=found.id,
        rule=rule,
        policy_version=version,
        mode="review",
        state="window",
        proposed_by_id=unit.actor.account_id,
        proposed_at=unit.now,
        executes_on=day_of(unit.now),
    )
    unit.session.add(row)
    unit.session.flush()
    unit.session.add_all(DisposalItem(list_id=row.id, ticket_id=ticket_id) for ticket_id in ids)
    unit.session.flush()
    note(unit, "list.propose", "list", row.id)
    return row.id
