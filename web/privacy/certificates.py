"""Certificates of destruction: the list, and each as a page, as JSON to be checked, as PDF and as a page to keep."""

from __future__ import annotations

import io
import zipfile

from flask import Blueprint, Response, g, render_template, request, url_for

from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.people.access import can
from helpdesk.privacy import certificate
from helpdesk.privacy.certificate import Certificate, as_json
from helpdesk.privacy.certificate_page import as_html, sheet
from helpdesk.privacy.certificate_pdf import as_pdf
from helpdesk.privacy.list_views import ListView, lists_of
from web.errors import sentence
from web.frame import frame
from web.guards import needs
from web.unit import ports, reading

blueprint = Blueprint("certificates", __name__)
ALL = "/privacybeheer/verklaringen"
ONE = ALL + "/<rule>/<period>"
_KINDS = {"json": "application/json", "pdf": "application/pdf", "html": "text/html"}


def _made(found: Certificate, kind: str) -> bytes:
    """The certificate as one of the kinds of files."""
    if kind == "pdf":
        return as_pdf(found, g.language, _address(found))
    said = as_json(found, ports().ledger.lines()) if kind == "json" else as_html(found, g.language)
    return said.encode()


def _address(found: Certificate) -> str:
    """Where the page of a certificate is, as people outside this request can open it."""
    path = url_for("certificates.show", rule=found["rule"], period=found["period"])
    return (ports().settings.public_url or request.url_root).rstrip("/") + path


def _file_name(found: Certificate, kind: str) -> str:
    return f"verklaring_{found['rule']}_{found['period']}.{kind}"


@blueprint.get(ALL)
@needs("ledger.read")
def show_list() -> str:
    """Rules and periods of which there is a certificate, newest first; by year and rule when these are asked for."""
    with reading() as unit:
        found = certificate.available(unit)[::-1]
        around = frame(unit)
    years = sorted({period[:4] for _rule, period, _count in found}, reverse=True)
    rules = sorted({rule for rule, _period, _count in found})
    year, rule = (request.args.get(name, "") for name in ("jaar", "regel"))
    year, rule = year if year in years else "", rule if rule in rules else ""
    return render_template(
        "privacy/certificates.html",
        rows=[row for row in found if row[1].startswith(year) and rule in ("", row[0])],
        years=years,
        rules=rules,
        year=year,
        rule=rule,
        **around,
    )


@blueprint.get(ALL + "/verklaringen.zip")
@needs("ledger.read")
def as_zip() -> Response:
    """All certificates of a year, or of all years, each as JSON, PDF and page."""
    year = request.args.get("jaar", "")
    out = io.BytesIO()
    with reading() as unit, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for one in certificate.issued(unit, year if year.isascii() and year.isdigit() else ""):
            for kind in _KINDS:
                whole.writestr(_file_name(one, kind), _made(one, kind))
    answer = Response(out.getvalue(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="verklaringen.zip"'
    return answer


@blueprint.get(ONE)
@needs("ledger.read")
def show(rule: str, period: str) -> str:
    """One certificate; or why there is none yet."""
    fault: HelpdeskError | None = None
    found = None
    lists: list[ListView] = []
    with reading() as unit:
        try:
            found = certificate.issue(unit, rule, period)
            lists = lists_of(unit, certificate.runs_of(unit, rule, period)) if can(unit.actor, "list.read") else []
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
        lists=lists,
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
    answer = Response(_made(found, kind), mimetype=_KINDS[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(found, kind)}"'
    return answer
