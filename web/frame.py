"""What stands around every page of somebody who is signed in: counts, alarms, and what he may do. Only reads."""

from __future__ import annotations

from typing import Any

from helpdesk.knowledge.reading import reviews_counted
from helpdesk.people.access import can
from helpdesk.status import own_alarms
from helpdesk.text.language import N_
from helpdesk.tickets import lists
from helpdesk.tickets.notices import COUNTED_TO as NOTICES_COUNTED_TO
from helpdesk.tickets.notices import unseen_counted
from helpdesk.tickets.parked import parked_counted
from helpdesk.tickets.requesters import unmatched_counted
from helpdesk.unit import Unit
from web.filters import counted

VIEWS = {
    "mijn": ("mine", N_("My tickets")),
    "niet-toegewezen": ("unassigned", N_("Unassigned")),
    "open": ("open", N_("Open tickets")),
    "wacht-op-vrager": ("waiting", N_("Waiting for asker")),
    "afgehandeld": ("done", N_("Done")),
    "alle": ("all", N_("All tickets")),
}
"""The views by the word in their address: the domain's name and the title."""
UNCOUNTED = frozenset({"afgehandeld", "alle"})
COUNTED = tuple(name for slug, (name, _title) in VIEWS.items() if slug not in UNCOUNTED)


_UNSEEN, _PARKED, _UNMATCHED = "unseen notices", "parked mails", "unknown askers"
_REVIEWS = "answers to be reviewed"


def _bell(found: int) -> str:
    """How many notices are unread, as the bell shows it; empty for none."""
    return f"{NOTICES_COUNTED_TO}+" if found > NOTICES_COUNTED_TO else str(found or "")


def _counts(unit: Unit, *, reads: bool, decides: bool, matches: bool, knows: bool) -> dict[str, int]:
    asked = {**lists.views_counted(unit, COUNTED), _UNSEEN: unseen_counted(unit)} if reads else {}
    if knows:
        asked[_REVIEWS] = reviews_counted(unit)
    if decides:
        asked[_PARKED] = parked_counted(unit)
    if matches:
        asked[_UNMATCHED] = unmatched_counted(unit)
    return lists.asked_at_once(unit, asked)


def frame(unit: Unit, view: str = "") -> dict[str, Any]:
    """Values for the layout; `view` is the word of the view that is shown."""
    actor = unit.actor
    reads, decides = can(actor, "ticket.read"), can(actor, "mail.decide")
    matches, knows = can(actor, "person.match"), can(actor, "knowledge.read")
    counts = _counts(unit, reads=reads, decides=decides, matches=matches, knows=knows)
    return {
        "views": {
            slug: (title, "" if slug in UNCOUNTED else counted(counts.get(name, 0)))
            for slug, (name, title) in VIEWS.items()
        }
        if reads
        else {},
        "current_view": view,
        "unseen": _bell(counts[_UNSEEN]) if reads else "",
        "may_open": can(actor, "ticket.open"),
        "may_decide": decides,
        "parked_count": counted(counts[_PARKED]) if decides else "",
        "may_see_health": can(actor, "health.read"),
        "may_match": matches,
        "unmatched": counted(counts[_UNMATCHED]) if matches else "",
        "may_see_answers": knows,
        "reviews": counted(counts[_REVIEWS]) if knows else "",
        "may_write_canned": can(actor, "canned.write"),
        "may_set_hours": can(actor, "hours.change"),
        "may_see_imports": can(actor, "import.read"),
        "may_see_kept": can(actor, "retention.read"),
        "may_see_people": can(actor, "fact.read"),
        "may_see_lists": can(actor, "list.read"),
        "may_see_proof": can(actor, "ledger.read"),
        "may_see_holds": can(actor, "hold.place"),
        "may_see_register": can(actor, "policy.read"),
        "may_see_reads": can(actor, "log.read"),
        "may_see_requests": can(actor, "request.read"),
        "alarms": len(own_alarms(unit)),
    }
