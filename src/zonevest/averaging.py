"""The mean of a study's scenarios as a study of its own: what planning for an average future would start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.schema import BY_NAME
from zonevest.instances.settings import to_toml

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study


def mean_study(study: Study, scenarios: Sequence[Study], weights: NDArray[np.float64]) -> Study:
    """A study whose numbers are the weighted means of those of its scenarios.

    Whole numbers are rounded. What is no number, or blank in some scenario, stays as it is in the study.

    Raises
    ------
    StudyError
        If the means together are no sound study.
    """
    tables = {}
    for name, table in study.tables.items():
        if name not in BY_NAME or name == "scenarios" or not len(table):
            continue
        if (made := _table(table, [each.tables[name] for each in scenarios], weights, name)) is not None:
            tables[name] = made
    base = to_toml(study.settings, None)
    others = [to_toml(each.settings, None) for each in scenarios]
    settings = {
        key: _mean(value, [other.get(key) for other in others], weights)
        for key, value in base.items()
        if any(other.get(key) != value for other in others)
    }
    return study.replace(settings or None, **tables)


def _table(
    table: pd.DataFrame, others: Sequence[pd.DataFrame], weights: NDArray[np.float64], name: str
) -> pd.DataFrame | None:
    """A table with the means of its numbers; None where no scenario changes any."""
    columns = {}
    for column in BY_NAME[name].columns:
        if column.kind != "number" or column.name not in table:
            continue
        own = table[column.name].to_numpy(dtype=np.float64)
        cells = np.array([other[column.name].to_numpy(dtype=np.float64) for other in others])
        if np.array_equal(cells, np.broadcast_to(own, cells.shape), equal_nan=True):
            continue
        mean = weights @ cells
        mean = np.where(np.isfinite(mean), mean, own)
        columns[column.name] = np.rint(mean) if column.whole else mean
    return table.assign(**columns) if columns else None


def _mean(value: Any, others: Sequence[Any], weights: NDArray[np.float64]) -> Any:
    """The mean of a setting, through everything that is nested in it."""
    if isinstance(value, Mapping) and all(isinstance(each, Mapping) for each in others):
        return {key: _mean(cell, [each.get(key) for each in others], weights) for key, cell in value.items()}
    if isinstance(value, list) and all(isinstance(each, list) and len(each) == len(value) for each in others):
        return [_mean(cell, [each[at] for each in others], weights) for at, cell in enumerate(value)]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in [value, *others]):
        return value
    if all(each == value for each in others):
        return value
    mean = float(weights @ np.array(others, dtype=np.float64))
    return round(mean) if isinstance(value, int) and all(isinstance(each, int) for each in others) else mean
