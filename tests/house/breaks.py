"""Named ways to break the product, each with the check that must notice it. Breaks nothing itself."""

from __future__ import annotations

from tests.house.breaking import Break, Edit
from tests.house.breaking import one as _one
from tests.house.breaks_of_destruction import DESTRUCTION
from tests.house.breaks_of_restore import RESTORES

ORDER = "tests/mail_ingest/test_order.py"
_STAGE = "    keys = ports.blobs.stage([raw for raw, _envelope in mails])\n"
_UNIT = "    try:\n        with unit_of_work(ports, SYSTEM) as unit:\n            receipts = _record"
_FETCH = "            return batch, self.mailbox.fetch(batch)\n"
_QUEUE = "    mail = outbox.queue_answer(unit, ticket, entry, to, cc, _parent(unit, ticket.id))\n"
_FLAG = '    __tablename__ = "flag"\n'
_MAPPED = "from sqlalchemy.orm import Mapped\n"


INTAKE = (
    _one(
        "delete before commit",
        f"{ORDER} -k original_goes_only_after",
        "removed before it was kept",
        "mail_ingest/poller.py",
        "            mails = self.mailbox.fetch(batch)\n            self.mailbox.done(batch)\n"
        "            return batch, mails\n",
        _FETCH,
    ),
    _one(
        "nudge without row",
        f"{ORDER} -k without_a_commit",
        "nudge went out without a row",
        "mail_ingest/accept.py",
        "    ports.jobs.nudge(FILE_WAITING)\n" + _UNIT,
        _UNIT,
    ),
    Break(
        "row before blob",
        f"{ORDER} -k bytes_are_synced_before",
        "order of keeping a mail is wrong",
        (
            Edit("mail_ingest/accept.py", '    keys = [f"{n:032x}" for n in range(len(mails))]\n', _STAGE),
            Edit("mail_ingest/accept.py", _STAGE + "    ports.blobs.settle(kept)\n", "    ports.blobs.settle(kept)\n"),
        ),
    ),
    _one(
        "a limit on invitations lifted",
        "tests/mail_ingest/test_budget.py -k calendar",
        r"assert 50 == ",
        "mail_ingest/budget.py",
        '"calendars": (200_000_000, ',
        '"calendars": (200_000, ',
    ),
    _one(
        "parts counted anew for each mail inside",
        "tests/mail_ingest/test_budget.py -k parts_are_counted",
        "too_many_parts",
        "mail_ingest/body_parts.py",
        "structure.split(content, Budget()) if read_inside",
        "structure.split(content, body.budget) if read_inside",
    ),
    _one(
        "bare EXPUNGE",
        f"{ORDER} -k no_expunge_without_uids",
        "bare EXPUNGE",
        "mail_ingest/imap_mailbox.py",
        "client.expunge()",
        "client.uid_expunge(uids)",
    ),
    _one(
        "duplicate key on Message-ID",
        f"{ORDER} -k same_message_id",
        "Message-ID took the place",
        "mail_ingest/identity.py",
        "        digest=message_id_digest(keys, own[0].decode()) if own else state.hexdigest()[:48],\n",
        "        digest=state.hexdigest()[:48],\n",
    ),
    _one(
        "outbox row outside the transaction",
        f"{ORDER} -k outbox_row",
        "queued although its entry was rolled back",
        "helpdesk/tickets/replying.py",
        _QUEUE + "    unit.session.commit()\n",
        _QUEUE,
    ),
    _one(
        "commits that are not synced",
        "house:test_migrations -k commits_are_synced",
        "'synchronous': 1",
        "helpdesk/adapters/database.py",
        "PRAGMA synchronous=NORMAL",
        "PRAGMA synchronous=FULL",
    ),
    _one(
        "deleted bytes that stay",
        "house:test_migrations -k commits_are_synced",
        "'secure_delete': 0",
        "helpdesk/adapters/database.py",
        "PRAGMA secure_delete=OFF",
        "PRAGMA secure_delete=ON",
    ),
)

