"""Mails that try to get into somebody's ticket, and true answers that must. Data and small builders; judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.letters import letter

DESK = "academy@academie.example"
FEMKE = "Femke de Vries <femke.devries@minbz.example>"
MALLORY = "Mallory <mallory@elders.example>"
OURS, THEIRS = "mx.academie.example", "mx.elders.example"
PASS = f"{OURS}; dmarc=pass header.from=minbz.example"
FAIL = f"{OURS}; dmarc=fail header.from=minbz.example"


@dataclass(frozen=True)
class Seen:
    """What somebody who holds our answer knows: ids, the address it came from, the number, the first mail's id."""

    number: str
    answer_id: str
    reply_to: str
    token: str
    return_token: str = ""
    """What the envelope of our answer carries and the asker's own server sees; no header of ours has it."""
    first_id: str = "<m1@minbz.example>"


@dataclass(frozen=True)
class Case:
    """One mail: how it is made, and under which settings it comes."""

    name: str
    make: Callable[[Seen, str], bytes]
    authserv: bool = False
    plus: bool = False
    to: str = ""
    mailbox: str = "academy"


def mail(text: str, name: str, sender: str, *traces: str, **headers: str) -> bytes:
    """A mail with the Authentication-Results headers of `traces` on top, topmost first."""
    raw = letter(text, sender=sender, message_id=f"<{name}@case.example>", **headers)  # type: ignore[arg-type] # headers by name
    return b"".join(b"Authentication-Results: " + trace.encode() + b"\n" for trace in traces) + raw


def flipped(token: str) -> str:
    """The token with its last letter changed."""
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def plus(token: str) -> str:
    """The desk's address with a token behind the plus sign."""
    return f"academy+{token}@academie.example"


RE = "Re: Training verzetten"
HELLO = "Stuur mij het hele dossier."

ATTACKS = (
    Case("guessed-number", lambda s, n: mail(HELLO, n, MALLORY, subject=f"Re: [V-{s.number}]")),
    Case("guessed-number-bare", lambda s, n: mail(HELLO, n, MALLORY, subject=f"V-{s.number} Training verzetten")),
    Case("forged-from-number", lambda s, n: mail(HELLO, n, FEMKE, subject=f"Antw: V-{s.number}")),
    Case(
        "forged-from-number-fail",
        lambda s, n: mail(HELLO, n, FEMKE, FAIL, subject=f"Antw: V-{s.number}"),
        authserv=True,
    ),
    Case("forged-from-number-none", lambda s, n: mail(HELLO, n, FEMKE, subject=f"Antw: V-{s.number}"), authserv=True),
    Case(
        "forged-pass-below-ours",
        lambda s, n: mail(HELLO, n, FEMKE, FAIL, PASS, subject=f"Antw: V-{s.number}"),
        authserv=True,
    ),
    Case(
        "pass-of-another-server",
        lambda s, n: mail(HELLO, n, FEMKE, f"{THEIRS}; dmarc=pass header.from=minbz.example", subject=f"V-{s.number}"),
        authserv=True,
    ),
    Case(
        "pass-for-another-domain",
        lambda s, n: mail(HELLO, n, FEMKE, f"{OURS}; spf=pass smtp.mailfrom=elders.example", subject=f"V-{s.number}"),
        authserv=True,
    ),
    Case("forged-token", lambda s, n: mail(HELLO, n, FEMKE, subject=RE, to=plus(flipped(s.token))), plus=True),
    Case(
        "forged-token-in-reference",
        lambda s, n: mail(HELLO, n, FEMKE, subject=RE, In_Reply_To=s.answer_id.replace(s.token, flipped(s.token))),
    ),
    Case("true-token-outsider", lambda s, n: mail(HELLO, n, MALLORY, subject=RE, to=plus(s.token)), plus=True),
    Case("true-message-id-outsider", lambda s, n: mail(HELLO, n, MALLORY, subject=RE, In_Reply_To=s.answer_id)),
    Case(
        "true-reference-outsider",
        lambda s, n: mail(HELLO, n, MALLORY, subject=RE, References=f"{s.first_id} {s.answer_id}"),
    ),
    Case(
        "true-token-forged-from-fail",
        lambda s, n: mail(HELLO, n, FEMKE, FAIL, subject=RE, In_Reply_To=s.answer_id),
        authserv=True,
    ),
    Case(
        "forged-cc",
        lambda s, n: mail(HELLO, n, MALLORY, subject=RE, Cc=FEMKE, In_Reply_To=s.answer_id),
    ),
    Case(
        "reply-to-elsewhere",
        lambda s, n: mail(HELLO, n, FEMKE, subject=f"V-{s.number}", Reply_To="mallory@elders.example"),
    ),
    Case(
        "name-that-looks-right",
        lambda s, n: mail(
            HELLO, n, '"femke.devries@minbz.example" <mallory@elders.example>', subject=RE, In_Reply_To=s.answer_id
        ),
    ),
    Case(
        "look-alike-domain",
        lambda s, n: mail(HELLO, n, "Femke <femke.devries@mínbz.example>", subject=RE, In_Reply_To=s.answer_id),
    ),
    Case(
        "many-references",
        lambda s, n: mail(
            HELLO, n, MALLORY, subject=RE, References=" ".join(f"<x{i}@x>" for i in range(200)) + f" {s.answer_id}"
        ),
    ),
    Case(
        "an-advisor's-own-address",
        lambda s, n: mail(HELLO, n, "Marije <marije@academie.example>", subject=RE, In_Reply_To=s.answer_id),
    ),
    Case(
        "somebody-in-cc-of-the-first-mail",
        lambda s, n: mail(HELLO, n, "Ahmed <ahmed@minbz.example>", subject=RE, In_Reply_To=s.first_id),
    ),
)

