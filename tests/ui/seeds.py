"""What lies in the academy that is looked at: long, foreign, broken and plain tickets, and all else that has a page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from email import message_from_bytes, policy
from typing import cast

import pyotp
from sqlalchemy import insert, select

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import PermanentRefusal
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Account, Entry, Heartbeat, InboundMail, Mailbox, Ticket
from helpdesk.people import second_factor
from helpdesk.people.accounts import account_named, create_account
from helpdesk.ports import Delivery, Ports
from helpdesk.sign_in.forgotten import ask_for_link
from helpdesk.status import raise_alarm
from helpdesk.tickets import drafts, handling, merging, opening, replying
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.tickets.drafts import DraftForm
from helpdesk.tickets.replying import Answer
from helpdesk.tickets.thread import thread_of
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work
from tests.letters import ASKER, letter, receive, wait
from tests.ui.seeds_chat import chats
from tests.ui.seeds_dated import dated
from tests.ui.seeds_knowledge import knowledge
from tests.ui.seeds_officers import officers
from tests.ui.seeds_rights import rights
from tests.web.conftest import MARIJE, SANDER
from tests.web.visitor import PASSWORD

TINE, SECRET = "tine@academie.example", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LONG_SUBJECT = "Deelnemerslijst-basisopleiding-voorjaar-" * 4 + " en de vraag of die al is verstuurd aan iedereen"
LONG_NAME = "Jonkvrouw Wilhelmina Alexandra van Oldenbarnevelt-Schimmelpenninck tot Nijenhuis"
ARABIC, EMOJI = "سؤال عن دورة التفاوض في الربيع القادم", "Training 🎓👩🏽‍🏫 verzetten? 🙏"
MESSAGES, OTHERS = 60, 64
HTML = """<h2>Rooster</h2><p>Beste mensen, klopt dit <b>rooster</b>? Zie ook
<a href="https://minbz.example/rooster">de site</a>.</p><table><tr><th>Dag</th><th>Training</th></tr>
<tr><td>maandag</td><td>Onderhandelen</td></tr></table><ul><li>Een</li><li>Twee</li></ul>"""
FAULTY_HTML = """<p style="color:#bbb;background:#fff">Lichtgrijs op wit</p><p><a href="https://minbz.example/"></a></p>
<table width="2000"><tr><td>breed</td><td>heel breed</td></tr></table><img src="https://minbz.example/x.png">"""


def fill(ports: Ports) -> dict[str, str]:
    """Put it all there; returns the words for the addresses: numbers and ids by name."""
    marije, sander = _actor(ports, MARIJE), _actor(ports, SANDER)
    ended = officers(ports)
    named = _letters(ports)
    _conversation(ports, named["long"], (marije, sander))
    _handled(ports, named, marije, sander)
    _delivered(ports, named, marije)
    _drafts(ports, named, marije)
    _administration(ports)
    clean(ports)
    _undoable(ports, named["undo"], marije)
    ended |= knowledge(ports, marije, _ticket_id(ports, named["first"]))
    return ended | named | _ids(ports, named) | _link(ports) | dated(ports) | rights(ports) | chats(ports, marije)


def _ticket_id(ports: Ports, number: str) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalars(select(Ticket.id).where(Ticket.number == number)).one()


def _actor(ports: Ports, email: str) -> Actor:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return Actor(account_named(unit, email).id, frozenset({"advisor"}))


def _letters(ports: Ports) -> dict[str, str]:
    """Mails that become tickets; in this order they get their numbers."""
    files = (("rooster voorjaar.pdf", b"%PDF-1.4"), (f"{LONG_SUBJECT}.xlsx", b"PK\x03\x04"))
    mails = {
        "long": letter(f"Zie https://minbz.example/{'x' * 200}", subject=LONG_SUBJECT, sender=f"{LONG_NAME} <{ASKER}>"),
        "html": letter("Rooster", html=HTML, subject="Klopt het rooster?", files=files, Cc="Ahmed <ahmed@x.example>"),
        "faulty": letter("Grijs", html=FAULTY_HTML, subject="Nieuwsbrief met vreemde opmaak"),
        "arabic": letter("أود أن أسأل عن الدورة", subject=ARABIC, sender="محمد الأمين <m@buiten.example>"),
        "emoji": letter("Kan dat? 😊", subject=EMOJI, sender="Zoë 🌷 <zoe@minbz.example>"),
        "first": letter("Kan ik verzetten?", subject="Onderhandelen verzetten"),
        "hint": letter("Nog iets.", subject="Re: Onderhandelen verzetten"),
        "merged": letter("Dubbel gestuurd.", subject="Dubbel", sender="Ahmed <ahmed@minbz.example>"),
        "into": letter("Dubbel gestuurd", subject="Dubbel verstuurd", sender="Ahmed <ahmed@minbz.example>"),
        "bounced": letter("Mijn postvak is vol.", subject="Certificaat", sender="Vol <vol@minbz.example>"),
        "undo": letter("Wanneer begint het?", subject="Begin van de training", sender="Els <els@minbz.example>"),
        "spam": letter("Koop nu", subject="Aanbieding training", sender="Verkoper <spam@buiten.example>"),
        "bare": letter("Gaat weg", subject="Vraag zonder berichten", sender="Bo <bo@minbz.example>"),
        "draft": letter("Mag het later?", subject="Concept dat klaarligt", sender="Cor <cor@minbz.example>"),
        "note": letter("Mag het eerder?", subject="Notitie die klaarligt", sender="Dee <dee@minbz.example>"),
        "quoted": letter("Dank!\n\nOp 3 nov schreef Marije:\n> Zo kan het.\n> Groet", subject="Met aanhaling"),
    }
    for number, (name, raw) in enumerate(mails.items(), 1):
        receive(ports, raw.replace(b"<m1@minbz.example>", f"<{name}@minbz.example>".encode()))
        wait(ports, dt.timedelta(minutes=number))
    receive(ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n} over een training") for n in range(OTHERS)))
    return {name: f"2026-{number:05}" for number, name in enumerate(mails, 1)}


def _answer(unit: Unit, number: str, text: str, to: str, status: str = "waiting_for_asker") -> int:
    version = thread_of(unit, number).ticket.version
    return replying.reply(unit, number, Answer(text, (to,), status, version, f"{number}-{version}"))


def _conversation(ports: Ports, number: str, actors: Sequence[Actor]) -> None:
    """A thread of sixty messages by two people, notes and answers."""
    for turn in range(MESSAGES - 1):
        with unit_of_work(ports, actors[turn % 2]) as unit:
            if turn % 5:
                replying.add_note(unit, number, f"Notitie **{turn}** over de planning van `zaal`.", f"n{turn}")
            else:
                _answer(
                    unit, number, f"Antwoord {turn}:\n\n- een\n- twee\n\n> aangehaald\n\n[lees](https://x.nl)", ASKER
                )
        wait(ports, dt.timedelta(minutes=1))


def _handled(ports: Ports, named: dict[str, str], marije: Actor, sander: Actor) -> None:
    """Merged, moved, put away, assigned (which tells the other), and made by hand."""
    with unit_of_work(ports, sander) as unit:
        merging.merge(unit, named["merged"], named["into"])
        entry = _entries(unit, named["bare"])[0]
        merging.move_entry(unit, entry, None)
        handling.mark_spam(unit, named["spam"], block=True)
        for name in ("first", "html", "emoji"):
            handling.assign(unit, named[name], marije.account_id)
        handling.assign(unit, named["quoted"], sander.account_id)
        handling.set_status(unit, named["quoted"], "done")
        handling.add_participant(unit, named["long"], "deelnemer@buiten.example", LONG_NAME)
    with unit_of_work(ports, marije) as unit:
        opening.open_by_hand(
            unit, "phone", LONG_NAME, "j@minbz.example", "Belde over een training", "Terugbellen", "academy", "hand"
        )


def _delivered(ports: Ports, named: dict[str, str], marije: Actor) -> None:
    """Everything sent so far goes out; one recipient is refused."""
    with unit_of_work(ports, marije) as unit:
        _answer(unit, named["bounced"], "Hierbij het certificaat.", "vol@minbz.example")
    mailer = cast("MemoryMailer", ports.mailer)
    mailer.refuse = _refuse
    wait(ports, dt.timedelta(seconds=30))
    deliver_waiting(ports)
    mailer.refuse = None


def _refuse(recipients: Sequence[str]) -> Delivery | None:
    if "vol@minbz.example" in recipients:
        raise PermanentRefusal("mailbox full", code="552")
    return None


def _undoable(ports: Ports, number: str, marije: Actor) -> None:
    """An answer that can still be taken back: the clock stands."""
    with unit_of_work(ports, marije) as unit:
        _answer(unit, number, "Het begint om negen uur.", "els@minbz.example")


def _drafts(ports: Ports, named: dict[str, str], marije: Actor) -> None:
    """An answer with a kept file, and a note."""
    with unit_of_work(ports, marije) as unit:
        version = thread_of(unit, named["draft"]).ticket.version
        form = DraftForm("Een **half** antwoord\n" * 12, "cor@minbz.example", (), "done", version, 0, "d1")
        drafts.save_draft(unit, named["draft"], "answer", form)
        drafts.keep_files(unit, named["draft"], (FileDraft("bijlage.pdf", "application/pdf", b"%PDF-1.4"),))
        note = DraftForm("Een halve notitie", "", (), "", 0, 0, "d2")
        drafts.save_draft(unit, named["note"], "note", note)


def _administration(ports: Ports) -> None:
    """Parked mails, alarms, a mailbox in trouble, processes, and somebody who signs in with a code."""
    now = ports.now()
    for reason, subject in (
        ("fault:ValueError", LONG_SUBJECT),
        ("blocked_sender", "Aanbieding"),
        ("fault:KeyError", ARABIC),
    ):
        _park(ports, letter(subject=subject, message_id=f"<{reason}@x>"), reason)
    with unit_of_work(ports, SYSTEM) as unit:
        raise_alarm(unit, "mailbox_error", "languages", "imap.login")
        raise_alarm(unit, "process_silent", "workers-parse-1", "workers-parse-1")
        fine = Mailbox(name="academy", desk_key="academy", polled_at=now, server_count=0, left_count=0)
        ill = Mailbox(name="languages", desk_key="languages", server_count=12, left_count=3, error_code="imap.login")
        unit.session.add_all([fine, ill])
        for name in ("poller-academy", "workers-parse-1"):
            unit.session.execute(insert(Heartbeat).values(name=name, at=now - dt.timedelta(minutes=4)))
        create_account(unit, TINE, "Tine de Tweestaps", ["advisor"], PASSWORD)
    with unit_of_work(ports, SYSTEM) as unit:
        account = unit.session.scalars(select(Account).where(Account.email == TINE)).one()
        second_factor.turn_on(unit, account.id, PASSWORD, SECRET, pyotp.TOTP(SECRET).at(now))


def _park(ports: Ports, raw: bytes, reason: str) -> None:
    """A mail that waits for a person, as filing parks it."""
    (key,) = ports.blobs.stage([raw])
    ports.blobs.settle([key])
    now = ports.now()
    row = {"source": "imap", "mailbox": "academy", "desk_key": "academy", "arrived_at": now, "received_at": now}
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(insert(InboundMail).values(size=len(raw), blob=key, state="parked", reason=reason, **row))


def _entries(unit: Unit, number: str) -> list[int]:
    ticket = unit.session.scalars(select(Ticket).where(Ticket.number == number)).one()
    return list(unit.session.scalars(select(Entry.id).where(Entry.ticket_id == ticket.id).order_by(Entry.id)))


def _ids(ports: Ports, named: dict[str, str]) -> dict[str, str]:
    """The first entry of some tickets, for the addresses of what hangs on an entry."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return {f"{name}_entry": str(_entries(unit, named[name])[0]) for name in ("long", "html", "faulty", "first")}


def _link(ports: Ports) -> dict[str, str]:
    """A link for a forgotten password, as the mail holds it."""
    with unit_of_work(ports, SYSTEM) as unit:
        ask_for_link(unit, SANDER)
    deliver_waiting(ports)
    for _from, _to, raw in cast("MemoryMailer", ports.mailer).sent:
        body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
        found = re.search(r"/wachtwoord/(\S+)", body.get_content() if body else "")
        if found:
            return {"link": found[1]}
    raise AssertionError("no mail with a link left")
