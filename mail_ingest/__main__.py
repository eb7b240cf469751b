"""`python -m mail_ingest poll | listen | replay ID | check`: starts the doors, and nothing else."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import threading

from helpdesk import logs
from helpdesk.errors import HelpdeskError
from helpdesk.leases import beat, hold, release
from helpdesk.ports import Ports
from helpdesk.privacy import gate
from helpdesk.settings import MailboxSettings
from helpdesk.settings_reader import from_env
from helpdesk.text.language import fault_text, terminal_language
from helpdesk.tickets import parked
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.wiring import connect
from mail_ingest.accept import accept
from mail_ingest.bookkeeping import Booked, Reporter
from mail_ingest.imap_mailbox import ImapMailbox
from mail_ingest.poller import Intake, Limits, Rounds, poll_once, start
from mail_ingest.receiver import Receiver
from mail_ingest.receiver_terms import Terms, server_tls
from mail_ingest.recipients import Recipients
from mail_ingest.spool import sweep

LEASE_SECONDS = 45
_BEAT_SECONDS = 20
_NICE = 5
"""What is taken in already becomes tickets before more is taken in, where there is not CPU enough for both."""


def _rounds(box: MailboxSettings, ports: Ports) -> Rounds:
    settings = ports.settings
    mailbox = Booked(ImapMailbox(box, settings.data / "spool" / box.name, os.environ), box.name, ports)
    intake = Intake(
        mailbox=box.name,
        desk=box.desk,
        accept=lambda mails: accept(mails, ports),
        now=ports.now,
        hold=lambda: hold(ports, f"poll:{box.name}", LEASE_SECONDS),
        limits=Limits(settings.batch_bytes, settings.batch_mails),
    )
    return Rounds(mailbox, intake, Reporter(box, ports), wait_seconds=min(15.0, float(box.poll_seconds)))


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def poll(ports: Ports, *, once: bool) -> int:
    """Empty every mailbox: one round each, or for ever."""
    boxes = ports.settings.mailboxes
    for box in boxes:
        folder = ports.settings.data / "spool" / box.name
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
    all_rounds = [_rounds(box, ports) for box in boxes]
    if once:
        for rounds in all_rounds:
            result = poll_once(rounds.mailbox, rounds.intake)
            rounds.report(result)
            rounds.mailbox.leave()
            sys.stdout.write(f"{rounds.intake.mailbox}: {dict(result.states)} removed={result.removed}\n")
        return 0
    stop = _stopped_by_signal()
    os.nice(_NICE)
    gc.collect()
    gc.freeze()  # what stands now stays: no search for garbage goes through it again
    threads = start(all_rounds, stop)
    while not stop.wait(_BEAT_SECONDS):
        _beat(ports, "poller")
    for thread in threads:
        thread.join(timeout=5)
    for box in boxes:
        release(ports, f"poll:{box.name}")
    return 0


def _beat(ports: Ports, name: str) -> None:
    try:
        beat(ports, name)
    except HelpdeskError as fault:
        sys.stderr.write(f"{name}: {fault.code}\n")


def listen(ports: Ports) -> int:
    """Take mail by SMTP and LMTP until told to stop."""
    settings = ports.settings
    spool = settings.data / "spool" / "receiver"
    spool.mkdir(parents=True, exist_ok=True)
    sweep(spool)
    receiver = Receiver(
        Terms(hostname=settings.mail_domain, size=settings.raw_limit),
        Recipients.of(settings.desks),
        lambda mails: accept(mails, ports),
        ports.now,
        spool,
        tls=server_tls(settings.listen_certificate, settings.listen_key),
    )
    receiver.start(
        settings.listen_host,
        smtp_port=settings.listen_smtp_port or None,
        lmtp_port=settings.listen_lmtp_port or None,
    )
    stop = _stopped_by_signal()
    while not stop.wait(_BEAT_SECONDS):
        _beat(ports, "receiver")
    receiver.stop()
    return 0


def replay(ports: Ports, inbound_id: int) -> int:
    """Put a parked mail back in the queue."""
    with unit_of_work(ports, SYSTEM) as unit:
        parked.replay(unit, inbound_id)
    return 0


def check(ports: Ports) -> int:
    """Look at each mailbox and print what it can do, as JSON; exit 1 when one can't be used."""
    found = []
    for box in ports.settings.mailboxes:
        mailbox = ImapMailbox(box, ports.settings.data / "spool", os.environ)
        try:
            listing = mailbox.new_ids(1)
            found.append({"name": box.name, "ok": True, "on_server": listing.lying, **mailbox.capabilities()})
        except HelpdeskError as fault:
            sentence = fault_text(fault, terminal_language(os.environ))
            found.append({"name": box.name, "ok": False, "code": fault.code, "sentence": sentence})
        finally:
            mailbox.leave()
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if all(row["ok"] for row in found) else 1


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run one door."""
    parser = argparse.ArgumentParser(prog="python -m mail_ingest")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("poll", help="empty the mailboxes").add_argument("--once", action="store_true")
    verbs.add_parser("listen", help="take mail by SMTP and LMTP")
    verbs.add_parser("replay", help="file a parked mail again").add_argument("id", type=int)
    verbs.add_parser("check", help="look at the mailboxes").add_argument("--json", action="store_true")
    said = parser.parse_args(arguments)
    logs.configure(f"mail_ingest.{said.verb}")
    try:
        ports = connect(from_env(os.environ))
        if said.verb != "check":
            gate.enter(ports)
        if said.verb == "poll":
            return poll(ports, once=said.once)
        if said.verb == "listen":
            return listen(ports)
        return replay(ports, said.id) if said.verb == "replay" else check(ports)
    except HelpdeskError as fault:
        sys.stderr.write(fault_text(fault, terminal_language(os.environ)) + "\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
