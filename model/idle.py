"""Doing nothing with its best financing: which rows break although nothing is asked of land and projects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from zonevest.model.compiled import compile_policy
from zonevest.model.plan import SMALL, limits_table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]

Loosest: TypeAlias = "Callable[[sparse.csr_array, Floats, Floats, Floats, Floats, Bools], Floats | None]"
"""From rows over columns, row bounds and column bounds to the point that misses the rows by the least; the last says
which rows are kept all the same."""


def rows_of_doing_nothing(model: pyo.ConcreteModel, loosest: Loosest) -> pd.DataFrame:
    """The rows of limits.csv with every parcel held, no project, and money and quotas as well as they can be.

    Parameters
    ----------
    model : a policy model.
    loosest : a solver: see `Loosest`.
    """
    ledger = model.source
    policy = compile_policy(model)
    idle = np.zeros(ledger.works.possible.shape)
    weight = np.ones(len(ledger.held.options.kind))
    model.ledger.load(weight, idle, ledger.held)
    there = np.array([float(variable.value) for variable in policy.entry_variables])
    booked = policy.on_ledger @ there
    lower, upper = policy.column_lower.copy(), policy.column_upper.copy()
    lower[: idle.size] = upper[: idle.size] = 0.0  # no project, mandated or not
    # cash is what it is: what cannot be paid is missing in the reserve, of which the plan tells
    kept = np.array([name.startswith("cash[") for name in policy.rows], dtype=bool)
    point = loosest(policy.on_columns, policy.lower - booked, policy.upper - booked, lower, upper, kept)
    policy.load(np.where(np.isfinite(lower), lower, 0.0) if point is None else point)
    _settle_quotas(model)
    return limits_table(model)


def _settle_quotas(model: pyo.ConcreteModel) -> None:
    """Let the balance of a quota tell by how much its row is missed: what is used and was never there."""
    missed = {key: float(pyo.value(row.body) - pyo.value(row.upper)) for key, row in model.quota.items()}
    for key, amount in missed.items():
        if amount > SMALL:
            model.balance[key].set_value(-amount, skip_validation=True)
