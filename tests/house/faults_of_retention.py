"""Named faults in terms, clock, holds, lists and destruction, each with what must kill it. Breaks nothing itself."""

from __future__ import annotations

from tests.house.breaking import Break
from tests.house.breaking import one as _one

RECKONING = "tests/histories/test_histories.py -k reckoning"
WHOLE = "tests/histories/test_histories.py -k whole"
LISTS = "tests/helpdesk/privacy/test_lists.py"
RUN = "tests/helpdesk/privacy/test_destruction.py"
HOLDS = "tests/helpdesk/privacy/test_holds.py"
_DIFFER, _FAILED = "differ", "FAILED"
_TERMS, _RECKON, _CLOCK = (f"helpdesk/retention/{name}.py" for name in ("terms", "reckoning", "clock"))
_LISTED, _KEPT = "helpdesk/retention/listed.py", "helpdesk/retention/holds.py"
_DECIDING, _DESTRUCTION, _LISTING, _DECISIONS, _PLACING = (
    f"helpdesk/privacy/{name}.py" for name in ("deciding", "destruction", "listing", "lists", "holds")
)

OF_TERMS: tuple[Break, ...] = (
    _one(
        "destroyed on the last day",
        RECKONING,
        _DIFFER,
        _TERMS,
        "dt.timedelta(days=0)\n\n\ndef latest",
        "dt.timedelta(days=1)\n\n\ndef latest",
    ),
    _one(
        "years of 365 days",
        RECKONING,
        _DIFFER,
        _TERMS,
        "    return anchor + dt.timedelta(days=365 * term.years + 30 * term.months + 7 * term.weeks + term.days)\n",
        "    return dt.date(year, month + 1, day) + dt.timedelta(weeks=term.weeks, days=term.days)\n",
    ),
    _one(
        "two additions",
        "tests/helpdesk/retention/test_terms.py",
        _FAILED,
        _TERMS,
        "    anchor = last_day(anchor, Period(term.years)) if term.years and term.months else anchor\n"
        "    month0 = anchor.year * 12 + anchor.month - 1 + (0 if term.years and term.months else term.years * 12)",
        "    month0 = anchor.year * 12 + anchor.month - 1 + term.years * 12",
    ),
    _one(
        "a missing day rolls over",
        RECKONING,
        _FAILED,
        _TERMS,
        "    day = min(anchor.day, 28)\n",
        "    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])\n",
    ),
    _one(
        "the date of UTC",
        RECKONING,
        _DIFFER,
        _TERMS,
        "instant.astimezone(dt.UTC).date()",
        "instant.astimezone(AMSTERDAM).date()",
    ),
    _one(
        "the date of where the process runs",
        RECKONING,
        _DIFFER,
        _TERMS,
        "instant.astimezone().date()",
        "instant.astimezone(AMSTERDAM).date()",
    ),
    _one(
        "a day begins at midnight in UTC",
        RECKONING,
        "another moment",
        _TERMS,
        "dt.time(), dt.UTC)",
        "dt.time(), AMSTERDAM)",
    ),
)
OF_RECKONING: tuple[Break, ...] = (
    _one("due a day late", RECKONING, _DIFFER, _RECKON, '"dated" if today <= due', '"dated" if today < due'),
    _one("the earliest of two askers", RECKONING, _DIFFER, _RECKON, "due = min(ends)", "due = max(ends)"),
    _one(
        "the end of employment for the settlement",
        RECKONING,
        _DIFFER,
        _RECKON,
        'settled = (asker.newest(name) or asker.newest("employment.end") for name',
        "settled = (asker.newest(name) for name",
    ),
    _one(
        "the first settlement of several",
        RECKONING,
        _DIFFER,
        _RECKON,
        "return min((fact.valid_on",
        "return max((fact.valid_on",
    ),
    _one(
        "whoever came back counts from before",
        RECKONING,
        _DIFFER,
        _RECKON,
        "since = start",
        "since = end if left and earlier and end is not None else start",
    ),
    _one(
        "an open spell does not stop the clock",
        RECKONING,
        _DIFFER,
        _RECKON,
        "    if not left and settled is None:\n",
        "    if not left and (earlier or settled is None or settled < start):\n",
    ),
    _one(
        "a hold is not asked for",
        RECKONING,
        _DIFFER,
        _RECKON,
        "if matter.held and matter.restricted:",
        "if matter.held:",
    ),
    _one(
        "an open ticket is destroyed",
        RECKONING,
        _DIFFER,
        _RECKON,
        'return "due"\n',
        'return "due" if matter.done else "blocked:open"\n',
    ),
    _one(
        "a late ticket is due at birth",
        RECKONING,
        _DIFFER,
        _RECKON,
        "if step.due_on is not None:\n",
        "if step.due_on is None or matter.opened_on < step.due_on:\n",
    ),
    _one(
        "an unknown sender is never waited for",
        RECKONING,
        _DIFFER,
        _RECKON,
        'if kind == "nobody" and',
        'if kind == "unknown" and',
    ),
    _one(
        "nobody looks again on the day",
        RECKONING,
        "days later",
        _RECKON,
        "_next(days[1:], today), masks)",
        "_next(days, today), masks)",
    ),
)
OF_THE_CLOCK: tuple[Break, ...] = (
    _one(
        "a retraction is ignored",
        WHOLE,
        _DIFFER,
        _CLOCK,
        ".where(among(session, Fact.person_id, person_ids), _LATER.id.is_(None))",
        ".where(among(session, Fact.person_id, person_ids), Fact.retracts.is_(False), _LATER.id.is_(None))",
    ),
    _one(
        "a corrected date counts on",
        WHOLE,
        _DIFFER,
        _CLOCK,
        "Fact.retracts.is_(False))\n    )",
        "Fact.retracts.is_(False), _LATER.id.is_(None))\n    )",
    ),
    _one(
        "other dates, the same list",
        WHOLE,
        _DIFFER,
        _CLOCK,
        'stays = (table.c.retention_state == "listed") & (bindparam("state") == "due")\n',
        'stays = (table.c.retention_state == "listed") & (bindparam("state") == "due") & same\n',
    ),
    _one("an exception for ever", f"{LISTS} -k three_months", _FAILED, _LISTED, "Period(years=3)", "Period(months=3)"),
    _one(
        "moved bytes stay behind",
        f"{RUN} -k bytes_of_a_message",
        _FAILED,
        "helpdesk/tickets/merging.py",
        ".where(InboundMail.id == entry.id, InboundMail.ticket_id == 0)",
        ".where(InboundMail.id == entry.inbound_id, InboundMail.ticket_id == from_id)",
    ),
)
OF_DESTRUCTION: tuple[Break, ...] = (
    _one(
        "no second look before the decision",
        f"{RUN} -k leaves_the_list",
        _FAILED,
        _DECIDING,
        "",
        "    clock.reckon_tickets(unit.session, wanted, day_of(unit.now))\n",
    ),
    _one(
        "holds are not caught before the decision",
        f"{RUN} -k not_found_yet",
        _FAILED,
        _DECIDING,
        "kept: set[int] = set()",
        "kept = {roots[one] for one in holds.catch(unit, roots)}",
    ),
    _one(
        "a list runs before its window has passed",
        f"{LISTS} -k waits_for_its_window",
        _FAILED,
        _DESTRUCTION,
        "passed = DisposalList.id > 0",
        "passed = DisposalList.executes_on <= day_of(unit.now)",
    ),
    _one(
        "review runs by itself",
        f"{LISTS} -k waits_for_two_people",
        _FAILED,
        _DESTRUCTION,
        "DisposalList.braked.is_(False)",
        '(DisposalList.mode == "auto") & DisposalList.braked.is_(False)',
    ),
    _one(
        "no brake",
        f"{LISTS} -k too_many_at_once",
        _FAILED,
        _LISTING,
        "        return False\n    return False\n    present",
        "        return False\n    present",
    ),
    _one(
        "a clock that jumped is believed",
        f"{RUN} -k clock_jumped",
        _FAILED,
        _DESTRUCTION,
        "    return before is not None\n",
        "    return before <= unit.now and day_of(unit.now) <= latest\n",
    ),
    _one(
        "the proposer approves",
        f"{HOLDS} -k nobody_releases_what_they",
        _FAILED,
        "helpdesk/people/two_people.py",
        'unit.actor.account_id is None:\n        return NotAllowed("Somebody',
        'unit.actor.account_id == first_id:\n        return NotAllowed("Somebody',
    ),
    _one(
        "a role of this minute approves",
        f"{HOLDS} -k fresh_role",
        _FAILED,
        "helpdesk/people/two_people.py",
        "if False:\n",
        "if not any(at is None or unit.now - at >= _SETTLED_IN for at in granted):\n",
    ),
    _one(
        "an exception that is forgotten",
        f"{LISTS} -k three_months",
        _FAILED,
        _DECISIONS,
        'item.state, item.reason, item.changed_by_id = "withdrawn", reason',
        'item.state, item.reason, item.changed_by_id = "excepted", reason',
    ),
    _one(
        "a hold of somebody who is being destroyed",
        f"{HOLDS} -k placer_told_so",
        _FAILED,
        _KEPT,
        "names = {row.id: row.destroy_id for row in rows}",
        'names = {row.id: row.destroy_id for row in rows if row.retention_state != "destroying"}',
    ),
    _one(
        "the ledger says it twice",
        WHOLE,
        _FAILED,
        _DECIDING,
        '            write_down(unit, "intent", ticket.destroy_id, run=found.key, **told)\n' * 2,
        '            write_down(unit, "intent", ticket.destroy_id, run=found.key, **told)\n',
    ),
)
FAULTS = (*OF_TERMS, *OF_RECKONING, *OF_THE_CLOCK, *OF_DESTRUCTION)
