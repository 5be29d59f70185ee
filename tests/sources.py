"""Reads the product's own source, for tests that hold the code against itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("marketplace", "tasks", "workers", "payments")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls_of(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of a function or method with one of these names."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node) in names and node.args:
                yield path, node


def _strings(node: ast.expr, kind: frozenset[str]) -> set[str]:
    """The texts that an expression can be; `kind` are those that a variable of that name can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _strings(node.body, kind) | _strings(node.orelse, kind)
    if isinstance(node, ast.Name) and node.id == "kind":
        return set(kind)
    if isinstance(node, ast.JoinedStr):
        tail = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        return {each + tail for each in kind}
    return set()


TELLING = {"tell", "tell_member", "_tell", "_tell_reporter", "_tell_requester"}


def notice_kinds() -> set[str]:
    """Every kind that some call of `tell` or `tell_member` can leave as a notice.

    The kind is the second argument; where it is a variable it is called `kind`, and what it can be is
    looked for in the same module: assignments to it, calls of helpers whose name ends in "tell", and pairs
    (number, kind).
    """
    found: set[str] = set()
    for _path, tree in modules():
        nodes = list(ast.walk(tree))
        tells = [node for node in nodes if isinstance(node, ast.Call) and _name(node) in TELLING]
        if not tells:
            continue
        possible: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Assign) and any(
                getattr(each, "id", "") == "kind" for each in node.targets
            ):
                possible |= _strings(node.value, frozenset())
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
                possible |= (
                    _strings(node.elts[1], frozenset()) if isinstance(node.elts[0].value, int) else set()
                )
        for call in tells:
            if len(call.args) > 1:
                found |= _strings(call.args[1], frozenset(possible))
    return found - {""}
