"""Writes the mails of the intake benchmark from a seed, with the manifest that says what must come of each.

60 % short plain questions, 25 % with Outlook's HTML of 10 to 40 KB, 10 % with files of 100 KB to 2 MB, 5 % answers
over a long quote; one mail in five answers an earlier one. Knows nothing of the product.

A set is a folder: `msgs/*.eml` in order of arrival, and `manifest.jsonl` with a line per mail: `mid`, `from`, `root`
(Message-ID of its thread's first mail), `marker` (words that stand in no other mail), `probe` (a sentence with letters
beyond ASCII), `kind` (`html` is counted), `attachments` (each with `sha256`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import random
from dataclasses import dataclass, field
from email.header import Header
from email.utils import formatdate
from pathlib import Path
from typing import Any

DESK = "academy@academie.example"
ASKERS = "minbz.example"
_FIRST_AT = 1_760_000_000
SENTENCES = (
    "Sinds gisteren kom ik niet meer in de leeromgeving.",
    "Kunt u mij zeggen waar ik het rooster van volgende week vind?",
    "Bij het inschrijven voor de training krijg ik een foutmelding.",
    "Ik heb vorige week gemaild en nog geen antwoord gekregen.",
    "Is het mogelijk om de toets een week later te maken?",
    "Mijn leidinggevende heeft de aanvraag inmiddels goedgekeurd.",
    "Op mijn telefoon zie ik alleen een leeg scherm.",
    "Could you tell me whether the course is also given in English?",
    "De bijlage van de uitnodiging kan ik niet openen.",
    "Hoe lang blijft mijn certificaat geldig?",
)
PROBES = (
    "Financiële vragen beantwoordt de coördinator in het café.",
    "De reünie is geïnspireerd op het idee van één enquête.",
    "Zoë en René zijn naïef noch overgeëmotioneerd.",
    "Het bureau in Curaçao is bereikbaar vóór acht uur.",
)
SUBJECTS = (
    "Vraag over het rooster",
    "Inschrijven lukt niet",
    "Certificaat aanpassen",
    "Wachtwoord verlopen",
    "Coördinatie van de stage",
    "Vergoeding van reiskosten",
    "Toets verzetten",
    "Geïnteresseerd in de taalcursus",
)
NAMES = (
    "Femke de Vries",
    "Ahmed El Amrani",
    "Zoë Jansen",
    "Bram van Dijk",
    "Chloë Visser",
    "René Bakker",
    "Lotte Smit",
)
OUTLOOK_HEAD = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns="http://www.w3.org/TR/REC-html40"><head><meta http-equiv="Content-Type" content="text/html; charset={charset}">
<meta name="Generator" content="Microsoft Word 15 (filtered medium)">
<!--[if !mso]><style>v\\:* {{behavior:url(#default#VML);}}</style><![endif]--><style><!--
@font-face {{font-family:"Cambria Math"; panose-1:2 4 5 3 5 4 6 3 2 4;}}
p.MsoNormal, li.MsoNormal {{margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif;}}
span.E-mailStijl17 {{mso-style-type:personal-compose; color:windowtext;}}
@page WordSection1 {{size:612.0pt 792.0pt; margin:70.85pt 70.85pt 70.85pt 70.85pt;}}
--></style></head><body lang="NL" link="#0563C1" vlink="#954F72" style="word-wrap:break-word">
<div class="WordSection1">
"""
OUTLOOK_ROW = (
    '<p class="MsoNormal"><span style="font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif;color:#1F497D;'
    'mso-fareast-language:EN-US">{}</span><b><span lang="NL" style="color:black">{}</span></b><o:p></o:p></p>\n'
)
OUTLOOK_TABLE = (
    '<table class="MsoNormalTable" border="0" cellspacing="0" cellpadding="0" width="600" style="width:450.0pt;'
    'border-collapse:collapse"><tr style="height:15.0pt"><td width="64" nowrap="" valign="bottom" style="width:48.0pt;'
    'padding:0cm 5.4pt 0cm 5.4pt"><p class="MsoNormal"><a href="https://academie.example/les?id={}&amp;u={}">{}</a></p>'
    '</td><td><img width="12" height="12" src="cid:image001.png@01DA" alt="logo"></td></tr></table>\n'
)


