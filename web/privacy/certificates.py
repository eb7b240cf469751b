"""Certificates of destruction: the list, and each as a page, as JSON to be checked, as PDF and as a page to keep."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, g, render_template, request

from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.privacy import certificate
from helpdesk.privacy.certificate import Certificate, as_json
from helpdesk.privacy.certificate_page import as_html, sheet
from helpdesk.privacy.certificate_pdf import as_pdf
from web.errors import sentence
from web.frame import frame
from web.guards import needs
from web.unit import reading

blueprint = Blueprint("certificates", __name__)
ALL = "/privacybeheer/verklaringen"
ONE = ALL + "/<rule>/<period>"
_KINDS = {"json": "application/json", "pdf": "application/pdf", "html": "text/html"}


def _as_json(found: Certificate, _language: str) -> str:
    return as_json(found)


_MAKERS: dict[str, Callable[[Certificate, str], str | bytes]] = {"json": _as_json, "pdf": as_pdf, "html": as_html}


@blueprint.get(ALL)
@needs("ledger.read")
def show_list() -> str:
    """Rules and periods of which there is a certificate, newest first; by year when one is asked for."""
    with reading() as unit:
        found = certificate.available(unit)[::-1]
        around = frame(unit)
    years = sorted({period[:4] for _rule, period, _count in found}, reverse=True)
    year = request.args.get("jaar", "")
    return render_template(
        "privacy/certificates.html",
        rows=[row for row in found if row[1].startswith(year)] if year in years else found,
        years=years,
        year=year,
        **around,
    )


@blueprint.get(ONE)
@needs("ledger.read")
def show(rule: str, period: str) -> str:
    """One certificate; or why there is none yet."""
    fault: HelpdeskError | None = None
    found = None
    with reading() as unit:
        try:
            found = certificate.issue(unit, rule, period)
        except NotFound:
            raise
        except HelpdeskError as why:
            fault = why
        around = frame(unit)
    return render_template(
        "privacy/certificate.html",
        rule=rule,
        period=period,
        sheet=sheet(found, g.language) if found else None,
        why=sentence(fault) if fault else "",
        **around,
    )


@blueprint.get(ONE + "/verklaring.<kind>")
@needs("ledger.read")
def as_file(rule: str, period: str, kind: str) -> Response:
    """One certificate to take away; as JSON it is what `helpdesk ledger verify` checks."""
    if kind not in _KINDS:
        raise NotFound("There is no such file.")
    with reading() as unit:
        found = certificate.issue(unit, rule, period)
    content = _MAKERS[kind](found, g.language)
    answer = Response(content, mimetype=_KINDS[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="verklaring_{rule}_{period}.{kind}"'
    return answer
