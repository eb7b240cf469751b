"""Our modules as one file: each in a function of its own, in the order of their imports. Changes no line of theirs.

On a slow line every file costs a round trip, and HTTP/1.1 has six at a time. There is no build step: this is done when
the web starts, and it knows the two forms in which our modules import and export, and nothing else.
"""

from __future__ import annotations

import re
from pathlib import Path

FIRST = "main.js"
_IMPORT = re.compile(r'^import \{ (\w+(?:, \w+)*) \} from "\./(\w+)\.js";$', re.M)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.M)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\(|\bimport\.meta\b|^await\b", re.M)


def joined(folder: Path) -> str:
    """One module that does what `main.js` and all it imports do. Raises ValueError for what it can't join."""
    done: dict[str, str] = {}
    _add(folder, FIRST.removesuffix(".js"), done, ())
    return "\n".join(done.values())


def _add(folder: Path, name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    """Put a module behind those that it imports."""
    if name in above:
        raise ValueError(f"modules import each other in a circle: {' -> '.join((*above, name))}")
    if name in done:
        return
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for _names, other in _IMPORT.findall(source):
        _add(folder, other, done, (*above, name))
    shown = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const { \1 } = module_\2;", source))
    odd = _OTHER.search(body)
    if odd is not None:
        raise ValueError(f"{name}.js has an import, export or await that can't be joined: {odd[0]}")
    done[name] = f"const module_{name} = (() => {{\n{body}\nreturn {{ {shown} }};\n}})();"
