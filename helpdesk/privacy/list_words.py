"""Lists for destruction in words: their states and steps, and why a ticket was taken off. Asks no database."""

from __future__ import annotations

from helpdesk.privacy.list_views import ListView
from helpdesk.text.language import N_

STATE = {
    "open": N_("collects what falls due"),
    "window": N_("waits for objections"),
    "approved": N_("approved, waits for its day"),
    "running": N_("is being carried out"),
    "done": N_("carried out"),
    "withdrawn": N_("taken back"),
}
ITEM_STATE = {
    "listed": N_("will be destroyed"),
    "excepted": N_("taken off for a while"),
    "withdrawn": N_("taken off by the system"),
}
REASON = {
    "objection": N_("somebody objects"),
    "hold_expected": N_("a legal hold is expected"),
    "wrong_date": N_("the date is wrong"),
    "wrong_person": N_("it is somebody else's"),
    "archive": N_("it may have to be kept permanently"),
}
"""Why a person took a ticket off, by the codes of `lists.REASONS`."""
WHY = REASON | {
    "hold": N_("a legal hold keeps it"),
    "restricted": N_("its processing is restricted"),
    "open": N_("it is open again"),
    "original": N_("its mail still lies in a mailbox"),
    "merged": N_("it went to another ticket"),
    "facts": N_("a date or a person changed"),
    "policy": N_("another register counts"),
    "list": N_("the list was taken back"),
}
"""Why a person or the system did."""
STEPS = (N_("Proposal"), N_("Check"), N_("Approval"), N_("Waiting time"), N_("Carried out"), N_("Certificate"))


def step_of(found: ListView) -> int:
    """Which of the STEPS a list is at, from 1; 0 for one that was taken back."""
    if found.state == "window":
        return 3 if found.second else 4
    return {"open": 2, "approved": 4, "running": 5, "done": 6}.get(found.state, 0)
