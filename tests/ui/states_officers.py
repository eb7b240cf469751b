"""The pages of privacy officers and record managers in every state; `tests/ui/states.py` lists them with all others."""

from __future__ import annotations

from tests.ui import acts
from tests.ui.acts import fields, fold, rail, submit
from tests.ui.state import down, named, nothing, of
from tests.web.conftest import FENNA, PRIYA

LIST, HOLD, PAPER = "/privacybeheer/vernietiging", "/privacybeheer/bewaarplicht", "/privacybeheer/verklaringen"
REGISTER, READS = "/privacybeheer/verwerkingsregister", "/privacybeheer/logboek"
OFFICERS = (
    of(PRIYA, "disposal.show_list", "filled", LIST, "#voorbij"),
    nothing("disposal.show_list", LIST, "h1", FENNA),
    down("disposal.show_list", LIST, "disposal_list", PRIYA),
    of(PRIYA, "disposal.show_list", "open", LIST, "#weergaven", rail),
    of(PRIYA, "disposal.show_list", "conflict", LIST, ".box-danger", acts.clock_jumped),
    of(FENNA, "disposal.show", "filled", LIST + "/{list}", "tbody tr >> nth=5"),
    of(PRIYA, "disposal.show", "empty", LIST + "/99999", "h1", status=404),
    of(PRIYA, "disposal.show", "error", LIST + "/{list_window}", ".wrong", submit("/akkoord", count="9"), 422),
    of(PRIYA, "disposal.show", "open", LIST + "/{list}", "td form", fold("td details")),
    of(FENNA, "disposal.show", "conflict", LIST + "/{list}", ".box-danger", acts.withdrawn_meanwhile, 409),
    named(PRIYA, "disposal.show", "filled", LIST + "/{list_window}", "#veld-count", "second"),
    named(FENNA, "disposal.show", "filled", LIST + "/{list_window}", "#akkoord", "own-proposal"),
    named(PRIYA, "disposal.show", "filled", LIST + "/{list_running}", "progress", "running"),
    named(PRIYA, "disposal.show", "filled", LIST + "/{list_done}", "a.primary", "done"),
    of(PRIYA, "certificates.show_list", "filled", PAPER, "tbody tr"),
    nothing("certificates.show_list", PAPER, ".empty", PRIYA),
    down("certificates.show_list", PAPER, "alarm", PRIYA),
    of(PRIYA, "certificates.show_list", "open", PAPER, "#weergaven", rail),
    of(PRIYA, "certificates.show", "filled", PAPER + "/{rule}/{period}", "#bewijs"),
    of(PRIYA, "certificates.show", "empty", PAPER + "/{rule}/2020-01", "h1", status=404),
    of(PRIYA, "certificates.show", "error", PAPER + "/{rule}/2026-12", ".box-info"),
    of(PRIYA, "certificates.show", "open", PAPER + "/{rule}/{period}", "#weergaven", rail),
    of(PRIYA, "holds.show_list", "filled", HOLD + "?alle=1", "tbody tr >> nth=2"),
    nothing("holds.show_list", HOLD, ".empty", PRIYA),
    down("holds.show_list", HOLD, "hold", PRIYA),
    of(PRIYA, "holds.show_list", "open", HOLD, "#weergaven", rail),
    of(
        FENNA, "holds.new_form", "filled", HOLD + "/nieuw", "#veld-query", fields(reference="Woo-2026-15", query="reis")
    ),
    nothing("holds.new_form", HOLD + "/nieuw", "#veld-query", FENNA),
    of(
        FENNA,
        "holds.new_form",
        "error",
        HOLD + "/nieuw",
        ".wrong",
        submit("/nieuw", reference="", reason="Waarom"),
        422,
    ),
    of(FENNA, "holds.new_form", "open", HOLD + "/nieuw", ".box-info", acts.counted_only),
    of(PRIYA, "holds.show", "filled", HOLD + "/{hold}", "#nummers"),
    of(PRIYA, "holds.show", "empty", HOLD + "/99999", "h1", status=404),
    of(PRIYA, "holds.show", "error", HOLD + "/{hold}", ".wrong", submit("/opheffen-voorstellen", reason=" "), 422),
    of(PRIYA, "holds.show", "open", HOLD + "/{hold}", "#weergaven", rail),
    of(PRIYA, "holds.show", "conflict", HOLD + "/{hold_proposed}", ".box-danger", acts.released_meanwhile, 409),
    named(PRIYA, "holds.show", "filled", HOLD + "/{hold_proposed}", ".box-danger", "second"),
    named(FENNA, "holds.show", "filled", HOLD + "/{hold_released}", "#stand", "released"),
    of(PRIYA, "register.show_list", "filled", REGISTER, ".tag-ok"),
    nothing("register.show_list", REGISTER, ".tag-warn", PRIYA),
    down("register.show_list", REGISTER, "policy", PRIYA),
    of(PRIYA, "register.show_list", "open", REGISTER, "#weergaven", rail),
    of(PRIYA, "register.show", "filled", REGISTER + "/{processing}", "#versies"),
    nothing("register.show", REGISTER + "/551", ".primary", PRIYA),
    of(PRIYA, "register.show", "error", REGISTER + "/0", "h1", status=404),
    of(PRIYA, "register.show", "open", REGISTER + "/{processing}", "#weergaven", rail),
    of(PRIYA, "register.show", "conflict", REGISTER + "/M895", ".box-danger", acts.proposed_meanwhile, 422),
    of(PRIYA, "reads.show", "filled", READS, "tbody tr", acts.some_reads),
    nothing("reads.show", READS, ".empty", PRIYA),
    of(PRIYA, "reads.show", "error", READS + "?dag=gisteren&vraag=x", ".wrong >> nth=1"),
    of(PRIYA, "reads.show", "open", READS, "#weergaven", rail),
)
