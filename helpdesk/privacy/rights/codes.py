"""The fixed words of requests, each with its sentence: kinds, states, decisions, grounds, reasons. Decides nothing."""

from __future__ import annotations

from helpdesk.text.language import N_

KIND = {
    "access": N_("access (art. 15)"),
    "rectification": N_("rectification (art. 16)"),
    "erasure": N_("erasure (art. 17)"),
    "restriction": N_("restriction (art. 18)"),
    "portability": N_("portability (art. 20)"),
    "objection": N_("objection (art. 21)"),
}
EXPORTED = ("access", "portability")
"""Requests that are answered with an export; their tickets are kept while they run."""
RESTRICTING = ("objection", "restriction")
"""Requests that restrict the processing of tickets from the moment they are recorded."""
ERASING = ("erasure", "objection")
"""Requests that may end in an erasure before the term."""
STATE = {
    "open": N_("received"),
    "collecting": N_("identity established"),
    "review": N_("decision proposed"),
    "released": N_("decision approved"),
    "closed": N_("answered"),
}
IDENTITY = {
    "signed_in": N_("signed in with the account of the organisation"),
    "known_address": N_("wrote from an address that is known to be theirs"),
    "address_and_fact": N_("wrote from a confirmed address and gave a fact that we hold"),
    "in_person": N_("came in person"),
}
DECISION = {
    "granted": N_("granted"),
    "partly": N_("partly granted"),
    "nothing_held": N_("nothing is held about this person"),
    "refused_identity": N_("refused: it could not be established who asks (art. 12(2))"),
    "refused_excessive": N_("refused: manifestly unfounded or excessive (art. 12(5))"),
    "refused_interest": N_("refused: compelling grounds override (art. 21(1))"),
    "refused_legal_duty": N_("refused: a legal duty to keep it (art. 17(3)(b))"),
    "refused_archive": N_("refused: archiving in the public interest (art. 17(3)(d))"),
    "refused_claims": N_("refused: needed for legal claims (art. 17(3)(e))"),
    "withdrawn": N_("withdrawn by who asked"),
}
GIVING = ("granted", "partly", "nothing_held")
"""Decisions that are answered with an export, where the request asks for one."""
ERASURE = {
    "not_needed": N_("no longer needed for its purpose (art. 17(1)(a))"),
    "consent": N_("consent was withdrawn (art. 17(1)(b))"),
    "objection": N_("an objection was upheld (art. 17(1)(c))"),
    "unlawful": N_("it was processed unlawfully (art. 17(1)(d))"),
    "legal_duty": N_("the law requires it (art. 17(1)(e))"),
}
WITHHELD = {
    "third_party": N_("it is about somebody else (art. 15(4))"),
    "confidential": N_("rights of others weigh more (art. 15(4))"),
    "not_about": N_("it is not about who asks"),
    "restricted": N_("somebody else had its processing restricted (art. 18)"),
}
SCANNED = {
    "quarantined": N_("the virus scanner found something in it"),
    "not_scanned": N_("it was not checked for viruses yet"),
}
"""Why a file is left out that nobody gets now; an export made later may hold it."""
REDACTED = {
    "health": N_("data about health"),
    "special": N_("other special categories of data (art. 9)"),
    "secret": N_("a password or another secret"),
    "third_party": N_("data of somebody else"),
    "not_needed": N_("more than the question needs"),
}
