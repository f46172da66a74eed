"""The page of rows names every row family, what writes it, what feeds it and what shows it, as the code has them."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from zonevest.instances.finance import Equity, Finance
from zonevest.instances.schema import TABLES
from zonevest.model.plan import DECISIONS
from zonevest.model.policy import ROW_FAMILIES
from zonevest.reports.audit_folder import FILES
from zonevest.reports.labels import LABELS
from zonevest.reports.money import TABLES as MONEY_TABLES

PAGE = Path(__file__).parents[2] / "docs" / "rows.md"


def rows_of_the_model() -> list[list[str]]:
    """The lines of the tables of rows: formula, rows, in words, function, fed by, shown in, unit."""
    page = PAGE.read_text(encoding="utf-8").partition("{ #refused }")[0]
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if cells[0] != "formula"]


def test_every_row_family_is_on_the_page_of_rows() -> None:
    lines = rows_of_the_model()
    assert {len(cells) for cells in lines} == {7}
    assert all(map(str.strip, chain(*lines)))
    named = [name for cells in lines for name in dict.fromkeys(re.findall(r"`(\w+)[\[`]", cells[1]))]
    assert sorted(named) == sorted([*ROW_FAMILIES, "assign", "objective"])


def named_in(functions: str) -> dict[str, Any]:
    """The functions (or classes) that a cell names, by name: that of the rows as they are solved comes first."""
    found = {}
    for name in re.findall(r"`([\w.]+)`", functions):
        module, _, function = name.rpartition(".")
        place = module if "." in module else f"model.{module}"
        found[name] = getattr(importlib.import_module(f"zonevest.{place}"), function)
    return found


def families_and_functions() -> list[tuple[str, dict[str, Any], str]]:
    """Each row family, the functions that write it, and its unit."""
    lines = [
        (re.match(r"`(\w+)[\[`]", rows), functions, unit) for _, rows, _, functions, *_, unit in rows_of_the_model()
    ]
    return [(family[1], named_in(functions), unit.strip()) for family, functions, unit in lines if family]


def test_the_functions_of_rows_are_there() -> None:
    for _, rows, _, functions, *_ in rows_of_the_model():
        assert named_in(functions), rows


def test_every_row_family_has_a_function_of_its_own() -> None:
    named = [name for _, functions, _ in families_and_functions() for name in functions]
    assert [name for name in set(named) if named.count(name) > 1] == []
    assert len(named) == len(ROW_FAMILIES) + 3  # assign, the objective, and the footprint in the policy


def test_the_function_of_a_row_family_says_what_it_writes() -> None:
    """Its docstring holds the row's name, what it states, a sentence in words, and the unit of the two sides."""
    for family, functions, unit in families_and_functions():
        for first, (name, function) in enumerate(functions.items()):
            text = " ".join((function.__doc__ or "").split())
            formula, _, words = text.partition("In words: ")
            said = "ha" if first else {"1": "numbers"}.get(unit, unit)  # the policy's footprint is one of hectares
            assert re.search(rf"`{family}[\[`]", formula), name
            assert re.search(r"(<=|>=|=|≤|≥) ", formula.partition(f"`{family}")[2]), name
            assert re.match(r"\w", words), name
            assert f" Unit: {said}." in words, name


def test_the_tables_that_feed_rows_are_there() -> None:
    columns = {table.name: {column.name for column in table.columns} for table in TABLES}
    keys = {part: {each.name for each in fields(of)} for part, of in (("[finance]", Finance), ("[equity]", Equity))}
    for _, rows, _, _, fed, *_ in rows_of_the_model():
        if fed.startswith("as `"):
            continue
        for part in re.split(r"[,;] (?![^(]*\))", fed.removeprefix("the flow tables, ")):
            name, _, inside = part.partition(" ")
            if name in keys:  # "[finance] soft, …": what follows without a table of its own is a key too
                assert not inside or inside in keys[name], (rows, part)
            elif inside:
                assert set(inside.strip("()").split(", ")) <= columns[name], (rows, part)
            else:
                assert name in columns or name in keys["[finance]"] or name == "study.toml", (rows, part)


def test_what_shows_rows_is_there() -> None:
    files = {"plan.json", *FILES.values(), *(f"{name}.csv" for name in (*DECISIONS, *MONEY_TABLES))}
    sections = {LABELS[name][0] for name in ("maps", "projects", "money", "actors", "limits", "accounts")}
    sections |= {told[0] for name, told in LABELS.items() if name.startswith("section_")}
    for _, rows, _, _, _, shown, _ in rows_of_the_model():
        assert set(re.findall(r"`(\w+\.(?:csv|json|parquet))`", shown)) - files == set(), rows
        assert re.search(r"`\w+\.(csv|json|parquet)`", shown), rows
        assert set(re.findall(r"\*([^*]+)\*", shown)) <= sections, rows
