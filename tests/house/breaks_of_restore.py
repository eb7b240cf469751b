"""Named ways to break backups and restores, each with the check that must notice it. Breaks nothing itself."""

from __future__ import annotations

from tests.house.breaking import Break, Edit, one

GATE = "tests/helpdesk/privacy/test_gate.py"
RESTORE = "tests/helpdesk/privacy/test_restore.py"
BACKUP = "tests/helpdesk/privacy/test_backup.py"

RESTORES = (
    one(
        "a way into service that does not look at the ledger",
        f"{GATE} -k ledger_that_is_not_right",
        "DID NOT RAISE",
        "helpdesk/privacy/gate.py",
        "        here = known(unit)\n",
        "        here = known(unit)\n    _require_own(ports, here)\n",
    ),
    one(
        "a flush that hides a restore",
        f"{RESTORE} -k put_back_by_hand",
        "DID NOT RAISE",
        "helpdesk/retention/ledger_writing.py",
        "    if not tail:\n",
        "    if not tail or tail - {key for _row_id, key in ready}:\n",
    ),
    one(
        "a replay that forgets holds",
        f"{RESTORE} -k hold_that_the_backup_does_not_know",
        "assert",
        "helpdesk/privacy/replay.py",
        "    _note_again(ports, restore_id, newer())\n",
        "    apply_holds(ports, newer())\n    _note_again(ports, restore_id, newer())\n",
    ),
    one(
        "a replay that leaves what was only meant",
        f"{RESTORE} -k meant_and_not_told",
        "assert",
        "helpdesk/privacy/replay.py",
        "    with unit_of_work(ports, SYSTEM, write=False) as unit:\n        something",
        "    many += _destroy_named(ports, restore_id, _only_meant(whole()))\n"
        "    with unit_of_work(ports, SYSTEM, write=False) as unit:\n        something",
    ),
    Break(
        "a restored outbox that is sent",
        f"{RESTORE} -k nothing_is_sent",
        "assert",
        (
            Edit("helpdesk/mail/outbox_delivery.py", ' == "sending")\n', ' == "sending") & ~outbox_stopped()\n'),
            Edit("helpdesk/mail/outbox_delivery.py", " & soon\n", " & soon & ~outbox_stopped()\n"),
        ),
    ),
    one(
        "a destruction on the dates of a backup",
        f"{RESTORE} -k corrected_after_the_backup",
        "DID NOT RAISE",
        "helpdesk/privacy/destruction.py",
        "        if not clock_is_sane(unit):",
        "        refuse_to_destroy(unit)\n        if not clock_is_sane(unit):",
    ),
    one(
        "mail removed from the mailbox after a restore",
        "tests/mail_ingest/test_after_restore.py -k stays_until",
        "assert",
        "mail_ingest/bookkeeping.py",
        "        if not ids:\n",
        "        if self._removes_nothing():\n            self._stay.update(ids)\n",
    ),
    one(
        "a backup taken off the list only",
        f"{BACKUP} -k expired_backup_is_gone",
        "assert",
        "helpdesk/privacy/backups/expiry.py",
        "        one.folder.stat()\n        return True\n",
        "        shutil.rmtree(one.folder)\n",
    ),
    one(
        "a backup that is put back unread",
        f"{BACKUP} -k damaged",
        "DID NOT RAISE",
        "helpdesk/privacy/backups/restoring.py",
        "        _nobody_else(ports)\n",
        "        _nobody_else(ports)\n        _whole(kept, say)\n",
    ),
)
