"""What `make restore` marks its tickets by, whether that is anywhere on the disk afterwards, and ids given twice."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select, text

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.attack.installation import Installation
from tests.canary.scan import Scan
from tests.canary.words import Words
from tests.holds import let_terms_end
from tests.letters import letter, receive
from tests.retention import policy_in_force


def marked(ports: Ports, count: int, doomed_from: int) -> Words:
    """Tickets whose term has ended, each with words of its own in text, subject, file and its name."""
    policy_in_force(ports)
    words = Words(7, [])

    def mail(number: int) -> bytes:
        doomed = number >= doomed_from
        text_, subject, name, file = (
            words.draw(place, number, doomed=doomed) for place in ("text", "subject", "file_name", "file")
        )
        return letter(
            f"Vraag {number} over {text_}.",
            subject=f"Onderwerp {subject}",
            sender=f"a{number}@x.example",
            message_id=f"<{number}@x>",
            files=((f"{name}.txt", file.encode()),),
        )

    receive(ports, *(mail(number) for number in range(1, count + 1)))
    let_terms_end(ports)
    return words


def scanned(words: Words, place: Installation) -> Counter[str]:
    """How many words of tickets that are to go, and of those that stay, stand in any file of ours or the database's."""
    folders = {"data": place.data} | ({"postgres": place.postgres.folder} if place.postgres else {})
    return Counter("doomed" if word.doomed else "kept" for word in Scan(words.all).look(folders).words())


def ids(ports: Ports) -> dict[str, int]:
    """The id of every ticket by its random name."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return {row.destroy_id: row.id for row in unit.session.execute(select(Ticket.destroy_id, Ticket.id))}


def give_ids_again(ports: Ports) -> None:
    """On PostgreSQL the next tickets get the ids of those that are gone, as on SQLite they do by themselves."""
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.begin() as connection:
            connection.execute(text("SELECT setval('ticket_id_seq', (SELECT max(id) FROM ticket))"))
