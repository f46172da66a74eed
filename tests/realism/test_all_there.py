"""Every trap has its test."""

from __future__ import annotations

import ast
from pathlib import Path

TRAPS = [f"i{number:02}" for number in range(1, 16)] + [f"j{number:02}" for number in range(1, 21)]


def test_every_trap_has_a_test() -> None:
    """Fifteen traps and twenty points of practice, each with a test that says in words what it is."""
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("test_*.py")]
    tests = [each for module in modules for each in module.body if isinstance(each, ast.FunctionDef)]
    named = {each.name.split("_")[1]: each for each in tests if each.name.startswith(("test_i", "test_j"))}
    assert sorted(named) == TRAPS
    assert [each.name for each in tests if each.name.startswith("test_") and not ast.get_docstring(each)] == []
