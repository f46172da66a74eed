"""The page of rows names every row family, what writes it, what feeds it and what shows it, as the code has them."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from itertools import chain
from pathlib import Path

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


def test_the_functions_of_rows_are_there() -> None:
    for _, rows, _, functions, *_ in rows_of_the_model():
        found = re.findall(r"`([\w.]+)`", functions)
        assert found, rows
        for name in found:
            module, _, function = name.rpartition(".")
            place = module if "." in module else f"model.{module}"
            assert hasattr(importlib.import_module(f"zonevest.{place}"), function), name


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
    sections = {LABELS[name][0] for name in ("maps", "areas", "projects", "money", "actors", "limits", "accounts")}
    for _, rows, _, _, _, shown, _ in rows_of_the_model():
        assert set(re.findall(r"`(\w+\.(?:csv|json|parquet))`", shown)) - files == set(), rows
        assert re.search(r"`\w+\.(csv|json|parquet)`", shown), rows
        assert set(re.findall(r"\*([^*]+)\*", shown)) <= sections, rows