STRUCTURE = (
    _one(
        "flask in helpdesk",
        "imports",
        r"helpdesk\.timeline -> flask",
        "helpdesk/timeline.py",
        "\nfrom flask import Flask\n",
    ),
    _one(
        "a sideways import",
        "imports",
        r"helpdesk\.people\.access -> helpdesk\.retention\.clock",
        "helpdesk/people/access.py",
        "\nfrom helpdesk.retention import clock\n",
    ),
    _one(
        "an import upward",
        "imports",
        r"helpdesk\.mail\.references -> helpdesk\.tickets\.lists",
        "helpdesk/mail/references.py",
        "\nfrom helpdesk.tickets import lists\n",
    ),
    _one(
        "an adapter chosen outside wiring",
        "imports",
        r"helpdesk\.tickets\.lists -> helpdesk\.adapters\.disk_blobs",
        "helpdesk/tickets/lists.py",
        "\nfrom helpdesk.adapters import disk_blobs\n",
    ),
    _one(
        "an import circle",
        "circles",
        r"import circle: .*helpdesk\.timeline .*helpdesk\.unit",
        "helpdesk/unit.py",
        "\n\ndef _planted() -> None:\n    from helpdesk.timeline import record\n\n    record(None)\n",
    ),
    _one(
        "select() in web",
        "house:test_imports -k builds_no_query",
        r"builds no select.*web/health\.py",
        "web/health.py",
        "\nfrom sqlalchemy import select\n",
    ),
    _one(
        "a library with a second importer",
        "house:test_imports -k has_its_importers",
        r"helpdesk/timeline\.py:\d+ imports bleach",
        "helpdesk/timeline.py",
        "\nimport bleach\n",
    ),
    _one(
        "a file of 401 lines",
        "house:test_sizes",
        r"helpdesk/planted\.py has 401 lines",
        "helpdesk/planted.py",
        '"""Planted."""\n' + "WORD = 1\n" * 400,
    ),
    Break(
        "a column without category",
        "house:test_declared -k personal_data",
        r"columns without personal.*flag\.planted",
        (
            Edit("helpdesk/models/desk.py", _FLAG + "\n    planted: Mapped[int | None] = mapped_column()\n", _FLAG),
            Edit("helpdesk/models/desk.py", "from sqlalchemy.orm import Mapped, mapped_column\n", _MAPPED),
        ),
    ),
    _one(
        "an undocumented setting",
        "house:test_declared -k generated_pages",
        r"docs/settings\.md is not what the code says",
        "helpdesk/settings.py",
        '    planted: int = _said("", "planted", 0)\n    mailboxes: tuple',
        "    mailboxes: tuple",
    ),
    _one(
        "a route without guard",
        "house:test_routes -k has_a_guard",
        r"routes without @needs or @open_to_all: \['/healthz'\]",
        "web/health.py",
        '@blueprint.get("/healthz")\n',
        '@blueprint.get("/healthz")\n@open_to_all("a load balancer asks; the answer is one word")\n',
    ),
    _one(
        "a job without function",
        "house:test_declared -k every_job",
        r"jobs in helpdesk/ports\.py without a function.*swept",
        "helpdesk/ports.py",
        'SWEEP = "workers.upkeep:swept"',
        'SWEEP = "workers.upkeep:sweep"',
    ),
    _one(
        "a model without migration",
        "house:test_migrations -k migrated_schema",
        r"models and migrations differ on sqlite: \['flag\.planted'\]",
        "helpdesk/models/desk.py",
        _FLAG + '\n    planted: Mapped[int | None] = plain("planted")\n',
        _FLAG,
    ),
    _one(
        "a clock of its own",
        "house:test_given -k the_clock",
        r"helpdesk/timeline\.py:\d+ dt\.datetime\.now",
        "helpdesk/timeline.py",
        "\n\nNOW = dt.datetime.now\n",
    ),
    _one(
        "a setting read behind the settings' back",
        "house:test_given -k environment",
        r"helpdesk/timeline\.py:\d+ os\.environ",
        "helpdesk/timeline.py",
        '\n\nimport os\n\nMODE = os.environ["MODE"]\n',
    ),
    _one(
        "a suppression without reason",
        "suppressions",
        r"helpdesk/timeline\.py:\d+ switches noqa off without a reason",
        "helpdesk/timeline.py",
        "\nWORD = 1  # no" + "qa\n",
    ),
    _one(
        "a sentence without Dutch",
        "house:test_wording -k dutch_is_complete",
        r"without a Dutch translation.*A planted sentence",
        "web/wording.py",
        '\n\nPLANTED = N_("A planted sentence.")\n',
    ),
)

BEHAVIOUR = (
    _one(
        "a stranger who joins a conversation",
        "tests/helpdesk/tickets/test_receiving.py -k cc_is_no_participant",
        "test_somebody_in_cc_is_no_participant",
        "helpdesk/mail/matching.py",
        "    return True\n",
        "    return known.takes_part(ticket_id, sender)\n",
    ),
    _one(
        "an answer over a colleague's",
        "tests/journeys/test_mail_to_reply.py -k version_check",
        "DID NOT RAISE.*Conflict",
        "helpdesk/tickets/replying.py",
        "",
        "    unit.claim(Ticket, ticket.id, answer.version)\n",
    ),
    _one(
        "a form from elsewhere",
        "tests/web/test_guards.py -k form_without_our_token",
        "test_a_form_without_our_token_changes_nothing",
        "web/csrf.py",
        "    return True\n",
        "    return hmac.compare_digest(given.encode(), token().encode()) and _same_site()\n",
    ),
    _one(
        "a thread open to whoever has its token",
        "tests/attack/test_threads.py -k true-message-id-outsider",
        "true-message-id-outsider: kept_out",
        "helpdesk/mail/matching.py",
        "    return True\n",
        "    return known.takes_part(ticket_id, sender)\n",
    ),
    _one(
        "a thread open to a sender our own server refused",
        "tests/attack/test_threads.py -k true-token-forged-from-fail",
        "true-token-forged-from-fail: kept_out",
        "helpdesk/mail/matching.py",
        '    if proof == "number" and trail.verdict != "pass":\n',
        '    if trail.verdict == "fail" or (proof == "number" and trail.verdict != "pass"):\n',
    ),
    _one(
        "a mail's own script",
        "tests/helpdesk/text/test_sanitize.py -k nothing_that_acts",
        "test_nothing_that_acts_stays",
        "helpdesk/text/sanitize.py",
        '"sub", "sup", "tt", "u", "script", "svg"}',
        '"sub", "sup", "tt", "u"}',
    ),
)

SCREENS = (
    _one(
        "a field without label",
        "tests/ui/test_axe.py -k new_form",
        "axe label",
        "web/templates/_macros/forms.html",
        "  <b>{{ label }}{% if not required %}",
        '  <label for="{{ id }}">{{ label }}{% if not required %}',
    ),
    _one(
        "a page in no list of screens",
        "tests/ui/test_screens.py -k answers_html",
        r"pages that are in no state.*health\.alive",
        "web/health.py",
        'mimetype="text/html"',
        'mimetype="text/plain"',
    ),
)

BREAKS = INTAKE + BEHAVIOUR + DESTRUCTION + RESTORES + SCREENS + STRUCTURE
