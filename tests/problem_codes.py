"""The codes of problems that the source can say, read off the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "src" / "outcomes").rglob("*.py"))
}


@dataclass(frozen=True)
class Given:
    """A code that a call gives: as written, the function or module around it, the place."""

    code: ast.expr
    inside: ast.AST
    place: str

    @property
    def is_passed_on(self) -> bool:
        """Whether it is the parameter `code` of the function around, or the code of something else."""
        if isinstance(self.code, ast.Attribute):
            return self.code.attr == "code"
        return is_name(self.code, "code") and "code" in parameters(self.inside)


def parameters(function: ast.AST) -> list[str]:
    """The names of a function's parameters, `self` and `cls` aside; none of a module."""
    if not isinstance(function, ast.FunctionDef):
        return []
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return [one.arg for one in every if one.arg not in ("self", "cls")]


def calls(node: ast.AST, inside: ast.AST) -> Iterator[tuple[ast.Call, ast.AST]]:
    """The calls below ``node``, each with the innermost function, or the module, around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, inside
        yield from calls(child, child if isinstance(child, ast.FunctionDef) else inside)


def given(takes: dict[str, int]) -> Iterator[Given]:
    """The codes in calls: at the place that ``takes`` says for a function, or by keyword."""
    for file, tree in SOURCES.items():
        for node, inside in calls(tree, tree):
            codes = [key.value for key in node.keywords if key.arg == "code"]
            at = takes.get(getattr(node.func, "attr", getattr(node.func, "id", "")))
            if at is not None:
                codes += node.args[at : at + 1]
            yield from (Given(code, inside, f"{file}:{node.lineno}") for code in codes)


def all_given() -> list[Given]:
    """The codes that calls give, also by functions that pass a code on."""
    takes, known = {"Problem": 4}, 0
    while len(takes) > known:
        known = len(takes)
        for one in list(given(takes)):
            if one.is_passed_on and isinstance(one.inside, ast.FunctionDef) and is_name(one.code, "code"):
                takes[one.inside.name] = parameters(one.inside).index("code")
    return [one for one in given(takes) if not one.is_passed_on]


def said(node: ast.expr, inside: ast.AST) -> set[str]:
    """The texts that an expression can be; none where the code does not tell."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return said(node.body, inside) | said(node.orelse, inside)
    if isinstance(node, ast.JoinedStr):
        texts = {""}
        for part in node.values:
            ends = said(part.value if isinstance(part, ast.FormattedValue) else part, inside)
            texts = {text + end for text in texts for end in ends}
        return texts
    return bound(node.id, inside) if isinstance(node, ast.Name) else set()


def bound(name: str, inside: ast.AST) -> set[str]:
    """The texts that a name can be: assigned, drawn from a table in a loop, or the key of a table."""
    found: set[str] = set()
    for node in ast.walk(inside):
        if isinstance(node, ast.Assign):
            found |= {text for target in node.targets for text in matched(name, target, node.value, inside)}
        elif isinstance(node, ast.For | ast.comprehension):
            found |= {
                text for row in rows(node.iter, inside) for text in matched(name, node.target, row, inside)
            }
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == name:
            for table in tables(node.value, inside):
                found |= {text for key in table.keys if key is not None for text in said(key, inside)}
    return found


def matched(name: str, target: ast.expr, value: ast.expr, inside: ast.AST) -> set[str]:
    """The texts that ``name`` gets where ``value`` is unpacked into ``target``."""
    if isinstance(target, ast.Name):
        return said(value, inside) if target.id == name and not is_name(value, name) else set()
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=False)
        return {text for one, other in pairs for text in matched(name, one, other, inside)}
    return set()


def is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def rows(node: ast.expr, inside: ast.AST) -> list[ast.expr]:
    """The elements of what a loop runs over, as far as they stand in the code."""
    if isinstance(node, ast.Tuple | ast.List):
        return node.elts
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "items":
        return [
            ast.Tuple([key, value])
            for table in tables(node.func.value, inside)
            for key, value in zip(table.keys, table.values, strict=True)
            if key is not None
        ]
    if isinstance(node, ast.Name):
        return [row for value in assigned(node.id, inside) for row in rows(value, inside)]
    return []


def tables(node: ast.expr, inside: ast.AST) -> list[ast.Dict]:
    """The tables that a name stands for."""
    values = assigned(node.id, inside) if isinstance(node, ast.Name) else [node]
    return [value for value in values if isinstance(value, ast.Dict)]


def assigned(name: str, inside: ast.AST) -> list[ast.expr]:
    """What is assigned to a name: in the function, else at the top of a module."""
    for scope in ([inside], list(SOURCES.values())):
        nodes = [node for tree in scope for node in (ast.walk(tree) if tree is inside else tree.body)]  # type: ignore[attr-defined]
        found = [
            node.value
            for node in nodes
            if (isinstance(node, ast.Assign) and any(is_name(target, name) for target in node.targets))
            or (isinstance(node, ast.AnnAssign) and node.value is not None and is_name(node.target, name))
        ]
        if found:
            return found
    return []
