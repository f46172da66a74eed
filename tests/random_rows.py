"""Rows of tables for random studies: to put together, to change, and to read by limits and weights."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pandas as pd

Settings = dict[str, Any]
Tables = dict[str, pd.DataFrame | None]


def table(rows: list[dict[str, Any]]) -> pd.DataFrame | None:
    """A table of object columns, None without rows: pandas guesses no types, which takes longer than all the rest."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = np.empty((len(rows), len(names)), dtype=object)
    for at, row in enumerate(rows):
        cells[at] = [row.get(name) for name in names]
    return pd.DataFrame(cells, columns=pd.Index(names, dtype=object), dtype=object, copy=False) if rows else None


def joined(*parts: pd.DataFrame | None) -> pd.DataFrame | None:
    """Tables one below the other; blanks where one has not a column."""
    return table([row for part in parts if part is not None for row in records(part)])


def records(found: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table; pandas' own to_dict takes a column at a time, several times as long."""
    columns = found.columns.tolist()
    return [dict(zip(columns, row, strict=True)) for row in found.to_numpy(dtype=object).tolist()]


def rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    """The rows of a table."""
    found = tables.get(name)
    return [] if found is None else records(found)


def change(tables: Tables, name: str, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Give every row of a table other cells."""
    tables[name] = table([row | edit(row) for row in rows(tables, name)])


def more(tables: Tables, name: str, new: list[dict[str, Any]]) -> None:
    """Rows to follow those of a table."""
    tables[name] = joined(tables.get(name), table(new))


def names(tables: Tables, name: str, column: str) -> list[str]:
    return [row[column] for row in rows(tables, name)]


def limit(rnd: Random, tables: Tables, account: str, sense: str, value: float, **more_cells: Any) -> None:
    """One more limit, soft or hard."""
    row = {"limit": f"n{len(rows(tables, 'limits'))}", "account": account, "sense": sense, "value": value}
    soft = rnd.random() < 0.75
    row |= {"kind": "soft" if soft else "hard", "penalty": rnd.randint(1, 16) / 4 if soft else None}
    row |= {"jurisdiction": "", "period": "", "basis": "", "tolerance": 0}
    more(tables, "limits", [row | more_cells])


def weigh(settings: Settings, account: str, weight: float) -> None:
    """Let the objective count an account."""
    goal = settings["objective"]
    if goal["method"] != "lexicographic" or "accounts" in goal["order"]:
        goal["accounts"] = dict(goal.get("accounts", {})) | {account: weight}
