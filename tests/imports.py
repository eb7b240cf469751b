"""Files brought in by tests as people do it: previewed, applied, and the numbers compared."""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.facts import imports, runs
from helpdesk.facts.profiles import profile
from helpdesk.ports import Ports
from helpdesk.unit import Actor, unit_of_work
from tests.helpdesk.facts.sheets import as_csv

M250 = ["Personeelsnummer", "Voornaam", "Achternaam", "e-mailadres", "Persoonsoort", "Directie/afdeling"]
M250 += ["Accountstatus", "Datum uitdienst", "Pinsnummer"]


def row(number: str, address: str, left: str = "", kind: str = "medewerker", name: str = "Femke") -> list[str]:
    """A row of the export."""
    return [number, name, "de Vries", address, kind, "DPO", "actief", left, f"pin{number}"]


def bring_in(ports: Ports, actor: Actor, key: str, rows: Sequence[Sequence[str]]) -> runs.RunView:
    """Preview and apply a file; what was foreseen must be what was done."""
    before = {*ports.blobs.keys(), *dict(ports.blobs.staged())}
    with unit_of_work(ports, actor) as unit:
        run_id = imports.receive(unit, profile(unit, key), as_csv(rows))
    imports.start(ports, actor, run_id)
    assert imports.carry_on(ports, run_id)
    view = runs.run_of(ports, run_id)
    if view.state == "done":
        assert view.foreseen == view.counts
        assert view.done == view.rows
        assert {*ports.blobs.keys(), *dict(ports.blobs.staged())} == before
    return view