@dataclass
class _Mail:
    """What one mail holds before it is written, and what the manifest says of it."""

    number: int
    kind: str
    name: str
    address: str
    subject: str
    message_id: str
    marker: str
    probe: str
    lines: list[str]
    charset: str
    transfer: str
    root: str
    references: tuple[str, ...] = ()
    files: list[tuple[str, str, bytes]] = field(default_factory=list)

    def line(self, size: int) -> str:
        """Its line of the manifest."""
        said: dict[str, Any] = {
            "i": self.number,
            "mid": self.message_id,
            "kind": self.kind,
            "from": self.address,
            "subject": self.subject,
            "root": self.root,
            "reply_to": self.references[-1] if self.references else None,
            "marker": self.marker,
            "probe": self.probe,
            "attachments": [
                {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for name, _type, content in self.files
            ],
            "bytes": size,
        }
        return json.dumps(said, ensure_ascii=False)


class Writer:
    """The mails of one set, the same for the same seed and count."""

    def __init__(self, seed: int, count: int) -> None:
        self._random = random.Random(f"intake {seed} {count}")
        self._count = count
        self._made: list[_Mail] = []
        self._people = [
            (self._random.choice(NAMES), f"vrager{number:05}@{ASKERS}") for number in range(max(10, count // 5))
        ]

    def write(self, folder: Path) -> int:
        """Write the set; returns its bytes."""
        (folder / "msgs").mkdir(parents=True)
        total = 0
        with (folder / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
            for number, kind in enumerate(self._kinds()):
                mail = self._mail(number, *kind)
                raw = _written(mail, self._random)
                (folder / "msgs" / f"{number:06}.eml").write_bytes(raw)
                manifest.write(mail.line(len(raw)) + "\n")
                mail.files.clear()
                self._made.append(mail)
                total += len(raw)
        return total

    def _kinds(self) -> list[tuple[str, bool]]:
        """Kind and whether it answers an earlier mail, in order; the first answers nothing."""
        count = self._count
        kinds = ["html"] * round(count * 0.25) + ["files"] * round(count * 0.10) + ["quote"] * round(count * 0.05)
        kinds += ["plain"] * (count - len(kinds))
        self._random.shuffle(kinds)
        others = [number for number, kind in enumerate(kinds) if kind != "quote" and number]
        kinds[0] = "plain" if kinds[0] == "quote" else kinds[0]
        wanted = max(0, round(count * 0.20) - kinds.count("quote"))
        answers = set(self._random.sample(others, min(wanted, len(others))))
        return [(kind, kind == "quote" or number in answers) for number, kind in enumerate(kinds)]

    def _mail(self, number: int, kind: str, answers: bool) -> _Mail:
        rng = self._random
        parent = self._made[rng.randrange(max(0, number - 2000), number)] if answers else None
        marker = f"merkteken{number:06}x{rng.getrandbits(40):010x}"
        message_id = f"<{marker}@{ASKERS}>"
        name, address = (parent.name, parent.address) if parent else rng.choice(self._people)
        subject = f"Re: {parent.subject.removeprefix('Re: ')}" if parent else f"{rng.choice(SUBJECTS)} {number}"
        mail = _Mail(
            number=number,
            kind=kind,
            name=name,
            address=address,
            subject=subject,
            message_id=message_id,
            marker=marker,
            probe=rng.choice(PROBES),
            lines=[rng.choice(SENTENCES) for _ in range(rng.randint(2, 7))],
            charset=rng.choices(["utf-8", "iso-8859-1", "windows-1252"], [70, 15, 15])[0],
            transfer=rng.choices(["8bit", "quoted-printable", "base64"], [40, 45, 15])[0],
            root=parent.root if parent else message_id,
            references=(*parent.references, parent.message_id)[-5:] if parent else (),
        )
        if kind == "files":
            mail.files = [self._file(index) for index in range(rng.randint(1, 2))]
        return mail

    def _file(self, index: int) -> tuple[str, str, bytes]:
        size = int(math.exp(self._random.uniform(math.log(100_000), math.log(2_000_000))))
        if self._random.random() < 0.5:
            return f"formulier-{index}.pdf", "application/pdf", b"%PDF-1.7\n" + self._random.randbytes(size)
        return f"scherm-{index}.png", "image/png", b"\x89PNG\r\n\x1a\n" + self._random.randbytes(size)


def _encoded(text: str, mail: _Mail, transfer: str) -> bytes:
    raw = text.encode(mail.charset)
    if transfer == "base64":
        return base64.encodebytes(raw)
    return binascii.b2a_qp(raw, istext=True) if transfer == "quoted-printable" else raw


def _part(kind: str, text: str, mail: _Mail, transfer: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="{mail.charset}"\nContent-Transfer-Encoding: {transfer}\n\n'
    return head.encode() + _encoded(text, mail, transfer)


def _header(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", header_name="Subject").encode()


def _head(mail: _Mail) -> bytes:
    date = formatdate(_FIRST_AT + mail.number * 60)
    lines = [
        f"Return-Path: <{mail.address}>",
        (
            f"Received: from mx.{ASKERS} (mx.{ASKERS} [192.0.2.7]) by mail.academie.example with ESMTP id "
            f"{mail.number:08x}; {date}"
        ),
        f"From: {_header(mail.name)} <{mail.address}>",
        f"To: Academie <{DESK}>",
        f"Subject: {_header(mail.subject)}",
        f"Date: {date}",
        f"Message-ID: {mail.message_id}",
        "MIME-Version: 1.0",
    ]
    if mail.references:
        lines += [f"In-Reply-To: {mail.references[-1]}", "References: " + "\n ".join(mail.references)]
    return "\n".join(lines).encode() + b"\n"


def _html(mail: _Mail, rng: random.Random) -> str:
    size = rng.randint(10_000, 40_000)
    pieces = [OUTLOOK_HEAD.format(charset=mail.charset)]
    pieces += [OUTLOOK_ROW.format(line, "") for line in mail.lines] + [OUTLOOK_ROW.format(mail.probe, mail.marker)]
    length = sum(map(len, pieces))
    while length < size:
        if rng.random() < 0.85:
            piece = OUTLOOK_ROW.format(rng.choice(SENTENCES), rng.choice(SENTENCES))
        else:
            piece = OUTLOOK_TABLE.format(rng.randrange(9999), rng.randrange(9999), rng.choice(SUBJECTS))
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces) + "</div></body></html>\n"


def _written(mail: _Mail, rng: random.Random) -> bytes:
    """The bytes of the mail, with the line ends of a Maildir."""
    text = "\n".join(
        ["Beste helpdesk,", "", *mail.lines, mail.probe, "", mail.marker, "", "Met vriendelijke groet,", mail.name, ""]
    )
    head, boundary = _head(mail), f"=_{rng.getrandbits(64):016x}"
    if mail.kind == "quote":
        older = "\n".join("> " + rng.choice(SENTENCES) for _ in range(rng.randint(80, 300)))
        text += f"\nOp ma 3 nov. 2025 om 10:12 schreef Academie <{DESK}>:\n{older}\n"
    if mail.kind in ("plain", "quote"):
        return head + _part("plain", text, mail, mail.transfer)
    safe = "quoted-printable" if mail.transfer == "8bit" else mail.transfer
    parts = [_part("plain", text, mail, safe)]
    if mail.kind == "html":
        parts.append(_part("html", _html(mail, rng), mail, safe))
    for name, content_type, content in mail.files:
        said = f'Content-Type: {content_type}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
        parts.append(said.encode() + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content))
    around = "alternative" if mail.kind == "html" else "mixed"
    head += f'Content-Type: multipart/{around}; boundary="{boundary}"\n\n'.encode()
    delimiter = b"--" + boundary.encode()
    return head + b"".join(delimiter + b"\n" + part + b"\n" for part in parts) + delimiter + b"--\n"


def manifest(folder: Path) -> list[dict[str, Any]]:
    """The lines of a set's manifest, in order."""
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
