"""Delivery reports and automatic answers that strangers forge, and true ones. Data and small builders; judges nothing.

What is accepted: somebody who has seen a mail of ours knows its Message-ID and perhaps whom it went to, and with both
can write a report that we believe (`named-recipient`), for real reports hold no more where plus addresses are not
delivered. All it does is to say at that answer that it did not arrive: the ticket keeps its state, nothing is answered,
nothing goes out, and "send again" goes to the same recipients. The advisor can read the report and see who sent it.
"""

from __future__ import annotations

from tests.attack.thread_cases import DESK, FEMKE, MALLORY, RE, Case, Seen, flipped, mail, plus
from tests.letters import ASKER

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.elders.example>"
STRANGER = "nobody@elders.example"


def report(
    seen: Seen, name: str, recipient: str, *, to: str = DESK, sender: str = DAEMON, message_id: str = "", **more: str
) -> bytes:
    """A delivery report (RFC 3464) about our answer, or about `message_id`, that says `recipient` can't be reached."""
    fields = (f"Final-Recipient: rfc822; {recipient}", "Action: failed", "Status: 5.1.1")
    lines = (
        *(f"From: {sender}", f"To: {to}", "Subject: Undelivered Mail Returned to Sender"),
        *(f"Message-ID: <{name}@case.example>", *(f"{key.replace('_', '-')}: {value}" for key, value in more.items())),
        *("MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', ""),
        *("--b", "Content-Type: text/plain", "", "Your message could not be delivered.", ""),
        *("--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.elders.example", "", *fields, ""),
        *(
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {message_id or seen.answer_id}",
            "",
            "--b--",
            "",
        ),
    )
    return "\n".join(lines).encode()


def in_words(seen: Seen, name: str, recipient: str) -> bytes:
    """A report of the older kind, which names its recipient only in its text."""
    words = (
        f"Sorry, I wasn't able to deliver your message to <{recipient}>.\n\n--- Below this line is a copy of it.\n\n"
    )
    subject = "failure notice"
    return mail(f"{words}Message-ID: {seen.answer_id}\n", name, DAEMON, subject=subject, Auto_Submitted="auto-replied")


ABSENT = "Ik ben afwezig tot maandag."

FORGED = (
    Case("report-naming-a-stranger", lambda s, n: report(s, n, STRANGER)),
    Case("report-naming-nobody", lambda s, n: report(s, n, "")),
    Case("report-from-the-asker", lambda s, n: report(s, n, STRANGER, sender=FEMKE, In_Reply_To=s.answer_id)),
    Case("report-in-words", lambda s, n: in_words(s, n, STRANGER)),
    Case("report-by-x-failed", lambda s, n: report(s, n, STRANGER, X_Failed_Recipients=STRANGER)),
    Case("report-to-reply-token", lambda s, n: report(s, n, STRANGER, to=plus(s.token)), plus=True),
    Case("report-to-forged-token", lambda s, n: report(s, n, STRANGER, to=plus(flipped(s.return_token))), plus=True),
    Case(
        "report-of-token-in-reference", lambda s, n: report(s, n, STRANGER, message_id="<x@x>", References=s.answer_id)
    ),
    Case(
        "forged-automatic-answer",
        lambda s, n: mail(ABSENT, n, MALLORY, subject=RE, In_Reply_To=s.answer_id, Auto_Submitted="auto-replied"),
    ),
    Case(
        "automatic-answer-to-reply-token",
        lambda s, n: mail(ABSENT, n, MALLORY, subject=RE, to=plus(s.token), Auto_Submitted="auto-replied"),
        plus=True,
    ),
)

TRUE = (
    Case("return-path", lambda s, n: report(s, n, ASKER, to=plus(s.return_token), message_id="<x@x>"), plus=True),
    Case("return-path-forwarded", lambda s, n: report(s, n, STRANGER, to=plus(s.return_token)), plus=True),
    Case("named-recipient", lambda s, n: report(s, n, ASKER)),
    Case("named-recipient-in-words", lambda s, n: in_words(s, n, ASKER)),
    Case("named-recipient-by-x-failed", lambda s, n: report(s, n, "", X_Failed_Recipients=ASKER)),
    Case("named-recipient-without-token", lambda s, n: report(s, n, ASKER), plus=True),
    Case(
        "absent",
        lambda s, n: mail(ABSENT, n, FEMKE, subject=RE, In_Reply_To=s.answer_id, Auto_Submitted="auto-replied"),
    ),
    Case(
        "absent-to-return-path",
        lambda s, n: mail(ABSENT, n, FEMKE, subject=RE, to=plus(s.return_token), Auto_Submitted="auto-replied"),
        plus=True,
    ),
)
"""Machine mail that must join the ticket it speaks of and wake nobody; the reports among it mark Femke."""
