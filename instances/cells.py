"""Cells of one column, as they came, to text, numbers and flags.

Cells are plain Python lists (or numeric arrays): on a study of six parcels this is many times faster than a chain of
column operations, and on a million the loops are comprehensions and set operations over one column at a time.
"""

from __future__ import annotations

import datetime
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances import names

Cells: TypeAlias = "list[Any] | NDArray[Any] | pd.Series"
MOST = 1e15
"""Numbers beyond it, either way, are no amounts: codes, or slips of a hand."""
BOOLEANS = {"0": False, "1": True, "false": False, "true": True, "0.0": False, "1.0": True}

DATES = (datetime.date, datetime.time, datetime.timedelta)


def texts_of_python() -> None:
    """Let pandas keep texts as Python's own, in a process that is ours: the command, its workers, the tests.

    Which columns are text and what is in them is the same. Arrow's are meant for long columns; a study has tables of
    some ten rows by the hundred, and takes a fifth longer with them (10,000 parcels: a tenth).
    """
    pd.set_option("mode.string_storage", "python")


class NoValue(str):
    """A cell of a workbook that holds no value: an error, or a formula whose value is not in the file."""


def plain(value: Any) -> Any:
    """A value as its reader would write it (no numpy type, no ``.0``)."""
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def blank(cell: object) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or cell is pd.NA or cell is pd.NaT or cell == "" or (isinstance(cell, float) and cell != cell)


def as_text(cell: object) -> str:
    """A cell as text: a code that a program has read as the number 101.0 is 101 again."""
    if type(cell) is str:
        return cell.strip()
    if isinstance(cell, (list, tuple, set, np.ndarray)):
        return ";".join(as_text(part) for part in cell)
    if blank(cell):
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return "1" if cell else "0"
    if isinstance(cell, (float, np.floating)):
        return str(int(cell)) if float(cell).is_integer() else repr(float(cell))
    return str(cell).strip()


def kinds(cells: Cells) -> set[type]:
    """The types of the cells; none of an array of numbers, which holds nothing else."""
    if isinstance(cells, np.ndarray):
        return {bool} if cells.dtype.kind == "b" else set()
    return set(map(type, cells if isinstance(cells, list) else cells.tolist()))


def texts(cells: Cells) -> list[str]:
    """Cells as text, blank is ``""``."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iu":
        return list(map(str, cells.tolist()))
    if not isinstance(cells, list):
        cells = cells.tolist()
    if set(map(type, cells)) <= {str}:
        return [cell.strip() for cell in cells]
    return [as_text(cell) for cell in cells]


def numbers(cells: Cells) -> tuple[NDArray[np.float64], list[int]]:
    """Cells as float64 (blank is NaN), and the rows where that failed or gave a number beyond `MOST`."""
    if isinstance(cells, np.ndarray):
        values = cells.astype(np.float64)
        bad = np.flatnonzero(np.abs(values) > MOST).tolist()
        values[bad] = np.nan
        return values, bad
    words = texts(cells)
    try:
        # float() also reads 1_000 and nan, which nobody means in a table
        values = np.array([float(word) if word else np.nan for word in words], dtype=np.float64)
        strict = not any("_" in word or "n" in word.lower() for word in words)
    except ValueError:
        strict = False
    if strict and not (np.abs(values) > MOST).any():
        return values, []
    values, bad = np.full(len(words), np.nan), []
    for i, word in enumerate(words):
        try:
            if word:
                values[i] = float(word)
                if "_" in word or not abs(values[i]) <= MOST:
                    bad.append(i)
        except ValueError:
            bad.append(i)
    values[bad] = np.nan
    return values, bad


def beyond(word: str) -> bool:
    """Whether a word is a number, and one beyond `MOST`."""
    try:
        return "_" not in word and MOST < abs(float(word)) < np.inf
    except ValueError:
        return False


def flags(cells: Cells, default: bool) -> tuple[NDArray[np.bool_], list[int]]:
    """Cells as bool (blank is the default), and the rows where that failed."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "b":
        return cells.astype(bool), []
    words = texts(cells)
    zh = names.flags()
    table = {word: BOOLEANS.get(zh.get(word, word).lower()) for word in set(words)}
    table[""] = default
    values = [table[word] for word in words]
    bad = [i for i, value in enumerate(values) if value is None] if None in table.values() else []
    return np.array([bool(value) for value in values], dtype=bool), bad


def own_column(cells: Cells) -> Any:
    """A column of the user's own: numbers where all its cells are numbers (and no code like 0101), else text."""
    if isinstance(cells, np.ndarray):
        values, bad = numbers(cells)
        if bad:
            return texts(cells)
        return [""] * len(values) if np.isnan(values).all() else values
    words = texts(cells)
    if not any(words) or any(len(word) > 1 and word[0] == "0" and word[1].isdigit() for word in words):
        return words
    values, bad = numbers(words)
    return words if bad else values
