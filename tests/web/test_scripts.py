"""The modules joined into one: the order of imports, and a refusal of every form the joiner does not know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.services.chromium import Chromium
from tests.web.browsing import browsing, served
from tests.web.visitor import Visitor
from web.joined import MODULES
from web.scripts import joined

STATIC = Path(__file__).parents[2] / "web" / "static"


def write(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder


@pytest.mark.parametrize("folder", MODULES.values())
def test_every_module_is_in_it_once_behind_those_it_imports(folder: str) -> None:
    script = joined(STATIC / folder)
    order = re.findall(r"^const module_(\w+) = ", script, re.M)
    assert sorted(order) == sorted(path.stem for path in (STATIC / folder).glob("*.js"))
    assert order[-1] == "main"
    for path in (STATIC / folder).glob("*.js"):
        for other in re.findall(r'from "\./(\w+)\.js"', path.read_text()):
            assert order.index(other) < order.index(path.stem), (path.stem, other)


def test_joined_modules_share_what_they_export_and_nothing_else(tmp_path: Path, app: Flask, chromium: Chromium) -> None:
    write(
        tmp_path,
        main='import { add, Box } from "./sum.js";\nconst own = 1;\nwindow.found = [add(own), new Box().own];\n',
        sum="const own = 41;\nexport function add(one) { return one + own; }\nexport class Box { own = own; }\n",
    )
    with served(app) as address, browsing(chromium, address) as context:
        page = context.new_page()
        page.goto("/inloggen")
        assert page.evaluate(f"{{ {joined(tmp_path)}\n }}; window.found") == [42, 41]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('import all from "./x.js";', "import all"),
        ('import { a as b } from "./x.js";', "a as b"),
        ('import * as x from "./x.js";', "import \\* as"),
        ('const x = await import("./x.js");', "import\\("),
        ("export default 1;", "export default"),
        ("export let count = 0;", "export let"),
        ('import { main } from "./main.js";', "in a circle: main -> main"),
    ],
)
def test_what_it_does_not_know_it_refuses(tmp_path: Path, source: str, says: str) -> None:
    write(tmp_path, main=f"{source}\n", x="export const a = 1;\n")
    with pytest.raises(ValueError, match=says):
        joined(tmp_path)


def test_a_page_asks_for_scripts_that_may_be_kept_for_ever(marije: Visitor) -> None:
    page = marije.client.get("/werk/w/open").text
    addresses = re.findall(r'<script[^>]* src="([^"]+)"', page)
    names = [re.sub(r"[?].*|-[0-9a-f]+", "", one) for one in addresses]
    assert names == ["/static/js/all.js", "/static/session.js", "/static/files.js"], "the rest are parts of the first"
    for address in addresses:
        assert "immutable" in marije.client.get(address).headers["Cache-Control"]
    answer = marije.client.get(addresses[0])
    assert (answer.mimetype, answer.text) == ("text/javascript", joined(STATIC / "js"))
    assert "immutable" in answer.headers["Cache-Control"]
    assert marije.client.get("/static/js-0/all.js").headers["Cache-Control"] == "no-cache"
