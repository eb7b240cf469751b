"""Plants the words as people do: by mail, in the pages, in files they upload; and does with tickets what people do."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.models import ImportRun, InboundMail, OutgoingMail, Ticket, TicketPerson
from helpdesk.people.access import ticket_for
from helpdesk.tickets.requesters import call_requester
from helpdesk.unit import SYSTEM, unit_of_work
from tests.attack.corpus import DESK
from tests.canary.house import ADMIN, ADVISOR, House
from tests.canary.officers import gives_access
from tests.canary.shared_machine import PROFILE, UNSENT, Profile, at_a_shared_machine
from tests.canary.typing_people import TYPED, typed
from tests.canary.visitor import Visitor
from tests.canary.words import Words
from tests.helpdesk.facts.sheets import as_csv, as_xlsx

_WITH_OFFICERS = 12
HEADS = ("Personeelsnummer", "Naam", "E-mailadres", "Datum uitdienst", "Bijzonderheden")


@dataclass
class Planted:
    """The numbers of the tickets, in the order in which they were planted; `doomed` are those to be destroyed.

    `redacted` is a kept one, and the word in the note of it that is to go; `profile` what a browser held after that.
    """

    doomed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    redacted: tuple[str, str] | None = None
    profile: Profile | None = None


def letter(words: Words, ticket: int, *, doomed: bool, full: bool) -> bytes:
    """A mail with a word in each of its places; one that is not full has only some, and no file."""

    def word(place: str) -> str:
        return words.draw(place, ticket, doomed=doomed)

    mail = EmailMessage()
    address = f"{word('address')}@x.example"
    mail["From"], mail["To"] = f"{word('name')} <{address}>", DESK
    mail["Subject"], mail["Message-ID"] = f"Over {word('subject')}", f"<canary{ticket}@x.example>"
    mail.set_content(f"Beste mensen,\n\nHet gaat over {word('text')} en telefoon 06-12345678.\n")
    if full:
        mail["X-Afdeling"] = word("header")
        mail.add_alternative(f"<p>Het gaat over <b>{word('html')}</b>.</p>", subtype="html")
        note = f"In de bijlage staat {word('file')}.\n".encode()
        mail.add_attachment(note, maintype="text", subtype="plain", filename=f"{word('file_name')}.txt")
    return mail.as_bytes()


def plant(house: House, words: Words, count: int) -> Planted:
    """So many tickets, every other one doomed; the first eight are worked on by people as well."""
    account = house.installation.account
    for ticket in range(count):
        account.append(letter(words, ticket, doomed=ticket % 2 == 0, full=ticket < 60))
    house.until(lambda: _filed(house) >= count and account.count() == 0, "every mail is a ticket")
    numbers = _numbers(house, words)
    advisor = house.visitor(ADVISOR)
    for ticket in range(min(8, count)):
        _work_on(advisor, words, ticket, numbers[ticket])
    made = Planted(
        [numbers[ticket] for ticket in range(0, count, 2)], [numbers[ticket] for ticket in range(1, count, 2)]
    )
    _by_hand(house, advisor, words, made)
    _in_the_portal(house, words, made)
    if count >= _WITH_OFFICERS:
        _at_a_shared_machine(house, words, made)
    _chats(house, advisor, words, made)
    _merges(advisor, made)
    _files(house, words)
    if count >= _WITH_OFFICERS:
        if missing := typed(house, words, {ticket: numbers[ticket] for ticket in (8, 9)}):
            words.skip(TYPED, missing)
        gives_access(house, words, 10, numbers[10])
        made.redacted = (numbers[11], words.draw("redacted", 11, doomed=True))
        advisor.send(f"{_path(numbers[11])}?schrijf=notitie", "/notitie", text=f"Let op {made.redacted[1]}.")
        house.command("backup")
    _failing_statement(house, words)
    house.until(lambda: _outgoing(house) > 0, "an answer waits for the relay", 20)
    house.breathe()
    return made


def _filed(house: House) -> int:
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        filed = select(func.count()).select_from(InboundMail).where(InboundMail.state == "filed")
        return unit.session.scalar(filed.where(InboundMail.removed_at.is_not(None))) or 0


def _outgoing(house: House) -> int:
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(OutgoingMail)) or 0


def _numbers(house: House, words: Words) -> dict[int, str]:
    """Which number each planted ticket got, known by its asker's address."""
    asked = select(TicketPerson.address, Ticket.number).join(Ticket, Ticket.id == TicketPerson.ticket_id)
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        by_address = {row.address.partition("@")[0]: row.number for row in unit.session.execute(asked)}
    return {one.ticket: by_address[one.word] for one in words.all if one.place == "address"}


