"""The tests themselves: each asserts, none replaces our own code, keys are the only hands of the keyboard test."""

from __future__ import annotations

import ast
import re

from tests.house.code_tree import PACKAGES, Source, imports_of, sources

SAYS_SO = re.compile(r"\b(assert|raises|fail|expect)\b")
HANDS = {
    *("click", "dblclick", "fill", "clear", "focus", "blur", "check", "uncheck", "select_option", "set_checked", "tap"),
    *("hover", "drag_to", "drag_and_drop", "set_input_files", "press_sequentially", "select_text", "dispatch_event"),
    *("evaluate", "evaluate_all", "evaluate_handle", "eval_on_selector", "eval_on_selector_all", "add_script_tag"),
}


def _tests() -> list[tuple[Source, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (source, function)
        for source in sources("tests")
        if source.module.rpartition(".")[2].startswith("test_")
        for function in source.functions()
        if function.name.startswith("test_")
    ]


def _asserting(source: Source) -> set[str]:
    """Functions of a file that assert something themselves, so that a test may lean on them."""
    return {function.name for function in source.functions() if SAYS_SO.search(ast.unparse(function))}


def test_every_test_asserts_something() -> None:
    empty = []
    for source, function in _tests():
        text = ast.unparse(function)
        leans = any(re.search(rf"\b{name}\(", text) for name in _asserting(source) - {function.name})
        if not SAYS_SO.search(text) and not leans:
            empty.append(f"{source.path}:{function.lineno} {function.name}")
    assert len(_tests()) > 300
    assert not empty, f"tests that assert nothing: {empty}"


def test_nobody_replaces_our_own_code() -> None:
    """A limit may be lowered (a name in capitals), a function may not be replaced: that is what ports are for."""
    wrong = [
        f"{source.path}:{one.line} imports {one.name}"
        for source in sources("tests")
        for one in imports_of(source)
        if one.name.startswith("unittest.mock")
    ]
    for source in sources("tests"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "monkeypatch.setattr" and len(node.args) > 1:
                name = str(getattr(node.args[1], "value", ""))
                if _ours(source, ast.unparse(node.args[0])) and not name.isupper():
                    wrong.append(f"{source.path}:{node.lineno} replaces {name}")
    assert not wrong, f"tests that replace our own code: {wrong}"


def _ours(source: Source, name: str) -> bool:
    known = {one.name.rpartition(".")[2]: one.library for one in imports_of(source)}
    return known.get(name.partition(".")[0]) in PACKAGES


def test_the_keyboard_test_uses_the_keyboard_only() -> None:
    wrong = [
        f"{source.path}:{node.lineno} .{node.func.attr}()"
        for source in sources("tests")
        if "keyboard" in source.module.rpartition(".")[2]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in HANDS
    ]
    assert not wrong, f"a keyboard test that uses other hands: {wrong}"
