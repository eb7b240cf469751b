"""People who write to each other through the helpdesk, made by a seed, each with a word of their own; who gets what.

The model keeps what was sent as lists and finds what belongs to somebody by walking them: it knows nothing of ours.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.tickets import replying
from helpdesk.tickets.replying import Answer
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.imports import M250, bring_in
from tests.letters import letter, receive

_REST = ["medewerker", "DPO", "actief", "", ""]
FIRST = ("Aaltje", "Bram", "Chaima", "Daan", "Esra", "Fenna", "Giel", "Hatice", "Ilse", "Joep", "Kees", "Lars", "Noor")
LAST = ("Akkerman", "Bos", "Cornelisse", "Dijkstra", "Elzinga", "Faber", "Groen", "Haan", "Jansma", "Kuiper", "Leeuw")


@dataclass(frozen=True)
class Somebody:
    """A person of the graph; `word` is a word that only they write, `secret` stands in their internal notes."""

    n: int

    @property
    def name(self) -> str:
        return f"{FIRST[self.n % len(FIRST)]} {LAST[self.n // len(FIRST) % len(LAST)]}{self.n:04}"

    @property
    def address(self) -> str:
        return f"p{self.n}@minbz.example"

    @property
    def word(self) -> str:
        return f"woord{self.n}qzx"

    @property
    def phone(self) -> str:
        return f"06 {10000000 + self.n}"


@dataclass
class Sent:
    """One message: who wrote it (nobody: the helpdesk), who got it, whom it names, and the words it holds."""

    author: int | None
    to: set[int]
    words: set[str]
    kind: str = "mail"
    file: str | None = None
    about: int | None = None


@dataclass
class Asked:
    """One ticket of the model."""

    number: str
    asker: int
    copied: set[int]
    messages: list[Sent] = field(default_factory=list)


@dataclass
class Graph:
    """The people and the tickets."""

    people: list[Somebody]
    tickets: list[Asked]

    def belonging(self, n: int) -> Iterator[tuple[Asked, list[Sent]]]:
        """The tickets and messages of one person: all of what they asked; of others what is to, by or about them."""
        for ticket in self.tickets:
            if ticket.asker == n:
                yield ticket, ticket.messages
            elif n in ticket.copied:
                yield ticket, [one for one in ticket.messages if n in one.to or n in (one.author, one.about)]

    def words_of(self, n: int) -> set[str]:
        """Every word that is in what belongs to them."""
        return {word for _ticket, messages in self.belonging(n) for one in messages for word in one.words}

    def strangers(self, n: int) -> set[str]:
        """Names, addresses, numbers and words that must not be in what they get."""
        others = [one for one in self.people if one.n != n]
        found = {word for one in others for word in (one.name, one.address, one.phone, one.word, f"noot{one.n}qzx")}
        return found - self.words_of(n)


def grown(ports: Ports, admin: Actor, advisor: Actor, people: int, tickets: int, seed: int = 1) -> Graph:
    """A graph as it comes about: the directory's file, then mail with copies, answers and internal notes."""
    rng = random.Random(seed)
    graph = Graph([Somebody(n) for n in range(people)], [])
    rows = [[str(70000 + one.n), *one.name.split(), one.address, *_REST] for one in graph.people]
    bring_in(ports, admin, "m250", [M250, *rows])
    mails = [_question(rng, graph, n) for n in range(1, tickets + 1)]
    receive(ports, *mails)
    _numbered(ports, graph)
    for ticket in graph.tickets:
        if rng.random() < 0.6:
            _worked_on(ports, advisor, rng, graph, ticket)
    return graph


def _question(rng: random.Random, graph: Graph, n: int) -> bytes:
    asker, colleague, *others = rng.sample(graph.people, 4)
    copied = others if rng.random() < 0.3 else []
    words = {asker.word, f"vraag{n}qzx"}
    file = f"inhoud{n}qzx" if rng.random() < 0.3 else None
    ticket = Asked("", asker.n, {one.n for one in copied})
    ticket.messages.append(Sent(asker.n, ticket.copied, words, file=file))
    graph.tickets.append(ticket)
    text = (
        f"Ik, {asker.name}, vraag {' '.join(sorted(words))} over mijn collega {colleague.name} "
        f"({colleague.address}, {colleague.phone})."
    )
    return letter(
        text,
        subject=f"Vraag van {asker.name} over {colleague.name}",
        sender=f"{asker.name} <{asker.address}>",
        message_id=f"<g{n}@minbz.example>",
        files=((f"bijlage{n}.txt", file.encode()),) if file else (),
        **({"Cc": ", ".join(f"{one.name} <{one.address}>" for one in copied)} if copied else {}),
    )


def _numbered(ports: Ports, graph: Graph) -> None:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        numbers = unit.session.scalars(select(Ticket.number).order_by(Ticket.id)).all()
    assert len(numbers) == len(graph.tickets)
    for ticket, number in zip(graph.tickets, numbers, strict=True):
        ticket.number = number


def _worked_on(ports: Ports, advisor: Actor, rng: random.Random, graph: Graph, ticket: Asked) -> None:
    asker = graph.people[ticket.asker]
    other = rng.choice(graph.people)
    with unit_of_work(ports, advisor) as unit:
        version = unit.session.scalars(select(Ticket.version).where(Ticket.number == ticket.number)).one()
        answer = Answer(
            f"antwoord{ticket.number[5:]}qzx aan {asker.name}; vraag het ook aan {other.name}.",
            (asker.address,),
            "done",
            version,
            f"c{ticket.number}",
        )
        replying.reply(unit, ticket.number, answer)
        replying.add_note(unit, ticket.number, f"noot{asker.n}qzx over {other.name}", f"n{ticket.number}")
    ticket.messages.append(Sent(None, {asker.n}, {f"antwoord{ticket.number[5:]}qzx"}, "answer", about=other.n))
    ticket.messages.append(Sent(None, set(), {f"noot{asker.n}qzx"}, "note", about=other.n))
