"""Which families of rows the code can write, whether or not a study has them."""

from __future__ import annotations

import ast
from pathlib import Path

from zonevest.model import complete_money, policy

WRITERS = ("hold", "write")
"""Functions that are handed a family."""


def in_source() -> set[str]:
    """The row families that the code of either build can write.

    A family is `model.NAME = pyo.Constraint(…)`, or a name handed to `hold`, `write` or `add_component`: as a
    text, or as the variable of a loop over texts. What is neither fails the test: it is a new
    way to write rows, which is to be added here.
    """
    found: set[str] = set()
    for path in sorted(Path(policy.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        made = 0
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            if function.name in WRITERS:  # they are handed a family
                made += sum(map(_makes_rows, ast.walk(function)))
                continue
            loops = [node for node in ast.walk(function) if isinstance(node, ast.For)]
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    names, made_here = _assigned(node)
                    found |= names
                    made += made_here
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS:
                    found |= _texts(node.args[1], loops)
                elif (
                    isinstance(node, ast.Call) and _called(node) == "add_component" and any(map(_makes_rows, node.args))
                ):
                    found |= _texts(node.args[0], loops)
                    made += 1
        assert made == sum(map(_makes_rows, ast.walk(tree))), f"{path.name} makes rows in a way that is not known here"
    return found


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _makes_rows(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _called(node) in ("Constraint", "ConstraintList")


def _assigned(node: ast.Assign) -> tuple[set[str], int]:
    """The attributes to which an assignment gives rows, one by one, and how many."""
    names = set()
    for target in node.targets:
        both = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        pairs = zip(target.elts, node.value.elts, strict=True) if both else [(target, node.value)]  # type: ignore[attr-defined]
        names |= {at.attr for at, value in pairs if _makes_rows(value) and isinstance(at, ast.Attribute)}
    return names, len(names)


def _texts(node: ast.expr, loops: list[ast.For]) -> set[str]:
    """What a text, or the variable of a loop over texts (or over ROWS), can be."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    assert isinstance(node, ast.Name), ast.dump(node)
    for loop in loops:
        targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        for place, target in enumerate(targets):
            if isinstance(target, ast.Name) and target.id == node.id:
                if isinstance(loop.iter, ast.Name) and loop.iter.id == "ROWS":
                    return set(complete_money.ROWS)
                assert isinstance(loop.iter, ast.Tuple)
                return {str(row.elts[place].value) for row in loop.iter.elts}  # type: ignore[attr-defined]
    raise AssertionError(f"it is not known here which families {node.id} stands for")