def _path(number: str) -> str:
    return f"/werk/w/open/{number}"


def _work_on(advisor: Visitor, words: Words, ticket: int, number: str) -> None:
    """A note, an answer, a draft, somebody who takes part, a search, a print and the conversation as a file."""
    doomed, path = ticket % 2 == 0, _path(number)

    def word(place: str) -> str:
        return words.draw(place, ticket, doomed=doomed)

    advisor.send(f"{path}?schrijf=notitie", "/notitie", text=f"Let op {word('note')}.")
    advisor.send(f"{path}?schrijf=antwoord", "/antwoord", text=f"Dat gaat zo: {word('answer')}.", status="open")
    advisor.send(f"{path}?schrijf=antwoord", "/concept/answer", text=f"Nog iets over {word('draft')}.")
    advisor.send(path, "/deelnemer", address=f"{word('participant')}@x.example")
    advisor.page(advisor.send("/werk/w/open", "/zoeken", q=words.draw("search", -1, doomed=True)))
    advisor.fetch(f"{path}/afdrukken")
    advisor.fetch(f"{path}/gesprek.eml")


def _by_hand(house: House, advisor: Visitor, words: Words, made: Planted) -> None:
    """A doomed question by telephone."""
    said = {"name": words.draw("phone_name", -2, doomed=True), "text": words.draw("phone_text", -2, doomed=True)}
    said |= {"address": f"{words.draw('phone_address', -2, doomed=True)}@x.example"}
    advisor.send("/werk/nieuw", "/werk/nieuw", channel="phone", subject="Gebeld", **said)
    _more(house, made)


def _more(house: House, made: Planted) -> None:
    """What was asked since is doomed, too."""
    before = set(made.doomed + made.kept)
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        made.doomed += [number for number in unit.session.scalars(select(Ticket.number)) if number not in before]


def _in_the_portal(house: House, words: Words, made: Planted) -> None:
    """A doomed question in the portal, with files, one broken off, and something added, by who mailed a doomed one."""

    def word(place: str) -> str:
        return words.draw(f"portal_{place}", -5, doomed=True)

    asker = house.asker(_doomed_address(words))
    said = {"subject": f"Over {word('subject')}", "text": f"Het gaat over {word('text')}."}
    note = f"In het bestand staat {word('file')}.\n".encode()
    new = "/mijn-vragen/nieuw"
    asker.upload(new, "/nieuw", f"{word('file_name')}.txt", note, field="files", **said)
    _more(house, made)
    one = f"/mijn-vragen/{made.doomed[-1]}"
    asker.send(one, "/bericht", text=f"Nog iets over {word('more')}.")
    for number, place in ((made.doomed[-1], "piece"), ("", "loose_piece")):
        piece = f"In dit stuk staat {word(place)}.\n".encode()
        asker.break_off(new, "/mijn-bestanden", f"{word(f'{place}_name')}.txt", piece, question=number)
    asker.fetch("/mijn-gegevens")
    asker.fetch(f"{one}/afdrukken")


def _at_a_shared_machine(house: House, words: Words, made: Planted) -> None:
    found = at_a_shared_machine(house, words, _doomed_address(words))
    if isinstance(found, str):
        words.skip((*PROFILE, UNSENT), found)
    else:
        made.profile = found
    _more(house, made)


