"""The words of our mails: shipped Jinja texts in two languages, which an operator may replace file by file.

Must not: let a broken replacement stop a mail. It falls back to the shipped text; `text_problems` tells the operator.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, FileSystemLoader, FunctionLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from helpdesk.settings import Settings
from helpdesk.text.language import LANGUAGES, PSEUDO_LANGUAGE, pseudo

log = logging.getLogger(__name__)

MAILS = ("answer", "receipt", "notice", "alarm", "password", "sign_in", "chat", "transcript")
PARTS = ("subject.txt", "body.txt", "body.html")
_SHIPPED = Path(__file__).parent / "templates"
# What a text must say: a replacement without it would send a mail that lacks its very point.
_MUST_SAY = {
    ("answer", "subject.txt"): "subject",
    ("answer", "body.txt"): "answer",
    ("answer", "body.html"): "answer_html",
    ("receipt", "body.txt"): "number",
    ("receipt", "body.html"): "number",
    ("notice", "body.txt"): "number",
    ("notice", "body.html"): "number",
    ("chat", "body.txt"): "said",
    ("chat", "body.html"): "said_html",
    ("transcript", "body.txt"): "said",
    ("transcript", "body.html"): "said_html",
    ("password", "body.txt"): "link",
    ("password", "body.html"): "link",
    ("sign_in", "body.txt"): "code",
    ("sign_in", "body.html"): "code",
}
SAMPLE: Mapping[str, Any] = {
    "number": "V-2026-01342",
    "link": "https://helpdesk.example/mijn-vragen/2026-01342",
    "code": "048213",
    "subject": "Re: Inschrijven voor een cursus",
    "desk": "Leeradvies Academie",
    "only_given": False,
    "answer_within": "twee werkdagen",
    "answer": "Beste Femke,\n\nDat kan.",
    "answer_html": Markup("<p>Beste Femke,</p><p>Dat kan.</p>"),
    "signature": "Leeradvies Academie",
    "signature_html": Markup("<p>Leeradvies Academie</p>"),
    "quote": "> Kan ik me inschrijven?",
    "quote_html": Markup("<p>Kan ik me inschrijven?</p>"),
    "said": "Marije Visser, zondag 22 november 2026, 10:02:\nDat kan.",
    "said_html": Markup("<p>Marije Visser, zondag 22 november 2026, 10:02:<br>Dat kan.</p>"),
    "before": "Femke de Vries, zondag 22 november 2026, 10:01:\nKan dat?",
    "before_html": Markup("<p>Femke de Vries, zondag 22 november 2026, 10:01:<br>Kan dat?</p>"),
    "alarms": (
        {
            "kind": "mailbox_silent",
            "said": "Er komt niets binnen",
            "subject": "academy",
            "detail": "24",
            "since": "zondag 22 november 2026, 09:42",
        },
    ),
}
"""The values a text may use, filled with an example."""


def mail_text(settings: Settings, mail: str, language: str, part: str, values: Mapping[str, Any]) -> str:
    """One part of a mail's text in one language: the operator's file when it is there and whole, else ours."""
    name = f"{mail}/{language}/{part}"
    own = settings.data / "texts"
    if (own / name).is_file():
        try:
            return _render(own, name, values)
        except Exception as fault:  # a replaced text may do anything wrong
            log.warning("mail_text", extra={"code": name, "fault": type(fault).__name__})
    if language == PSEUDO_LANGUAGE:
        return _pseudo_texts().get_template(f"{mail}/en/{part}").render(values)
    return _render(_SHIPPED, name, values)


def text_problems(settings: Settings) -> list[str]:
    """A sentence for each replaced mail text that can't be used, for `helpdesk check`; ours is sent in its place."""
    own = settings.data / "texts"
    known = {f"{mail}/{language}/{part}" for mail in MAILS for language in LANGUAGES for part in PARTS}
    problems = []
    for path in sorted(path for path in own.rglob("*") if path.is_file()):
        name = path.relative_to(own).as_posix()
        if name not in known:
            problems.append(f"{path} is no mail text: there is only <mail>/<nl|en>/<{'|'.join(PARTS)}>.")
            continue
        try:
            _render(own, name, SAMPLE)
        except Exception as fault:  # as above
            problems.append(f"{path} can't be used: {type(fault).__name__}: {fault}")
    return problems


def _render(folder: Path, name: str, values: Mapping[str, Any]) -> str:
    said = _environment(str(folder)).get_template(name).render(values)
    mail, _language, part = name.split("/")
    needed = _MUST_SAY.get((mail, part))
    if needed is not None and str(values[needed]) not in said:
        raise ValueError(f"it does not say {{{{ {needed} }}}}")
    return said


@cache
def _environment(folder: str) -> ImmutableSandboxedEnvironment:
    return _sandbox(FileSystemLoader(folder))


@cache
def _pseudo_texts() -> ImmutableSandboxedEnvironment:
    """The English texts as the pseudo-language has them: what stands between Jinja and tags is accented."""
    return _sandbox(FunctionLoader(lambda name: pseudo((_SHIPPED / name).read_text(encoding="utf-8"))))


def _sandbox(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
