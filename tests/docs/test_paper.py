"""The page of the paper: every idea stands there once, its tests are in the tree, and the names it uses are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from tests.model.four import four
from zonevest.api import Plan
from zonevest.cli import app
from zonevest.instances.accounts import ASSETS, FINANCE, MONEY, OF_INSTRUMENT
from zonevest.instances.checks_limits import BASES, OTHERS
from zonevest.instances.defaults import default
from zonevest.instances.finance import Equity, Finance
from zonevest.instances.schema import BUILT_IN_ACCOUNTS, DEFAULT_TABLES, TABLES
from zonevest.instances.settings import KEYS, METHODS, RESERVED
from zonevest.instances.study import MAIN_FUNCTION, Objective, Rates, Uncertainty
from zonevest.model.areas import area_accounts
from zonevest.model.plan import DECISIONS, LIMITS
from zonevest.model.policy import ROW_FAMILIES
from zonevest.reports.audit_folder import FILES, STATED
from zonevest.reports.contents import sheets
from zonevest.reports.labels import LABELS
from zonevest.reports.money import FILES as MONEY_FILES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "paper.md"
NUMBERS = {f"A{n}" for n in range(1, 76)} | {"A4b", "A33b", "A46b"}
FOR = {"<r>": "forest", "<z>": "R", "<m>": "build", "<c>": "farm", "<f>": ""}
"""What stands in the four parcels for the letters of built-in accounts."""


def ideas() -> list[list[str]]:
    """The rows of the page: number, idea, where, tests."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return [cells for cells in lines if re.fullmatch(r"A\d+b?", cells[0])]


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_every_idea_stands_there_once_and_in_order() -> None:
    rows = ideas()
    assert {len(cells) for cells in rows} == {4}
    assert all(map(str.strip, chain(*rows)))
    numbers = [cells[0] for cells in rows]
    assert set(numbers) == NUMBERS
    assert numbers == sorted(NUMBERS, key=lambda name: (int(name[1:].rstrip("b")), name))
    # an idea says its Chinese term, or a name that needs none
    assert [no for no, idea, *_ in rows if not re.search(r"[一-鿿]", idea) and "EOD" not in idea] == []


@cache
def named_in(path: str) -> set[str]:
    """The names of the tests of a file, those of classes with their class."""

    def named(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield prefix + node.name
            elif isinstance(node, ast.ClassDef):
                yield from named(node.body, f"{prefix}{node.name}::")

    return set(named(ast.parse((ROOT / path).read_text(encoding="utf-8")).body))


@pytest.mark.parametrize("cells", ideas(), ids=lambda cells: cells[0])
def test_its_tests_are_in_the_tree(cells: list[str]) -> None:
    named = codes(cells[3])
    assert named
    assert cells[3].replace(" <br> ", "").replace("`", "") == "".join(named)
    for name in named:
        path, _, inside = name.partition("::")
        test, _, case = inside.partition("[")
        assert path.startswith("tests/")
        assert test in named_in(path), name
        # a case is made of words that stand in the files beside the test: a key, or the function that makes it
        beside = " ".join(file.read_text(encoding="utf-8") for file in (ROOT / path).parent.glob("*.py"))
        assert [word for word in case.rstrip("]").split("-") if word and not re.search(rf"\b{word}\b", beside)] == []


@cache
def names() -> set[str]:
    """Every name that the page may use as code."""
    found: set[str] = {table.name for table in TABLES}
    for column in chain.from_iterable(table.columns for table in TABLES):
        found |= {column.name, *column.choices}
    for name in DEFAULT_TABLES:
        rows = default(name)
        found |= set(rows.text(rows.table.columns[0].name))
    found |= {each.name for part in (Finance, Equity, Rates, Objective, Uncertainty) for each in fields(part)}
    found |= {*KEYS, *RESERVED, *METHODS, *BASES, *OTHERS, MAIN_FUNCTION, *STATED}
    found |= {f"[{name}]" for name in KEYS}
    found |= {*ROW_FAMILIES, "assign", *MONEY, *FINANCE, *BUILT_IN_ACCOUNTS}
    found |= {*ASSETS, *(name for name, _, _ in area_accounts(four())), *(f"{name}." for name in OF_INSTRUMENT)}
    found |= {"plan.json", *LIMITS, *FILES.values(), *(f"{name}.csv" for name in (*DECISIONS, *MONEY_FILES))}
    found |= {f"study/{table.name}.csv" for table in TABLES}
    found |= {f"zonevest {command.callback.__name__}" for command in app.registered_commands if command.callback}
    found |= {f"plan.{name}()" for name, each in vars(Plan).items() if callable(each)}
    return found | {"--set", "--scenario"}


@pytest.mark.parametrize("cells", ideas(), ids=lambda cells: cells[0])
def test_the_names_it_uses_are_there(cells: list[str]) -> None:
    unknown = []
    for code in codes(cells[1] + cells[2]):
        plain = re.sub(r"<\w>", lambda letter: FOR[letter[0]], code)
        basis, _, account = plain.partition("share_of:")
        if plain not in names() and (basis or account not in names()):
            unknown.append(code)
    assert unknown == []


def test_sections_of_the_report_are_there() -> None:
    sections = {LABELS[name][0] for name in ("maps", "projects", "money", "actors", "limits", "accounts")}
    sections |= {told[0] for name, told in LABELS.items() if name.startswith("section_")}
    sections |= {LABELS[f"table_{sheet.key}"][0] for sheet in sheets()}
    told = set(re.findall(r"\*([^*`|]+)\*", " ".join(cells[2] for cells in ideas())))
    assert told <= sections
    assert {"Land", "Projects", "Who gains, by actor"} <= told