QUOTE = "\n\nOp zo 22 nov. 2026 om 12:00 schreef Leeradvies <academy@academie.example>:\n> Beste Femke, dat kan.\n"
OUTLOOK = (
    "\n\nVan: Leeradvies\nVerzonden: zondag 22 november 2026 12:00\nAan: Femke\nOnderwerp: Re: Training\n\nDat kan."
)

ANSWERS = (
    Case(
        "outlook",
        lambda s, n: mail(
            "Dank." + OUTLOOK,
            n,
            FEMKE,
            subject="RE: Training verzetten",
            In_Reply_To=s.answer_id,
            References=f"{s.first_id} {s.answer_id}",
        ),
    ),
    Case("gmail", lambda s, n: mail("Dank." + QUOTE, n, FEMKE, subject=RE, References=f"{s.first_id} {s.answer_id}")),
    Case("apple-mail", lambda s, n: mail("Dank." + QUOTE, n, FEMKE, subject=RE, In_Reply_To=s.answer_id)),
    Case(
        "phone-references-cut",
        lambda s, n: mail(
            "Ok!\n\nVerstuurd vanaf mijn telefoon",
            n,
            FEMKE,
            subject="Antw: Training verzetten",
            In_Reply_To=s.answer_id,
        ),
    ),
    Case(
        "token-stripped",
        lambda s, n: mail("Dank.", n, FEMKE, subject=RE, In_Reply_To="<x@gateway.example>", References=s.first_id),
    ),
    Case("plus-address-only", lambda s, n: mail("Dank.", n, FEMKE, subject="Training", to=plus(s.token)), plus=True),
    Case(
        "plus-address-folded",
        lambda s, n: mail("Dank.", n, FEMKE, subject="Training", to=plus(s.token).upper()),
        plus=True,
    ),
    Case("number-and-pass", lambda s, n: mail("Dank.", n, FEMKE, PASS, subject=f"Antw: V-{s.number}"), authserv=True),
    Case(
        "reference-and-pass",
        lambda s, n: mail("Dank.", n, FEMKE, PASS, FAIL, subject=RE, In_Reply_To=s.answer_id),
        authserv=True,
    ),
    Case(
        "address-in-capitals",
        lambda s, n: mail("Dank.", n, "FEMKE.DEVRIES@MINBZ.EXAMPLE", subject=RE, In_Reply_To=s.answer_id),
    ),
    Case(
        "second-desk's-mailbox",
        lambda s, n: mail("Dank.", n, FEMKE, subject=RE, In_Reply_To=s.answer_id),
        mailbox="languages",
    ),
    Case("second-address", lambda s, n: mail("Dank.", n, "femke@thuis.example", subject=RE, In_Reply_To=s.answer_id)),
    Case("participant", lambda s, n: mail("Dank.", n, "sofie@minbz.example", subject=RE, In_Reply_To=s.answer_id)),
)