def _doomed_address(words: Words) -> str:
    mailed = next(one.word for one in words.all if one.place == "address" and one.doomed)
    return f"{mailed}@x.example"


def _chats(house: House, advisor: Visitor, words: Words, made: Planted) -> None:
    """A doomed chat, of whose lines each side says one, and which goes out by mail when it ends."""

    def word(place: str) -> str:
        return words.draw(f"chat_{place}", -6, doomed=True)

    advisor.send("/werk/chat", "/bereikbaar", state="available", capacity="3")
    asker = house.asker(_doomed_address(words))
    room = asker.send("/chat", "/chat", text=f"Het gaat over {word('first')}.")
    _more(house, made)
    desk = advisor.send("/werk/chat", "/volgende")
    advisor.send(desk, desk.partition("?")[0], text=f"Dat gaat zo: {word('answer')}.")
    asker.send(room, room.partition("#")[0], text=f"Nog iets over {word('line')}.")
    asker.fetch(f"{room}/regels")
    advisor.send(desk, "/afronden", status="done", transcript="1")


def _merges(advisor: Visitor, made: Planted) -> None:
    """Two doomed tickets become one, two more do for a while, and so do two that are kept."""
    advisor.send(_path(made.doomed[0]), "/samenvoegen", into=made.doomed[1])
    for first, into in ((made.doomed[2], made.doomed[3]), (made.kept[0], made.kept[1])):
        advisor.send(_path(first), "/samenvoegen", into=into)
        advisor.send(_path(into), "/samenvoegen-ongedaan", merged=first)


def _files(house: House, words: Words) -> None:
    """A CSV and a spreadsheet with words in a column that is not kept, and a broken file, at which the job fails."""
    admin = house.visitor(ADMIN)
    rows = [
        (
            f"9{number}17",
            "Vera Vast",
            f"vera{number}@minbz.example",
            "31-03-2040",
            words.draw("unlisted", -3, doomed=True),
        )
        for number in range(2)
    ]
    _decided(house, admin, "medewerkers.csv", as_csv([HEADS, rows[0]]), "/starten")
    _decided(house, admin, "medewerkers.xlsx", as_xlsx([HEADS, rows[1]]), "/starten")
    spoilt = b"PK\x03\x04" + words.draw("spoilt_file", -3, doomed=True).encode() * 3
    _decided(house, admin, "kapot.xlsx", spoilt, "/stoppen")


def _decided(house: House, admin: Visitor, name: str, content: bytes, act: str) -> None:
    where = admin.upload("/beheer/imports", "/beheer/imports", name, content, profile="m250")
    house.until(lambda: _to_do(house) is None, f"a worker looked at {name}")
    if act in [form.action[-len(act) :] for form in admin.page(where).forms]:
        admin.send(where, act)
    house.until(lambda: _blobs_of_imports(house) == 0, f"{name} is gone")


def _to_do(house: House) -> str | None:
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(ImportRun.to_do).order_by(ImportRun.id.desc()).limit(1))


def _blobs_of_imports(house: House) -> int:
    with unit_of_work(house.ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).where(ImportRun.blob.is_not(None))) or 0


def _failing_statement(house: House, words: Words) -> None:
    """A statement that the database refuses, with a word in it and one as its parameter."""
    for statement in ("SELECT CAST(:word AS integer) / 0, nothing_like_it", "SELECT CAST(:word AS integer) / 0"):
        said = {"word": words.draw("statement", -4, doomed=True)}
        try:
            with house.ports.engine.connect() as connection:
                connection.execute(text(statement), said).all()
        except SQLAlchemyError:
            continue


def let_it_be_over(house: House, made: Planted) -> None:
    """The doomed ones were asked by people from outside and are done; the kept ones are open, or of unknown people."""
    with unit_of_work(house.ports, SYSTEM) as unit:
        for number in made.doomed:
            if ticket_for(unit, number, "ticket.read").merged_into_id is None:
                call_requester(unit, number, "external")
    advisor = house.visitor(ADVISOR)
    for number in made.doomed[1:]:
        advisor.send(_path(number), "/status", status="done")
