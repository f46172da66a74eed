"""Cells of a study's tables, as the audit reads them: lists, numbers, texts, flags."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Record = dict[Hashable, Any]

HOLD = "hold"
UNASSIGNED = ""
OUTSIDE = "outside"
"""The actor that is everyone else."""
FOREVER = math.inf


def split(cell: Any) -> list[str]:
    """The items of a list cell."""
    return [item for item in (part.strip() for part in str(cell).split(";")) if item]


def number(value: Any, blank: float) -> float:
    """A number, or what a blank means."""
    found = math.nan if value is None or value == "" else float(value)
    return blank if math.isnan(found) else found


def texts(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """A text column as Python strings, ``""`` where the column is absent."""
    if column not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame[column].to_numpy(dtype=object))


def numbers(frame: pd.DataFrame, column: str, blank: float) -> Floats:
    """A number column, blanks filled in."""
    if column not in frame.columns:
        return np.full(len(frame), blank)
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values), blank, values)


def flags(frame: pd.DataFrame, column: str, blank: bool = False) -> Flags:
    """A flag column."""
    if column not in frame.columns:
        return np.full(len(frame), blank)
    return np.asarray(frame[column], dtype=bool)


def alike(names: NDArray[np.object_]) -> dict[str, Ints]:
    """The positions of every name."""
    found: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        found.setdefault(name, []).append(i)
    return {name: np.array(at, dtype=np.int64) for name, at in found.items()}
