"""Named ways to break destruction, each with the check that must notice it. Breaks nothing itself."""

from __future__ import annotations

from tests.house.breaking import Break, Edit, one

RUN = "tests/helpdesk/privacy/test_destruction.py"
SCRUB = "tests/helpdesk/privacy/test_scrub.py -k no_byte_is_left"
SCRUB_POSTGRESQL = f"{SCRUB} and postgresql"
_ENGINE = "helpdesk/privacy/copies/engine.py"

DESTRUCTION = (
    one(
        "a run that does not ask for holds again",
        f"{RUN} -k not_found_yet",
        "assert 2 == 1",
        "helpdesk/privacy/deciding.py",
        "    kept: set[int] = set()\n",
        "    kept = {roots[one] for one in holds.catch(unit, roots)}\n",
    ),
    one(
        "a run that does not reckon again",
        f"{RUN} -k leaves_the_list",
        "assert 2 == 1",
        "helpdesk/privacy/deciding.py",
        "",
        "    clock.reckon_tickets(unit.session, wanted, day_of(unit.now))\n",
    ),
    Break(
        "bytes before the intent",
        "tests/helpdesk/privacy/test_destruction_crash.py -k before_its_intent",
        "Extra items",
        (
            Edit("helpdesk/privacy/finishing.py", "", "            if batch.tickets:\n                flush(ports)\n"),
            Edit("helpdesk/privacy/finishing.py", "    files.result()\n    flush(ports)\n", "    files.result()\n"),
        ),
    ),
    one(
        "an approval by whoever took a ticket off",
        "tests/helpdesk/privacy/test_lists.py -k takes_an_approval_back",
        "DID NOT RAISE",
        "helpdesk/privacy/lists.py",
        "    if True:\n",
        "    if unit.session.scalar(own.limit(1)) is None:\n",
    ),
    one(
        "a table forgotten by the plan",
        "tests/helpdesk/privacy/test_plan.py -k nobody_decided_on",
        "assert '' == 'rogue",
        "helpdesk/privacy/copies/plan.py",
        "    if not open_links:\n",
        "    if open_links:\n",
    ),
    one(
        "an index that is not merged",
        SCRUB,
        "Extra items",
        _ENGINE,
        "",
        "        if not merge_index(ports, goes_on):\n            return ()\n",
    ),
    one(
        "tables that are not written anew",
        SCRUB_POSTGRESQL,
        "Extra items",
        "helpdesk/privacy/copies/anew.py",
        "    for table in []:\n        (write or write_anew)",
        "    for table in _left(ports, mask, turn):\n        (write or write_anew)",
    ),
    one(
        "a log that is not dropped",
        SCRUB_POSTGRESQL,
        "Extra items",
        _ENGINE,
        '        for statement in ("SELECT 1",):\n',
        '        for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):\n',
    ),
)
