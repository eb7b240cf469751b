"""The words that the mails of the attacks are made of: Dutch and English, ASCII, Latin-1 and beyond. Pure."""

from __future__ import annotations

import random

NAMES = ("Femke", "Joost", "Anouk", "Sem", "Fatima", "Daan", "Zoë", "Noor", "Mehmet", "Sanne", "Lars", "Yara")
SUBJECTS = (
    "Vraag over de training Onderhandelen",
    "Inschrijving taalles Frans",
    "Question about the security course",
    "Kan mijn diploma nog worden erkend?",
    "Terugbetaling cursusgeld",
    "Één vraag over het programma",
    "Toegang tot de leeromgeving",
)
WORDS = (
    "rooster",
    "ambassade",
    "koffie",
    "dinsdag",
    "zaal",
    "portefeuille",
    "certificaat",
    "module",
    "reünie",
    "begroting",
    "tolk",
    "déjeuner",
    "visum",
    "lesbrief",
    "toets",
    "uitreiking",
    "diplomaat",
    "attaché",
    "overplaatsing",
    "Praag",
    "Nairobi",
    "Lissabon",
    "quarantaine",
    "financiën",
)
LATIN_SENTENCES = (
    "Graag hoor ik of er nog plaats is in de groep van maart.",
    "Mijn leidinggevende heeft al toestemming gegeven.",
    "Vorige week heb ik dit ook al per telefoon gevraagd, maar daar kwam geen antwoord op.",
    "I would like to know whether the course can be followed from our post abroad.",
    "Het gaat om de financiën van het vierde kwartaal.",
    "Could you send me the schedule once more?",
    "De vorige reünie was zeer geslaagd, hartelijk dank daarvoor.",
)
SENTENCES = (
    *LATIN_SENTENCES,
    "Mijn collega Łukasz Żółć wil graag dezelfde les volgen.",
    "De kosten zijn € 1.250 – is dat inclusief materiaal?",
    "Zie ook het bericht van Ελένη over de module “Schrijven”.",
    "Het lukt niet meer om in te loggen 😕 sinds gisteren.",
)


def start_of(rng: random.Random) -> str:
    """How a mail begins."""
    return rng.choice(("Beste collega's,", "Geachte heer, mevrouw,", "Dear colleagues,", "Hallo,", "Dag allemaal,"))


def quoted(text: str) -> str:
    """A mail below the answer to it, as mail programs quote it."""
    lines = "\n".join(f"> {line}" for line in text.splitlines())
    return f"\n\nOp 22 nov. 2026 om 10:15 schreef een collega:\n{lines}\n"
